"""Related rows: the same page in every way, by different statements."""

import pytest
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Session, raiseload

from workbench.patterns import loading, progress
from workbench.patterns.latency import connected, count

THREE = loading.Page(12, ("tags", "collections", "health_checks"), "oldest")


@pytest.fixture
def learners(learning):
    with connected(learning.conninfo) as engine:
        yield engine


@pytest.mark.parametrize("order", ["popular", "oldest", "newest"])
@pytest.mark.parametrize("relations", [(), ("tags",), ("collections", "tags"), THREE.relations])
def test_every_variant_reads_the_same_page(app, order, relations):
    page = loading.Page(12, relations, order)
    answers = {name: call(app) for name, call in loading.variants(page).items()}
    assert len(answers["lazy"]) == 12
    assert all(answer == answers["lazy"] for answer in answers.values())


def test_the_page_is_not_empty(app):
    assert all(tags for *_, tags in loading.variants(loading.Page(5, ("tags",)))["lazy"](app))


def test_the_variants_differ_in_what_they_send(app):
    sent = {name: count(app, call) for name, call in loading.variants(THREE).items()}
    statements = {name: each.statements for name, each in sent.items()}
    assert statements == {
        "lazy": 1 + 12 * 3,
        "subquery": 4,
        "joined": 1,
        "selectin": 4,
        "guarded": 4,
        "aggregate": 1,
    }
    assert sent["aggregate"].rows == 12


def test_a_joined_load_multiplies_the_relations(app):
    """Rows of a joined load are the product of the fan-outs, parent by parent."""
    answer = loading.variants(THREE)["lazy"](app)
    product = sum(max(1, len(a)) * max(1, len(b)) * max(1, len(c)) for *_, a, b, c in answer)
    sent = count(app, loading.variants(THREE)["joined"])
    assert sent.rows == product > sum(len(a) + len(b) + len(c) for *_, a, b, c in answer)


def test_selectin_asks_again_after_500_parents(app):
    page = loading.Page(501, ("tags",))
    assert count(app, loading.variants(page)["selectin"]).statements == 3


def test_the_guard_refuses_a_forgotten_relation(app):
    with Session(app) as session:
        guarded = session.scalars(THREE.query().options(raiseload("*")))
        with pytest.raises(InvalidRequestError, match="raise"):
            loading._read(guarded, THREE)


def test_what_is_sent_is_tabled(deployer):
    rows = loading.sent(deployer.conninfo, [loading.Page(3, ("tags",))], ["lazy", "joined"])
    assert [(row["variant"], row["statements"]) for row in rows] == [("lazy", 4), ("joined", 1)]


@pytest.mark.parametrize("learners_", [None, 12])
@pytest.mark.parametrize("relations", [("project",), ("project", "user")])
def test_progress_is_the_same_in_every_way(learners, relations, learners_):
    page = progress.Page(40, relations, learners_)
    answers = {name: call(learners) for name, call in progress.variants(page).items()}
    assert len(answers["lazy"]) == 40
    assert all(answer == answers["lazy"] for answer in answers.values())


def test_a_shared_object_is_asked_for_once(learners):
    page = progress.Page(40)
    projects = {title for *_, title in progress.variants(page)["lazy"](learners)}
    sent = {
        name: count(learners, call).statements for name, call in progress.variants(page).items()
    }
    assert 1 < sent["lazy"] <= 41
    assert sent["lazy"] >= 1 + len(projects)  # two projects may have one title
    assert (sent["selectin"], sent["joined"], sent["guarded"], sent["columns"]) == (2, 1, 1, 1)


def test_what_a_session_holds_is_not_asked_for_again(learning):
    found = progress.identity_map(learning.conninfo, progress.Page(40))
    new, again, dropped, all_held, expired = (row["statements"] for row in found)
    assert new == dropped > 1
    assert again == all_held == 1
    assert expired > all_held
