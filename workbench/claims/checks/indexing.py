"""What an index gains for the statements it is made for, by share of rows and by size of table."""

from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

from workbench.claims.arms import Bench, bench
from workbench.claims.claim import Finding, Point
from workbench.claims.filters import Filter, beyond, equal, nearest, spread
from workbench.claims.lab import Lab, Site
from workbench.claims.published import published
from workbench.db import fetch_value
from workbench.measurement.calls import Race
from workbench.measurement.estimate import typical_speedup
from workbench.measurement.verdict import MIN_EFFECT

REPOSITORIES = """SELECT id, url, name, stars, health_status FROM repositories
WHERE {} ORDER BY stars DESC LIMIT 50"""
TODOS = "SELECT id, title, priority, due_date, created_at FROM todos WHERE {}"
OPEN_FIRST = "CREATE INDEX challenger_open ON todos (priority, created_at) WHERE NOT completed"


def single_columns(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """S1.1: each index alone, for filters from rare to common."""
    site, shares = lab.site("deployer"), lab.parameters(parameters, "shares")
    with site.connect() as connection:
        columns = {
            "category": spread(equal(connection, "repositories", "category"), len(shares)),
            "health_status": equal(connection, "repositories", "health_status"),
            "created_at": beyond(connection, "repositories", "created_at", ">=", shares),
            "last_health_check": beyond(
                connection, "repositories", "last_health_check", "<", shares
            ),
        }
    typical = {n: nearest(f, parameters["typical_share"]) for n, f in columns.items()}
    scattered = columns["last_health_check"]
    wanted = {*typical.values(), *scattered}
    if not lab.quick:
        wanted |= {each for filters in columns.values() for each in filters}
    with _published(lab, site, parameters) as on:
        raced = {each: _alone(on, each) for each in sorted(wanted, key=lambda f: f.matching_pct)}
        records = [_record(on, each, race, REPOSITORIES) for each, race in raced.items()]
    tasks = [_times(raced[each]) for each in typical.values()]
    return Finding(
        measured={"speed-up": typical_speedup(tasks, seed=lab.seed)},
        points=_points([(each.matching_pct, [raced[each]]) for each in scattered], lab.seed),
        records=records,
        note=_typical(typical, raced),
    )


def filters(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """S3.2: each index alone and all four, for filters from rare to common; and a challenger."""
    site, shares = lab.site("todos"), lab.parameters(parameters, "shares")
    with site.connect() as connection:
        completed = equal(connection, "todos", "completed")
        priorities = equal(connection, "todos", "priority")
        newest = beyond(connection, "todos", "created_at", ">=", shares)
    four = published(site.spec)
    sets = {"none": (), "all": tuple(four), **{name: (name,) for name in four}}
    sets["challenger"] = ("challenger_open",)
    ddl = {**four, "challenger_open": OPEN_FIRST}
    rounds, seconds = (lab.parameters(parameters, name) for name in ("rounds", "seconds"))
    with bench(lab, site, ddl, rounds=rounds, seconds=seconds) as on:
        both = [_both(on, completed[0], each) for each in priorities]
        wanted = [*completed, *priorities, *both, *newest]
        raced = {each: on.race(TODOS.format(each.where), sets) for each in wanted}
        sizes = {name: on.built(name).size_bytes for name in ddl}
    records = [
        {"filter": each.where, "matching_pct": each.matching_pct, **row}
        for each, race in raced.items()
        for row in race.records()
    ]
    screens = [completed[0], priorities[0], both[0], newest[0]]
    same = sorted([*completed, *priorities, *both], key=lambda each: each.matching_pct)
    return Finding(
        measured={"speed-up": typical_speedup([_times(raced[f], "all") for f in screens])},
        points=_points([(each.matching_pct, [raced[each]]) for each in same], lab.seed, "all"),
        records=records,
        note=_challenged([raced[each] for each in (completed[0], both[0])], sizes, four),
    )


def growth(lab: Lab, parameters: Mapping[str, Any]) -> Finding:
    """S5.3: each index for the statement it is made for, from small tables to large ones."""
    by_rows: dict[int, dict[str, Race]] = {}
    records: list[dict[str, Any]] = []
    for rows in lab.parameters(parameters, "rows"):
        site = lab.site("learning", rows)
        with _published(lab, site, parameters) as on:
            statements = _learning_statements(on)
            by_rows[rows] = {
                name: on.race(text, {"none": (), "index": (name,)})
                for name, text in statements.items()
            }
            records += [
                {"rows": rows, "index": name, "used": on.uses(statements[name], (name,))}
                | _gain(race)
                for name, race in by_rows[rows].items()
            ]
    largest = by_rows[max(by_rows)]
    return Finding(
        measured={"speed-up": typical_speedup([_times(race) for race in largest.values()])},
        points=_points([(rows, list(races.values())) for rows, races in by_rows.items()], lab.seed),
        records=records,
        note=_paying(records),
    )


def _published(lab: Lab, site: Site, parameters: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """A bench with the indexes that the system's plan promised."""
    rounds, seconds = (lab.parameters(parameters, name) for name in ("rounds", "seconds"))
    return bench(lab, site, published(site.spec), rounds=rounds, seconds=seconds)


def _alone(on: Bench, each: Filter) -> Race:
    """The list with this filter, without and with the index on its column."""
    sets = {"none": (), "index": (f"repositories_{each.column}",)}
    return on.race(REPOSITORIES.format(each.where), sets)


def _record(on: Bench, each: Filter, race: Race, statement: str) -> dict[str, Any]:
    used = on.uses(statement.format(each.where), (f"repositories_{each.column}",))
    row = {"column": each.column, "filter": each.where, "matching_pct": each.matching_pct}
    return row | {"used": used} | _gain(race)


def _gain(race: Race, after: str = "index") -> dict[str, Any]:
    gain = race.speedup("none", after)
    return {
        "before_ms": race.median_ms("none").value,
        "after_ms": race.median_ms(after).value,
        "speedup": gain.value,
        "speedup_low": gain.low,
        "speedup_high": gain.high,
    }


def _times(race: Race, after: str = "index") -> tuple[Sequence[float], Sequence[float]]:
    return race.times_ms["none"], race.times_ms[after]


def _points(
    places: Sequence[tuple[float, Sequence[Race]]], seed: int, after: str = "index"
) -> tuple[Point, ...]:
    """The typical speed-up of the races at each place, in the order of the places."""
    return tuple(
        Point(at, typical_speedup([_times(race, after) for race in races], seed=seed))
        for at, races in sorted(places, key=lambda place: place[0])
    )


def _typical(typical: Mapping[str, Filter], raced: Mapping[Filter, Race]) -> str:
    """``category (0.5 % of the rows) 12 x, …``: what each column's typical filter gains."""
    parts = [
        f"{name} ({each.matching_pct:.2g} % of the rows) "
        f"{raced[each].speedup('none', 'index').value:.3g} x"
        for name, each in typical.items()
    ]
    return ", ".join(parts)


def _both(on: Bench, first: Filter, second: Filter) -> Filter:
    """Two filters at once, with the share of rows that meet both."""
    where = f"{first.where} AND {second.where}"
    count = f"SELECT 100.0 * count(*) FILTER (WHERE {where}) / count(*) FROM todos"  # noqa: S608
    share = float(fetch_value(on.connection, count))
    return Filter(f"{first.column}, {second.column}", where, share)


def _challenged(races: Sequence[Race], sizes: Mapping[str, int], four: Mapping[str, str]) -> str:
    """How one partial index on the open to-dos compares with the four, in time and bytes."""
    tasks = [(race.times_ms["all"], race.times_ms["challenger"]) for race in races]
    gain, share = typical_speedup(tasks), sizes["challenger_open"] / sum(sizes[n] for n in four)
    return (
        f"one partial index on open to-dos against the four: {gain} on filters for open ones, "
        f"with {100 * share:.2g} % of their bytes"
    )


def _learning_statements(on: Bench) -> dict[str, str]:
    """The statement that each of the seven indexes is made for, with a learner of middling zeal."""
    query = """/*workbench*/ SELECT user_id FROM code_executions GROUP BY user_id
        ORDER BY count(*), user_id OFFSET (SELECT count(DISTINCT user_id) / 2 FROM code_executions)
        LIMIT 1"""
    own = f"WHERE user_id = {int(fetch_value(on.connection, query))}"
    progress = "SELECT project_id, status, score, updated_at FROM user_progress"
    executions = "SELECT id, project_id, status, submitted_at FROM code_executions"
    catalogue = "SELECT id, project_number, slug, title, difficulty FROM projects"
    return {
        "projects_phase": f"{catalogue} WHERE phase = 3",
        "projects_difficulty": f"{catalogue} WHERE difficulty = 'expert'",
        "projects_phase_number": f"{catalogue} WHERE phase = 3 ORDER BY project_number LIMIT 10",
        "user_progress_user": f"{progress} {own}",
        "user_progress_user_status": f"{progress} {own} AND status = 'in_progress'",
        "user_progress_updated_at": f"{progress} ORDER BY updated_at DESC LIMIT 50",
        "code_executions_user": f"{executions} {own} ORDER BY submitted_at DESC LIMIT 20",
    }


def _paying(records: Sequence[Mapping[str, Any]]) -> str:
    """From how many rows on each index gains for sure, and at every larger size."""
    names = dict.fromkeys(row["index"] for row in records)
    first = {name: rows for name in names if (rows := _pays_from(name, records))}
    pays = ", ".join(f"{name} from {rows:,} rows" for name, rows in first.items())
    never = ", ".join(name for name in names if name not in first)
    return f"pays: {pays or 'none'}; never here: {never or 'none'}"


def _pays_from(name: str, records: Sequence[Mapping[str, Any]]) -> int | None:
    """The least rows from which on the index gains for sure at every size."""
    own = sorted((row for row in records if row["index"] == name), key=lambda row: -row["rows"])
    sure = [*takewhile(lambda row: row["speedup_low"] > 1 + MIN_EFFECT, own)]
    return int(sure[-1]["rows"]) if sure else None


CHECKS = {"single_columns": single_columns, "filters": filters, "growth": growth}
