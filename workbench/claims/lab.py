"""The laboratory that experiments run in: databases, engines, distance, Redis, a web server.

Whatever is asked for is started once and stopped with the lab.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from workbench import datasets, servers
from workbench.datasets import cache
from workbench.datasets.load import ensure_loaded
from workbench.db import Connection, conninfo

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Site:
    """A loaded dataset on a running server; ``conninfo`` is a libpq connection string."""

    server: servers.Server
    name: str
    scale: str | int
    spec: datasets.Spec
    conninfo: str = field(repr=False)

    def connect(self) -> Connection:
        """A new connection of the workbench's kind: autocommit, $1 placeholders."""
        return self.server.connect(self.name)


class Lab:
    """Starts what experiments ask for, once, and stops it all; use it as a context manager."""

    def __init__(
        self,
        where: str = "auto",
        *,
        scale: str | int = "small",
        seed: int = 0,
        quick: bool = True,
        notify: Callable[[str], None] = lambda message: None,
        progress: Progress = lambda what, done, total: None,
    ) -> None:
        self.where, self.scale, self.seed, self.quick = where, scale, seed, quick
        self._notify, self._progress = notify, progress
        self._stack = ExitStack()
        self._sites: dict[str, Site] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, tb)
        self._sites.clear()

    def site(self, dataset: str, scale: str | int | None = None) -> Site:
        """The dataset on its scratch server; loaded and started at the first call."""
        spec, size = datasets.open(dataset), self.scale if scale is None else scale
        key = cache.key(spec, size, None)
        if key not in self._sites:
            running = self._stack.enter_context(servers.start(self.where, key, self._notify))
            name = ensure_loaded(running.connect, spec, size, None, self._progress)
            address = conninfo(running.conninfo, dbname=name)
            self._sites[key] = Site(running, name, size, spec, address)
        return self._sites[key]

    def parameters(self, given: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401
        """A parameter of the ledger; quick mode takes ``quick_NAME`` where there is one."""
        return given.get(f"quick_{name}", given[name]) if self.quick else given[name]
