"""Rows to write to a twin, like those it has: copies to insert, changed values, rows to delete.

The rows of a batch lie ready in a temporary table, so that a measured statement only writes. Values
that must be unique are made new: numbers and times beyond the greatest, texts with another start.
What the table refuses all the same (a CHECK, a trigger) is left out of the batch row by row.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import psycopg
from psycopg import sql as compose

from workbench.db import Connection, fetch_all, one_line, rolled_back
from workbench.errors import MeasurementError
from workbench.indexes.new_values import NUMBER, REACH, of, other_value, renewed
from workbench.indexes.twin import Twin

SLICE_ROWS = 1000
SLICES = 10
WARM_ROWS = 10
LEAST_ROWS = 50
PLACE = compose.Identifier("workbench place")

_TRY_EACH = """/*workbench*/ DO $do$
DECLARE number int;
BEGIN
    FOR number IN SELECT {number} FROM {pool} LOOP
        BEGIN
            {write};
        EXCEPTION WHEN OTHERS THEN
            INSERT INTO pg_temp.workbench_refused VALUES (number, SQLERRM);
        END;
    END LOOP;
END $do$"""


@dataclass(frozen=True)
class Batch:
    """``rows`` that wait in ``pool`` and the statement that writes those with numbers in a range.

    They are written in slices, each time another one: rows that were written a moment ago find
    their pages in the processor's caches, and cost less than they would in life.
    """

    kind: str
    pool: compose.Identifier
    statement: compose.Composed
    rows: int = 0

    @property
    def slices(self) -> int:
        """How many slices there are."""
        return max(1, (self.rows - WARM_ROWS) // SLICE_ROWS)

    def write(self, first: compose.Composable, last: compose.Composable) -> compose.Composed:
        """The statement for the rows with these numbers."""
        return compose.SQL("{} AND p.{} BETWEEN {} AND {}").format(
            self.statement, NUMBER, first, last
        )

    def warming(self) -> compose.Composed:
        """Writes a few rows, so that the catalog caches are filled."""
        return self.write(compose.Literal(1), compose.Literal(WARM_ROWS))

    def sliced(self, number: int) -> compose.Composed:
        """Writes the rows of one slice, which are never those that warm up."""
        first = WARM_ROWS + number * SLICE_ROWS + 1
        return self.write(compose.Literal(first), compose.Literal(first + SLICE_ROWS - 1))

    def whole(self) -> compose.Composed:
        """Writes all slices at once."""
        return self.write(compose.Literal(WARM_ROWS + 1), compose.Literal(2**31 - 1))


def inserts(twin: Twin) -> Batch:
    """Copies of random rows with new values where they must be unique; raises MeasurementError.

    In a key of several columns the last one is drawn anew from the table, so that it stays like
    the others; only where most such rows exist already it is numbered on.
    """
    try:
        return _inserts(twin, drawn=True)
    except MeasurementError:
        return _inserts(twin, drawn=False)


def _inserts(twin: Twin, drawn: bool) -> Batch:
    pool = twin.new_pool()
    fresh = renewed(twin, drawn)
    values = compose.SQL(", ").join(
        compose.SQL("{} AS {}").format(
            fresh.get(column.name, of("p", column)), compose.Identifier(column.name)
        )
        for column in twin.columns
    )
    copies = -(-_new_rows(twin) // max(twin.rows, 1))
    query = compose.SQL(
        "SELECT p.{number}, {values} FROM (SELECT s.*, row_number() OVER () AS {number} FROM "
        "(SELECT t.* FROM (SELECT ctid FROM {twin}, generate_series(1, {copies}) "
        "ORDER BY random() LIMIT {rows}) r JOIN {twin} t ON t.ctid = r.ctid) s) p"
    ).format(
        number=NUMBER,
        values=values,
        twin=twin.place,
        copies=compose.Literal(copies),
        rows=compose.Literal(_new_rows(twin)),
    )
    names = compose.SQL(", ").join(compose.Identifier(column.name) for column in twin.columns)
    statement = compose.SQL(
        "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {} p WHERE true"
    ).format(twin.place, names, names, pool)
    return _ready(twin, Batch("insert", pool, statement), query)


def sampled(twin: Twin) -> compose.Identifier:
    """A temporary table with random rows of the twin, where they are, and a number for each."""
    pool = twin.new_pool()
    query = compose.SQL(
        "SELECT row_number() OVER () AS {number}, t.ctid AS {place}, t.* FROM {twin} t "
        "WHERE ctid = ANY (ARRAY(SELECT ctid FROM {twin} ORDER BY random() LIMIT {more})) "
        "ORDER BY random()"
    ).format(
        number=NUMBER,
        place=PLACE,
        twin=twin.place,
        more=compose.Literal(_old_rows(twin) + REACH),
    )
    _fill(twin, pool, query)
    return pool


def updates(
    twin: Twin, sample: compose.Identifier, changes: Mapping[tuple[str, ...], float]
) -> Batch:
    """Random rows, each with other values in one of the sets of columns, as often as they weigh.

    ``sample`` is that of ``sampled``; a new value is one that another of its rows has. Raises
    MeasurementError.
    """
    pool = twin.new_pool()
    changed = {name for columns in changes for name in columns}
    columns = [column for column in twin.columns if column.name in changed]
    shares = _shares(changes)
    fresh = renewed(twin, drawn=False)
    values, others = [], []
    for position, column in enumerate(columns):
        other = compose.Identifier(f"o{position}")
        new = fresh.get(column.name, compose.SQL("{}.v").format(other))
        mine = [number for number, names in enumerate(shares) if column.name in names]
        values.append(
            compose.SQL("CASE WHEN p.{} % {} = ANY ({}) AND {} THEN {} ELSE {} END AS {}").format(
                NUMBER,
                compose.Literal(len(shares)),
                compose.Literal(mine),
                compose.SQL("true" if column.name in fresh else f"o{position}.v_found"),
                new,
                of("p", column),
                compose.Identifier(column.name),
            )
        )
        others.append(other_value(sample, column, other))
    query = compose.SQL(
        "SELECT p.{number}, p.{place}, {values} FROM {sample} p {others} WHERE p.{number} <= {rows}"
    ).format(
        place=PLACE,
        number=NUMBER,
        sample=sample,
        values=compose.SQL(", ").join(values),
        others=compose.SQL(" ").join(others),
        rows=compose.Literal(_old_rows(twin)),
    )
    sets = compose.SQL(", ").join(
        compose.SQL("{} = {}").format(compose.Identifier(c.name), of("p", c)) for c in columns
    )
    statement = compose.SQL("UPDATE {} t SET {} FROM {} p WHERE t.ctid = p.{}").format(
        twin.place, sets, pool, PLACE
    )
    return _ready(twin, Batch("update", pool, statement), query)


def deletes(twin: Twin) -> Batch:
    """Random rows to delete; raises MeasurementError."""
    pool = twin.new_pool()
    query = compose.SQL(
        "SELECT row_number() OVER () AS {}, s.* FROM (SELECT ctid AS {} FROM {} "
        "ORDER BY random() LIMIT {}) s"
    ).format(NUMBER, PLACE, twin.place, compose.Literal(_old_rows(twin)))
    statement = compose.SQL("DELETE FROM {} t USING {} p WHERE t.ctid = p.{}").format(
        twin.place, pool, PLACE
    )
    return _ready(twin, Batch("delete", pool, statement), query)


def _new_rows(twin: Twin) -> int:
    """Rows of a pool to insert: a small table is at most doubled, but fills a slice."""
    return WARM_ROWS + min(SLICES * SLICE_ROWS, max(twin.rows, SLICE_ROWS))


def _old_rows(twin: Twin) -> int:
    """Rows of a pool to update or delete: at most a quarter of the table."""
    return WARM_ROWS + min(SLICES * SLICE_ROWS, twin.rows // 4)


def _ready(twin: Twin, batch: Batch, query: compose.Composed) -> Batch:
    """Fill the pool and leave out what the table refuses; raises MeasurementError."""
    connection = twin.connection
    if twin.rows < LEAST_ROWS:
        raise MeasurementError(
            f"{twin.table} has {twin.rows} rows, too few to write more like them"
        )
    rows = _fill(twin, batch.pool, query)
    if not _accepted(connection, batch):
        rows = _without_refused(connection, batch)
    return replace(batch, rows=rows)


def _fill(twin: Twin, pool: compose.Identifier, query: compose.Composed) -> int:
    """Create a pool, the same every time; how many rows it has; raises MeasurementError."""
    execute = twin.connection.execute
    try:
        execute("SELECT setseed(0)")
        create = compose.SQL("/*workbench*/ CREATE TEMPORARY TABLE {} AS {}")
        rows = execute(create.format(pool, query)).rowcount
        execute(compose.SQL("CREATE INDEX ON {} ({})").format(pool, NUMBER))
        execute(compose.SQL("ANALYZE {}").format(pool))
        return rows
    except psycopg.Error as error:
        raise MeasurementError(
            f"no rows like those of {twin.table} can be made: {one_line(error)}"
        ) from error


def _accepted(connection: Connection, batch: Batch) -> bool:
    """Whether the table takes the whole batch."""
    with rolled_back(connection):
        try:
            connection.execute(batch.write(compose.Literal(0), compose.Literal(2**31 - 1)))
        except psycopg.OperationalError:
            raise
        except psycopg.Error:
            return False
    return True


def _without_refused(connection: Connection, batch: Batch) -> int:
    """Write row by row, remove what was refused, number the others anew; how many are left."""
    number = compose.SQL("number")
    each = compose.SQL(_TRY_EACH).format(
        number=NUMBER, pool=batch.pool, write=batch.write(number, number)
    )
    with rolled_back(connection):
        connection.execute("CREATE TEMPORARY TABLE workbench_refused (number int, why text)")
        connection.execute(each)
        refused = fetch_all(connection, "SELECT number, why FROM pg_temp.workbench_refused")
    numbers = [row[0] for row in refused]
    delete = compose.SQL("DELETE FROM {} WHERE {} = ANY ($1)").format(batch.pool, NUMBER)
    connection.execute(delete, [numbers])
    renumber = compose.SQL(
        "UPDATE {pool} p SET {n} = r.r FROM (SELECT {n}, row_number() OVER (ORDER BY {n}) AS r "
        "FROM {pool}) r WHERE r.{n} = p.{n}"
    )
    left = connection.execute(renumber.format(pool=batch.pool, n=NUMBER)).rowcount
    if left < max(LEAST_ROWS, len(refused) / 2):
        why = Counter(row[1] for row in refused).most_common(1)[0][0]
        raise MeasurementError(f"rows to {batch.kind} are refused: {why}")
    return left


def _shares(changes: Mapping[tuple[str, ...], float], parts: int = 20) -> Sequence[tuple[str, ...]]:
    """The sets of columns, each repeated by its weight in about ``parts`` parts."""
    total = sum(changes.values())
    return [
        columns
        for columns, weight in changes.items()
        for _ in range(max(1, round(parts * weight / total)))
    ]
