"""An index on a partitioned table: its parts are hidden, shown, counted and named with it."""

import pytest

from workbench.db import Connection, fetch_value
from workbench.indexes import existing
from workbench.indexes.advise import Options, Target, advise
from workbench.indexes.index import Index, Key
from workbench.indexes.whatif import trial
from workbench.workload import files
from workbench.workload.query import Query
from workbench.workload.schema import TableName

SCHEMA = """
CREATE TABLE visits (id bigint, at date NOT NULL, page text) PARTITION BY RANGE (at);
CREATE TABLE early PARTITION OF visits FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE late PARTITION OF visits FOR VALUES FROM ('2021-01-01') TO ('2022-01-01')
PARTITION BY RANGE (id);
CREATE TABLE late_few PARTITION OF late FOR VALUES FROM (0) TO (5000);
CREATE TABLE late_many PARTITION OF late FOR VALUES FROM (5000) TO (900000);
INSERT INTO visits SELECT n, date '2020-01-01' + n % 700, 'p' || n FROM generate_series(1, 30000) n;
VACUUM ANALYZE
"""
BY_PAGE = Index(TableName("public", "visits"), (Key("page"),))
ASKED = Query("q", "", "SELECT * FROM visits WHERE page = 'p7'")


@pytest.fixture
def visits(connection: Connection) -> Connection:
    for statement in SCHEMA.split(";"):
        connection.execute(statement)
    return connection


def test_its_parts_are_hidden_and_shown_with_it(visits: Connection) -> None:
    with trial(visits, [BY_PAGE], lambda *_: None) as candidates:
        hidden, shown = candidates.plan(ASKED, []), candidates.plan(ASKED, [BY_PAGE])
        assert not hidden.index_names
        assert candidates.used(shown) == {BY_PAGE}
        assert shown.cost < hidden.cost / 10
        parts = "SELECT sum(pg_indexes_size(c)) FROM unnest($1::regclass[]) c"
        size = fetch_value(visits, parts, [["early", "late_few", "late_many"]])
        assert candidates.built[BY_PAGE].size_bytes == size > 0
    assert existing.read(visits) == ()


def test_the_advice_is_for_the_whole(visits: Connection) -> None:
    target = Target(visits, True, None, {"kind": "embedded", "version": "18"})
    options = Options(measure=False)
    advice = advise(target, files.read([ASKED.text]), options, lambda *_: None)
    assert [each.index for each in advice.indexes] == [BY_PAGE]
    assert advice.indexes[0].used_by == ("1",)
    script = [line for line in advice.to_sql().splitlines() if "INDEX" in line]
    for line in script:
        visits.execute(line.removeprefix("-- ").rstrip(";"))
    assert [line.split(" visits_page")[0] for line in script] == [
        "CREATE INDEX",
        "-- DROP INDEX IF EXISTS public.visits_page_idx;",
    ]
    heap = fetch_value(
        visits,
        "SELECT sum(pg_relation_size(c)) FROM unnest($1::regclass[]) c",
        [["early", "late_few", "late_many"]],
    )
    assert advice.workload.heap_bytes == heap


def test_indexes_of_the_whole_and_of_a_part_have_different_names(visits: Connection) -> None:
    """Postgres names the parts of an index itself, as it would be named on the part."""
    target = Target(visits, True, None, {"kind": "embedded", "version": "18"})
    asked = [ASKED.text, "-- name: part\nSELECT * FROM early WHERE page = 'p3'"]
    advice = advise(target, files.read(asked), Options(measure=False), lambda *_: None)
    found = {each.index.table.name for each in advice.indexes}
    found |= {each.ddl.partition(" ON ")[2].partition(" ")[0] for each in advice.rejected}
    assert {"visits", "early"} <= found
    assert not [each for each in advice.rejected if "could not be built" in each.reason]
