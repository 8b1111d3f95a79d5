"""A whole set of indexes on a workload: what it gains, what of it is used, and the way back."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

from workbench import sql
from workbench.claims.arms import Bench, bench, silent
from workbench.claims.claim import Finding
from workbench.claims.lab import Lab, Site
from workbench.claims.published import published
from workbench.db import Connection, fetch_all, rolled_back, run_statement
from workbench.errors import MeasurementError, StatementError
from workbench.indexes import write_price
from workbench.indexes.advice import Advice
from workbench.indexes.advise import Options, Target, advise
from workbench.measurement.calls import Race
from workbench.measurement.estimate import Estimate, exactly, less, typical_speedup
from workbench.workload import files
from workbench.workload.query import Query
from workbench.workload.schema import TableName
from workbench.workload.script import split

Raced: TypeAlias = Sequence[tuple[Query, Race]]

FINDINGS = TableName("production", "findings")
ROLL_OUT = "workbench_roll_out"
_SCANS = """/*workbench*/ SELECT indexrelname, idx_scan FROM pg_stat_user_indexes
WHERE indexrelname = ANY ($1)"""


@dataclass(frozen=True)
class Scans:
    """Scans of an index while the workload was only planned, and while it was planned and run."""

    planned: int
    run: int

    @property
    def executed(self) -> int:
        """Those that looked for rows of an answer."""
        return max(0, self.run - self.planned)


def published_set(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """S4.1: the workload before, with all that was published, with as many bytes of our own."""
    site = lab.site("codereview")
    promised = published(site.spec)
    limits = {name: lab.parameters(parameters, name) for name in ("rounds", "seconds")}
    with bench(lab, site, promised, **limits) as on:
        budget_bytes = sum(on.built(name).size_bytes for name in promised)
        reads = [query for query in _statements(site) if not _writes(on, query)]
        used = {name for query in reads for name in on.used(query.text, promised)}
        reads = _heaviest(on, reads, lab.parameters(parameters, "statements"))
    with site.connect() as connection:
        advised = _advised(connection, site, reads, lab.seed, f"{budget_bytes}B")
    with bench(lab, site, promised, **limits) as on:
        own = on.add(each.index for each in advised.indexes)
        sets = {"before": (), "published": tuple(promised), "own": own}
        raced = [(query, on.race(query.text, sets)) for query in reads]
        sizes = {name: on.built(name).size_bytes for name in {*promised, *own}}
        prices = _prices(on, lab, sets, lab.parameters(parameters, "write_seconds"))
    before, after = _totals(raced, "before"), _totals(raced, "published")
    records = [
        {"statement": query.name, "weight": query.weight, **row}
        for query, race in raced
        for row in race.records()
    ]
    records += [
        {"index": name, "size_bytes": size, "used": name in used}
        | {"published": name in promised, "own": name in own}
        for name, size in sizes.items()
    ]
    return Finding(
        measured={"less time": less(before, after, seed=lab.seed)},
        records=[*records, *prices],
        note="; ".join(
            [
                f"of the {len(raced)} statements a typical one gets "
                f"{_typical(raced, 'published')} as fast",
                _unused(promised, used),
                _compared(raced, own, sum(sizes[name] for name in own) / budget_bytes),
                *(f"{row['set']}: inserts take {row['insert_ratio']:.3g} x" for row in prices),
            ]
        ),
    )


def roll_out(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """S4.6: scans of each published index after the workload; a migration there and back."""
    site = lab.site("codereview")
    promised, few = published(site.spec), lab.parameters(parameters, "advised_statements")
    with _copy(site) as connection:
        untouched = _objects(connection)
        scans = _scans_in_use(connection, promised, _statements(site))
        _drop(connection, _objects(connection) - untouched)
        advised = _advised(connection, site, _statements(site)[:few], lab.seed, None)
        created, left = _there_and_back(connection, advised, untouched)
    used = {name for name, count in scans.items() if count.executed}
    looks = sum(count.run > 0 for name, count in scans.items() if name not in used)
    return Finding(
        measured={
            "indexes in use": exactly(100 * len(used) / len(promised), "%"),
            "differences after taking back": exactly(left, "objects"),
        },
        records=[
            {"index": name, "scans": count.run, "by_the_planner": count.planned}
            for name, count in scans.items()
        ],
        note=f"{_unused(promised, used)}, {looks} of these have scans in pg_stat_user_indexes that "
        f"are the planner's own looks at their ends; {created} indexes of the workbench's own "
        "migration created and taken back",
    )


def _statements(site: Site) -> list[Query]:
    """The statements of the dataset."""
    return [each for each in files.read(site.spec.query_files) if isinstance(each, Query)]


def _writes(on: Bench, query: Query) -> bool:
    return any(node.node_type == "ModifyTable" for node in on.plan(query.text, ()).walk())


def _heaviest(on: Bench, reads: Sequence[Query], count: int) -> list[Query]:
    """Those that cost most by the planner and their weights, in the order of the files."""
    costs = {query.name: query.weight * (on.plan(query.text, ()).cost or 0.0) for query in reads}
    heavy = sorted(costs, key=lambda name: -costs[name])[:count]
    return [query for query in reads if query.name in heavy]


def _advised(
    connection: Connection, site: Site, statements: Sequence[Query], seed: int, budget: str | None
) -> Advice:
    """The workbench's own set for these statements, by the planner's costs."""
    server = {"kind": site.server.kind, "version": site.server.version}
    target = Target(connection, True, site.server.backend_cpu(connection), server)
    options = Options.parse(budget, None, None, False, seed, 60.0)
    return advise(target, statements, options, silent)


def _totals(raced: Raced, arm: str) -> list[float]:
    """The weighted milliseconds of the whole workload, round by round."""
    rounds = min(len(race.times_ms[arm]) for _, race in raced)
    return [
        sum(query.weight * race.times_ms[arm][k] for query, race in raced) for k in range(rounds)
    ]


def _typical(raced: Raced, arm: str) -> Estimate:
    return typical_speedup([(race.times_ms["before"], race.times_ms[arm]) for _, race in raced])


def _unused(promised: Mapping[str, str], used: Iterable[str]) -> str:
    unused = [name for name in promised if name not in used]
    return f"{len(unused)} of {len(promised)} are never used ({', '.join(unused) or 'none'})"


def _compared(raced: Raced, own: Sequence[str], share: float) -> str:
    """How the workbench's own set does with no more bytes than the published one."""
    gain = less(_totals(raced, "before"), _totals(raced, "own"))
    return (
        f"the workbench's own {len(own)} indexes with {share:.0%} of the bytes: {gain} less time, "
        f"a typical statement {_typical(raced, 'own')}"
    )


def _prices(
    on: Bench, lab: Lab, sets: Mapping[str, Sequence[str]], seconds: float
) -> list[dict[str, Any]]:
    """How much longer inserts into the table of findings take with each set; none for 0 seconds."""
    rows = []
    for name, members in sets.items():
        own = [index for index in map(on.indexes.__getitem__, members) if index.table == FINDINGS]
        if own and seconds:
            price = write_price.measure_set(
                on.connection, own, backend_cpu=on.backend_cpu, seed=lab.seed, seconds=seconds
            )
            rows.append(
                {"set": name, "table": str(FINDINGS), "insert_ratio": price.insert_ratio}
                | {"insert_ratio_ci": price.insert_ratio_ci}
            )
    return rows


@contextmanager
def _copy(site: Site) -> Iterator[Connection]:
    """A connection to a copy of the database, which is dropped afterwards.

    One that a killed run left is dropped first.
    """
    drop = f"/*workbench*/ DROP DATABASE IF EXISTS {ROLL_OUT} WITH (FORCE)"
    with site.server.connect() as admin:
        admin.execute(drop)
        admin.execute(f"/*workbench*/ CREATE DATABASE {ROLL_OUT} TEMPLATE {site.name}")
        try:
            with site.server.connect(ROLL_OUT) as connection:
                yield connection
        finally:
            admin.execute(drop)


def _objects(connection: Connection) -> set[tuple[str, str, str]]:
    """Every column, index, constraint and extension with its definition."""
    return {*fetch_all(connection, sql.load("schema_objects"))}


def _scans_in_use(
    connection: Connection, promised: Mapping[str, str], statements: Sequence[Query]
) -> dict[str, Scans]:
    """The scans of each published index while every statement is planned, and while it is run."""
    for ddl in promised.values():
        connection.execute(ddl)
    counts = [_counted(connection, promised)]
    for prefix in ("/*workbench*/ EXPLAIN ", ""):
        for query in statements:
            # a small scale has not every row that the statements name
            with suppress(StatementError), rolled_back(connection):
                run_statement(connection, query.text, query.values, prefix)
        counts.append(_counted(connection, promised))
    start, planned, run = counts
    return {
        name: Scans(planned[name] - start[name], run[name] - planned[name]) for name in promised
    }


def _counted(connection: Connection, names: Iterable[str]) -> dict[str, int]:
    """What pg_stat_user_indexes says by now."""
    connection.execute("SELECT pg_stat_force_next_flush()")
    connection.execute("SELECT 1")  # the flush happens when this one ends
    connection.execute("SELECT pg_stat_clear_snapshot()")
    return dict(fetch_all(connection, _SCANS, [[*names]]))


def _drop(connection: Connection, objects: Iterable[tuple[str, str, str]]) -> None:
    for _, place, _ in objects:
        connection.execute(f"DROP INDEX {place}")


def _there_and_back(
    connection: Connection, advised: Advice, untouched: set[tuple[str, str, str]]
) -> tuple[int, int]:
    """The migration that the advice prints is run, then its own way back.

    How many indexes it created, and how many objects differ from before in the end.
    """
    there, _, back = advised.to_sql().partition("-- To take it back:")
    for statement in split(there):
        connection.execute(statement.text)
    created = len(_objects(connection) - untouched)
    if created != len(advised.indexes):
        raise MeasurementError(f"the migration made {created} of {len(advised.indexes)} indexes")
    for statement in split(back.replace("\n-- ", "\n")):
        connection.execute(statement.text)
    return created, len(_objects(connection) ^ untouched)


CHECKS = {"published_set": published_set, "roll_out": roll_out}
