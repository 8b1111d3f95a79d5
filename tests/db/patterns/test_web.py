"""Whole applications behind HTTP, under load from another process."""

import asyncio
import gzip
import json
from contextlib import ExitStack
from urllib.request import Request, urlopen

import pytest
import redis.asyncio
from sqlalchemy import text

from workbench.errors import MeasurementError
from workbench.patterns import caching, compression, pages
from workbench.patterns.counting import count_statements
from workbench.patterns.engines import engine
from workbench.patterns.rate_limit import Buckets, SharedBuckets
from workbench.patterns.scratch import scratch
from workbench.patterns.streams import SimulatedClock
from workbench.patterns.web import abuse, ladder, processes, review
from workbench.patterns.web.connecting import Connections, variables
from workbench.patterns.web.load import Block, Call, steady

APPS = "workbench.patterns.web"


def get(url, **headers):
    with urlopen(Request(url, headers=headers), timeout=10) as answer:
        return answer.read(), answer.headers


@pytest.fixture(scope="module")
def todos(lab):
    """The to-do API on private tables: its URL, and a connection to look at them."""
    with scratch(lab.site("todos").conninfo) as private:
        ladder.prepare_todos(private, ["todos_indexed (completed, priority)"])
        with lab.serve(f"{APPS}.todos:app", variables=variables(private.conninfo)) as url:
            yield url, private.connection


@pytest.fixture(scope="module")
def reviews(lab):
    with scratch(lab.site("codereview").conninfo) as private:
        ladder.prepare_review(private, ["findings_indexed (project_id, status)"])
        addresses = variables(private.conninfo, lab.redis())
        with lab.serve(f"{APPS}.review:app", variables=addresses) as url:
            yield url


def test_every_rung_of_the_to_do_ladder_gives_the_same_lists(todos):
    url, _ = todos
    answers = {get(f"{url}/todos?priority=high&with={on}")[0] for on in ladder.TODO_RUNGS.values()}
    assert len(answers) == 1
    assert len(json.loads(answers.pop())) > 1


def test_every_rung_saves_the_same_and_only_the_last_in_few_requests(todos, lab):
    url, connection = todos
    saved = {}
    for rung, on in ladder.TODO_RUNGS.items():
        calls = ladder.todo_calls(on, screens=2, saves=2, each=5, seed=1)
        before = rows_of(connection)
        (outcome,) = lab.drive([Block(rung, url, calls, clients=3)])
        assert outcome.errors == 0
        saved[rung] = (rows_of(connection) - before, len(calls))
    assert saved == {rung: (10, 4 if rung == "bulk" else 12) for rung in ladder.TODO_RUNGS}


def rows_of(connection):
    statement = """SELECT (SELECT count(*) FROM workbench_lab.todos)
    + (SELECT count(*) FROM workbench_lab.todos_indexed)"""
    return connection.execute(statement).fetchone()[0]


def test_a_ladder_is_climbed_in_turns_and_without_errors(todos, lab):
    url, _ = todos
    climbed = ladder.measure_todos(url, lab.drive, screens=2, saves=1, each=2, clients=2)
    assert list(climbed.rungs) == list(ladder.TODO_RUNGS)
    assert all(len(found) == 6 for found in climbed.rungs.values())
    assert {row["rung"]: row["requests"] for row in climbed.records()} == {
        rung: 18 if rung == "bulk" else 24 for rung in ladder.TODO_RUNGS
    }
    assert climbed.gain("bulk").unit == "x"
    first, last = ladder.waits(climbed, lab.drive, seconds=0.3, rounds=1)
    assert (first["rung"], last["rung"]) == ("as it was", "bulk")
    assert first["work_per_s"] == last["work_per_s"] > 0


def test_a_failing_request_makes_a_ladder_invalid(todos, lab):
    url, _ = todos
    broken = Block("as it was", url, (Call("/todos/bulk?with=", "POST", "not json"),), clients=1)
    with pytest.raises(MeasurementError, match="the web server failed under load: 7 × 500"):
        ladder.climb({"as it was": broken}, lab.drive, 1)


@pytest.mark.parametrize(
    ("on", "backends"), [("", 3), ("async", 3), ("small", 1), ("pool", 1), ("async,pool", 1)]
)
def test_connections_are_kept_only_with_a_pool(learning, on, backends):
    async def ask():
        connections = Connections({"database": learning.conninfo})
        ways = frozenset(on.split(","))
        answers = [
            await connections.rows(ways, text("SELECT pg_backend_pid() AS pid")) for _ in range(3)
        ]
        await connections.close()
        return {row["pid"] for rows in answers for row in rows}

    assert len(asyncio.run(ask())) == backends


def test_every_rung_of_the_review_ladder_gives_the_same_pages(reviews):
    url = reviews
    for view in review.VIEWS:
        answers = {
            get(f"{url}/projects/1/{view}?with={on}")[0]
            for on in (*ladder.REVIEW_RUNGS.values(), "async,pool,indexes,cache", "")
        }
        assert len(answers) == 1
        assert json.loads(answers.pop())


def test_a_cached_page_is_not_asked_for_again(reviews, lab):
    url = reviews
    client = caching.connect(lab.redis())
    client.flushdb()
    cached, _ = get(f"{url}/projects/2/findings?with=async,pool,indexes,cache")
    assert client.get("workbench:web:2:findings") == cached
    assert 0 < client.pttl("workbench:web:2:findings") <= review.TTL_MS
    client.set("workbench:web:2:findings", b'"from the cache"')
    again, _ = get(f"{url}/projects/2/findings?with=async,pool,indexes,cache")
    assert again == b'"from the cache"'
    client.flushdb()
    client.close()


def test_requests_follow_zipfs_law_and_are_the_same_on_every_rung():
    first, second = (ladder.review_calls(on, range(1, 51), 300, seed=2) for on in ("a", "b"))
    assert [call.path.replace("with=a", "with=b") for call in first] == [c.path for c in second]
    projects = [call.path.split("/")[2] for call in first]
    assert max(projects.count(name) for name in set(projects)) > 4 * 300 / 50


def test_long_answers_are_gzipped_and_short_ones_are_not(deployer, lab):
    with lab.serve(f"{APPS}.catalogue:app", variables=variables(deployer.conninfo)) as url:
        plain, _ = get(f"{url}/repositories?size=20")
        packed, headers = get(f"{url}/repositories?size=20", **{"Accept-Encoding": "gzip"})
        _, short = get(f"{url}/repositories?size=0", **{"Accept-Encoding": "gzip"})
        call = Call("/repositories?size=20", accept_encoding="gzip")
        (outcome,) = lab.drive([Block("gzip", url, (call,) * 3, clients=1)])
    assert headers["Content-Encoding"] == "gzip"
    assert short["Content-Encoding"] is None
    assert gzip.decompress(packed) == plain
    assert outcome.bytes_received == 3 * len(packed) < 3 * 0.5 * len(plain)


def test_a_higher_level_makes_pages_no_larger(deployer):
    pool = engine(deployer.conninfo)
    levels = compression.measure(pool, rows=(1, 20), pages=6)
    body = compression.page(pool, 20, 0)
    pool.dispose()
    assert len(json.loads(body)) == 20
    one, six, nine = (each for each in levels if each.rows == 20)
    assert sum(one.bytes_after) > sum(six.bytes_after) >= sum(nine.bytes_after)
    assert gzip.decompress(compression.compressed(body, 6)) == body
    assert all(each.smaller.value == 0 for each in levels if each.rows == 1)
    assert six.bytes_before == one.bytes_before
    assert [each.record()["level"] for each in levels] == [1, 6, 9] * 2


def test_processes_share_one_port(deployer, lab):
    with ExitStack() as running:
        urls = {
            count: running.enter_context(
                lab.serve(
                    f"{APPS}.catalogue:app",
                    workers=count,
                    variables=variables(deployer.conninfo, pool=4 // count, overflow=0),
                )
            )
            for count in (1, 2)
        }
        swept = processes.measure(urls, lab.drive, requests=12, clients=4, size=5)
        with deployer.connect() as connection:
            seen = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%FROM repositories%'"
            assert connection.execute(f"{seen} AND pid <> pg_backend_pid()").fetchone()[0] <= 8
    assert [row["processes"] for row in swept.records()] == [1, 2]
    assert swept.gain(1).value == 1


def test_buckets_in_redis_count_as_those_in_the_process(lab):
    clock = SimulatedClock()

    async def both():
        client = redis.asyncio.Redis.from_url(lab.redis())
        own = Buckets(per_minute=60, burst=5, clock=clock)
        shared = SharedBuckets(client, per_minute=60, burst=5, clock=clock)
        found = []
        for now_s in (0.0, 1.5, 1.6, 60.0):
            clock.now_s = now_s
            found.append(
                [
                    (own.allow(who), await shared.allow(who))
                    for who in ("a", "b", "a", "a", "a", "a", "a", "a")
                ]
            )
        await client.flushdb()
        await client.aclose()
        return found

    found = asyncio.run(both())
    assert all(mine == theirs for turn in found for mine, theirs in turn)
    assert [sum(mine for mine, _ in turn) for turn in found] == [6, 2, 1, 6]


def test_only_the_abuser_is_turned_away(learning, lab):
    addresses = variables(learning.conninfo, lab.redis())
    with lab.serve(f"{APPS}.learning:app", variables=addresses) as url:
        body, _ = get(f"{url}/overview")
        found = abuse.measure(
            url,
            lab.drive,
            abuse_per_s=60,
            seconds=0.6,
            good=4,
            good_per_s=5,
            arms=tuple(abuse.WAYS),
        )
    rows = {row["arm"]: row for row in found.records()}
    assert rows[abuse.CALM]["requests_of_abuser"] == 0
    assert rows[abuse.OFF]["turned_away"] == 0
    assert rows[abuse.OFF]["requests_of_abuser"] > 100
    for arm in (abuse.ON, abuse.SHARED):
        assert rows[arm]["turned_away"] > 0.8 * rows[arm]["requests_of_abuser"]
        assert rows[arm]["good_turned_away"] == 0
    pool = engine(learning.conninfo)
    with count_statements(pool) as seen:
        phases = pages.Page(pool, pages.LEARNING_PHASES).load(0)
    pool.dispose()
    assert len(seen) == 1
    assert [list(row.values()) for row in json.loads(body)] == phases


def test_waits_count_from_when_a_request_was_due(lab):
    """Ten requests due within 0.1 s at a server that answers in 0.2 s each: none waits less."""
    slow = {"UPSTREAM_LATENCY_MS": "200"}
    with lab.serve(f"{APPS}.upstream:app", variables=slow) as url:
        calls = (Call("/repositories/1"),) * 10
        opened, closed = lab.drive(
            [
                Block("open", url, calls, steady(100, 0.1)),
                Block("closed", url, calls, clients=1),
            ]
        )
    assert min(opened.ms) >= 200
    assert min(closed.ms) >= 200
    # an open loop sends while it waits, a closed one does not
    assert opened.seconds < closed.seconds
    assert closed.seconds >= 2.0
