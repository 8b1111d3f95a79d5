"""Caches in a real Redis: what they answer, what they ask, and what they get wrong."""

import time
from collections import defaultdict

import pytest

from workbench.patterns import caching, invalidation, pages, stampede, tokens, upstream
from workbench.patterns.caching import ABSENT, Cache
from workbench.patterns.counting import count_statements
from workbench.patterns.engines import engine
from workbench.patterns.pages import Page
from workbench.patterns.replaying import replay
from workbench.patterns.scratch import scratch
from workbench.patterns.streams import Event, SimulatedClock, stream


@pytest.fixture
def client(lab):
    found = caching.connect(lab.redis())
    found.flushdb()
    yield found
    found.close()


class Counter:
    """A source that counts and whose values change with each write."""

    def __init__(self):
        self.loads, self.versions = 0, defaultdict(int)

    def load(self, key):
        self.loads += 1
        return [key, self.versions[key]]

    def write(self, key):
        self.versions[key] += 1


def test_a_value_comes_back_and_expires_by_redis_own_clock(client):
    cache = Cache(client, ttl_s=0.05)
    assert cache.get("a") is ABSENT
    cache.put("a", {"x": [1, None, "ü"]})
    assert cache.get("a") == {"x": [1, None, "ü"]}
    assert 0 < client.pttl(f"{cache.prefix}a") <= 50
    time.sleep(0.06)
    assert cache.get("a") is ABSENT


def test_simulated_time_expires_as_real_time_does(client):
    clock = SimulatedClock()
    cache = Cache(client, 24 * 3600, clock)
    cache.put("a", 1)
    clock.now_s = 24 * 3600 - 1
    assert cache.get("a") == 1
    clock.now_s = 24 * 3600
    assert cache.get("a") is ABSENT


def test_what_is_not_there_is_remembered_only_by_the_negative_cache(client):
    cache, calls = Cache(client, 60), []

    def load():
        calls.append(1)

    for _ in range(3):
        assert caching.cache_aside(cache, "negative", load) is None
    assert len(calls) == 1
    for _ in range(3):
        assert caching.cache_present(cache, "plain", load) is None
    assert len(calls) == 4


def test_a_stampede_asks_once_where_it_is_stopped(client, lab):
    cache = Cache(client, 60)

    def load():
        time.sleep(0.1)
        return {"page": 1}

    found = {
        name: stampede.rush(read, cache, name, load, 8)
        for name, read in stampede.variants().items()
    }
    assert {name: loads for name, (loads, _) in found.items()} == {
        "cache-aside": 8,
        "single flight": 1,
        "lock in Redis": 1,
    }
    assert all(answers == [{"page": 1}] * 8 for _, answers in found.values())
    assert client.keys("workbench:lock:*") == []
    rows = [each.record() for each in stampede.measure(load, lab.redis(), readers=4)]
    assert [row["queries"] for row in rows] == [4, 1, 1]


@pytest.mark.parametrize(
    ("variant", "pages_of_key"),
    [(name, number) for name in list(invalidation.VARIANTS)[:-1] for number in (1, 7)]
    + [("one known name", 1)],
)
def test_every_way_forgets_this_key_and_no_other(client, variant, pages_of_key):
    cache = Cache(client, 60)
    for key in (1, 11, 12):
        for page in range(1, pages_of_key + 1):
            invalidation.put_in_set(cache, key, page, "x")
    invalidation.VARIANTS[variant](cache, 1)
    assert invalidation.left(cache, 1, pages_of_key) == 0
    assert [invalidation.left(cache, key, pages_of_key) for key in (11, 12)] == [pages_of_key] * 2
    invalidation.VARIANTS[variant](cache, 99)


def test_a_pattern_costs_more_commands_with_more_keys(client):
    few, many = invalidation.measure(Cache(client, 60), [500, 5000], rounds=6)
    assert many.commands["SCAN pattern"] > 5 * few.commands["SCAN pattern"] / 2
    assert many.commands["KEYS pattern"] == few.commands["KEYS pattern"] == 2
    assert many.commands["set of names"] == few.commands["set of names"] == 2
    assert many.commands["one known name"] == 1
    assert {row["keys"] for row in (*few.records(), *many.records())} == {500, 5000}
    assert client.dbsize() == 0


def test_a_replay_counts_hits_loads_and_stale_reads(client):
    source, clock = Counter(), SimulatedClock()
    events = [
        Event(0, 1, "read"),  # loads
        Event(1, 1, "read"),  # hit
        Event(2, 1, "change"),  # elsewhere: nobody tells the cache
        Event(3, 1, "read"),  # hit, stale for 1 s
        Event(8, 1, "read"),  # hit, stale for 6 s
        Event(10, 1, "read"),  # expired: loads
        Event(11, 1, "write"),  # through us: dropped
        Event(12, 1, "read"),  # loads
        Event(13, 2, "read"),  # loads
    ]
    found = replay(events, source, Cache(client, 10, clock), clock)
    assert (found.reads, found.hits, found.loads, found.stale) == (7, 3, 4, 2)
    assert found.oldest_stale_s == 6
    assert source.loads == 4
    assert (len(found.read_ms), len(found.write_ms)) == (7, 1)
    client.flushdb()
    late = replay(events, Counter(), Cache(client, 10, clock), clock, warm_up=7)
    assert (late.reads, late.hits, late.loads) == (2, 0, 2)
    never = replay(events, Counter(), None, clock)
    assert (never.reads, never.hits, never.loads, never.stale) == (7, 0, 7, 0)


def test_the_same_seed_gives_the_same_hits_and_a_longer_life_more(client):
    def hits(ttl_s):
        client.flushdb()
        clock = SimulatedClock()
        events = stream(range(40), 400, per_s=1, seed=5)
        return replay(events, Counter(), Cache(client, ttl_s, clock), clock).hits

    assert hits(30) == hits(30) < hits(300)


def test_a_cached_page_is_the_page_and_asks_nothing(learning, lab, client):
    pool, cache = engine(learning.conninfo), Cache(client, 60)
    page = Page(pool, pages.LEARNING_LIST)
    with count_statements(pool) as seen:
        first = caching.cache_aside(cache, "list", lambda: page.load(2))
        again = caching.cache_aside(cache, "list", lambda: page.load(2))
    assert first
    assert first == again
    assert len(seen) == 1
    (repeat,) = pages.repeats({"list": (page, 2)}, lab.redis(), rounds=6)
    assert repeat.saved.unit == "%"
    assert [row["variant"] for row in repeat.records()] == ["query", "cache"]
    pool.dispose()


def test_streams_in_front_of_the_database_and_of_caches(learning, lab):
    with scratch(learning.conninfo) as private:
        private.copy("user_progress", None)
        pool = engine(private.conninfo, pool_size=1, max_overflow=0)
        page = Page(pool, pages.LEARNING_PROGRESS, pages.LEARNING_PROGRESS_WRITE)
        before = page.load(23)
        page.write(23)
        assert page.load(23) != before
        found = pages.compare(
            page, lab.redis(), range(1, 21), ttl_s=60, per_s=1, events=90, write_share=0.2
        )
        pool.dispose()
    rows = {row["arm"]: row for row in found.records()}
    assert set(rows) == {"no cache", *pages.DROPS}
    assert rows["no cache"]["queries"] == rows["no cache"]["reads"]
    assert rows["expiry only"]["stale_reads"] > 0
    assert 0 < rows["expiry only"]["oldest_stale_s"] < 60
    for arm in ("dropped by pattern", "dropped by name"):
        assert rows[arm]["stale_reads"] == 0
        assert 0 < rows[arm]["queries"] < rows[arm]["reads"]
        assert rows[arm]["queries"] > rows["expiry only"]["queries"]
    assert rows["dropped by pattern"]["queries"] == rows["dropped by name"]["queries"]
    assert found.hits("expiry only").value > found.hits("dropped by name").value
    assert caching.connect(lab.redis()).dbsize() == 0


def test_an_outside_api_is_asked_less_the_more_it_is_used(lab):
    with lab.serve("workbench.patterns.web.upstream:app") as api:
        seldom, often = upstream.measure(
            api, lab.redis(), repositories=10, densities=(1, 20), rounds=6, changes_a_day=2
        )
    assert often.fewer_calls.low > seldom.fewer_calls.high
    assert often.record()["stale_percent"] > 0
    assert 0 < often.record()["oldest_stale_hours"] < 24
    assert often.record()["calls"] < often.record()["requests"]


def test_a_forged_token_is_nobodys():
    given = tokens.token(7)
    assert tokens.user_of(given) == 7
    for forged in (given.replace("7.", "8."), given[:-1], "7", "", "x.y"):
        with pytest.raises(tokens.InputError):
            tokens.user_of(forged)


def test_a_disabled_user_is_let_in_until_the_entry_ends_or_is_dropped(learning, lab):
    with learning.connect() as connection:
        rows = connection.execute(
            "SELECT id FROM users WHERE is_active AND deleted_at IS NULL ORDER BY id LIMIT 3"
        ).fetchall()
    with scratch(learning.conninfo) as private:
        private.copy("users", None)
        pool = engine(private.conninfo, pool_size=1, max_overflow=0)
        users = [number for (number,) in rows]
        found = tokens.window(Page(pool, tokens.USER), pool, lab.redis(), users)
        pool.dispose()
    # asked every half second and disabled after 5 s, the entry of second 0 lives until second 60
    assert [(each.arm, each.let_in, each.window_s) for each in found] == [
        ("no cache", 0, 0.0),
        ("expiry only", 110, 55.0),
        ("dropped when disabled", 0, 0.0),
    ]
