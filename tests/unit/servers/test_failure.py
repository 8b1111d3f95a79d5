"""What a server's log says about its end."""

import pytest

from workbench.errors import ServerError
from workbench.servers import failure

LOG = """2026-01-01 00:00:00.000 UTC [7] LOG:  starting PostgreSQL 18.4
2026-01-01 00:00:00.000 UTC [7] FATAL:  database files are incompatible with server
2026-01-01 00:00:00.000 UTC [7] DETAIL:  The data directory was initialized by version 16.
"""


def test_the_fatal_line_is_quoted_without_its_time_stamp() -> None:
    assert failure.last_complaint(LOG) == "database files are incompatible with server"


def test_an_empty_log_is_said_to_be_empty() -> None:
    assert failure.last_complaint(" \n") == "it wrote nothing to its log"


def test_bad_data_are_told_from_a_bad_machine() -> None:
    assert isinstance(failure.from_log(LOG), failure.Unusable)
    machine = "FATAL:  could not create shared memory segment: Cannot allocate memory"
    assert not isinstance(failure.from_log(machine), failure.Unusable)
    assert isinstance(failure.from_log(machine), ServerError)


@pytest.mark.parametrize("reason", ["No space left on device", "Disk quota exceeded"])
def test_a_full_disk_is_recognised(reason: str) -> None:
    assert failure.is_full(f"FATAL:  could not write lock file: {reason}")
    assert not failure.is_full(LOG)
