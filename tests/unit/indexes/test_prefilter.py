"""What is worth building, and what two indexes can be in one."""

from dataclasses import replace

from workbench.indexes import merging, prefilter
from workbench.indexes.candidates import Candidate
from workbench.indexes.costs import Planned, Problem, Set
from workbench.indexes.index import Index, Key
from workbench.workload.schema import Column, Table, TableName

TABLE = TableName("public", "t")
COLUMNS = {name: Column(name, "bigint", width_bytes=8) for name in "abcd"}
TABLES = {TABLE: Table(TABLE, "r", 1e6, 80_000_000, COLUMNS)}


def btree(*keys: str, include: tuple[str, ...] = (), predicate: str = "") -> Index:
    return Index(TABLE, tuple(map(Key, keys)), include=include, predicate=predicate)


def test_few_small_candidates_are_all_built() -> None:
    assert not prefilter.needed([btree("a"), btree("b")], TABLES, 80_000_000)
    assert prefilter.needed([btree("a")] * 301, TABLES, 80_000_000)
    assert prefilter.needed([btree("a")] * 60, TABLES, 80_000_000)
    assert prefilter.rough_bytes(btree("a", include=("b",)), TABLES) == 28_000_000


def test_what_good_plans_use_is_kept() -> None:
    """Also the second best, which may be had for less; not what no plan uses."""
    best, second, idle = btree("a", include=("b",)), btree("a"), btree("c")
    gin = Index(TABLE, (Key("d"),), "gin")
    costs = {frozenset(): 100.0, frozenset({best}): 5.0, frozenset({second}): 20.0}

    def ask(query: str, visible: Set) -> Planned:
        usable = {used: cost for used, cost in costs.items() if used <= visible}
        used = min(usable, key=lambda used: usable[used])
        return usable[used], used

    every = (best, second, idle, gin)
    sizes, asked = dict.fromkeys(every, 1000), dict.fromkeys(every, ("q",))
    problem = Problem({"q": 1.0}, {"q": frozenset({TABLE})}, sizes, asked, 1000)
    assert prefilter.likely(problem, ask) == {best, second, gin}


def test_a_plain_index_is_kept_though_dozens_that_cover_more_are_better() -> None:
    """Under a tight budget it may be the only one that there is room for."""
    covering = [btree("a", include=("b", f"c{n}")) for n in range(40)]
    plain, with_more = btree("a"), btree("a", "b")
    costs = {frozenset(): 100.0, frozenset({plain}): 30.0, frozenset({with_more}): 29.0}
    costs |= {frozenset({index}): 5.0 + n / 10 for n, index in enumerate(covering)}

    def ask(query: str, visible: Set) -> Planned:
        used = min((used for used in costs if used <= visible), key=lambda used: costs[used])
        return costs[used], used

    sizes = dict.fromkeys((*covering, plain, with_more), 100)
    asked = dict.fromkeys(sizes, ("q",))
    problem = Problem({"q": 1.0}, {"q": frozenset({TABLE})}, sizes, asked, 1000)
    assert {covering[0], plain, with_more} <= prefilter.likely(problem, ask)


def test_what_is_larger_than_the_budget_is_not_built() -> None:
    """Unless equal keys may be stored once: the sample has fewer of each than the table."""
    covering, plain, small = btree("a", include=("b",)), btree("a"), btree("b", include=("c",))
    sizes = {covering: 1300, plain: 1300, small: 1100}
    weights, tables = {"q": 1.0}, {"q": frozenset({TABLE})}
    problem = Problem(weights, tables, sizes, dict.fromkeys(sizes, ("q",)), 5000, 1000)
    assert prefilter.too_large(problem) == {covering: 1300}
    assert prefilter.too_large(replace(problem, budget_bytes=None)) == {}


def test_the_best_plans_come_first_where_room_is_short() -> None:
    indexes = {name: btree("a", include=(name,)) for name in "bcd"}
    costs = {frozenset(): 100.0}
    costs |= {frozenset({index}): 10.0 + n for n, index in enumerate(indexes.values())}

    def ask(query: str, visible: Set) -> Planned:
        usable = {used: cost for used, cost in costs.items() if used <= visible}
        used = min(usable, key=lambda used: usable[used])
        return usable[used], used

    sizes = dict.fromkeys(indexes.values(), 2500)
    asked = dict.fromkeys(indexes.values(), ("q",))
    problem = Problem({"q": 1.0}, {"q": frozenset({TABLE})}, sizes, asked, 1000)
    assert prefilter.likely(problem, ask) == {indexes["b"], indexes["c"]}


def unions(*indexes: Index) -> set[Index]:
    given = [Candidate(index, "rule", "why", (f"q{n}",)) for n, index in enumerate(indexes)]
    return {each.index for each in merging.merged(given, indexes)}


def test_two_indexes_with_one_first_key_make_one() -> None:
    assert unions(btree("a", "b"), btree("a", include=("c",))) == {
        btree("a", "b", include=("c",))
    } | {btree("a", include=("b", "c"))}
    assert unions(btree("a"), btree("b")) == set()
    assert unions(btree("a"), btree("a", include=("b",), predicate="c > 1")) == set()


def test_an_expression_cannot_be_included() -> None:
    assert unions(btree("a", "(lower(b))"), btree("a")) == set()
