"""Own time of every step, so that the own times add up to the time of the whole.

EXPLAIN prints averages per loop that include the children (InstrEndLoop in PostgreSQL's
instrument.c adds up the loops, ExplainNode in explain.c divides by them). The model:

- Averages are multiplied by the loops before anything is subtracted.
- Below a Gather the figures are sums over leader and workers, which ran at the same time. They are
  divided by the number of processes, which is measured: a Gather's child is run once by each
  process, so it is the child's loops by the Gather's. The leader's wall clock is thus shared out
  in the proportions of the average process; waiting for the slowest is the Gather's own time.
- An InitPlan runs inside the step that first wants its value, a CTE inside the scans that read it.
  Their time is taken from those steps, which also contain it, and shown in the InitPlan's or CTE's
  own steps, once. Of several readers the one with most time to spare has paid first. Under a
  Gather it is the leader who works InitPlans out, before the workers start.
- Children can seem to take longer than their parent: a printed average is rounded to a microsecond
  and multiplied by its loops, and workers run on while the Gather is not asked for rows. They are
  shortened to fit, first by what rounding explains, then in proportion.
- What a data-modifying CTE does after the last row was returned is not in the root's time; it is
  ``after_ms``. Triggers and JIT are listed by themselves: part of them is inside steps.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.plans.host import PARALLEL_BORDERS, Guest, guests, is_guest
from workbench.plans.node import Node, Plan

ROUNDING_MS = 0.0005


@dataclass(frozen=True, slots=True)
class Timing:
    """Times in ms by node number; ``own_ms`` adds up to ``root_ms`` + ``after_ms``.

    ``inclusive_ms`` is wall clock with children. ``outside_ms`` is what the execution took beside
    the steps: starting and ending the executor, AFTER triggers; None when it is not known.
    """

    own_ms: tuple[float, ...]
    inclusive_ms: tuple[float, ...]
    root_ms: float
    after_ms: float
    outside_ms: float | None


def timing(plan: Plan) -> Timing | None:
    """Own time of every step; None when the plan was not run or its steps were not timed."""
    if not plan.timed:
        return None
    ledger = _Ledger(plan)
    ledger.settle()
    spent = ledger.printed_ms[0] + ledger.after_ms
    return Timing(
        own_ms=tuple(ledger.own_ms),
        inclusive_ms=tuple(ledger.charged_ms),
        root_ms=ledger.printed_ms[0],
        after_ms=ledger.after_ms,
        outside_ms=None if plan.execution_ms is None else max(plan.execution_ms - spent, 0.0),
    )


@dataclass(slots=True)
class _Share:
    """A part of a step's wall clock that ``node`` asks for, and how far rounding may be off."""

    node: Node
    ms: float
    doubt_ms: float


class _Ledger:
    """Hands the root's time down the tree; nobody gives more than he was given."""

    def __init__(self, plan: Plan) -> None:
        self.nodes = tuple(plan.walk())
        self.per_process = per_process(plan)
        self.printed_ms = [self.printed(node) for node in self.nodes]
        self.own_ms = [0.0] * len(self.nodes)
        self.charged_ms = [0.0] * len(self.nodes)
        self.settled: set[int] = set()
        self.after_ms = 0.0
        self.guests = guests(plan)
        self.claims: dict[int, list[_Share]] = defaultdict(list)

    def printed(self, node: Node) -> float:
        loops = (node.loops or 0) * self.per_process[node.number]
        return (node.actual_total_ms or 0.0) * loops

    def doubt(self, node: Node) -> float:
        return ROUNDING_MS * (node.loops or 0) * self.per_process[node.number]

    def settle(self) -> None:
        for guest in self.guests:
            self.claim(guest)
        self.charge(self.nodes[0], self.printed_ms[0])
        waiting = list(self.guests)
        while waiting:
            ready = (g for g in waiting if self.settled.issuperset(g.candidates))
            guest = next(ready, waiting[0])
            waiting.remove(guest)
            self.release(guest)
            self.charge(guest.node, self.charged_ms[guest.node.number])

    def claim(self, guest: Guest) -> None:
        """Ask the guest's time of its hosts, of those first who have most to spare."""
        node = guest.node
        left_ms = self.printed_ms[node.number]
        spare = {number: self.spare(number) for number in guest.candidates}
        order = sorted(spare, key=lambda number: -spare[number])
        if not guest.named:
            able = [n for n in guest.candidates if spare[n] + self.doubt(node) >= 0.99 * left_ms]
            order = able[:1] or order[:1]
        for number in order:
            part_ms = min(left_ms, max(spare[number], 0.0))
            self.claims[number].append(_Share(node, part_ms, self.doubt(node)))
            left_ms -= part_ms
        if guest.writes or not order:
            self.after_ms += left_ms
            self.charged_ms[node.number] += left_ms
        else:
            self.claims[order[0]][-1].ms += left_ms

    def release(self, guest: Guest) -> None:
        """Drop what is asked of hosts that wait for the guest themselves: none ran the other."""
        for number in set(guest.candidates) - self.settled:
            self.claims[number] = [c for c in self.claims[number] if c.node is not guest.node]

    def spare(self, number: int) -> float:
        """Time of a step that neither its children nor a guest has claimed."""
        children = sum(self.printed_ms[c.number] for c in _tenants(self.nodes[number]))
        return self.printed_ms[number] - children - sum(c.ms for c in self.claims[number])

    def charge(self, node: Node, ms: float) -> None:
        """Give a step its wall clock, and let it share that out."""
        self.charged_ms[node.number] = ms
        self.settled.add(node.number)
        printed = self.printed_ms[node.number]
        factor = ms / printed if printed else 0.0
        asked = [_Share(c, self.printed_ms[c.number], self.doubt(c)) for c in _tenants(node)]
        own_count = len(asked)
        asked += self.claims[node.number]
        parts = _fit([(s.ms * factor, s.doubt_ms * factor) for s in asked], ms)
        self.own_ms[node.number] = max(ms - sum(parts), 0.0)
        for share, part in zip(asked[own_count:], parts[own_count:], strict=True):
            self.charged_ms[share.node.number] += part
        for share, part in zip(asked[:own_count], parts[:own_count], strict=True):
            self.charge(share.node, part)


def _tenants(node: Node) -> list[Node]:
    """The children whose time is inside the step they are printed under."""
    return [child for child in node.children if not is_guest(child)]


def per_process(plan: Plan) -> list[float]:
    """For every step, one by the number of processes that ran it side by side."""
    factors = [1.0] * len(tuple(plan.walk()))
    for node in plan.walk():
        for child in node.children:
            border = node.node_type in PARALLEL_BORDERS and not is_guest(child)
            split = (node.loops or 0) / child.loops if border and child.loops else 1.0
            factors[child.number] = factors[node.number] * split
    return factors


def _fit(asked: Sequence[tuple[float, float]], limit: float) -> list[float]:
    """What each of (wanted, doubt) gets, together no more than ``limit``."""
    excess = sum(wanted for wanted, _ in asked) - limit
    if excess <= 0:
        return [wanted for wanted, _ in asked]
    doubts = [min(wanted, doubt) for wanted, doubt in asked]
    explained = min(1.0, excess / sum(doubts)) if sum(doubts) else 0.0
    parts = [wanted - d * explained for (wanted, _), d in zip(asked, doubts, strict=True)]
    total = sum(parts)
    shrink = min(1.0, limit / total) if total else 0.0
    return [part * shrink for part in parts]
