"""The shipped datasets: whole, in order, and the same bytes everywhere."""

import re
from pathlib import Path

import pytest

from workbench import datasets
from workbench.datasets import cache, generate
from workbench.errors import InputError

SHIPPED = datasets.available()
NAMES = [spec.name for spec in SHIPPED]
CHECKSUMS = Path(__file__).with_name("checksums.txt")


def stored() -> dict[str, str]:
    lines = CHECKSUMS.read_text(encoding="utf-8").splitlines()
    return dict(line.split() for line in lines if line and line[0] != "#")


@pytest.mark.parametrize("spec", SHIPPED, ids=NAMES)
def test_the_rows_at_scale_small_are_the_same_bytes_on_every_machine(spec):
    """After a wanted change: python tests/unit/datasets/write_checksums.py."""
    assert generate.checksum(spec.population("small")) == stored()[spec.name]


def test_every_checksum_belongs_to_a_dataset():
    assert sorted(stored()) == sorted(NAMES)


@pytest.mark.parametrize("spec", SHIPPED, ids=NAMES)
def test_the_biggest_table_has_as_many_rows_as_the_scale_says(spec):
    assert max(spec.rows("small").values()) == 100_000


@pytest.mark.parametrize("spec", SHIPPED, ids=NAMES)
def test_every_statement_has_a_name_a_weight_and_a_line_that_says_who_asks_it(spec):
    names = []
    for file in spec.query_files:
        text = file.read_text(encoding="utf-8")
        blocks = re.split(r"(?m)^-- name: ", text)[1:]
        statements = re.sub(r"(?m)^\s*--.*\n?|'[^']*'", "", text).split(";")
        assert len(blocks) == len([s for s in statements if s.strip()]), file
        for block in blocks:
            name, weight, *rest = block.splitlines()
            names.append(name)
            assert re.fullmatch(r"-- weight: \d+(\.\d+)?", weight), f"{file}: {name}"
            comments = [line for line in rest if line.startswith("-- ") and "param:" not in line]
            assert comments, f"{file}: {name} does not say which screen or job asks it"
    assert len(set(names)) == len(names)
    assert 12 <= len(names) <= 30


@pytest.mark.parametrize("spec", SHIPPED, ids=NAMES)
def test_the_folder_is_whole(spec):
    assert "CREATE INDEX" in spec.published_indexes.read_text(encoding="utf-8")
    assert (spec.folder / "README.md").is_file()
    assert not list(spec.folder.rglob("*.py"))


@pytest.mark.parametrize("spec", SHIPPED, ids=NAMES)
def test_a_dataset_is_found_by_its_tables(spec):
    assert datasets.for_tables(spec.table_names).name == spec.name
    assert datasets.open(spec.name).name == spec.name


@pytest.mark.parametrize(
    ("tables", "name"),
    [
        (["users"], "learning"),
        (["users", "projects"], "learning"),
        (["members"], "prmetrics"),
        (["auth.users", "projects"], "codereview"),
        (["users", "findings"], "codereview"),
    ],
)
def test_a_table_without_a_schema_wins_over_the_short_form_of_one_with(tables, name):
    assert datasets.for_tables(tables).name == name


@pytest.mark.parametrize(
    ("tables", "name"),
    [
        ([["users"], ["projects"]], "learning"),
        ([[], ["todos"]], "todos"),
        ([["todos"], ["todoes"], ["todos", "nowhere"]], "todos"),
    ],
)
def test_statements_share_a_dataset_and_a_stranger_does_not_count(tables, name):
    assert datasets.for_statements(tables).name == name


def test_statements_without_tables_need_no_dataset():
    assert datasets.for_statements([[], []]) is None


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ([["todoes"], ["nowhere"]], "no table named todoes"),
        ([["todos"], ["members"]], "no dataset has all the tables: todos is in todos, members"),
    ],
)
def test_statements_at_home_nowhere_say_so(tables, said):
    with pytest.raises(InputError, match=said):
        datasets.for_statements(tables)


def test_the_key_names_dataset_scale_and_seed_and_follows_the_spec(tmp_path):
    todos = datasets.open("todos")
    key = cache.key(todos, "small")
    assert re.fullmatch(r"todos-small-2-[0-9a-f]{8}", key)
    assert cache.key(todos, 100_000) == key
    assert cache.key(todos, "250_000", 9).startswith("todos-250000-9-")
    for name in ("dataset.toml", "schema.sql"):
        (tmp_path / name).write_bytes((todos.folder / name).read_bytes())
    changed = tmp_path / "dataset.toml"
    changed.write_text(changed.read_text() + "\n", encoding="utf-8")
    assert cache.key(datasets.open(tmp_path), "small").rpartition("-")[2] != key.rpartition("-")[2]
