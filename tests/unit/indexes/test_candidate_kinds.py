"""Beyond plain btrees: a statement in, indexes that must be, and must not be, among the drafts."""

import pytest

from workbench.indexes.candidates import RULES, Candidate, generate
from workbench.workload.analysis import analyse
from workbench.workload.schema import Catalog, Column, ForeignKey, Table, TableName
from workbench.workload.uses import Condition, TableUse

T = [
    Column("id", "bigint", True, 100_000),
    Column("owner", "bigint", True, 500),
    Column("state", "text", True, 3, common={"done": 0.9, "open": 0.08, "stuck": 0.02}),
    Column("done", "boolean", True, 2, common={"t": 0.95, "f": 0.05}),
    Column("deleted", "timestamp with time zone", False, 900, null_share=0.97),
    Column("made", "timestamp with time zone", True, 99_000, correlation=0.98),
    Column("seen", "date", True, 99_000, correlation=1.0),
    Column("score", "integer", True, 90),
    Column("tries", "integer", True, 4, common={"0": 0.8, "1": 0.1, "2": 0.08, "5": 0.02}),
    Column("price", "numeric", True, 9_000, common={"0": 0.2}, bounds=(1, 10, 20, 40, 900)),
    Column("name", "text", True, 90_000, width_bytes=20, correlation=0.0),
    Column("body", "text", True, 90_000, width_bytes=2_000),
    Column("code", "character varying(40)", True, 90_000, width_bytes=40, correlation=0.0),
    Column("file", "text", True, 100_000, width_bytes=18),  # all out of line
    Column("link", "text", True, 90_000, width_bytes=20, correlation=0.0),
    Column("tags", "text[]", True, 50),
    Column("doc", "jsonb", False, 1000, null_share=0.1, width_bytes=300),
    Column("span", "tstzrange", True, 90_000),
    Column("place", "point", True, 90_000),
    Column("raw", "json", True),
    Column("attributes", "hstore", True, 1000),
    Column("address", "inet", True, 1000),
]
U = [Column("a", "bigint", True, 300), Column("b", "bigint", True, 90_000), Column("c", "bigint")]


def table(name: str, columns: list[Column], *uniques: str) -> Table:
    keys = tuple(frozenset(unique.split()) for unique in uniques)
    fields = {column.name: column for column in columns}
    return Table(TableName("public", name), "r", 1e5, 10**7, fields, uniques=keys, toasted=True)


V = [Column("a", "bigint", True, 300), Column("n", "integer", False, 9, 0.5, common={"4": 0.1})]
TABLES = (table("t", T, "id"), table("u", U, "a b"), table("v", V))
CATALOG = Catalog({t.table: t for t in TABLES})


def candidates(*statements: str, lookups: float = 0) -> tuple[Candidate, ...]:
    uses = [
        (f"q{number}", use)
        for number, sql in enumerate(statements)
        for use in analyse(sql, CATALOG).uses
    ]
    for _, use in uses:
        object.__setattr__(use, "lookups", lookups)
    return _generated(uses)


def _generated(uses: list[tuple[str, TableUse]]) -> tuple[Candidate, ...]:
    return generate(uses, lambda use: CATALOG.tables[use.table])


def drafted(*statements: str, **more: float) -> set[str]:
    return {c.index.ddl().partition(" ON ")[2] for c in candidates(*statements, **more)}


PAIRS = {
    # what most rows meet is worth a predicate: no look at the heap, and a shorter key
    "SELECT * FROM t WHERE owner = $1 AND deleted IS NULL ORDER BY score DESC LIMIT 5": (
        "t (owner, score DESC) WHERE deleted IS NULL",
    ),
    "SELECT * FROM t WHERE doc ? 'paid' AND deleted IS NULL ORDER BY score DESC LIMIT 5": (
        "t (score DESC) WHERE deleted IS NULL AND doc ? 'paid'",
        "t USING gin (doc) WHERE deleted IS NULL",
    ),
    "SELECT * FROM t WHERE state NOT IN ('done', 'stuck') ORDER BY made LIMIT 5": (
        "t (made) WHERE state NOT IN ('done', 'stuck')",
    ),
    "SELECT * FROM t WHERE state IN ('open', 'stuck') ORDER BY made LIMIT 5": (
        "t (made) WHERE state IN ('open', 'stuck')",
    ),
    "SELECT * FROM t WHERE done IS NOT TRUE AND owner = 7": ("t (owner) WHERE done IS NOT TRUE",),
    # a flag within a document
    "SELECT * FROM t WHERE doc @> '{\"vip\": true}' AND owner = $1": (
        "t (owner) WHERE doc @> '{\"vip\": true}'",
    ),
    "SELECT * FROM t WHERE doc ->> 'vip' = 'true' ORDER BY made LIMIT 5": (
        "t (made) WHERE (doc ->> 'vip') = 'true'",
    ),
    "SELECT * FROM t WHERE (doc ->> 'vip')::boolean AND owner = $1": (
        "t (owner) WHERE (CAST((doc ->> 'vip') AS BOOLEAN))",
    ),
    # a range that few rows meet, by the statistics
    "SELECT * FROM t WHERE tries > 1 ORDER BY made LIMIT 5": ("t (made) WHERE tries > 1",),
    "SELECT * FROM t WHERE 2 <= tries AND owner = $1": ("t (owner) WHERE tries >= 2",),
    "SELECT * FROM t WHERE price > 40.5 AND owner = $1": ("t (owner) WHERE price > 40.5",),
    # a strict comparison says that its column is not null
    "SELECT * FROM t WHERE deleted < $1": ("t (deleted) WHERE deleted IS NOT NULL",),
    "SELECT * FROM t WHERE doc -> 'warnings' ? 'late'": (
        "t USING gin ((doc -> 'warnings')) WHERE (doc -> 'warnings') IS NOT NULL",
        "t USING gin ((doc -> 'warnings')) WHERE doc IS NOT NULL",
    ),
    "SELECT * FROM t WHERE doc @> '{}' AND owner = 3": (
        "t USING gin (doc jsonb_path_ops)",
        "t USING gin (owner int8_ops, doc jsonb_path_ops)",
    ),
    "SELECT * FROM t WHERE doc ->> 'kind' = $1 AND owner = $2 ORDER BY made DESC": (
        "t ((doc ->> 'kind'))",
        "t (owner, (doc ->> 'kind'), made DESC)",
    ),
    "SELECT * FROM t WHERE raw ->> 'kind' = 'x'": ("t ((raw ->> 'kind'))",),
    # texts
    "SELECT id FROM t WHERE owner = $1 AND name LIKE 'ab%'": (
        "t (name text_pattern_ops)",
        "t (owner, name text_pattern_ops)",
        "t (owner, name text_pattern_ops) INCLUDE (id)",
        "t USING gin (name gin_trgm_ops)",
    ),
    "SELECT * FROM t WHERE code LIKE 'ab%'": ("t (code varchar_pattern_ops)",),
    "SELECT * FROM t WHERE lower(name) LIKE 'ab%'": ("t ((lower(name)) text_pattern_ops)",),
    "SELECT * FROM t WHERE code = $1": ("t (code)", "t USING hash (code)"),
    "SELECT * FROM t WHERE body = $1": ("t USING hash (body)",),
    "SELECT * FROM t WHERE file = $1": ("t USING hash (file)",),
    # one of the links may be too long for a btree, where values are long enough to be moved out
    "SELECT * FROM t WHERE link = $1": ("t (link)", "t USING hash (link)"),
    "SELECT * FROM t WHERE name % 'ab'": ("t USING gin (name gin_trgm_ops)",),
    "SELECT * FROM t WHERE to_tsvector('simple', name) @@ to_tsquery($1)": (
        "t USING gin ((to_tsvector('simple', name)))",
    ),
    "SELECT * FROM t ORDER BY lower(name), id LIMIT 5": ("t ((lower(name)), id)",),
    "SELECT id, name FROM t ORDER BY lower(name), id LIMIT 5": ("t ((lower(name)), id)",),
    "SELECT id, place FROM t ORDER BY place <-> $1 LIMIT 5": ("t USING gist (place)",),
    "SELECT id, name FROM t ORDER BY name <-> 'ab' LIMIT 5": ("t USING gist (name gist_trgm_ops)",),
    "SELECT * FROM t WHERE tags && $1 AND NOT done": ("t USING gin (tags) WHERE NOT done",),
    "SELECT * FROM t WHERE code = $1 AND tags @> $2": ("t USING gin (code varchar_ops, tags)",),
    "SELECT * FROM t WHERE attributes ? 'x'": ("t USING gin (attributes)",),
    # nothing leads into the table
    "SELECT count(*) FROM t WHERE deleted IS NULL": ("t (deleted)",),
    "SELECT sum(score) FROM t": ("t (score)",),
    "SELECT avg(score) FROM t WHERE done": ("t (done) INCLUDE (score)",),
    # ranges and shapes
    "SELECT * FROM t WHERE owner = $1 AND span && tstzrange($2, $3)": (
        "t USING gist (span)",
        "t USING gist (owner gist_int8_ops, span)",
    ),
    "SELECT * FROM t WHERE place <@ CAST($1 AS box)": ("t USING gist (place)",),
    "SELECT * FROM t ORDER BY place <-> point '(1,2)' LIMIT 5": ("t USING gist (place)",),
    "SELECT * FROM t WHERE address && '10.0.0.0/8'": ("t USING gist (address inet_ops)",),
    "SELECT * FROM t WHERE made >= $1": (
        "t USING brin (made) WITH (pages_per_range = 8)",
        "t USING brin (made timestamptz_minmax_multi_ops) WITH (pages_per_range = 8)",
    ),
    # joins, extremes, first of each
    "SELECT 1 FROM t JOIN u ON u.a = t.owner AND u.b = t.score WHERE t.state = 'open'": (
        "u (b, a)",
        "t (owner, score, state)",
        "t (state, owner, score)",
        "t (owner, score) WHERE state = 'open'",
    ),
    "SELECT owner, max(made) FROM t GROUP BY owner": ("t (owner, made)",),
    "SELECT min(made), max(made) FROM t WHERE owner = $1": ("t (owner, made)",),
    "SELECT DISTINCT ON (owner) * FROM t ORDER BY owner, made DESC": ("t (owner, made DESC)",),
    "SELECT DISTINCT ON (t.id) t.id, u.c FROM t JOIN u ON u.a = t.id ORDER BY t.id, u.b DESC": (
        "u (a, b DESC)",
    ),
    # members of a document inside of calls, and rows of values
    "SELECT * FROM t WHERE jsonb_array_length(doc -> 'a' -> 'b') > $1": (
        "t ((jsonb_array_length(doc -> 'a' -> 'b')))",
    ),
    "SELECT * FROM t WHERE lower(doc -> 'a' ->> 'b') = $1": ("t ((lower(doc -> 'a' ->> 'b')))",),
    "SELECT * FROM t WHERE (owner, score) IN ((1, 2), (3, 4))": ("t (owner, score)",),
    "SELECT * FROM t WHERE (owner, score) IN (SELECT b, a FROM u WHERE c = $1)": (
        "t (owner, score)",
        "u (c)",
    ),
    # each branch of an OR
    "SELECT * FROM t WHERE (owner = $1 OR deleted = $2) AND made > $3 ORDER BY made": (
        "t (owner, made)",
        "t (deleted, made)",
        "t (deleted, made) WHERE deleted IS NOT NULL",
    ),
}


@pytest.mark.parametrize("sql", PAIRS)
def test_drafts(sql: str) -> None:
    found = drafted(sql)
    assert found.issuperset(PAIRS[sql]), f"missing {set(PAIRS[sql]) - found} in {found}"


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT * FROM t WHERE state = $1 AND owner = 7", "WHERE"),  # a parameter may change
        ("SELECT * FROM t WHERE tries < 2 AND owner = $1", "tries <"),  # most of the rows
        ("SELECT * FROM t WHERE price > 20 AND owner = $1", "price >"),  # more than a third
        ("SELECT * FROM t WHERE tries > $1 AND owner = $1", "tries >"),
        ("SELECT * FROM t WHERE (tries, id) > (3, 7) AND owner = $1", "tries >"),
        ("SELECT * FROM t WHERE (owner, score) NOT IN ((1, 2), (3, 4))", "(owner, score)"),
        ("SELECT * FROM t WHERE doc @> '{\"order\": 7}' AND owner = $1", "WHERE doc @>"),
        ("SELECT * FROM t WHERE doc ->> 'kind' = 'x' AND owner = $1", "'x'"),
        ("SELECT * FROM t WHERE deleted > $1 AND score > $1", "score IS NOT NULL"),
        ("SELECT * FROM v WHERE n > 3 AND a = $1", "n > 3 AND n IS"),  # it follows
        ("SELECT * FROM t WHERE raw = $1 OR place ~= $2 OR doc = $3", "(raw)"),
        ("SELECT * FROM t WHERE body = $1 ORDER BY owner", "t (body)"),  # too long for a page
        ("SELECT * FROM t WHERE file = $1 ORDER BY owner", "t (file)"),
        ("SELECT file FROM t WHERE owner = $1", "INCLUDE (file)"),
        ("SELECT * FROM t WHERE code LIKE $1", "hash"),
        ("SELECT * FROM u WHERE a = $1", "hash"),
        ("SELECT id, body, doc FROM t WHERE owner = $1", "INCLUDE"),  # wide
        (
            "SELECT name FROM t WHERE owner = $1 ORDER BY made LIMIT 9",
            "owner, made) INCLUDE",
        ),  # nine rows
        ("SELECT id, score FROM t WHERE id = $1", "INCLUDE"),  # one row
        ("SELECT * FROM t WHERE id = $1 AND owner = $2 AND state = 'open'", "id, "),
        ("SELECT * FROM t WHERE doc @> '{}'", "gin (doc)"),  # the smaller class is enough
        ("SELECT * FROM t WHERE score % 2 = 0", "trgm"),
    ],
)
def test_never_drafted(sql: str, words: str) -> None:
    assert [ddl for ddl in drafted(sql) if words in ddl] == []


def test_a_covering_twin_of_a_key_needs_many_lookups() -> None:
    sql = "SELECT u.c FROM t JOIN u ON u.a = t.owner AND u.b = t.id"
    assert "u (b, a) INCLUDE (c)" in drafted(sql, lookups=5_000)
    assert "u (b, a) INCLUDE (c)" not in drafted(sql, lookups=5)


def test_columns_of_the_predicate_need_not_be_included() -> None:
    found = drafted("SELECT score FROM t WHERE owner = $1 AND deleted IS NULL")
    assert "t (owner) INCLUDE (score) WHERE deleted IS NULL" in found
    assert "t (owner) INCLUDE (deleted, score)" in found


def test_deep_pages_may_be_covered() -> None:
    found = drafted("SELECT name FROM t WHERE owner = 1 ORDER BY made LIMIT 9 OFFSET 5000")
    assert "t (owner, made) INCLUDE (name)" in found


def test_rare_values_share_an_index() -> None:
    found = drafted(
        "SELECT * FROM t WHERE state = 'open' ORDER BY made",
        "SELECT * FROM t WHERE state = 'stuck' ORDER BY made",
    )
    assert "t (state, made) WHERE state <> 'done'" in found
    assert "t (state, made) WHERE state IN ('open', 'stuck')" in found
    found = drafted(
        "SELECT * FROM t WHERE state = 'open' AND deleted IS NULL ORDER BY made",
        "SELECT * FROM t WHERE state = 'stuck' AND deleted IS NULL ORDER BY made",
    )
    assert "t (state, made) WHERE deleted IS NULL AND state IN ('open', 'stuck')" in found


def test_keys_of_one_statement_take_the_columns_of_another() -> None:
    found = candidates(
        "SELECT c FROM u WHERE a = $1 AND b = $2", "SELECT sum(c) FROM u WHERE b = $1"
    )
    both = [c for c in found if c.index.ddl().endswith(" ON u (b, a) INCLUDE (c)")]
    assert [c.queries for c in both] == [("q0", "q1")]


def test_columns_that_refer_to_deleted_rows() -> None:
    key = ForeignKey(
        TableName("public", "u"), ("a", "b"), TableName("public", "t"), ("id", "owner")
    )
    same = tuple(Condition(name, name, "equality", columns=(name,)) for name in key.columns)
    use = TableUse(key.table, same, written=True, foreign_key=key)
    found = {c.index.ddl().partition(" ON ")[2]: c for c in _generated([("q", use)])}
    assert found["u (a, b)"].rule == "foreign_keys"
    assert found["u (a, b)"].because == (
        "foreign key on a and b: what is deleted from t is looked for here"
    )


def test_every_rule_drafts_something() -> None:
    drafting = {candidate.rule for sql in PAIRS for candidate in candidates(sql)}
    assert {rule.__name__ for rule in RULES} - drafting == {"foreign_keys"}
