"""What a statement asks of its tables, in one short line a use."""

import pytest

from workbench.workload.analysis import analyse
from workbench.workload.qualified import assigned_columns, table_names
from workbench.workload.schema import Catalog, Column, Table, TableName
from workbench.workload.uses import Analysis, TableUse

TABLES = {
    ("public", "todos"): "id title completed priority created_at meta",
    ("public", "users"): "id todo_id email",
    ("s2", "Odd Table"): "Id x",
}


def catalog() -> Catalog:
    tables = {}
    for (schema, name), columns in TABLES.items():
        table = TableName(schema, name)
        fields = {column: Column(column, "text") for column in columns.split()}
        tables[table] = Table(table, "r", 100_000, 10_000_000, fields)
    return Catalog(tables)


def described(use: TableUse) -> str:
    """A use as ``table: kind expression[=constant]… | or(…) | sort … limit | group …``."""
    parts = [" ".join(_condition(c) for c in use.conditions)]
    parts += [f"or({' '.join(_condition(c) for c in branch)})" for branch in use.alternatives]
    if use.sort:
        keys = (f"{k.expression}{' desc' if k.descending else ''}" for k in use.sort)
        parts.append(f"sort {', '.join(keys)}{' limit' if use.limited else ''}")
    if use.group:
        parts.append(f"group {', '.join(use.group)}")
    if use.extremes and not use.sort:
        parts.append(f"extremes {', '.join(use.extremes)}")
    return f"{use.table}: {' | '.join(filter(None, parts))}"


def _condition(condition) -> str:
    constant = f"={condition.constant}" if condition.constant else ""
    word = condition.operator if condition.kind == "other" else condition.kind
    return f"{word or condition.kind}({condition.expression}{constant})"


PAIRS = {
    "SELECT * FROM todos WHERE NOT completed AND priority = $1 ORDER BY created_at DESC LIMIT 5": [
        "todos: equality(completed=false) equality(priority) | sort created_at desc limit"
    ],
    "SELECT * FROM todos WHERE priority IN ('a', 'b') AND created_at BETWEEN $1 AND $2": [
        "todos: in(priority=('a', 'b')) range(created_at)"
    ],
    "SELECT * FROM todos WHERE 3 < id AND title IS NOT NULL AND priority IS NULL": [
        "todos: range(id=3) is_not_null(title) is_null(priority)"
    ],
    "SELECT 1 FROM todos WHERE completed IS TRUE OR priority = 'x'": [
        "todos: or(equality(completed=true)) | or(equality(priority='x'))"
    ],
    "SELECT 1 FROM todos t JOIN users u ON u.todo_id = t.id WHERE u.email = 'a'": [
        "todos: join(id)",
        "users: equality(email='a') join(todo_id)",
    ],
    "SELECT 1 FROM todos t WHERE EXISTS (SELECT 1 FROM users u WHERE u.todo_id = t.id)": [
        "users: join(todo_id)",
        "todos: join(id)",
    ],
    "SELECT 1 FROM todos WHERE id IN (SELECT todo_id FROM users WHERE email = $1)": [
        "users: equality(email) join(todo_id)",
        "todos: join(id)",
    ],
    "WITH x AS (SELECT * FROM todos) SELECT id FROM x WHERE priority = 'a' ORDER BY 1 LIMIT 1": [
        "todos: equality(priority='a') | sort id limit"
    ],
    "SELECT id, title AS t FROM todos UNION ALL SELECT id, email FROM users ORDER BY t DESC, id "
    "LIMIT 5": ["todos: sort title desc, id limit", "users: sort email desc, id limit"],
    "WITH x AS MATERIALIZED (SELECT * FROM todos WHERE id > 3) SELECT id FROM x "
    "WHERE priority = 'a' ORDER BY title": ["todos: range(id=3)"],
    "SELECT * FROM (SELECT * FROM todos ORDER BY id LIMIT 9) t WHERE priority = 'a'": [
        "todos: sort id limit"
    ],
    "SELECT * FROM users u, LATERAL (SELECT * FROM todos t WHERE t.id = u.todo_id "
    "ORDER BY t.created_at LIMIT 3) z": [
        "todos: join(id) | sort created_at limit",
        "users: join(todo_id)",
    ],
    "SELECT DISTINCT ON (todo_id) * FROM users ORDER BY todo_id, id DESC": [
        "users: sort todo_id, id desc | group todo_id"
    ],
    "SELECT priority, count(*) FROM todos WHERE completed = false GROUP BY 1": [
        "todos: equality(completed=false) | group priority"
    ],
    "SELECT max(created_at) FROM todos": ["todos: sort created_at desc limit"],
    "SELECT * FROM todos WHERE id = ANY($1) AND (created_at, id) < ($2, $3)": [
        "todos: in(id) range(created_at)"
    ],
    "SELECT * FROM todos WHERE lower(title) = 'x' AND meta ->> 'k' = $1": [
        "todos: equality((lower(title))='x') equality((meta ->> 'k'))"
    ],
    "SELECT * FROM todos WHERE created_at > now() - interval '1 day'": ["todos: range(created_at)"],
    "SELECT * FROM todos WHERE title NOT LIKE 'x%' AND id NOT IN (1, 2) AND priority <> 'a'": [
        "todos: residual(title NOT LIKE 'x%') unequal(id=(1, 2)) unequal(priority='a')"
    ],
    "SELECT * FROM todos WHERE priority < title AND priority <> $1": [
        "todos: residual(priority < title) unequal(priority)"
    ],
    "SELECT * FROM todos WHERE completed IS NOT TRUE ORDER BY lower(title), id DESC LIMIT 1": [
        "todos: IS NOT TRUE(completed) | sort (lower(title)), id desc limit"
    ],
    "SELECT DISTINCT ON (t.id) t.id, u.email FROM todos t JOIN users u ON u.todo_id = t.id "
    "ORDER BY t.id, u.id DESC": [
        "todos: join(id) | sort id | group id",
        "users: join(todo_id) | sort id desc",
    ],
    "SELECT priority, min(id), max(created_at) FROM todos GROUP BY 1": [
        "todos: group priority | extremes id, created_at"
    ],
    "SELECT id, lag(id) OVER (PARTITION BY priority ORDER BY created_at) FROM todos": [
        "todos: sort created_at | group priority"
    ],
    "SELECT 1 FROM todos WHERE meta << $1 AND title % 'x'": ["todos: <<(meta) %(title='x')"],
    "SELECT 1 FROM todos WHERE meta @> $1 AND title ILIKE '%x%' AND $2 @@ 'y'": [
        "todos: @>(meta) ILIKE(title='%x%')"
    ],
    "SELECT 1 FROM todos WHERE to_tsvector('simple', title) @@ to_tsquery($1)": [
        "todos: @@((to_tsvector('simple', title)))"
    ],
    "SELECT 1 FROM todos WHERE date_trunc('day', created_at) = $1": [
        "todos: equality((date_trunc('day', created_at)))"
    ],
    "SELECT 1 FROM todos WHERE date_trunc('day', created_at, 'UTC') = $1": [
        "todos: equality((date_trunc('day', created_at, 'UTC')))"
    ],
    'SELECT x FROM s2."Odd Table" WHERE "Id" = 1': ['s2."Odd Table": equality("Id"=1)'],
    "UPDATE todos SET completed = true WHERE id = $1": ["todos: equality(id)"],
    "DELETE FROM todos USING users u WHERE u.todo_id = todos.id": [
        "todos: join(id)",
        "users: join(todo_id)",
    ],
    "INSERT INTO todos (title) SELECT email FROM users WHERE id > 3": ["users: range(id=3)"],
    "MERGE INTO todos t USING users u ON t.id = u.todo_id WHEN MATCHED THEN DELETE": [
        "todos: join(id)",
        "users: join(todo_id)",
    ],
    "WITH d AS (DELETE FROM todos WHERE completed RETURNING id) "
    "SELECT 1 FROM users JOIN d ON d.id = users.todo_id": [
        "todos: equality(completed=true) join(id)",
        "users: join(todo_id)",
    ],
    "SELECT id AS title FROM todos ORDER BY title": ["todos: sort id"],
    "SELECT 1": [],
}


@pytest.mark.parametrize("sql", PAIRS)
def test_uses(sql: str) -> None:
    found = analyse(sql, catalog())
    assert found.unread is None
    assert sorted(map(described, found.uses)) == sorted(PAIRS[sql])


def test_parameters_are_tied_to_columns() -> None:
    (use,) = analyse("SELECT 1 FROM todos WHERE id = $2 AND created_at > $1", catalog()).uses
    assert {c.column: c.parameters for c in use.conditions} == {"id": (2,), "created_at": (1,)}


def test_columns_are_those_that_are_read() -> None:
    (use,) = analyse("SELECT title FROM todos WHERE id = 1", catalog()).uses
    assert sorted(use.columns) == ["id", "title"]


def test_outputs_are_what_is_read_beside_the_conditions() -> None:
    sql = "SELECT title FROM todos WHERE id = 1 AND lower(meta) = 'x' AND (completed OR priority)"
    (use,) = analyse(sql, catalog()).uses
    assert sorted(use.outputs) == ["completed", "priority", "title"]
    assert [c.columns for c in use.conditions] == [("id",), ("meta",)]


@pytest.mark.parametrize(
    ("sql", "outputs", "written"),
    [
        ("SELECT 1 FROM users u WHERE EXISTS (SELECT * FROM todos t WHERE t.id = u.id)", [], False),
        ("UPDATE todos SET title = 'x' WHERE id = 3 RETURNING meta", ["meta"], True),
        ("DELETE FROM todos WHERE id = 3", [], True),
        ("SELECT meta FROM todos WHERE id = 3 FOR UPDATE SKIP LOCKED", ["meta"], True),
        ("MERGE INTO todos t USING users u ON t.id = u.id WHEN MATCHED THEN DELETE", [], True),
    ],
)
def test_what_is_changed_or_locked_needs_its_rows(sql: str, outputs: list, written: bool) -> None:
    uses = {use.table.name: use for use in analyse(sql, catalog()).uses}
    assert list(uses["todos"].outputs) == outputs
    assert uses["todos"].written == written
    assert not any(use.written for name, use in uses.items() if name != "todos")


def test_unknown_column_and_recursion_end() -> None:
    assert analyse("SELECT titel FROM todos WHERE titel = 3", catalog()).unread is None


@pytest.mark.parametrize("sql", ["SELECT * FORM todos", "SELECT ("])
def test_what_cannot_be_read_says_so(sql: str) -> None:
    found = analyse(sql, catalog())
    assert found == Analysis((), found.unread)
    assert found.unread


def test_table_names_leave_out_ctes_and_fold_case() -> None:
    sql = 'WITH x AS (SELECT 1 FROM A) SELECT * FROM x JOIN S2."Odd Table" ON true'
    assert set(table_names(sql)) == {(None, "a"), ("s2", "Odd Table")}


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ('UPDATE Todos SET done = true, "At" = now()', ((None, "todos", ("At", "done")),)),
        ("WITH x AS (UPDATE s.t SET a = 1 RETURNING a) SELECT a FROM x", (("s", "t", ("a",)),)),
        ("SELECT 1", ()),
        ("UPDATE SET", ()),
    ],
)
def test_assigned_columns(sql: str, found: tuple) -> None:
    assert assigned_columns(sql) == found


@pytest.mark.parametrize(
    ("sql", "remarks"),
    [
        (
            "SELECT 1 FROM todos WHERE 'x' = ANY (tags) AND completed",
            ["'x' = ANY (tags) can use no index; tags @> ARRAY['x'] finds the same rows"],
        ),
        ("SELECT 1 FROM todos WHERE $1 = ANY (tags)", ["$1 = ANY (tags) can use no index; tags"]),
        ("SELECT 1 FROM todos WHERE id = ANY ($1)", []),
        ("SELECT 1 FROM todos WHERE id = ANY (ARRAY[1, 2])", []),
        ("SELECT 1 FROM todos t JOIN users u ON u.id = ANY (t.tags)", []),
    ],
)
def test_what_another_way_of_writing_would_allow(sql: str, remarks: list[str]) -> None:
    found = analyse(sql, catalog()).remarks
    assert len(found) == len(remarks)
    assert all(one.startswith(start) for one, start in zip(found, remarks, strict=True))
