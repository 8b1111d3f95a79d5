"""Choosing by time on made-up planners whose costs mislead."""

import math
from dataclasses import replace

import pytest

from workbench.indexes.bilevel import ByTime, Times
from workbench.indexes.costs import Costs, Problem, Set
from workbench.indexes.index import Index, Key
from workbench.indexes.objective import Objective
from workbench.indexes.search import Search, search
from workbench.workload.schema import TableName

TABLE = TableName("public", "t")
GOOD, BAD, OTHER = (Index(TABLE, (Key(name),)) for name in ("good", "bad", "other"))
COSTS = {frozenset(): 100.0, frozenset({GOOD}): 20.0, frozenset({BAD}): 5.0}


def planner(query: str, visible: Set) -> tuple[float, Set]:
    usable = {used: cost for used, cost in COSTS.items() if used <= visible}
    best = min(usable, key=lambda used: usable[used])
    return usable[best], best


def problem_of(*indexes: Index) -> Problem:
    sizes, asked = dict.fromkeys(indexes, 10), dict.fromkeys(indexes, ("q",))
    return Problem({"q": 1.0}, {"q": frozenset({TABLE})}, sizes, asked, 1000)


def refined(times: dict[Set, float], calls: list[Set] | None = None) -> tuple[Index, ...]:
    def clock(query: str, visible: Set, cap_ms: float) -> float:
        used = planner(query, visible)[1]
        if calls is not None:
            calls.append(visible)
        return times[used] if times[used] <= cap_ms else math.inf

    return search(problem_of(GOOD, BAD, OTHER), planner, ByTime(clock)).chosen


def test_by_cost_alone_the_cheaper_plan_wins() -> None:
    assert search(problem_of(GOOD, BAD, OTHER), planner).chosen == (BAD,)


def test_a_plan_that_only_looks_cheap_is_given_up() -> None:
    times = {frozenset(): 50.0, frozenset({GOOD}): 2.0, frozenset({BAD}): 400.0}
    assert refined(times) == (GOOD,)


def test_no_index_is_better_than_a_harmful_one() -> None:
    times = {frozenset(): 50.0, frozenset({GOOD}): 70.0, frozenset({BAD}): 80.0}
    assert refined(times) == ()


def test_where_the_planner_is_right_nothing_changes() -> None:
    times = {frozenset(): 50.0, frozenset({GOOD}): 10.0, frozenset({BAD}): 2.5}
    assert refined(times) == (BAD,)


def test_what_was_cut_off_early_may_still_be_a_runaway() -> None:
    """Beside a plan of 1 ms another one is cut off at 55 ms; by its cost it takes seconds."""
    plans = {frozenset(): 1e8, frozenset({GOOD}): 1e3, frozenset({BAD}): 5e7}

    def ask(query: str, visible: Set) -> tuple[float, Set]:
        best = min((used for used in plans if used <= visible), key=lambda used: plans[used])
        return plans[best], best

    def clock(query: str, visible: Set, cap_ms: float) -> float:
        taken = {frozenset(): 5000.0, frozenset({GOOD}): 1.0, frozenset({BAD}): 4000.0}[visible]
        return taken if taken <= cap_ms else math.inf

    problem = problem_of(GOOD, BAD)
    times = Times(Objective(Costs(problem, ask), problem), clock, {}, {})
    assert times.total_ms(frozenset({GOOD})) == 1.0
    assert times.total_ms(frozenset({BAD})) > 2000


def test_each_plan_is_timed_once() -> None:
    calls: list[Set] = []
    refined({frozenset(): 50.0, frozenset({GOOD}): 2.0, frozenset({BAD}): 400.0}, calls)
    assert len(calls) == len(set(calls)) <= 3


def test_what_there_was_no_time_for_is_guessed_by_its_cost() -> None:
    def clock(query: str, visible: Set, cap_ms: float) -> float | None:
        return None if visible else 50.0

    searching = Search(problem_of(GOOD, BAD, OTHER), planner, ByTime(clock))
    assert searching.run() == {BAD}
    assert searching.total(frozenset({BAD})) < searching.total(frozenset({GOOD})) < 50
    searching.learn("q", frozenset({BAD}), 60.0, 50.0, True)
    assert searching.run() == {GOOD}


def test_where_the_planner_was_wrong_its_costs_give_no_hope_for_a_twin() -> None:
    """Another index with the same leading column is as harmful; what is new may be better."""
    twin = replace(BAD, include=("more",))
    plans = {frozenset({i}): 5.0 for i in (BAD, twin, GOOD)} | {frozenset(): 100.0}

    def ask(query: str, visible: Set) -> tuple[float, Set]:
        best = min((used for used in plans if used <= visible), key=lambda used: plans[used])
        return plans[best], best

    problem = problem_of(GOOD, BAD, twin)
    objective = Objective(Costs(problem, ask), problem)
    timed, slower = {frozenset(): 50.0, frozenset({BAD}): 60.0}, {("q", frozenset({BAD})): True}
    trusting = Times(objective, lambda *_: None, {"q": {frozenset(): 50.0}}, {})
    warned = Times(objective, lambda *_: None, {"q": timed}, slower)
    assert trusting.total_ms(frozenset({twin})) < 10
    assert warned.total_ms(frozenset({twin})) == 60.0
    assert warned.harms("q", frozenset({twin}))
    assert warned.total_ms(frozenset({GOOD})) < 10


def test_what_was_guessed_in_a_set_is_timed_before_it_is_chosen() -> None:
    """There was no time for any plan, but there is for those that are about to be chosen."""
    renewed: list[str] = []
    times = {frozenset(): 50.0, frozenset({GOOD}): 10.0, frozenset({BAD}): 70.0}

    def clock(query: str, visible: Set, cap_ms: float) -> float | None:
        if visible and not renewed:
            return None
        if visible:
            renewed.pop()
        return times[planner(query, visible)[1]]

    searching = Search(problem_of(GOOD, BAD, OTHER), planner, ByTime(clock, renewed.append))
    assert searching.run() == {GOOD}


def test_a_set_is_not_mended_by_guesses() -> None:
    """Once the clock was wrong for want of time, it gets the time for the set that is next."""
    renewed: list[str] = []
    times = {frozenset(): 50.0, frozenset({GOOD}): 70.0, frozenset({BAD}): 2.5}

    def clock(query: str, visible: Set, cap_ms: float) -> float | None:
        return None if visible == {GOOD} and not renewed else times[planner(query, visible)[1]]

    searching = Search(problem_of(GOOD, BAD, OTHER), planner, ByTime(clock, renewed.append))
    assert searching.run() == {BAD}
    renewed.clear()
    searching.learn("q", frozenset({BAD}), 60.0, 50.0, True)
    assert searching.run(near=frozenset({BAD})) == frozenset()


def test_what_a_comparison_found_slower_is_given_up() -> None:
    """The quick clock liked the plan, the proper comparison did not: the search chooses anew."""
    times = {frozenset(): 50.0, frozenset({GOOD}): 10.0, frozenset({BAD}): 2.5}

    def clock(query: str, visible: Set, cap_ms: float) -> float:
        return times[planner(query, visible)[1]]

    renewed: list[str] = []
    searching = Search(problem_of(GOOD, BAD, OTHER), planner, ByTime(clock, renewed.append))
    assert searching.run() == {BAD}
    assert not searching.harms("q", frozenset({BAD}))
    searching.learn("q", frozenset({GOOD}), 10.0, 50.0, False)
    searching.learn("q", frozenset({BAD}), 60.0, 50.0, True)
    assert renewed == ["q"]
    assert searching.harms("q", frozenset({BAD}))
    assert searching.run() == {GOOD}
    assert searching.total(frozenset({GOOD})) == 10.0


def test_a_statement_that_was_slower_once_is_watched_more_closely() -> None:
    """8 % may be a quick clock's noise, but not where a proper comparison saw the like."""
    times = {frozenset(): 50.0, frozenset({GOOD}): 54.0, frozenset({BAD}): 53.0}

    def clock(query: str, visible: Set, cap_ms: float) -> float:
        return times[planner(query, visible)[1]]

    searching = Search(problem_of(GOOD, BAD), planner, ByTime(clock))
    searching.run()
    assert not searching.harms("q", frozenset({GOOD}))
    searching.learn("q", frozenset({BAD}), 53.0, 50.0, True)
    assert searching.harms("q", frozenset({GOOD}))


@pytest.mark.parametrize(("found", "harms"), [(None, False), (math.inf, True), (10.0, False)])
def test_a_plan_of_other_statistics_may_be_one_that_the_search_does_not_know(
    found: float | None, harms: bool
) -> None:
    def clock(query: str, visible: Set, cap_ms: float) -> float | None:
        return found if visible == {OTHER} else 50.0

    searching = Search(problem_of(GOOD, BAD, OTHER), planner, ByTime(clock))
    searching.run()
    assert searching.harms("q", frozenset({OTHER})) is harms


def test_an_index_that_only_the_planner_values_goes() -> None:
    times = {frozenset(): 50.0, frozenset({GOOD}): 49.99, frozenset({BAD}): 49.98}
    assert refined(times) == ()


def test_of_two_plans_that_cost_the_same_the_planner_has_a_favourite() -> None:
    """The favourite is slow, and the other one is only to be had without it."""
    plans = {frozenset(): 100.0, frozenset({BAD}): 5.0, frozenset({GOOD}): 5.0}

    def prefers_bad(query: str, visible: Set) -> tuple[float, Set]:
        best = min((used for used in plans if used <= visible), key=lambda used: plans[used])
        return plans[best], best

    problem = problem_of(GOOD, BAD)
    objective = Objective(Costs(problem, prefers_bad), problem)
    times = Times(objective, lambda *_: 50.0, {}, {})
    times(frozenset({BAD}))
    assert times.tempting("q", times.values("q", plans), plans) == {
        frozenset({GOOD}): [frozenset({BAD})]
    }


def test_a_set_that_is_largely_proven_is_mended_not_replaced() -> None:
    """One statement became slower; the index of the other one, which has a twin, stays."""
    twins = Index(TABLE, (Key("a"),)), Index(TABLE, (Key("b"),))
    other = {frozenset(): 100.0, frozenset({twins[0]}): 5.0, frozenset({twins[1]}): 5.0}
    times = {frozenset(): 50.0, frozenset({GOOD}): 10.0, frozenset({BAD}): 2.5}

    def ask(query: str, visible: Set) -> tuple[float, Set]:
        plans = COSTS if query == "q" else other
        best = min((used for used in plans if used <= visible), key=lambda used: plans[used])
        return plans[best], best

    def clock(query: str, visible: Set, cap_ms: float) -> float:
        return times[visible] if query == "q" else 2.0 if visible else 40.0

    sizes = dict.fromkeys((GOOD, BAD, *twins), 10)
    on = dict.fromkeys("qr", frozenset({TABLE}))
    problem = Problem(dict.fromkeys("qr", 1.0), on, sizes, dict.fromkeys(sizes, ("q", "r")), 1000)
    searching = Search(problem, ask, ByTime(clock))
    for twin in twins:
        proven = frozenset({BAD, twin})
        searching.run()
        searching.learn("q", frozenset({BAD}), 60.0, 50.0, True)
        assert searching.run(near=proven) == {GOOD, twin}


def test_harm_that_no_small_change_mends_has_the_whole_set_chosen_anew() -> None:
    """The harmless index is as large as all that would have to make room for it."""
    harmful, wide, *small = (Index(TABLE, (Key(name),)) for name in ("a", "b", "c", "d"))
    costs: dict[str, dict[Set, float]] = {
        "runaway": {frozenset(): 1000.0, frozenset({harmful}): 5.0, frozenset({wide}): 6.0},
        "harmed": {frozenset(): 100.0, frozenset({harmful}): 90.0},
        **{
            name: {frozenset(): 100.0, frozenset({i}): 50.0}
            for name, i in zip("cd", small, strict=True)
        },
    }
    times = {
        "runaway": (5000.0, 10.0),
        "harmed": (50.0, 50.0),
        "c": (50.0, 40.0),
        "d": (50.0, 40.0),
    }

    def ask(query: str, visible: Set) -> tuple[float, Set]:
        plans = costs[query]
        best = min((used for used in plans if used <= visible), key=lambda used: plans[used])
        return plans[best], best

    def clock(query: str, visible: Set, cap_ms: float) -> float:
        return times[query][bool(ask(query, visible)[1])]

    sizes = {harmful: 10, wide: 30, **dict.fromkeys(small, 10)}
    queries = tuple(costs)
    on = dict.fromkeys(queries, frozenset({TABLE}))
    problem = Problem(
        dict.fromkeys(queries, 1.0), on, sizes, dict.fromkeys(sizes, queries), 1000, budget_bytes=30
    )
    searching = Search(problem, ask, ByTime(clock))
    proven = searching.run()
    assert proven == {harmful, *small}
    searching.learn("harmed", frozenset({harmful}), 60.0, 50.0, True)
    assert searching.run(near=proven) == {wide}
