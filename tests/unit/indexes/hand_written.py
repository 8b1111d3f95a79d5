"""The hand-written index sets of the datasets, and which candidates are as good."""

import re
from dataclasses import replace

from workbench import datasets
from workbench.indexes.candidates import Candidate, generate
from workbench.indexes.index import Index, Key
from workbench.workload import files
from workbench.workload.analysis import analyse
from workbench.workload.conditions import canonical, split_list, tokens, written
from workbench.workload.query import Query
from workbench.workload.schema import Catalog, TableName

_DDL = re.compile(
    r"CREATE INDEX (?P<name>\w+)\s+ON (?P<table>[\w.]+)(?:\s+USING (?P<method>\w+))?\s*", re.DOTALL
)


def expert(name: str) -> dict[str, Index]:
    """The indexes of ``indexes/expert.sql`` by their names."""
    text = (datasets.open(name).folder / "indexes" / "expert.sql").read_text(encoding="utf-8")
    text = re.sub(r"--.*", "", text)
    found = (_DDL.search(part) for part in text.split(";"))
    return {match["name"]: _index(match) for match in found if match}


def _index(match: re.Match[str]) -> Index:
    schema, _, table = match["table"].rpartition(".")
    rest = tokens(match.string[match.end() :])
    keys, rest = _brackets(rest)
    include: tuple[str, ...] = ()
    storage = predicate = ""
    while rest:
        word = rest[0].upper()
        if word == "WHERE":
            predicate, rest = canonical(written(rest[1:])), ()
            continue
        inside, rest = _brackets(rest[1:])
        if word == "INCLUDE":
            include = tuple(written(part) for part in split_list(inside))
        else:
            storage = written(inside)
    made = tuple(_key(part) for part in split_list(keys))
    place = TableName(schema or "public", table)
    return Index(place, made, match["method"] or "btree", include, predicate, storage)


def _brackets(parts: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    depth = 0
    for at, token in enumerate(parts):
        depth += (token == "(") - (token == ")")
        if depth == 0:
            return tuple(parts[1:at]), tuple(parts[at + 1 :])
    raise ValueError(written(parts))


def _key(parts: tuple[str, ...]) -> Key:
    words = list(parts)
    nulls = words[-1] if words[-2:-1] == ["NULLS"] else ""
    words = words[:-2] if nulls else words
    down = words[-1] == "DESC"
    words = words[:-1] if down else words
    opclass = words.pop() if len(words) > 1 and words[-1].endswith("_ops") else ""
    text = canonical(written(words))
    expression = text if re.fullmatch(r'[\w"]+', text) else f"({text})"
    return Key(expression, down, nulls == "FIRST" if nulls else down, opclass)


def drafted(name: str, catalog: Catalog) -> tuple[Candidate, ...]:
    """The candidates for all statements of a dataset."""
    entries = files.read(sorted(datasets.open(name).query_files))
    uses = [
        (entry.name, use)
        for entry in entries
        if isinstance(entry, Query)
        for use in analyse(entry.text, catalog).uses
    ]
    return generate(uses, lambda use: catalog.tables.get(use.table))


def as_good(index: Index, other: Index) -> bool:
    """Whether ``other`` holds the same rows and all that ``index`` is for.

    Predicates are compared as text, conjunct by conjunct. Behind columns compared for equality a
    scan may run backwards, so the directions of all further keys may be turned round.
    """
    one, two = (replace(i, predicate=_sorted(i.predicate), storage="") for i in (index, other))
    return any(two.serves_as(turned) for turned in _turned(one))


def _turned(index: Index) -> list[Index]:
    ways = [index]
    for start in range(1, len(index.keys)):
        back = tuple(
            Key(k.expression, not k.descending, not k.nulls_first, k.opclass)
            for k in index.keys[start:]
        )
        ways.append(replace(index, keys=(*index.keys[:start], *back)))
    return ways


def _sorted(predicate: str) -> str:
    return canonical(predicate) if predicate else ""
