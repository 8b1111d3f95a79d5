"""What an index costs the writes of its table, measured with and without it.

The rows go to a twin of the table (see ``twin``): the same batch of rows is inserted, updated or
deleted with all indexes and with one of them dropped, in random order, each time in a transaction
that is rolled back. What is compared is the CPU time of the backend. A
hidden index would still be maintained, and one built inside the transaction would not be logged on
a server that skips the log for new files; so the index is there, and dropping it is what is undone.

A GIN index with ``fastupdate`` only lists what is inserted and sorts it in later, when the list is
long. Therefore it is priced with a batch of many rows, and sorting in is part of it. Deleting a row
touches no index: its entries are left to VACUUM, which is not counted here, so the price of a
delete is usually nothing. Updates meet few dead versions; where there are many, they cost more.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any, Literal, TypeAlias, get_args

from workbench.db import Connection
from workbench.errors import MeasurementError
from workbench.indexes.index import Index
from workbench.indexes.twin import Twin, TwinIndex, twin
from workbench.indexes.writing import Arm, Bench, Changes, Job, Written, jobs_for
from workbench.measurement.statistics import (
    median,
    median_interval,
    ratio_interval,
    ratio_of_medians,
)
from workbench.workload.schema import TableName

Progress: TypeAlias = Callable[[str, int, int], None]
Kind: TypeAlias = Literal["insert", "update", "delete"]
Interval: TypeAlias = tuple[float, float]
KINDS: tuple[Kind, ...] = get_args(Kind)
SECONDS = 10.0


@dataclass(frozen=True)
class WritePrice:
    """What one index adds to a written row; what was not measured is None, and ``reason`` says why.

    Microseconds of the backend's CPU time (``basis``), or of wall time where that cannot be read;
    bytes of write-ahead log without full-page images; HOT shares are those of the updates without
    and with the index. Each ``_ci`` holds its value with 99 % confidence.
    """

    insert_us: float | None = None
    update_us: float | None = None
    delete_us: float | None = None
    wal_bytes: float | None = None
    hot_share_before: float | None = None
    hot_share_after: float | None = None
    insert_us_ci: Interval | None = None
    update_us_ci: Interval | None = None
    delete_us_ci: Interval | None = None
    rounds: int = 0
    basis: Literal["cpu", "wall"] = "cpu"
    reason: str | None = None

    def charge_ms(self, inserted: float, updated: float, deleted: float) -> float:
        """What the index costs that many rows, in milliseconds; what is not known costs nothing."""
        rows = (inserted, self.insert_us), (updated, self.update_us), (deleted, self.delete_us)
        return sum(count * price for count, price in rows if price is not None) / 1000


@dataclass(frozen=True)
class TablePrice:
    """What a set of indexes does to the writes of a table: times with all of it over without.

    2.0 means that the same rows take twice as long. None is what was not measured; ``notes`` say
    why. ``rows`` is how many rows the twin had.
    """

    table: TableName
    insert_ratio: float | None = None
    update_ratio: float | None = None
    delete_ratio: float | None = None
    insert_ratio_ci: Interval | None = None
    update_ratio_ci: Interval | None = None
    delete_ratio_ci: Interval | None = None
    rows: int = 0
    indexes: Mapping[Index, WritePrice] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def pays_from(price: WritePrice, saving_ms_per_read: float) -> float | None:
    """From how many reads for each written row on the index saves more than it costs.

    The dearest kind of write counts. None where no price is known, infinity where nothing is saved.
    """
    known = [p for p in (price.insert_us, price.update_us, price.delete_us) if p is not None]
    if not known:
        return None
    cost_ms = max(0.0, *known) / 1000
    if saving_ms_per_read <= 0:
        return float("inf") if cost_ms else 0.0
    return cost_ms / saving_ms_per_read


def measure_tables(
    connection: Connection,
    indexes: Sequence[Index],
    *,
    backend_cpu: Path | None,
    seed: int,
    seconds: float,
    progress: Progress,
    changes: Mapping[TableName, Changes] | None = None,
) -> tuple[TablePrice, ...]:
    """The price of each set of indexes on the same table, and of each index in it.

    ``changes`` says which columns the workload's UPDATEs of a table set together, with their
    weights. About ``seconds`` are spent, shared by the tables. Candidates that are built are left
    as they are. The database must be one that may be changed.
    """
    by_table: dict[TableName, list[Index]] = {}
    for index in indexes:
        by_table.setdefault(index.table, []).append(index)
    found = []
    for done, (table, own) in enumerate(sorted(by_table.items())):
        progress("pricing writes", done, len(by_table))
        share, mine = seconds / len(by_table), (changes or {}).get(table)
        price = measure_set(
            connection, own, backend_cpu=backend_cpu, seed=seed, seconds=share, changes=mine
        )
        found.append(price)
    progress("pricing writes", len(by_table), len(by_table))
    return tuple(found)


def measure_set(
    connection: Connection,
    indexes: Sequence[Index],
    *,
    backend_cpu: Path | None,
    seed: int = 0,
    seconds: float = SECONDS,
    changes: Changes | None = None,
) -> TablePrice:
    """The price of a set of indexes on one table, together and each beside the others."""
    table, started, order = indexes[0].table, perf_counter(), random.Random(seed)
    try:
        with twin(connection, table, indexes) as made:
            bench = Bench(made, backend_cpu)
            jobs, notes = jobs_for(made, changes)
            rounds = []
            for done, job in enumerate(jobs, 1):
                until = started + seconds * done / len(jobs)
                rounds.append((job, bench.measure(job, order, until)))
            return Ledger(made, rounds, bench.basis, seed, notes).table()
    except MeasurementError as error:
        unknown = {index: WritePrice(reason=str(error)) for index in indexes}
        return TablePrice(table, indexes=unknown, notes=(str(error),))


@dataclass(frozen=True)
class Ledger:
    """The rounds of all jobs, and the prices that follow from them."""

    twin: Twin
    jobs: Sequence[tuple[Job, Mapping[Arm, Sequence[Written]]]]
    basis: Literal["cpu", "wall"]
    seed: int
    notes: Sequence[str]

    def table(self) -> TablePrice:
        """What the whole set does, and each index in it."""
        prices = {each.index: self.price(each) for each in self.twin.priced() if each.index}
        failed = {index: WritePrice(reason=why) for index, why in self.twin.failed.items()}
        figures: dict[str, Any] = {}
        for kind in KINDS:
            figures[f"{kind}_ratio"], figures[f"{kind}_ratio_ci"] = self._ratio(kind)
        return TablePrice(
            self.twin.table,
            rows=self.twin.rows,
            indexes=prices | failed,
            notes=tuple(self.notes),
            **figures,
        )

    def price(self, index: TwinIndex) -> WritePrice:
        """Of one index: the batch with all indexes less the batch without this one."""
        figures: dict[str, Any] = {"basis": self.basis, "reason": "; ".join(self.notes) or None}
        for job, rounds in self.jobs:
            if index not in job.priced:
                continue
            pairs = list(zip(rounds[Arm()], rounds[Arm([index])], strict=True))
            extra = [all_.us - less.us for all_, less in pairs]
            figures[f"{job.batch.kind}_us"] = median(extra)
            figures[f"{job.batch.kind}_us_ci"] = median_interval(extra)
            figures["rounds"] = len(pairs)
            if job.batch.kind == "insert":
                figures["wal_bytes"] = median([a.wal_bytes - b.wal_bytes for a, b in pairs])
            elif job.batch.kind == "update":
                figures["hot_share_before"] = median([less.hot_share or 0.0 for _, less in pairs])
                figures["hot_share_after"] = median([all_.hot_share or 0.0 for all_, _ in pairs])
        return WritePrice(**figures)

    def _ratio(self, kind: Kind) -> tuple[float, Interval] | tuple[None, None]:
        """Time with all indexes over time without, and its interval."""
        found = [(job, rounds) for job, rounds in self.jobs if job.batch.kind == kind]
        found = [pair for pair in found if pair[0].whole] or found
        with_all = [w.us for _, rounds in found for w in rounds[Arm()]]
        without = [w.us for job, rounds in found for w in rounds[job.every]]
        if not with_all:
            return None, None
        interval = ratio_interval(with_all, without, seed=self.seed)
        return ratio_of_medians(with_all, without), interval
