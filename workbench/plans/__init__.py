"""Plans: what Postgres intends to do, what it did, and what changed.

``node`` and ``parse`` hold a plan as a frozen tree, ``timing`` and ``metrics`` say where the time,
the rows and the pages went, ``tree`` writes it down, ``diff`` compares two; all of these are pure.
``explain`` asks a server.
"""

from workbench.plans.node import Buffers, Node, Plan

__all__ = ["Buffers", "Node", "Plan"]
