"""``%load_ext workbench``: the calls of a notebook as magics, which add nothing to them.

They ask the database in the variable ``db``, else the one that was opened last. What goes wrong is
said in one line, without a traceback, and the cell counts as failed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from time import monotonic

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring
from IPython.display import DisplayHandle, clear_output

from workbench import db as driver
from workbench.errors import InputError, WorkbenchError
from workbench.indexes.advice import Advice
from workbench.indexes.candidates import KINDS
from workbench.measurement.comparison import Comparison
from workbench.plans.diff import PlanDiff
from workbench.plans.node import Plan
from workbench.session import Database, Progress, latest

LEAST_PAUSE_S = 0.2


@magics_class
class WorkbenchMagics(Magics):
    """``%%explain``, ``%%compare``, ``%%suggest_indexes`` and ``%workbench status``."""

    @magic_arguments()
    @argument("--no-run", action="store_true", help="the planner's estimates; nothing is run")
    @argument("index", nargs="*", help="CREATE INDEX … to try: what it changes in the plan")
    @cell_magic
    def explain(self, line: str, cell: str) -> Plan | PlanDiff:
        """The plan of the statement in the cell, which is run once."""
        with _plainly():
            database = self._database()
            index = line.strip().removeprefix("--no-run").strip()
            analyze = database.server.disposable and not line.strip().startswith("--no-run")
            before = database.explain(cell, analyze=analyze)
            if not index:
                return before
            return before.diff(database.explain(cell, analyze=analyze, index=index))

    @magic_arguments()
    @argument("index", nargs="+", help="CREATE INDEX … as it stands, without quotes")
    @cell_magic
    def compare(self, line: str, cell: str) -> Comparison:
        """The statement in the cell without and with an index, measured in turns."""
        with _plainly():
            if not line.strip():
                raise UsageError("give the index to try: %%compare CREATE INDEX ON …")
            return self._database().compare(cell, index=line.strip())

    @magic_arguments()
    @argument("--budget", help="most bytes for the new indexes: 64MB, or 25%% of the tables' heap")
    @argument("--max-indexes", type=int, help="most new indexes")
    @argument("--kinds", help=f"kinds of index, of {','.join(KINDS)}")
    @argument("--no-measure", action="store_true", help="estimates only; nothing is timed")
    @argument("--price-writes", action="store_true", help="measure what each index adds to writes")
    @argument("--seed", type=int, default=0, help="seed of the run order")
    @cell_magic
    def suggest_indexes(self, line: str, cell: str) -> Advice:
        """Indexes for the statements in the cell, which may be named and weighted."""
        with _plainly():
            given = parse_argstring(self.suggest_indexes, line)
            kinds = KINDS if given.kinds is None else given.kinds.split(",")
            with _progress_line(self.shell) as progress:
                return self._database().suggest_indexes(
                    cell,
                    budget=given.budget,
                    max_indexes=given.max_indexes,
                    kinds=kinds,
                    measure=not given.no_measure,
                    seed=given.seed,
                    price_writes=given.price_writes,
                    progress=progress,
                )

    @magic_arguments()
    @argument("what", nargs="?", choices=["status"], default="status", help="the only thing so far")
    @line_magic
    def workbench(self, line: str) -> None:
        """What the magics ask: the database, its server and what is loaded."""
        with _plainly():
            parse_argstring(self.workbench, line)
            print("\n".join(_status(self._database())))

    def _database(self) -> Database:
        """The variable ``db``, else what was opened last; raises InputError without either."""
        mine = self.shell.user_ns.get("db") if self.shell else None
        found = mine if isinstance(mine, Database) else latest()
        if found is None:
            words = "no database is open; db = workbench.open_server().load('todos') opens one"
            raise InputError(words)
        return found


def _status(database: Database) -> Iterator[str]:
    server, dataset = database.server, database.dataset
    yield f"workbench {version('workbench')}, PostgreSQL {server.version} ({server.kind})"
    yield f"database: {driver.describe(database.conninfo)}"
    if dataset is not None:
        rows = ", ".join(f"{name} {count:,}" for name, count in dataset["rows"].items())
        yield f"dataset: {dataset['name']} at scale {dataset['scale']}; rows: {rows}"
    free = "are built, measured and dropped" if server.disposable else "are never built: read-only"
    yield f"indexes here {free}"


@contextmanager
def _progress_line(shell: InteractiveShell | None) -> Iterator[Progress]:
    """One line of a notebook that says what is going on, and is gone when that has ended."""
    if not hasattr(shell, "kernel"):
        yield lambda what, done, total: None
        return
    started = shown = monotonic()
    line = DisplayHandle()
    line.display({"text/plain": "starting …"}, raw=True)

    def advance(what: str, done: int, total: int) -> None:
        nonlocal shown
        now = monotonic()
        if now - shown >= LEAST_PAUSE_S:
            shown = now
            words = f"{what}, {done} of {total}" if total else what
            line.update({"text/plain": f"{words} · {now - started:.0f} s"}, raw=True)

    try:
        yield advance
    finally:
        clear_output()


@contextmanager
def _plainly() -> Iterator[None]:
    """What the workbench or the driver says, as IPython's one-line error."""
    try:
        yield
    except WorkbenchError as error:
        raise UsageError(str(error)) from None
    except driver.DriverError as error:
        raise UsageError(f"Postgres could not go on: {driver.one_line(error)}") from None


def register(shell: InteractiveShell) -> None:
    """Make the magics known to a shell."""
    shell.register_magics(WorkbenchMagics)
