"""Facets and statistics: several aggregates over one table, in five statements or in one.

One statement saves round trips; whether it saves work is another matter. Each aggregate by itself
may be answered from a narrow index, one pass over all of them has to read the table.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Connection, Engine, text

from workbench.patterns.latency import Variant

Facets: TypeAlias = dict[str, Any]
Reader: TypeAlias = Callable[[Connection], Facets]

GROUPS = ("language", "category", "health_status")

INDEXES = tuple(
    f"CREATE INDEX ON repositories ({column})"
    for column in ("language", "category", "health_status", "stars")
)
"""An index for each facet; VACUUM after it, or the aggregates still visit the table."""


def separate(connection: Connection) -> Facets:
    """Five statements: three lists with counts, the fewest and the most stars."""
    facets: Facets = {
        column: _sorted(connection.execute(text(_counts(column)))) for column in GROUPS
    }
    facets["least"] = connection.scalar(text("SELECT min(stars) FROM repositories"))
    facets["most"] = connection.scalar(text("SELECT max(stars) FROM repositories"))
    return facets


def _counts(column: str) -> str:
    return f"SELECT {column}, count(*) FROM repositories GROUP BY 1"  # noqa: S608 - one of GROUPS


LATERAL = """
SELECT languages.found, categories.found, statuses.found, stars.least, stars.most
FROM LATERAL (SELECT json_agg(json_build_array(language, n)) AS found
              FROM (SELECT language, count(*) AS n FROM repositories GROUP BY 1) _) languages,
     LATERAL (SELECT json_agg(json_build_array(category, n)) AS found
              FROM (SELECT category, count(*) AS n FROM repositories GROUP BY 1) _) categories,
     LATERAL (SELECT json_agg(json_build_array(health_status, n)) AS found
              FROM (SELECT health_status, count(*) AS n FROM repositories GROUP BY 1) _) statuses,
     LATERAL (SELECT min(stars) AS least, max(stars) AS most FROM repositories) stars
"""


def lateral(connection: Connection) -> Facets:
    """One statement that runs the five as they are and makes lists of them; same work, one trip."""
    *lists, least, most = connection.execute(text(LATERAL)).one()
    counts = {column: _sorted(found) for column, found in zip(GROUPS, lists, strict=True)}
    return {**counts, "least": least, "most": most}


GROUPING_SETS = """
SELECT CASE WHEN grouping(language) = 0 THEN 'language'
            WHEN grouping(category) = 0 THEN 'category'
            WHEN grouping(health_status) = 0 THEN 'health_status' END,
       coalesce(language, category, health_status), count(*), min(stars), max(stars)
FROM repositories
GROUP BY GROUPING SETS ((language), (category), (health_status), ())
"""


def grouping_sets(connection: Connection) -> Facets:
    """One statement that reads the table once and groups each row three times and overall."""
    facets: Facets = {column: [] for column in GROUPS}
    for column, value, count, least, most in connection.execute(text(GROUPING_SETS)):
        if column is None:
            facets |= {"least": least, "most": most}
        else:
            facets[column].append((value, count))
    return {**facets, **{column: _sorted(facets[column]) for column in GROUPS}}


def filter_pass(values: Mapping[str, Sequence[str | None]]) -> Reader:
    """One statement that reads the table once and tries each row against every known value.

    The application has to know the values beforehand; a new one would be missing.
    """
    known = [(column, value) for column in GROUPS for value in values[column]]
    counts = "".join(
        f", count(*) FILTER (WHERE {column} IS NOT DISTINCT FROM :v{n})"
        for n, (column, _) in enumerate(known)
    )
    statement = text(f"SELECT min(stars), max(stars){counts} FROM repositories")  # noqa: S608
    given = {f"v{n}": value for n, (_, value) in enumerate(known)}

    def read(connection: Connection) -> Facets:
        least, most, *found = connection.execute(statement, given).one()
        facets: Facets = {column: [] for column in GROUPS}
        for (column, value), count in zip(known, found, strict=True):
            facets[column].append((value, count))
        sorted_ = {column: _sorted(facets[column]) for column in GROUPS}
        return {**sorted_, "least": least, "most": most}

    return read


def known_values(connection: Connection) -> dict[str, list[str | None]]:
    """The values of each grouped column, as an application would keep them."""
    return {
        column: [value for value, _ in connection.execute(text(_counts(column)))]
        for column in GROUPS
    }


def facets(app: Engine) -> dict[str, Variant]:
    """The variants as calls on an engine; ``filter`` knows the values that are there now."""
    with app.connect() as connection:
        values = known_values(connection)
    readers = {
        "separate": separate,
        "lateral": lateral,
        "filter": filter_pass(values),
        "grouping sets": grouping_sets,
    }
    return {name: _connected(reader) for name, reader in readers.items()}


COUNTS = {
    "all": "true",
    "healthy": "health_status = 'healthy'",
    "degraded": "health_status = 'degraded'",
    "unhealthy": "health_status = 'unhealthy'",
    "never checked": "last_health_check IS NULL",
    "described": "description IS NOT NULL",
    "deleted": "deleted_at IS NOT NULL",
    "starred": "stars >= 100",
}
"""What the statistics count, each with its condition."""


def separate_counts(connection: Connection) -> Facets:
    """A statement for each count."""
    return {
        name: connection.scalar(text(f"SELECT count(*) FROM repositories WHERE {condition}"))  # noqa: S608
        for name, condition in COUNTS.items()
    }


def one_pass(connection: Connection) -> Facets:
    """One statement: ``count(*) FILTER (WHERE …)`` for each count."""
    counts = ", ".join(f"count(*) FILTER (WHERE {condition})" for condition in COUNTS.values())
    row = connection.execute(text(f"SELECT {counts} FROM repositories")).one()  # noqa: S608
    return dict(zip(COUNTS, row, strict=True))


STATISTICS: Mapping[str, Reader] = {"separate": separate_counts, "one pass": one_pass}


def statistics() -> dict[str, Variant]:
    """The ways to count as calls on an engine."""
    return {name: _connected(reader) for name, reader in STATISTICS.items()}


def _connected(read: Reader) -> Variant:
    def call(app: Engine) -> Facets:
        with app.connect() as connection:
            return read(connection)

    return call


def _sorted(counts: Any) -> list[tuple[str | None, int]]:  # noqa: ANN401 - rows or lists of pairs
    """Pairs of value and count, the largest first."""
    return sorted(((v, n) for v, n in counts), key=lambda pair: (-pair[1], pair[0] or ""))
