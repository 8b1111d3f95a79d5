"""The laboratory that experiments run in: databases, engines, distance, Redis, a web server.

Whatever is asked for is started once and stopped with the lab.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from workbench import datasets, servers
from workbench.datasets import cache
from workbench.datasets.load import ensure_loaded
from workbench.db import Connection, conninfo
from workbench.measurement import environment
from workbench.servers import distance, redis, web

if TYPE_CHECKING:
    from workbench.patterns.streaming import Flow
    from workbench.patterns.web.load import Block, Outcome

DRIVER = "workbench.patterns.web.driver"
START_S = 30.0
READ_S = 300.0

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
        self._distances: dict[tuple[str, float], str] = {}
        self._servers: dict[str, servers.Server] = {}
        self._redis: str | None = None
        self._driver: web.Ask | None = None
        self._footprint: web.Ask | None = None

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
        self._distances.clear()
        self._servers.clear()
        self._redis = self._driver = self._footprint = None

    def stop(self) -> None:
        """Stop all that was started; for notebooks, which have no block to leave."""
        self.__exit__(None, None, None)

    def site(self, dataset: str, scale: str | int | None = None) -> Site:
        """The dataset on its scratch server; loaded and started at the first call."""
        spec, size = datasets.open(dataset), self.scale if scale is None else scale
        key = cache.key(spec, size, None)
        if key not in self._sites:
            running = self._started(key)
            name = ensure_loaded(running.connect, spec, size, None, self._progress)
            address = conninfo(running.conninfo, dbname=name)
            self._sites[key] = Site(running, name, size, spec, address)
        self._sites[key] = self._sites.pop(key)  # the last one asked for stands last
        return self._sites[key]

    def _started(self, key: str) -> servers.Server:
        """The scratch server that keeps its data under ``key``; started at the first call."""
        if key not in self._servers:
            running = self._stack.enter_context(servers.start(self.where, key, self._notify))
            if self.where == "auto" and not self._servers:
                words = f"using {running.kind} PostgreSQL {running.version}: {running.reason}"
                self._notify(words)
            self._servers[key] = running
        return self._servers[key]

    def load_all(self, names: Iterable[str], jobs: int) -> None:
        """Load these datasets at the lab's scale, ``jobs`` at a time, before anything is timed."""
        specs = [datasets.open(name) for name in names]
        running = [self._started(cache.key(spec, self.scale, None)) for spec in specs]
        with ThreadPoolExecutor(jobs) as pool:
            for spec, server in zip(specs, running, strict=True):
                pool.submit(ensure_loaded, server.connect, spec, self.scale, None, self._progress)

    def environment(self) -> dict[str, Any]:
        """Where this lab measures: machine, software, and the server asked for last, if any."""
        site = next(reversed(self._sites.values()), None)
        with site.connect() if site else nullcontext() as connection:
            found = environment.record(connection, "client, unless a finding says otherwise")
        return {**asdict(found), "server_kind": site.server.kind if site else None}

    def at_distance(self, site: Site, rtt_ms: float) -> str:
        """The address of a site with ``rtt_ms`` milliseconds more for each round trip.

        With 0 it leads through the same proxy, so that distances differ by nothing else.
        """
        key = (site.conninfo, rtt_ms)
        if key not in self._distances:
            proxy = distance.at_distance(site.conninfo, rtt_ms)
            self._distances[key] = self._stack.enter_context(proxy)
        return self._distances[key]

    def footprint(self, variant: str, address: str, rows: int, *, watched: bool = False) -> "Flow":
        """What it takes to read ``rows`` rows in a fresh process: memory, time to the first row.

        ``watched`` follows the memory over the time, for ``Flow.moments``.
        """
        from workbench.patterns import footprint

        if self._footprint is None:
            self._footprint = self._stack.enter_context(web.worker(footprint.__name__))
        asked = footprint.question(variant, address, rows, watched=watched)
        return footprint.flow(self._footprint(asked, READ_S))

    def redis(self) -> str:
        """The URL of a Redis that only this lab uses; started at the first call, empty.

        Raises ServerError, with the remedy, where there is none.
        """
        if self._redis is None:
            self._redis = self._stack.enter_context(redis.running(self.where, self._notify))
        return self._redis

    @contextmanager
    def serve(
        self, application: str, *, workers: int = 1, variables: Mapping[str, str] | None = None
    ) -> Iterator[str]:
        """The URL of an ASGI application, ``module:name``, while the block runs."""
        with web.serving(application, workers=workers, variables=variables) as url:
            yield url

    def drive(self, blocks: "Sequence[Block]") -> "list[Outcome]":
        """Put load on servers, one block after the other, from a process of its own."""
        from workbench.patterns.web import load

        if self._driver is None:
            self._driver = self._stack.enter_context(web.worker(DRIVER))
        seconds = START_S + sum(block.bound_s for block in blocks)
        ask, self._driver = self._driver, None
        outcomes = load.decode_outcomes(ask(load.encode(blocks), seconds))
        self._driver = ask  # kept only when it has answered
        return outcomes

    def parameters(self, given: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401
        """A parameter of the ledger; quick mode takes ``quick_NAME`` where there is one."""
        return given.get(f"quick_{name}", given[name]) if self.quick else given[name]


def open_lab(
    where: str = "auto",
    *,
    scale: str | int = "small",
    seed: int = 0,
    quick: bool = True,
    notify: Callable[[str], None] = lambda message: None,
) -> Lab:
    """A lab for a notebook: ``auto``, ``embedded`` or ``container`` says where servers come from.

    >>> with open_lab() as lab:
    ...     site = lab.site("todos")
    """
    return Lab(where, scale=scale, seed=seed, quick=quick, notify=notify)
