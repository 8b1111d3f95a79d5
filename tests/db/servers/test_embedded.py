"""The embedded server: its settings, its data, and its end."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from victims import Victim, becomes_true, socket_directory

from workbench import servers
from workbench.db import Connection, fetch_value
from workbench.errors import ServerError
from workbench.servers import Server, binaries, embedded, inventory, process, scratch, watchdog
from workbench.servers.account import server_account
from workbench.servers.binaries import Binaries
from workbench.servers.settings import TUNED, tuned


def test_tuned_settings_are_in_force(any_server: Server) -> None:
    assert set(any_server.settings) == {setting.name for setting in tuned(18)}
    plain = {s.name: s.value for s in TUNED if s.value[0] not in "0123456789"}
    assert {name: any_server.settings[name] for name in plain} == plain


def test_it_is_scratch_and_ours(any_server: Server) -> None:
    assert any_server.disposable
    assert any_server.superuser
    assert any_server.version.split(".")[0] == "18"
    assert "plpgsql" in any_server.extensions


def test_cpu_time_of_the_backend_grows_with_its_work(
    any_server: Server, any_connection: Connection
) -> None:
    file = any_server.backend_cpu(any_connection)
    assert file is not None
    before = int(file.read_text().split()[0])
    fetch_value(any_connection, "SELECT sum(x) FROM generate_series(1, 300000) x")
    assert int(file.read_text().split()[0]) - before > 1_000_000


def test_two_connections_have_two_files(any_server: Server) -> None:
    with any_server.connect() as one, any_server.connect() as other:
        assert any_server.backend_cpu(one) != any_server.backend_cpu(other)


def test_text_sorts_by_code_point_and_like_needs_its_own_operator_class(
    any_connection: Connection,
) -> None:
    any_connection.execute("CREATE TABLE words (w text)")
    any_connection.execute("INSERT INTO words SELECT md5(x::text) FROM generate_series(1, 20000) x")
    any_connection.execute("CREATE INDEX plain ON words (w)")
    any_connection.execute("ANALYZE words")
    prefix = "EXPLAIN SELECT * FROM words WHERE w LIKE 'abc%'"
    assert "Seq Scan" in fetch_value(any_connection, prefix)
    any_connection.execute("CREATE INDEX pattern ON words (w text_pattern_ops)")
    assert "pattern" in str(any_connection.execute(prefix).fetchall())
    assert fetch_value(any_connection, "SELECT lower('ÄÖ') || ('Z' < 'a')::text") == "äötrue"


def test_data_persist_and_half_made_data_do_not(scratch_home: Path) -> None:
    with servers.start("embedded", "alone", pytest.fail) as server, server.connect() as one:
        one.execute("CREATE TABLE persistent (n int)")
    data = embedded.directory(18) / "alone"
    leftover = scratch.making(data)
    leftover.mkdir()
    with servers.start("embedded", "alone", pytest.fail) as server, server.connect() as again:
        assert fetch_value(again, "SELECT count(*) FROM persistent") == 0
        assert not leftover.exists()
        assert not socket_directory(server.conninfo).stat().st_mode & 0o077
    assert not socket_directory(server.conninfo).exists()


def test_an_exception_in_the_block_stops_the_server(scratch_home: Path) -> None:
    with (
        pytest.raises(KeyError),
        servers.start("embedded", "alone", pytest.fail) as server,
    ):
        raise KeyError
    assert server.postmaster_pid is not None
    assert process.mark(server.postmaster_pid) == ""


def test_data_that_postgres_refuses_are_made_anew(scratch_home: Path) -> None:
    with servers.start("embedded", "alone", pytest.fail):
        pass
    (embedded.directory(18) / "alone" / "global" / "pg_control").write_bytes(b"")
    heard: list[str] = []
    with servers.start("embedded", "alone", heard.append) as server, server.connect() as one:
        assert fetch_value(one, "SELECT 1") == 1
    assert len(heard) == 1
    assert heard[0].startswith("the scratch data of alone cannot be used (Postgres did not start")


def test_a_server_that_was_killed_recovers(scratch_home: Path) -> None:
    with servers.start("embedded", "alone", pytest.fail) as server:
        with server.connect() as one:
            one.execute("CREATE TABLE kept AS SELECT 1 AS n")
        assert server.postmaster_pid is not None
        os.kill(server.postmaster_pid, signal.SIGKILL)
    with servers.start("embedded", "alone", pytest.fail) as server, server.connect() as one:
        assert fetch_value(one, "SELECT n FROM kept") == 1


def test_an_older_server_on_the_same_data_is_ended(scratch_home: Path) -> None:
    with servers.start("embedded", "alone", pytest.fail):
        pass
    account = server_account()
    programs = binaries.reachable(account)
    data = embedded.directory(18) / "alone"
    older = watchdog.spawn(
        [programs.folder / "postgres", "-D", data, "-c", "listen_addresses=", "-k", data],
        account=account,
        output=subprocess.DEVNULL,
    )
    assert becomes_true((data / ".s.PGSQL.5432").exists)
    old_pid = embedded.postmaster_pid(data)
    patch = pytest.MonkeyPatch()
    patch.setattr(embedded, "PREDECESSOR_S", 0.5)
    with patch.context(), servers.start("embedded", "alone", pytest.fail) as server:
        assert server.postmaster_pid not in (None, old_pid)
    patch.undo()
    watchdog.stop(older, 30)


def test_a_stale_number_in_the_lock_file_is_no_obstacle(scratch_home: Path) -> None:
    with servers.start("embedded", "alone", pytest.fail):
        pass
    file = embedded.directory(18) / "alone" / "postmaster.pid"
    file.write_text(f"{os.getpid()}\n/elsewhere\n0\n5432\n\n\n")
    with servers.start("embedded", "alone", pytest.fail) as server:
        assert server.postmaster_pid != os.getpid()


def test_two_processes_at_once_have_two_servers(scratch_home: Path) -> None:
    first = Victim("embedded", "twice")
    first.until("ready")
    second = Victim("embedded", "twice", stay_s=0)
    assert "waiting up to" in second.until("notice")
    assert "its own copy, number 2" in second.until("notice")
    second.until("ready")
    assert second.end() == 0
    assert first.end(signal.SIGTERM) == -signal.SIGTERM


def test_a_cold_start_of_several_processes_makes_one_template(
    tmp_path: Path, scratch_home: Path
) -> None:
    home = scratch_home / "cold start"
    crowd = [Victim("embedded", f"k{n}", 0, WORKBENCH_HOME=str(home)) for n in range(3)]
    assert [victim.end() for victim in crowd] == [0, 0, 0]
    assert len(list(home.glob("*/embedded-18/.template-*"))) == 1
    assert not list(home.glob("**/.*.making-*"))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_server_and_no_socket_outlive_a_killed_process(scratch_home: Path, number: int) -> None:
    victim = Victim("embedded", "alone")
    sockets = socket_directory(victim.until("address"))
    pid = int(victim.until("pid"))
    victim.until("ready")
    victim.end(number)
    assert becomes_true(lambda: process.mark(pid) == "")
    assert becomes_true(lambda: not sockets.exists())
    next_run = Victim("embedded", "alone", stay_s=0)
    next_run.until("ready")
    assert next_run.end() == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root must start Postgres as somebody else")
def test_programs_and_data_in_private_places_are_not_opened_up(
    scratch_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    found = binaries.find()
    wheel = found.folder.parents[1]
    for part in (wheel, wheel.with_name(f"{wheel.name}.libs")):
        shutil.copytree(part, private / part.name, ignore=shutil.ignore_patterns("pginstall"))
    inside = Binaries(private / wheel.name / "pginstall18" / "bin", found.version)
    monkeypatch.setattr(binaries, "find", lambda: inside)
    monkeypatch.setattr(scratch, "ROOTS_PLACE", scratch_home / "outside")
    monkeypatch.setenv("WORKBENCH_HOME", str(private / "home"))
    with servers.start("embedded", "k", pytest.fail) as server, server.connect() as one:
        assert fetch_value(one, "SELECT 1") == 1
    assert private.stat().st_mode & 0o777 == 0o700
    assert list((scratch_home / "outside").glob("*/*/embedded-18/k"))


def interpreter_for_everybody() -> str | None:
    """A Python of our version that a normal user may run."""
    nobody = server_account()
    if nobody is None:
        return None
    import sys

    for name in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        path = Path(name).resolve()
        if path.exists() and nobody.may_enter(path.parent):
            return str(path)
    return None


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests run as a normal user already")
def test_a_normal_user_needs_nothing_of_root(tmp_path: Path, scratch_home: Path) -> None:
    python, nobody = interpreter_for_everybody(), server_account()
    if python is None or nobody is None:
        pytest.skip("no Python that a normal user may run: this one lies in a private place")
    home = scratch_home / "normal user"
    home.mkdir()
    os.chown(home, nobody.uid, nobody.gid)
    victim = Victim(
        "embedded", "k", 0, python, nobody.uid, HOME=str(home), WORKBENCH_HOME=str(home / "wb")
    )
    victim.until("ready")
    assert victim.end() == 0
    assert (home / "wb" / "servers-1" / "embedded-18" / "k").stat().st_uid == nobody.uid


@pytest.fixture
def small_disk(scratch_home: Path) -> Path:
    mounted = scratch_home / "small disk"
    mounted.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    command = ["mount", "-t", "tmpfs", "-o", "size=400m", "tmpfs", str(mounted)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"cannot mount a small file system: {done.stderr.strip()}")
    yield mounted
    subprocess.run(["umount", str(mounted)], check=True)
    mounted.rmdir()


def test_a_full_disk_is_named_with_the_remedy(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(small_disk))
    with servers.start("embedded", "k", pytest.fail):
        pass
    free = shutil.disk_usage(small_disk).free
    (small_disk / "filler").write_bytes(bytes(free - 100 * 2**20))
    with pytest.raises(ServerError, match=r"MB free, 200 MB needed.*free some space.*"):
        servers.start("embedded", "other", pytest.fail).__enter__()
    (small_disk / "rest").write_bytes(bytes(shutil.disk_usage(small_disk).free - 4096))
    with pytest.raises(ServerError, match=r"no space left|No space left") as caught:
        servers.start("embedded", "k", pytest.fail).__enter__()
    assert str(small_disk) in str(caught.value)
    assert "WORKBENCH_HOME" in str(caught.value)
    assert [entry.name for entry in inventory.clean(pytest.fail) if entry.kind == "embedded"] == [
        "k"
    ]
