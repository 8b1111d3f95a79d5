"""The stored plans of three PostgreSQL versions, and plans written by hand."""

import json
from pathlib import Path
from typing import Any

from workbench.plans import Node, Plan
from workbench.plans.parse import parse

FOLDER = Path(__file__).parent / "fixtures"
VERSIONS = ("15", "16", "18")
ALL = sorted(str(path.relative_to(FOLDER).with_suffix("")) for path in FOLDER.glob("*/*.json"))


def load(name: str) -> Plan:
    return parse((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def step(kind: str, ms: float, *children: dict[str, Any], loops: int = 1, **keys: Any) -> dict:
    """A step in EXPLAIN's words; ``ms`` is the average per loop, children are Outer."""
    raw: dict[str, Any] = {
        "Node Type": kind,
        "Parent Relationship": "Outer",
        "Actual Startup Time": 0.0,
        "Actual Total Time": ms,
        "Actual Rows": 1,
        "Actual Loops": loops,
        "Plan Rows": 1,
    }
    raw.update({key.replace("_", " "): value for key, value in keys.items()})
    return raw | ({"Plans": list(children)} if children else {})


def plan(root: dict[str, Any], **keys: Any) -> Plan:
    return parse(json.dumps([{"Plan": root, **keys}]))


def only(found: Plan, kind: str, **attributes: Any) -> Node:
    """The one node of a type; more attributes tell it from others."""
    nodes = [
        node
        for node in found.walk()
        if node.node_type == kind and all(getattr(node, k) == v for k, v in attributes.items())
    ]
    assert len(nodes) == 1, f"{len(nodes)} of {kind} {attributes} in {list(found.walk())}"
    return nodes[0]
