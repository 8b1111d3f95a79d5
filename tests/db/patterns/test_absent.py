"""Keys that no row has, with and without a cache that remembers that there is none."""

from itertools import count

import pytest

from workbench.errors import MeasurementError
from workbench.patterns import absent, pages
from workbench.patterns.engines import engine
from workbench.patterns.pages import Page
from workbench.patterns.streams import Event, stream

PLAIN, NEGATIVE = "keeps what it found", "keeps also that there is none"


@pytest.fixture
def page(learning):
    pool = engine(learning.conninfo, pool_size=1, max_overflow=0)
    yield Page(pool, pages.LEARNING_LIST)
    pool.dispose()


def test_only_the_negative_cache_spares_the_database_what_is_not_there(page, lab):
    events = stream(range(1_000_001, 1_000_011), 60, per_s=1, seed=3)
    keys = {event.key for event in events}
    found = absent.compare(page, lab.redis(), events, ttl_s=3600)
    assert {each.empty for each in found.values()} == {60}
    assert found["no cache"].statements == found[PLAIN].statements == 60
    assert found[PLAIN].hits_percent == found[PLAIN].entries == 0
    assert found[NEGATIVE].statements == found[NEGATIVE].entries == len(keys) < 60
    assert found[NEGATIVE].record()["statements_per_request"] == len(keys) / 60


def test_what_is_there_is_answered_alike_by_both(page, lab):
    events = [Event(float(at_s), 2, "read") for at_s in range(5)]
    found = absent.compare(page, lab.redis(), events, ttl_s=3600)
    assert {each.empty for each in found.values()} == {0}
    assert [each.statements for each in found.values()] == [5, 1, 1]


def test_absence_is_remembered_for_its_time_to_live_only(page, lab):
    events = [Event(at_s, 1_000_001, "read") for at_s in (0.0, 9.0, 10.0, 19.0)]
    found = absent.compare(page, lab.redis(), events, ttl_s=10)
    assert found[NEGATIVE].statements == 2


def test_an_answer_that_depends_on_the_cache_is_not_measured(page, lab):
    numbers = count()

    class Fickle(Page):
        def load(self, key):
            return [[next(numbers)]]

    events = [Event(at_s, 1_000_001, "read") for at_s in (0.0, 1.0)]
    with pytest.raises(MeasurementError, match="other answers than the database"):
        absent.compare(Fickle(page.pool, pages.LEARNING_LIST), lab.redis(), events, ttl_s=10)
