"""Facets and statistics: the same numbers in one statement as in many."""

from workbench.patterns import facets
from workbench.patterns.latency import count


def test_every_way_gives_the_same_facets(app):
    answers = {name: call(app) for name, call in facets.facets(app).items()}
    assert set(answers) == {"separate", "lateral", "filter", "grouping sets"}
    assert all(answer == answers["separate"] for answer in answers.values())
    totals = {sum(n for _, n in answers["separate"][column]) for column in facets.GROUPS}
    assert len(totals) == 1


def test_a_missing_language_is_a_facet_too(app):
    languages = dict(facets.facets(app)["grouping sets"](app)["language"])
    assert languages[None] > 0
    assert languages["Python"] > languages["Go"] > 0


def test_five_statements_become_one(app):
    sent = {name: count(app, call).statements for name, call in facets.facets(app).items()}
    assert sent == {"separate": 5, "lateral": 1, "filter": 1, "grouping sets": 1}


def test_one_pass_counts_what_separate_counts_count(app):
    ways = facets.statistics()
    assert ways["separate"](app) == ways["one pass"](app)
    assert count(app, ways["separate"]).statements == len(facets.COUNTS)
    assert count(app, ways["one pass"]).statements == 1
