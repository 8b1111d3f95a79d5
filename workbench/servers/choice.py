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


@dataclass(frozen=True)
class Wish:
    """One of KINDS, and who asked for it."""

    where: str
    asked_by: str


def wanted(where: str) -> Wish:
    """What is asked for: ``where``, or what WORKBENCH_SERVER says in place of auto.

    Raises UnknownName for anything that is not in KINDS.
    """
    if where not in KINDS:
        raise UnknownName("kind of server", where, KINDS)
    given = os.environ.get("WORKBENCH_SERVER")
    if where != "auto" or not given:
        return Wish(where, f"--server {where} was given")
    if given not in KINDS:
        raise UnknownName("kind of server", given, KINDS, "WORKBENCH_SERVER")
    return Wish(given, f"WORKBENCH_SERVER={given} is set")


def choose(where: str, notify: Notify = lambda _: None, pull_s: float = engine.PULL_S) -> Choice:
    """The kind for ``where``: auto is a container if one can be had, else embedded.

    An image that is not here is fetched, for at most about ``pull_s`` seconds. Raises ServerError
    for a container that was asked for and cannot be had.
    """
    wish = wanted(where)
    if wish.where == "embedded":
        return Choice("embedded", wish.asked_by)
    missing = engine.why_not(notify, pull_s)
    if wish.where == "container":
        if missing is not None:
            raise ServerError(f"no container can be started: {missing}; try --server embedded")
        return Choice("container", wish.asked_by)
    if missing is None:
        return Choice("container", f"a Docker engine answers and has {engine.image()}")
    return Choice("embedded", missing)
