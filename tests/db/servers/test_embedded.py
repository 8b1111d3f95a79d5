"""The embedded server."""

from workbench.db import Connection, fetch_value
from workbench.servers import Server
from workbench.servers.settings import tuned


def test_tuned_settings_are_in_force(server: Server) -> None:
    wanted = {setting.name for setting in tuned(18)}
    assert set(server.settings) == wanted
    assert server.settings["jit"] == "off"
    assert server.settings["timezone"] == "UTC"


def test_cpu_time_of_the_backend_grows_with_its_work(
    server: Server, connection: Connection
) -> None:
    file = server.backend_cpu(connection)
    assert file is not None
    before = int(file.read_text().split()[0])
    fetch_value(connection, "SELECT sum(x) FROM generate_series(1, 300000) x")
    after = int(file.read_text().split()[0])
    assert after - before > 1_000_000
