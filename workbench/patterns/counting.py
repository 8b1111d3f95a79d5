"""Statements counted: how many, from which line, which of them are an N+1, and its remedy.

>>> with count_statements(engine) as seen:
...     page(session)
>>> seen.assert_at_most(3)
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExceptionContext, ExecutionContext
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import ORMExecuteState, RelationshipProperty, Session

from workbench.errors import InputError
from workbench.patterns.call_sites import CallSite, call_site

LOADS = "workbench_loads"
IDLE = 0  # libpq's PQTRANS_IDLE, which psycopg passes on
REPEATED = 3
"""From how many runs of one statement from one line on it counts as a loop."""

Shape: TypeAlias = tuple[str, CallSite]


@dataclass(frozen=True)
class Load:
    """What the ORM loaded by itself: a relationship, ``Repository.tags``, or a class's columns."""

    attribute: str
    kind: str

    @property
    def fix(self) -> str:
        """What to write into the query instead."""
        if self.kind == "column":
            return (
                f"columns of {self.attribute} were deferred or expired and come object by object: "
                "undefer() them in the query, or expire_on_commit=False in the session"
            )
        loader = "selectinload" if self.kind == "collection" else "joinedload"
        return f"load it with {loader}({self.attribute})"


@dataclass(frozen=True)
class Executed:
    """One statement as the driver got it.

    ``rows`` is None where the server keeps the result (a server-side cursor). ``parameter_sets``
    is larger than 1 for executemany. ``start_ms`` is counted from when counting began, ``ms`` is
    the wait for the driver, ``loads`` what a lazy attribute asked for.
    """

    sql: str
    parameter_sets: int
    rows: int | None
    start_ms: float
    ms: float
    site: CallSite
    loads: Load | None = None


@dataclass(frozen=True)
class Repeat:
    """One statement that one line sent again and again."""

    sql: str
    times: int
    rows: int
    ms: float
    site: CallSite
    loads: Load | None

    @property
    def fix(self) -> str:
        """What to do about it."""
        if self.loads is not None:
            return self.loads.fix
        return "ask once for all of them: WHERE … = ANY(…), a join, or executemany for writes"

    def __str__(self) -> str:
        """One line: how often, what, where, and the remedy."""
        what = f"lazy {self.loads.attribute}" if self.loads else " ".join(self.sql.split())[:60]
        return f"N+1: {self.times} × {what} ({self.ms:.1f} ms) at {self.site}; {self.fix}"


@dataclass
class Seen:
    """What was counted; it fills while the block runs.

    ``transactions`` are BEGIN, COMMIT and ROLLBACK that psycopg sent, each a round trip too.
    """

    statements: list[Executed] = field(default_factory=list)
    transactions: int = 0

    def __len__(self) -> int:
        """How many statements there were."""
        return len(self.statements)

    @property
    def rows(self) -> int:
        """Rows that came back or were written."""
        return sum(each.rows or 0 for each in self.statements)

    @property
    def ms(self) -> float:
        """Milliseconds spent waiting for statements."""
        return sum(each.ms for each in self.statements)

    @property
    def round_trips(self) -> int:
        """Statements and the ends of transactions: how often the network is waited for."""
        return len(self) + self.transactions

    @property
    def repeats(self) -> tuple[Repeat, ...]:
        """Statements that one line sent at least three times, the most frequent first."""
        shapes: dict[Shape, list[Executed]] = {}
        for each in self.statements:
            shapes.setdefault((each.sql, each.site), []).append(each)
        found = [_repeat(group) for group in shapes.values() if len(group) >= REPEATED]
        return tuple(sorted(found, key=lambda repeat: -repeat.times))

    def assert_at_most(self, statements: int) -> None:
        """Raise AssertionError, which names the loops and their remedies, if there were more."""
        if len(self) > statements:
            raise AssertionError(f"expected at most {statements} statements, saw {self}")

    def records(self) -> list[dict[str, Any]]:
        """One row per statement: sql, rows, start_ms, ms, site, loads."""
        return [
            {
                "sql": each.sql,
                "rows": each.rows,
                "start_ms": each.start_ms,
                "ms": each.ms,
                "site": str(each.site),
                "loads": each.loads.attribute if each.loads else None,
            }
            for each in self.statements
        ]

    def __str__(self) -> str:
        """How many statements, rows and milliseconds, then one line per loop."""
        noun = "statement" if len(self) == 1 else "statements"
        first = f"{len(self)} {noun}, {self.rows} rows, {self.ms:.1f} ms"
        return "\n".join([first, *map(str, self.repeats)])


def _repeat(group: list[Executed]) -> Repeat:
    first = group[0]
    rows, ms = sum(each.rows or 0 for each in group), sum(each.ms for each in group)
    return Repeat(first.sql, len(group), rows, ms, first.site, first.loads)


@contextmanager
def count_statements(engine: Engine | AsyncEngine) -> Iterator[Seen]:
    """What is sent through an engine while the block runs, by Core or ORM, in any thread or task.

    Raises InputError when it is given anything else than an engine.
    """
    target = engine.sync_engine if isinstance(engine, AsyncEngine) else engine
    if not isinstance(target, Engine):
        raise InputError(
            f"count_statements counts on an Engine or AsyncEngine, not on {type(engine).__name__}; "
            "a session's is session.get_bind()"
        )
    recorder = _Recorder()
    listeners = recorder.listeners(target)
    for listener in listeners:
        event.listen(*listener)
    try:
        yield recorder.seen
    finally:
        for listener in listeners:
            event.remove(*listener)


class _Recorder:
    """Listens to SQLAlchemy's events and writes down what was sent."""

    def __init__(self) -> None:
        self.seen = Seen()
        self._counting_from = time.perf_counter()
        self._begun: dict[int, tuple[float, CallSite]] = {}

    def listeners(self, engine: Engine) -> list[tuple[Any, str, Any]]:
        """What to listen to, as arguments of ``event.listen``."""
        return [
            (engine, "before_cursor_execute", self._before),
            (engine, "after_cursor_execute", self._after),
            (engine, "handle_error", self._failed),
            (engine, "commit", self._ended),
            (engine, "rollback", self._ended),
            (Session, "do_orm_execute", self._note_load),
        ]

    def _before(self, conn: Connection, *args: Any) -> None:  # noqa: ANN401 - the event's own
        context: ExecutionContext = args[3]
        self.seen.transactions += _idle(conn) is True and not _autocommits(conn)
        self._begun[id(context)] = (time.perf_counter(), call_site())

    def _after(
        self,
        conn: Connection,
        cursor: Any,  # noqa: ANN401 - the driver's own
        statement: str,
        parameters: Any,  # noqa: ANN401
        context: ExecutionContext,
        executemany: bool,
    ) -> None:
        rows = cursor.rowcount if cursor.rowcount >= 0 else None
        self._write_down(context, statement, len(parameters) if executemany else 1, rows)

    def _failed(self, error: ExceptionContext) -> None:
        if error.execution_context is not None and id(error.execution_context) in self._begun:
            self._write_down(error.execution_context, error.statement or "", 1, None)

    def _write_down(
        self, context: ExecutionContext, sql: str, parameter_sets: int, rows: int | None
    ) -> None:
        started, site = self._begun.pop(id(context))
        start_ms = (started - self._counting_from) * 1000
        ms = (time.perf_counter() - started) * 1000
        loads = context.execution_options.get(LOADS)
        done = Executed(sql, parameter_sets, rows, start_ms, ms, site, loads)
        self.seen.statements.append(done)

    def _ended(self, conn: Connection) -> None:
        self.seen.transactions += _idle(conn) is False

    def _note_load(self, state: ORMExecuteState) -> None:
        """Tell the statement which attribute it is loaded for; eager loads are not noted."""
        if not state.is_select:
            return
        path = state.loader_strategy_path
        if state.is_relationship_load and state.lazy_loaded_from is not None and path is not None:
            relation = path.prop  # type: ignore[attr-defined]
            state.update_execution_options(**{LOADS: _load_of(relation)})
        elif state.is_column_load and state.bind_mapper is not None:
            load = Load(state.bind_mapper.class_.__name__, "column")
            state.update_execution_options(**{LOADS: load})


def _autocommits(conn: Connection) -> bool:
    return bool(getattr(conn.connection.driver_connection, "autocommit", False))


def _idle(conn: Connection) -> bool | None:
    """Whether the driver has no transaction open; None where it does not say."""
    status = getattr(conn.connection.driver_connection, "info", None)
    return None if status is None else status.transaction_status == IDLE


def _load_of(relation: RelationshipProperty[Any]) -> Load:
    kind = "collection" if relation.uselist else "object"
    return Load(f"{relation.parent.class_.__name__}.{relation.key}", kind)
