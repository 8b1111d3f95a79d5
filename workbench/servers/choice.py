"""Which kind of scratch server to use."""

import os
from dataclasses import dataclass
from typing import Literal

from workbench.errors import ServerError, UnknownName
from workbench.servers import engine
from workbench.servers.scratch import Notify

KINDS = ("auto", "embedded", "container")


@dataclass(frozen=True)
class Choice:
    """A kind of scratch server, and why that one, in a few words."""

    kind: Literal["embedded", "container"]
    reason: str


def choose(where: str, notify: Notify = lambda _: None) -> Choice:
    """The kind for ``where``: auto is a container if one can be had, else embedded.

    WORKBENCH_SERVER says what auto means. Raises ServerError for a container that cannot be had.
    """
    known(where, "server")
    asked = f"--server {where}"
    if where == "auto" and os.environ.get("WORKBENCH_SERVER"):
        where = known(os.environ["WORKBENCH_SERVER"], "WORKBENCH_SERVER")
        asked = f"WORKBENCH_SERVER={where}"
    if where == "embedded":
        return Choice("embedded", f"{asked} was given")
    missing = engine.why_not(notify)
    if where == "auto":
        if missing is None:
            return Choice("container", f"a Docker engine answers and has {engine.image()}")
        return Choice("embedded", missing)
    if missing is not None:
        raise ServerError(f"no container can be started: {missing}; try --server embedded")
    return Choice("container", f"{asked} was given")


def known(where: str, source: str) -> str:
    """``where`` if it is one of KINDS; raises UnknownName."""
    if where not in KINDS:
        raise UnknownName("kind of server", where, KINDS, "" if source == "server" else source)
    return where
