"""Whether the drift check names every index that only one side knows, and no other."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Index, MetaData, Table, func

from workbench.claims.claim import Finding
from workbench.claims.lab import Lab
from workbench.measurement.estimate import exactly
from workbench.patterns.drift import Drift, drift
from workbench.patterns.engines import engine
from workbench.patterns.models import PullRequest
from workbench.patterns.scratch import SCHEMA, Scratch, scratch

Declare = Callable[[Table, str], Index]

# Each index twice: as a team writes it in SQL, and as a model declares it.
SEEDED: Mapping[str, tuple[str, Declare]] = {
    "plain": ("(state)", lambda t, n: Index(n, t.c.state)),
    "composite": ("(author_id, created_at)", lambda t, n: Index(n, t.c.author_id, t.c.created_at)),
    "descending": (
        "(team_id, updated_at DESC)",
        lambda t, n: Index(n, t.c.team_id, t.c.updated_at.desc()),
    ),
    "nulls last": (
        "(merged_at DESC NULLS LAST)",
        lambda t, n: Index(n, t.c.merged_at.desc().nulls_last()),
    ),
    "covering": (
        "(repository) INCLUDE (title)",
        lambda t, n: Index(n, t.c.repository, postgresql_include=["title"]),
    ),
    "partial": (
        "(created_at) WHERE state = 'open'",
        lambda t, n: Index(n, t.c.created_at, postgresql_where=t.c.state == "open"),
    ),
    "expression": ("(lower(title))", lambda t, n: Index(n, func.lower(t.c.title))),
    "path in a document": (
        "((llm_summary ->> 'type'))",
        lambda t, n: Index(n, t.c.llm_summary["type"].astext),
    ),
    "gin": ("USING gin (labels)", lambda t, n: Index(n, t.c.labels, postgresql_using="gin")),
    "gin, other class": (
        "USING gin (files jsonb_path_ops)",
        lambda t, n: Index(
            n, t.c.files, postgresql_using="gin", postgresql_ops={"files": "jsonb_path_ops"}
        ),
    ),
    "brin": (
        "USING brin (updated_at)",
        lambda t, n: Index(n, t.c.updated_at, postgresql_using="brin"),
    ),
    "hash": ("USING hash (title)", lambda t, n: Index(n, t.c.title, postgresql_using="hash")),
}


def both_sides(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """S2.4: every seeded index is left out of either side in turn, then all of them."""
    records = []
    with scratch(lab.site("prmetrics").conninfo) as private:
        private.copy("pull_requests")
        connected = engine(private.conninfo)
        try:
            for what, in_models, in_database in _trials():
                _make(private, in_database)
                found = drift(connected, _models(in_models))
                records.append(_judged(what, in_models, in_database, found))
        finally:
            connected.dispose()
    wrong = sum(row["missed"] + row["invented"] for row in records)
    seeded = sum(row["seeded"] for row in records)
    return Finding(
        measured={"missed or invented": exactly(wrong, "indexes")},
        records=records,
        note=f"{seeded} seeded differences of {len(SEEDED)} kinds in {len(records)} trials",
    )


def _trials() -> list[tuple[str, set[str], set[str]]]:
    """What is tried, which indexes the models declare, and which the database has."""
    every = set(SEEDED)
    found = [("the same", every, every), ("nothing in the models", set[str](), every)]
    found.append(("nothing in the database", every, set[str]()))
    for name in SEEDED:
        found.append((f"models without {name}", every - {name}, every))
        found.append((f"database without {name}", every, every - {name}))
    return found


def _make(private: Scratch, names: set[str]) -> None:
    """Give the private table just these of the seeded indexes."""
    for name, (definition, _) in SEEDED.items():
        private.connection.execute(f"DROP INDEX IF EXISTS {SCHEMA}.{_named(name)}")
        if name in names:
            ddl = f"CREATE INDEX {_named(name)} ON {SCHEMA}.pull_requests {definition}"
            private.connection.execute(ddl)


def _models(names: set[str]) -> MetaData:
    """The model of the table with just these of the seeded indexes."""
    metadata = MetaData()
    copy = PullRequest.metadata.tables["pull_requests"].to_metadata(metadata)
    for name, (_, declare) in SEEDED.items():
        if name in names:
            declare(copy, _named(name))
    return metadata


def _judged(what: str, in_models: set[str], in_database: set[str], found: Drift) -> dict[str, Any]:
    """How many of the differences were found, and what was taken for one."""
    expected = {("models", _named(name)) for name in in_models - in_database}
    expected |= {("database", _named(name)) for name in in_database - in_models}
    said = {("models", name) for name in found.only_in_models.values()}
    said |= {("database", name) for name in found.only_in_database.values()}
    return {
        "trial": what,
        "seeded": len(expected),
        "found": len(expected & said),
        "missed": len(expected - said),
        "invented": len(said - expected),
    }


def _named(name: str) -> str:
    return f"seeded_{[*SEEDED].index(name)}"


CHECKS = {"both_sides": both_sides}
