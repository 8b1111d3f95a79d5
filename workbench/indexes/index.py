"""An index as a value: what it holds, its name and its DDL."""

import re
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256

from workbench.workload.schema import TableName, quoted

MAX_NAME_BYTES = 63
_NAMED_AFTER = frozenset({"btree", "gin"})  # other methods stand in the name
_AMBIGUOUS = re.compile(r"[-+*/<>=~!@#%^&|`?:]")
# Operator classes that btree_gin adds for columns beside the searched one.
SCALAR_OPS = frozenset(
    f"{name}_ops"
    for name in (
        *("int2", "int4", "int8", "numeric", "text", "varchar", "bool", "uuid", "date"),
        *("timestamp", "timestamptz", "enum"),
    )
)


@dataclass(frozen=True, order=True)
class Key:
    """One key column: ``expression`` is SQL (a quoted column name, or an expression)."""

    expression: str
    descending: bool = False
    nulls_first: bool = False
    opclass: str = ""

    @property
    def is_expression(self) -> bool:
        """Whether this is more than a column; then it stands in parentheses."""
        return self.expression.startswith("(")

    def __str__(self) -> str:
        parts = [self.expression, self.opclass, "DESC" if self.descending else ""]
        if self.nulls_first != self.descending:
            parts.append("NULLS FIRST" if self.nulls_first else "NULLS LAST")
        return " ".join(filter(None, parts))


@dataclass(frozen=True, order=True)
class Index:
    """An index definition; two definitions are equal when they would hold the same.

    ``storage`` is what stands in WITH, such as ``pages_per_range = 8``; ``partitioned`` says that
    the table is, for which Postgres knows no CONCURRENTLY; ``taken`` that another relation has the
    name that would do, or may get it.
    """

    table: TableName
    keys: tuple[Key, ...]
    method: str = "btree"
    include: tuple[str, ...] = ()
    predicate: str = ""
    storage: str = field(default="", repr=False)
    partitioned: bool = field(default=False, repr=False, compare=False)
    taken: bool = field(default=False, repr=False, compare=False)

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        """Known from then on: a search hashes each index millions of times."""
        return hash((self.table, self.keys, self.method, self.include, self.predicate))

    @property
    def kinds(self) -> frozenset[str]:
        """All the words of ``--kinds`` that must be allowed for this index."""
        found = {"trigram" if self.extension == "pg_trgm" else self.method}
        found |= {"partial"} if self.predicate else set()
        found |= {"covering"} if self.include else set()
        found |= {"expression"} if any(key.is_expression for key in self.keys) else set()
        return frozenset(found)

    @property
    def extension(self) -> str:
        """The extension whose operator class it uses, or nothing."""
        classes = {key.opclass for key in self.keys}
        if any(name.endswith("_trgm_ops") for name in classes):
            return "pg_trgm"
        if self.method == "gist" and any(name.startswith("gist_") for name in classes):
            return "btree_gist"
        scalar = self.method == "gin" and any(name in SCALAR_OPS for name in classes)
        return "btree_gin" if scalar else ""

    @property
    def name(self) -> str:
        """``table_columns_idx``, with a short digest where that does not say everything."""
        words = [self.table.name, *(_word(key.expression) for key in self.keys)]
        words += [] if self.method in _NAMED_AFTER else [self.method]
        plain = all(key == Key(key.expression) for key in self.keys) and not (
            self.include or self.predicate or self.storage
        )
        ambiguous = any(_AMBIGUOUS.search(key.expression) for key in self.keys)
        digest = "" if plain and not ambiguous and not self.taken else self._digest()
        full = "_".join(filter(None, [*words, digest, "idx"]))
        if len(full.encode()) <= MAX_NAME_BYTES:
            return full
        ending = f"_{self._digest()}_idx"
        start = "_".join(words).encode()[: MAX_NAME_BYTES - len(ending)]
        return start.decode(errors="ignore") + ending

    def _digest(self) -> str:
        return sha256(f"{self!r}{self.storage}".encode()).hexdigest()[:4]

    def ddl(self, *, concurrently: bool = False) -> str:
        """The CREATE INDEX statement, without a semicolon."""
        alone = concurrently and not self.partitioned
        start = "CREATE INDEX CONCURRENTLY" if alone else "CREATE INDEX"
        using = "" if self.method == "btree" else f" USING {self.method}"
        keys = ", ".join(str(key) for key in self.keys)
        include = f" INCLUDE ({', '.join(self.include)})" if self.include else ""
        storage = f" WITH ({self.storage})" if self.storage else ""
        where = f" WHERE {self.predicate}" if self.predicate else ""
        return (
            f"{start} {quoted(self.name)} ON {self.table}{using} ({keys}){include}{storage}{where}"
        )

    def serves_as(self, other: "Index") -> bool:
        """Whether this index can do all that ``other`` can: its keys are a prefix of these.

        A scan can run backwards, so all directions may be turned round together.
        """
        if (self.table, self.method, self.predicate) != (
            other.table,
            other.method,
            other.predicate,
        ):
            return False
        prefix = self.keys[: len(other.keys)]
        held = {key.expression for key in self.keys} | set(self.include)
        return (
            self.method == "btree"
            and (prefix == other.keys or tuple(map(_reversed, prefix)) == other.keys)
            and held.issuperset(other.include)
        ) or self == other


def _reversed(key: Key) -> Key:
    return Key(key.expression, not key.descending, not key.nulls_first, key.opclass)


def _word(expression: str) -> str:
    """The letters of an expression that can stand in a name."""
    return "_".join("".join(c if c.isalnum() else " " for c in expression.lower()).split())
