"""What the proof does about what it finds, on made-up comparisons."""

from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from workbench.indexes import verify
from workbench.indexes.costs import Set
from workbench.indexes.index import Index, Key
from workbench.indexes.verify import Proving
from workbench.workload.schema import TableName

TABLE = TableName("public", "t")
ONE, TWO, THREE = (Index(TABLE, (Key(name),)) for name in "abc")


class Made:
    """Trial, search and measuring in one: the search proposes ``sets`` in turn.

    The planner uses all that is there; one of two statements is slower with the ``harmful`` sets.
    """

    def __init__(self, sets: Sequence[Set], harmful: Sequence[Set]) -> None:
        self.sets = list(sets)
        self.harmful = harmful
        self.compared: dict[str, Any] = {}
        self.unmeasured: dict[str, str] = {}
        self.measured: list[tuple[str, Set]] = []

    def run(self, banned: Set = frozenset(), near: Set | None = None) -> Set:
        return self.sets.pop(0) if len(self.sets) > 1 else self.sets[0]

    def learn(self, *_: object) -> None:
        pass

    def plan(self, query: object, visible: Set) -> Set:
        return visible

    def used(self, plan: Set) -> Set:
        return plan - {THREE}

    @property
    def known(self) -> set[str]:
        return set(self.compared)

    def forget(self, names: Iterable[str]) -> None:
        for name in names:
            self.compared.pop(name, None)

    def portions(self, queries: Sequence[Any]) -> list[list[Any]]:
        return [[query] for query in queries]

    def measure(self, queries: Sequence[Any], chosen: Set, share: float) -> None:
        self.measured += [(query.name, chosen) for query in queries]
        side = SimpleNamespace(cpu_ms=1.0, median_ms=1.0, timed_out_ms=None)
        faster = SimpleNamespace(verdict="faster", speedup=2.0, before=side, after=side)
        slower = SimpleNamespace(verdict="slower", speedup=0.5, before=side, after=side)
        for query in queries:
            harmed = query.name == "q" and chosen in self.harmful
            self.compared[query.name] = slower if harmed else faster


def settled(made: Made, monkeypatch: pytest.MonkeyPatch) -> Set:
    monkeypatch.setattr(verify, "other_plans", lambda *_: ())
    queries = [SimpleNamespace(name=name) for name in ("q", "other")]
    plans = dict.fromkeys(("q", "other"), SimpleNamespace(walk=list))
    reading = SimpleNamespace(queries=queries, plans=plans)
    parts: Any = (made, made, reading, made)
    proving = Proving(*parts)
    proving._settle()
    return proving.kept


def test_harm_may_be_mended_by_one_more_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that the slower statement used stays; what was proposed is measured all the same.

    The slow statement waits until no quick one speaks against the set.
    """
    made = Made([frozenset({ONE}), frozenset({ONE, TWO})], harmful=[frozenset({ONE})])
    assert settled(made, monkeypatch) == {ONE, TWO}
    assert made.measured == [("q", {ONE}), ("q", {ONE, TWO}), ("other", {ONE, TWO})]


def test_harm_that_is_worth_it_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Made([frozenset({ONE})], harmful=[frozenset({ONE})])
    assert settled(made, monkeypatch) == {ONE}


def test_what_no_statement_uses_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Made([frozenset({ONE, THREE})], harmful=[])
    assert settled(made, monkeypatch) == {ONE}


def test_what_is_kept_was_measured_however_long_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search goes round and round; the last set is not an unproven one."""
    sets = [frozenset({ONE}), frozenset({TWO}), frozenset({ONE, TWO})] * 4
    made = Made(sets, harmful=sets)
    kept = settled(made, monkeypatch)
    assert made.measured[-2:] == [("q", kept), ("other", kept)]


class Kept(Made):
    """The statement "q" is no faster with both indexes, but slower with one; the other uses one."""

    def plan(self, query: Any, visible: Set) -> Set:
        return visible if query.name == "q" else visible & {ONE}

    def measure(self, queries: Sequence[Any], chosen: Set, share: float) -> None:
        super().measure(queries, chosen, share)
        if "q" in [query.name for query in queries] and chosen not in self.harmful:
            self.compared["q"].verdict = "no difference"


def test_an_index_without_which_a_statement_is_slower_is_not_idle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    both, one = frozenset({ONE, TWO}), frozenset({ONE})
    made = Kept([both, frozenset()], harmful=[one])
    assert settled(made, monkeypatch) == both
    assert ("q", one) in made.measured
    assert made.compared["q"].verdict == "no difference"
