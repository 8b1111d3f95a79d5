"""Plans are asked for once, and not without end."""

import pytest

from workbench.indexes import costs
from workbench.indexes.costs import Costs, Planned, Problem, Set
from workbench.indexes.index import Index, Key
from workbench.workload.schema import TableName

T = TableName("public", "t")
A, B, C = (Index(T, (Key(name),)) for name in "abc")
ALL = frozenset({A, B, C})


def problem() -> Problem:
    sizes = dict.fromkeys(sorted(ALL), 10)
    return Problem({"q": 1.0}, {"q": frozenset({T})}, sizes, dict.fromkeys(ALL, ("q",)), 100)


def ask(name: str, visible: Set) -> Planned:
    """A alone is good, A with B is better, C is never used."""
    if visible >= {A, B}:
        return 1.0, frozenset({A, B})
    return (5.0, frozenset({A})) if A in visible else (9.0, frozenset())


def test_a_plan_answers_for_every_set_between_what_was_seen_and_what_it_uses() -> None:
    known = Costs(problem(), ask)
    assert known.planned("q", ALL) == (1.0, {A, B})
    assert known.planned("q", frozenset({A, B})) == (1.0, {A, B})
    assert known.plans_asked == 1
    assert known.planned("q", frozenset({A, C})) == (5.0, {A})
    assert known.planned("q", frozenset({A})) == (5.0, {A})
    assert known.plans_asked == 2
    assert known.plans("q", {A, C}) == {frozenset({A}): 5.0}


def test_beyond_very_many_plans_the_known_ones_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(costs, "MOST_PLANS", 2)
    known = Costs(problem(), ask)
    assert known.all(frozenset()) == {"q": 9.0}
    assert known.all(frozenset({A})) == {"q": 5.0}
    assert known.all(ALL) == {"q": 5.0}
    assert known.plans_asked == 2
    assert known.planned("q", ALL) == (1.0, {A, B})
    assert known.all(ALL) == {"q": 1.0}
