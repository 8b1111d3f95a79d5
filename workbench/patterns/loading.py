"""Related rows: a list of repositories with their tags, collections and health checks.

``lazy`` is what an attribute access does by itself: a statement for each parent and relation. The
others ask once for all parents. ``joined`` asks in one statement, which multiplies the relations
with each other: a parent with 50 collections and 20 checks comes back as 1,000 rows.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from sqlalchemy import Select, select, text
from sqlalchemy.orm import Session, joinedload, raiseload, selectinload, subqueryload
from sqlalchemy.orm.interfaces import ORMOption

from workbench.patterns.latency import Variant, connected, count, in_session
from workbench.patterns.models import Repository

Order: TypeAlias = Literal["popular", "oldest", "newest"]
Answer: TypeAlias = list[tuple[Any, ...]]
Loader: TypeAlias = Callable[[Session, "Page"], Answer]

RELATIONS = {
    "tags": Repository.tags,
    "collections": Repository.collections,
    "health_checks": Repository.health_checks,
}
KEYS = {"tags": "name", "collections": "slug", "health_checks": "id"}
ORDERS = {
    "popular": (Repository.stars.desc(), Repository.id),
    "oldest": (Repository.id,),
    "newest": (Repository.id.desc(),),
}


@dataclass(frozen=True)
class Page:
    """A list page: how many repositories, which related rows, in what order.

    The order decides the fan-out. The oldest repositories are in many collections and have many
    checks, the newest have tags only.
    """

    parents: int = 100
    relations: tuple[str, ...] = ("tags", "collections")
    order: Order = "popular"

    def query(self) -> Select[Repository]:
        """The repositories themselves, without any related row."""
        return select(Repository).order_by(*ORDERS[self.order]).limit(self.parents)


def lazy(session: Session, page: Page) -> Answer:
    """1 + parents × relations statements."""
    return _read(session.scalars(page.query()), page)


def subquery(session: Session, page: Page) -> Answer:
    """A statement per relation, which repeats the parents' own query inside."""
    return _read(session.scalars(_with(subqueryload, page)), page)


def joined(session: Session, page: Page) -> Answer:
    """One statement; its rows are the product of the relations."""
    return _read(session.scalars(_with(joinedload, page)).unique(), page)


def selectin(session: Session, page: Page) -> Answer:
    """A statement per relation and 500 parents: WHERE repository_id IN (…)."""
    return _read(session.scalars(_with(selectinload, page)), page)


def guarded(session: Session, page: Page) -> Answer:
    """As selectin; any relation that was forgotten raises instead of loading lazily."""
    return _read(session.scalars(_with(selectinload, page).options(raiseload("*"))), page)


def aggregate(session: Session, page: Page) -> Answer:
    """One hand-written statement: the database makes a list of each parent's related rows."""
    return [tuple(row) for row in session.execute(text(statement(page)), {"n": page.parents})]


VARIANTS: Mapping[str, Loader] = {
    "lazy": lazy,
    "subquery": subquery,
    "joined": joined,
    "selectin": selectin,
    "guarded": guarded,
    "aggregate": aggregate,
}


def _with(loader: Callable[..., ORMOption], page: Page) -> Select[Repository]:
    return page.query().options(*(loader(RELATIONS[name]) for name in page.relations))


def _read(repositories: Any, page: Page) -> Answer:  # noqa: ANN401 - any kind of result
    """What the page shows: a repository's name and stars, and the keys of what belongs to it."""
    return [
        (
            repository.id,
            repository.name,
            repository.stars,
            *(
                sorted(getattr(row, KEYS[name]) for row in getattr(repository, name))
                for name in page.relations
            ),
        )
        for repository in repositories
    ]


_SORTED = {"popular": "stars DESC, id", "oldest": "id", "newest": "id DESC"}
_LISTS = {
    "tags": """
    SELECT repository_id, json_agg(name ORDER BY name COLLATE "C") AS keys
    FROM repository_tags JOIN tags ON tags.id = tag_id
    WHERE repository_id IN (SELECT id FROM page) GROUP BY 1""",
    "collections": """
    SELECT repository_id, json_agg(slug ORDER BY slug COLLATE "C") AS keys
    FROM collection_repositories JOIN collections ON collections.id = collection_id
    WHERE repository_id IN (SELECT id FROM page) GROUP BY 1""",
    "health_checks": """
    SELECT repository_id, json_agg(id ORDER BY id) AS keys
    FROM health_checks
    WHERE repository_id IN (SELECT id FROM page) GROUP BY 1""",
}


def statement(page: Page) -> str:
    """The hand-written SQL: each list is grouped for itself, so nothing is multiplied."""
    lists = "".join(f", coalesce({name}.keys, '[]')" for name in page.relations)
    joins = "".join(
        f"\nLEFT JOIN ({_LISTS[name]}\n) {name} ON {name}.repository_id = page.id"
        for name in page.relations
    )
    ordered = _SORTED[page.order]
    return (
        "WITH page AS (SELECT id, name, stars FROM repositories"  # noqa: S608 - our own constants
        f" ORDER BY {ordered} LIMIT :n)\n"
        f"SELECT page.id, page.name, stars{lists}\nFROM page{joins}\nORDER BY {ordered}"
    )


def variants(page: Page, names: Sequence[str] = tuple(VARIANTS)) -> dict[str, Variant]:
    """The variants as calls on an engine, each in a session of its own."""
    return {name: in_session(VARIANTS[name], page) for name in names}


def sent(
    address: str, pages: Sequence[Page], names: Sequence[str] = tuple(VARIANTS)
) -> list[dict[str, Any]]:
    """Statements and rows of each variant for several pages; a count is exact, so once is enough.

    A row per page and variant: parents, relations, order, variant, statements, rows.
    """
    with connected(address) as app:
        return [
            {
                "parents": page.parents,
                "relations": len(page.relations),
                "order": page.order,
                "variant": name,
                "statements": found.statements,
                "rows": found.rows,
            }
            for page in pages
            for name, variant in variants(page, names).items()
            for found in [count(app, variant)]
        ]
