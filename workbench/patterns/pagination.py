"""Pages of a long list: the tenth, the ten-thousandth, and the last days only.

OFFSET reads and throws away what lies before the page, so page n costs n times page 1. A keyset
page begins after the last row seen; with an index in the list's order it costs the same at any
depth, without one both sort the whole table for every page.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias

from sqlalchemy import Connection, text

from workbench.measurement.calls import race
from workbench.measurement.estimate import Estimate
from workbench.patterns.latency import connected
from workbench.patterns.touched import Touched, touched

TABLE = "pull_requests"
IN_ORDER = "CREATE INDEX ON pull_requests (updated_at DESC, id DESC)"
TEAM_IN_ORDER = "CREATE INDEX ON pull_requests (team_id, updated_at DESC)"
BATCH = 50

Row: TypeAlias = tuple[Any, ...]
Call: TypeAlias = Callable[[Connection], list[Row]]

OFFSET = """
SELECT id, title, state, updated_at FROM pull_requests
ORDER BY updated_at DESC, id DESC LIMIT :size OFFSET :depth
"""
KEYSET = """
SELECT id, title, state, updated_at FROM pull_requests
WHERE (updated_at, id) < (:updated_at, :id)
ORDER BY updated_at DESC, id DESC LIMIT :size
"""


def offset_page(connection: Connection, depth: int, size: int) -> list[Row]:
    """The page that begins after ``depth`` rows, counted from the start each time."""
    return _rows(connection, OFFSET, {"size": size, "depth": depth})


def keyset_page(connection: Connection, last: Row, size: int) -> list[Row]:
    """The page after the row ``last``, which the page before it ended with."""
    return _rows(connection, KEYSET, {"size": size, "id": last[0], "updated_at": last[3]})


@dataclass(frozen=True)
class Reading:
    """What one way of reading costs: its time, and the rows and pages that Postgres touched."""

    variant: str
    at: int
    ms: Estimate
    touched: Touched
    returned_rows: int

    def record(self) -> dict[str, Any]:
        """One row: variant, at, ms, low_ms, high_ms, touched_rows, touched_pages, returned_rows."""
        return {
            "variant": self.variant,
            "at": self.at,
            "ms": self.ms.value,
            "low_ms": self.ms.low,
            "high_ms": self.ms.high,
            "touched_rows": self.touched.rows,
            "touched_pages": self.touched.pages,
            "returned_rows": self.returned_rows,
        }


def by_depth(
    address: str,
    depths: Sequence[int],
    *,
    size: int = BATCH,
    rounds: int = 11,
    seconds: float = 2.0,
) -> tuple[Reading, ...]:
    """OFFSET against keyset for the page after each depth, of the table at ``address``.

    ``at`` is the depth in rows, at least 1; ``seconds`` are for one depth.
    """
    with connected(address) as app, app.connect() as connection:
        found: list[Reading] = []
        for depth in depths:
            last = offset_page(connection, depth - 1, 1)[0]
            connection.rollback()
            calls: dict[str, Call] = {
                "offset": partial(offset_page, depth=depth, size=size),
                "keyset": partial(keyset_page, last=last, size=size),
            }
            found += _read(connection, calls, depth, rounds, seconds)
    return tuple(found)


@dataclass(frozen=True)
class Window:
    """The pull requests of one team that were updated since then."""

    team_id: int
    since: datetime


NEWEST_FIRST = """
SELECT id, title, state, updated_at FROM pull_requests
WHERE team_id = :team_id ORDER BY updated_at DESC
"""
SINCE = """
SELECT id, title, state, updated_at FROM pull_requests
WHERE team_id = :team_id AND updated_at >= :since ORDER BY updated_at DESC
"""


def everything(connection: Connection, window: Window) -> list[Row]:
    """All rows of the team come to the application, which keeps those it wants."""
    rows = _rows(connection, NEWEST_FIRST, {"team_id": window.team_id})
    return [row for row in rows if row[3] >= window.since]


def stop_early(connection: Connection, window: Window) -> list[Row]:
    """Newest first, by a server-side cursor, until the first row that is too old."""
    return list(_until_old(connection, window))


def _until_old(connection: Connection, window: Window) -> Iterator[Row]:
    options = {"yield_per": BATCH}
    values = {"team_id": window.team_id}
    with connection.execute(text(NEWEST_FIRST), values, execution_options=options) as rows:
        for row in rows:
            if row.updated_at < window.since:
                return
            yield tuple(row)


def since(connection: Connection, window: Window) -> list[Row]:
    """The database is told what is too old."""
    return _rows(connection, SINCE, {"team_id": window.team_id, "since": window.since})


WINDOWS: Mapping[str, Callable[..., list[Row]]] = {
    "everything": everything,
    "stop early": stop_early,
    "since": since,
}


def last_days(
    address: str, window: Window, history_rows: int, *, rounds: int = 11, seconds: float = 2.0
) -> tuple[Reading, ...]:
    """The three ways to read a window, of a table that holds ``history_rows``, which is ``at``."""
    with connected(address) as app, app.connect() as connection:
        calls: dict[str, Call] = {
            name: partial(read, window=window) for name, read in WINDOWS.items()
        }
        return tuple(_read(connection, calls, history_rows, rounds, seconds))


def busiest(address: str, days: int) -> Window:
    """The last ``days`` of the team that has most pull requests."""
    with connected(address) as app, app.connect() as connection:
        team, newest = connection.execute(
            text(
                "SELECT team_id, (SELECT max(updated_at) FROM pull_requests) FROM pull_requests"
                " GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
            )
        ).one()
        reach = text("SELECT CAST(:newest AS timestamptz) - make_interval(days => :days)")
        return Window(team, connection.scalar(reach, {"newest": newest, "days": days}))


def _read(
    connection: Connection, calls: Mapping[str, Call], at: int, rounds: int, seconds: float
) -> list[Reading]:
    """Times in turn, each call in a transaction of its own, then what each touches."""

    def in_transaction(call: Call) -> Callable[[], list[Row]]:
        def run() -> list[Row]:
            with connection.begin():
                return call(connection)

        return run

    timed = {name: in_transaction(call) for name, call in calls.items()}
    times = race(timed, rounds=rounds, seconds=seconds)
    return [
        Reading(
            name, at, times.median_ms(name), touched(connection, TABLE, call), len(timed[name]())
        )
        for name, call in calls.items()
    ]


def _rows(connection: Connection, query: str, values: Mapping[str, Any]) -> list[Row]:
    return [tuple(row) for row in connection.execute(text(query), values)]
