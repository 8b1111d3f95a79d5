"""Related objects seen from the other end: rows of progress, each with its project and person.

Many rows share a project, and a session keeps one object for each, so the loop of queries is
shorter than the page: the identity map answers the second time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import Engine, Select, select, text
from sqlalchemy.orm import Session, joinedload, raiseload, selectinload

from workbench.patterns.counting import count_statements
from workbench.patterns.latency import Variant, connected, in_session
from workbench.patterns.models import Progress, Project

Answer: TypeAlias = list[tuple[Any, ...]]
Loader: TypeAlias = Callable[[Session, "Page"], Answer]

RELATIONS = {"project": Progress.project, "user": Progress.user}
KEYS = {"project": "title", "user": "username"}


@dataclass(frozen=True)
class Page:
    """The newest progress of a class, with each row's project, its person, or both.

    The class are the first ``learners`` of the site, or with None everybody. For everybody there
    is no index to begin with, and a join then joins the whole table before it takes the newest.
    """

    rows: int = 100
    relations: tuple[str, ...] = ("project",)
    learners: int | None = 12

    def query(self) -> Select[Progress]:
        """The rows themselves."""
        of_class = () if self.learners is None else (Progress.user_id <= self.learners,)
        newest = (Progress.updated_at.desc(), Progress.id)
        return select(Progress).where(*of_class).order_by(*newest).limit(self.rows)


def lazy(session: Session, page: Page) -> Answer:
    """1 statement, and one more for each object that the session has not seen yet."""
    return _read(session.scalars(page.query()), page)


def selectin(session: Session, page: Page) -> Answer:
    """A statement per relation: WHERE id IN (…)."""
    return _read(session.scalars(_with(selectinload, page)), page)


def joined(session: Session, page: Page) -> Answer:
    """One statement. Each row has one project, so a join multiplies nothing."""
    return _read(session.scalars(_with(joinedload, page)), page)


def guarded(session: Session, page: Page) -> Answer:
    """As joined; any relation that was forgotten raises instead of loading lazily."""
    return _read(session.scalars(_with(joinedload, page).options(raiseload("*"))), page)


def columns(session: Session, page: Page) -> Answer:
    """One hand-written join of the columns that the page shows; no objects are made."""
    values = {"n": page.rows, "learners": page.learners}
    return [tuple(row) for row in session.execute(text(statement(page)), values)]


VARIANTS: Mapping[str, Loader] = {
    "lazy": lazy,
    "selectin": selectin,
    "joined": joined,
    "guarded": guarded,
    "columns": columns,
}


def statement(page: Page) -> str:
    """The hand-written SQL."""
    shown = "".join(f", {KEYS[name]}" for name in page.relations)
    joins = {
        "project": " JOIN projects ON projects.id = project_id",
        "user": " JOIN users ON users.id = user_id",
    }
    return (
        f"SELECT page.id, status{shown} FROM (SELECT * FROM user_progress"  # noqa: S608 - constants
        " WHERE user_id <= coalesce(CAST(:learners AS bigint), user_id)"
        " ORDER BY updated_at DESC, id LIMIT :n) page"
        f"{''.join(joins[name] for name in page.relations)} ORDER BY page.updated_at DESC, page.id"
    )


def variants(page: Page, names: Sequence[str] = tuple(VARIANTS)) -> dict[str, Variant]:
    """The variants as calls on an engine, each in a session of its own."""
    return {name: in_session(VARIANTS[name], page) for name in names}


def identity_map(address: str, page: Page) -> list[dict[str, Any]]:
    """What a lazily loaded page sends, by what its session holds before: situation, statements.

    The map holds objects weakly: what nobody refers to any more is asked for again.
    """
    with connected(address) as app, Session(app) as session:
        rows: list[Any] = []
        found = [("a new session", _statements(app, lambda: rows.extend(_kept(session, page))))]
        found += [("the same page again", _statements(app, lambda: _kept(session, page)))]
        rows.clear()
        found += [("again, nothing was held", _statements(app, lambda: _kept(session, page)))]
        projects = list(session.scalars(select(Project)))
        found += [
            (f"all {len(projects)} projects held", _statements(app, lambda: _kept(session, page)))
        ]
        session.commit()
        found += [("after commit: all expired", _statements(app, lambda: _kept(session, page)))]
    return [{"situation": situation, "statements": count} for situation, count in found]


def _kept(session: Session, page: Page) -> list[Progress]:
    rows = list(session.scalars(page.query()))
    _read(rows, page)
    return rows


def _statements(app: Engine, call: Callable[[], object]) -> int:
    with count_statements(app) as seen:
        call()
    return len(seen)


def _with(loader: Callable[..., Any], page: Page) -> Select[Progress]:
    return page.query().options(*(loader(RELATIONS[name]) for name in page.relations))


def _read(rows: Any, page: Page) -> Answer:  # noqa: ANN401 - any kind of result
    """What the page shows of each row."""
    return [
        (row.id, row.status, *(getattr(getattr(row, name), KEYS[name]) for name in page.relations))
        for row in rows
    ]
