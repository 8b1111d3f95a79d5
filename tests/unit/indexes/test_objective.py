"""What an index is worth: against the best known, less its upkeep and what writes pay for it."""

import pytest

from workbench.indexes.costs import Costs, Planned, Problem, Set
from workbench.indexes.index import Index, Key
from workbench.indexes.objective import Objective
from workbench.indexes.search import Search
from workbench.indexes.tournament import kind, rivals
from workbench.workload.schema import TableName

TABLE = TableName("public", "t")
A, B, C = (Index(TABLE, (Key(name),)) for name in "abc")
GIN = Index(TABLE, (Key("d"),), "gin")


def problem_of(weights: dict[str, float], *indexes: Index, **more) -> Problem:
    tables = dict.fromkeys(weights, frozenset({TABLE}))
    sizes = dict.fromkeys(indexes, 10)
    return Problem(weights, tables, sizes, dict.fromkeys(indexes, tuple(weights)), 10_000, **more)


def planner(plans: dict[str, dict[Set, float]]):
    def ask(query: str, visible: Set) -> Planned:
        usable = {used: cost for used, cost in plans[query].items() if used <= visible}
        best = min(usable, key=lambda used: usable[used])
        return usable[best], best

    return ask


NOTHING: Set = frozenset()
RUNAWAY = {
    "runaway": {NOTHING: 1e8, frozenset({A}): 100.0},
    "tame": {NOTHING: 1000.0, frozenset({B}): 700.0},
}


def test_what_a_runaway_hides_still_counts() -> None:
    """Against the start the tame statement is worth nothing; against the best known it is."""
    problem = problem_of({"runaway": 1.0, "tame": 1.0}, A, B)
    assert Search(problem, planner(RUNAWAY)).run() == {A, B}


def test_an_index_that_writes_pay_too_much_for_is_not_chosen() -> None:
    weights = {"runaway": 1.0, "tame": 1.0}
    cheap = problem_of(weights, A, B, written_ms={B: 0.1})
    dear = problem_of(weights, A, B, written_ms={B: 10.0})
    assert Search(cheap, planner(RUNAWAY)).run() == {A, B}
    assert Search(dear, planner(RUNAWAY)).run() == {A}


def test_the_best_known_is_the_measure() -> None:
    problem = problem_of({"runaway": 1.0, "tame": 1.0}, A, B)
    objective = Objective(Costs(problem, planner(RUNAWAY)), problem)
    assert objective.value("tame", 1000.0) - objective.value("tame", 200.0) > 0.9


def test_a_sweep_never_gets_worse_with_more_room() -> None:
    plans = {
        "q": {NOTHING: 100.0, frozenset({A}): 60.0, frozenset({B, C}): 5.0},
        "r": {NOTHING: 100.0, frozenset({C}): 20.0},
    }
    problem = problem_of({"q": 1.0, "r": 1.0}, A, B, C)
    sizes = {A: 400, B: 900, C: 1500}
    points = Search(Problem(**{**vars(problem), "sizes_bytes": sizes}), planner(plans)).sweep()
    found = [(point.index_bytes, round(point.cost_ratio or 0, 3)) for point in points]
    assert found == [(0, 1.0), (400, 0.8), (1500, 0.6), (2400, 0.125)]
    assert [point.budget_bytes for point in points] == [48, 480, 1800, None]
    assert {point.time_ratio for point in points} == {None}


def test_each_kind_competes_with_its_best() -> None:
    plans = {
        "q": {NOTHING: 100.0, frozenset({A}): 10.0, frozenset({B}): 15.0, frozenset({GIN}): 55.0}
    }
    partial = Index(TABLE, (Key("a"),), predicate="x > 1")
    plans["q"][frozenset({partial})] = 28.0
    problem = problem_of({"q": 1.0}, A, B, GIN, partial)
    found = rivals(Costs(problem, planner(plans)), problem, frozenset({A}), A)
    assert [(kind(r.index), round(r.gain_share, 3)) for r in found] == [
        ("partial btree", 0.8),
        ("gin", 0.5),
    ]


def test_the_share_of_an_index_is_what_goes_with_it() -> None:
    plans = {"q": {NOTHING: 100.0, frozenset({A}): 10.0}, "r": {NOTHING: 100.0, frozenset({B}): 90}}
    searching = Search(problem_of({"q": 1.0, "r": 1.0}, A, B), planner(plans))
    shares = searching.found(frozenset({A, B})).shares
    assert shares == {A: pytest.approx(0.9), B: pytest.approx(0.1)}
