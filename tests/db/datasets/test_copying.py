"""Jobs on several connections: one failure ends all."""

from threading import Event
from time import sleep

import pytest

from workbench.datasets.copying import side_by_side
from workbench.db import fetch_value


def test_a_failure_cancels_what_the_others_wait_for(server):
    begun = Event()

    def endless(connection):
        begun.set()
        sleep(0.3)  # the first cancel comes while it is between two statements
        connection.execute("SELECT pg_sleep(3600)")

    def failing(connection):
        begun.wait()
        raise KeyboardInterrupt("as pressed by the user")

    stop = Event()
    with pytest.raises(KeyboardInterrupt, match="as pressed"):
        side_by_side(server.connect, 2, [endless, failing, endless], stop)
    assert stop.is_set()


def test_every_job_is_done_once(server):
    seen = []
    jobs = [
        lambda connection, n=n: seen.append(fetch_value(connection, "SELECT $1::int", [n]))
        for n in range(20)
    ]
    side_by_side(server.connect, 3, jobs, Event())
    assert sorted(seen) == list(range(20))
    side_by_side(server.connect, 3, [], Event())
