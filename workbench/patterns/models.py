"""SQLAlchemy models of three datasets, column by column as their schema.sql has them.

Every relationship is lazy, SQLAlchemy's default; how it is loaded is said by each query, which is
what the patterns are about.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

TYPES = {
    str: Text(),
    datetime: TIMESTAMP(timezone=True),
    list[str]: ARRAY(Text()),
    dict[str, Any]: JSONB(),
    list[Any]: JSONB(),
}


def _key(kind: type[Integer]) -> Mapped[int]:
    return mapped_column(kind, Identity(), primary_key=True)


def _now() -> Mapped[datetime]:
    return mapped_column(server_default=func.now())


def _constant(value: str) -> Mapped[Any]:
    return mapped_column(server_default=text(value))


class Deployer(DeclarativeBase):
    """The tables of ``deployer``: a catalogue of repositories."""

    type_annotation_map = TYPES


repository_tags = Table(
    "repository_tags",
    Deployer.metadata,
    Column("repository_id", BigInteger, ForeignKey("repositories.id"), primary_key=True),
    Column("tag_id", Integer, ForeignKey("tags.id"), primary_key=True),
    Column("added_by", Text, nullable=False, server_default="user"),
)

collection_repositories = Table(
    "collection_repositories",
    Deployer.metadata,
    Column("collection_id", Integer, ForeignKey("collections.id"), primary_key=True),
    Column("repository_id", BigInteger, ForeignKey("repositories.id"), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("note", Text),
)


class Repository(Deployer):
    """A repository with its tags, the collections it is in, and its health checks."""

    __tablename__ = "repositories"
    __table_args__ = (CheckConstraint("stars >= 0"),)

    id: Mapped[int] = _key(BigInteger)
    url: Mapped[str] = mapped_column(unique=True)
    owner: Mapped[str]
    name: Mapped[str]
    description: Mapped[str | None]
    language: Mapped[str | None]
    category: Mapped[str]
    stars: Mapped[int] = _constant("0")
    topics: Mapped[list[str]] = _constant("'{}'")
    health_status: Mapped[str] = _constant("'unknown'")
    created_at: Mapped[datetime] = _now()
    pushed_at: Mapped[datetime | None]
    last_health_check: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    # "metadata" is a name that declarative classes have for themselves
    facts: Mapped[dict[str, Any]] = mapped_column("metadata", server_default=text("'{}'"))

    tags: Mapped[list["Tag"]] = relationship(secondary=repository_tags)
    collections: Mapped[list["Collection"]] = relationship(secondary=collection_repositories)
    health_checks: Mapped[list["HealthCheck"]] = relationship(back_populates="repository")


class Tag(Deployer):
    """A word that repositories are found by."""

    __tablename__ = "tags"

    id: Mapped[int] = _key(Integer)
    name: Mapped[str] = mapped_column(unique=True)


class Collection(Deployer):
    """A list of repositories that somebody keeps."""

    __tablename__ = "collections"

    id: Mapped[int] = _key(Integer)
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    curator_email: Mapped[str]
    is_public: Mapped[bool] = _constant("true")
    created_at: Mapped[datetime] = _now()
    updated_at: Mapped[datetime] = _now()
    deleted_at: Mapped[datetime | None]


class HealthCheck(Deployer):
    """One look at whether a repository is well."""

    __tablename__ = "health_checks"

    id: Mapped[int] = _key(BigInteger)
    repository_id: Mapped[int] = mapped_column(ForeignKey("repositories.id"), type_=BigInteger)
    checked_at: Mapped[datetime] = _now()
    started_by: Mapped[str] = _constant("'schedule'")
    status: Mapped[str]
    http_status: Mapped[int | None] = mapped_column(SmallInteger)
    response_ms: Mapped[int | None]
    error: Mapped[str | None]

    repository: Mapped[Repository] = relationship(back_populates="health_checks")


class Learning(DeclarativeBase):
    """The tables of ``learning``: people, projects, and how far they got."""

    type_annotation_map = TYPES


class User(Learning):
    """Somebody who learns."""

    __tablename__ = "users"

    id: Mapped[int] = _key(BigInteger)
    email: Mapped[str] = mapped_column(unique=True)
    username: Mapped[str] = mapped_column(unique=True)
    full_name: Mapped[str | None]
    plan: Mapped[str] = _constant("'free'")
    is_active: Mapped[bool] = _constant("true")
    interests: Mapped[list[str]] = _constant("'{}'")
    preferences: Mapped[dict[str, Any]] = _constant("'{}'")
    created_at: Mapped[datetime] = _now()
    last_login_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]


class Project(Learning):
    """Something to build."""

    __tablename__ = "projects"

    id: Mapped[int] = _key(Integer)
    project_number: Mapped[int] = mapped_column(unique=True)
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    phase: Mapped[int] = mapped_column(SmallInteger)
    difficulty: Mapped[str]
    skills: Mapped[list[str]] = _constant("'{}'")
    is_published: Mapped[bool] = _constant("false")


class Progress(Learning):
    """How far one person got with one project."""

    __tablename__ = "user_progress"
    __table_args__ = (UniqueConstraint("user_id", "project_id"),)

    id: Mapped[int] = _key(BigInteger)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), type_=BigInteger)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    status: Mapped[str] = _constant("'in_progress'")
    score: Mapped[int | None] = mapped_column(SmallInteger)
    updated_at: Mapped[datetime] = _now()
    completed_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()
    project: Mapped[Project] = relationship()
    executions: Mapped[list["CodeExecution"]] = relationship(back_populates="progress")


class CodeExecution(Learning):
    """One run of somebody's code."""

    __tablename__ = "code_executions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["user_id", "project_id"], ["user_progress.user_id", "user_progress.project_id"]
        ),
    )

    id: Mapped[int] = _key(BigInteger)
    user_id: Mapped[int] = mapped_column(BigInteger)
    project_id: Mapped[int]
    status: Mapped[str] = _constant("'queued'")
    submitted_at: Mapped[datetime] = _now()
    duration_ms: Mapped[int | None]
    memory_kb: Mapped[int | None]
    error_type: Mapped[str | None]
    output: Mapped[str | None]

    progress: Mapped[Progress] = relationship(back_populates="executions")


class PrMetrics(DeclarativeBase):
    """The table of ``prmetrics`` that is read through the ORM."""

    type_annotation_map = TYPES


class PullRequest(PrMetrics):
    """A pull request; team, author and merger are their keys only."""

    __tablename__ = "pull_requests"

    id: Mapped[int] = _key(BigInteger)
    github_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    team_id: Mapped[int] = mapped_column(BigInteger)
    author_id: Mapped[int] = mapped_column(BigInteger)
    merged_by_id: Mapped[int | None] = mapped_column(BigInteger)
    repository: Mapped[str]
    title: Mapped[str]
    state: Mapped[str] = _constant("'open'")
    is_draft: Mapped[bool] = _constant("false")
    additions: Mapped[int] = _constant("0")
    deletions: Mapped[int] = _constant("0")
    created_at: Mapped[datetime] = _now()
    updated_at: Mapped[datetime] = _now()
    merged_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    excluded_at: Mapped[datetime | None]
    labels: Mapped[list[Any]] = _constant("'[]'")
    llm_summary: Mapped[dict[str, Any] | None]
    files: Mapped[list[Any]] = _constant("'[]'")
