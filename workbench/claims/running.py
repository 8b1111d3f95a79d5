"""Claims put to the test, one after the other; what was measured before is not measured again."""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from types import FrameType, TracebackType
from typing import Self

from workbench import db
from workbench.claims import checks
from workbench.claims.claim import Claim
from workbench.claims.lab import Lab, Progress
from workbench.claims.result import Result, judged
from workbench.claims.store import Experiment, Mode, Run, Store
from workbench.claims.verdict import rule
from workbench.errors import WorkbenchError
from workbench.servers import scratch

LONGEST_S = {"quick": 180.0, "full": 1200.0}


@dataclass(frozen=True)
class Settings:
    """How claims are run. ``again`` measures what has been measured; ``jobs`` load datasets.

    ``failed`` is handed every exception that cost a claim its result.
    """

    where: str = "auto"
    scale: str = "small"
    seed: int = 0
    quick: bool = True
    again: bool = False
    jobs: int = 1
    notify: Callable[[str], None] = lambda message: None
    progress: Progress = lambda what, done, total: None
    failed: Callable[[BaseException], None] = lambda error: None

    @property
    def mode(self) -> Mode:
        """The word under which results are kept."""
        return "quick" if self.quick else "full"

    def experiment(self, claim: Claim) -> Experiment:
        """What a run of this claim is kept under."""
        return Experiment(claim, str(self.scale), self.seed, self.mode)


def run(
    claims: Sequence[Claim], settings: Settings, store: Store | None = None
) -> Iterator[Result]:
    """Each claim's result as soon as it is there; every run is kept before the next begins.

    A check that fails costs its own claim only: it is "not run", with the reason.
    """
    kept = store or own_store()
    kept.sweep()
    with _Labs(settings) as labs:
        due = [claim for claim in claims if _due(claim, settings, kept)]
        labs.prepare({claim.system for claim in due})
        for claim in claims:
            experiment = settings.experiment(claim)
            if claim in due:
                settings.progress(f"{claim.id} {claim.check}", due.index(claim), len(due))
                kept.add(experiment, _measured(claim, labs, settings))
            yield judged(experiment, kept.runs(experiment))


def own_store() -> Store:
    """The store in the workbench's own directory."""
    return Store(scratch.home() / "claims")


def results(
    claims: Sequence[Claim], settings: Settings, store: Store | None = None
) -> tuple[Result, ...]:
    """What the kept runs say, without measuring anything."""
    kept = store or own_store()
    experiments = [settings.experiment(claim) for claim in claims]
    return tuple(judged(each, kept.runs(each)) for each in experiments)


def _due(claim: Claim, settings: Settings, store: Store) -> bool:
    """Whether the claim is to be measured now; one that could not be run is tried again."""
    if claim.unmeasurable is not None:
        return False
    runs = store.runs(settings.experiment(claim))
    return settings.again or not runs or runs[-1].finding is None


class _OutOfTime(KeyboardInterrupt):
    """A check took too long: as what a driver in the middle of a statement knows how to end."""


class _Labs:
    """One lab for all checks; after a failure a new one, since a server may be what failed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._open: Lab | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        lab, self._open = self._open, None
        if lab is not None:
            lab.__exit__(kind, error, tb)

    def discard(self, error: BaseException) -> None:
        """Close the lab after ``error``; that this fails, too, costs nothing more."""
        try:
            self.__exit__(type(error), error, error.__traceback__)
        except Exception as another:  # noqa: BLE001 - it comes of the first one
            self._settings.failed(another)

    @property
    def lab(self) -> Lab:
        """The open lab."""
        if self._open is None:
            given = self._settings
            self._open = Lab(
                given.where,
                scale=given.scale,
                seed=given.seed,
                quick=given.quick,
                notify=given.notify,
                progress=given.progress,
            )
        return self._open

    def prepare(self, systems: set[str]) -> None:
        """Load the datasets at the same time, before anything is measured."""
        if self._settings.jobs > 1:
            self.lab.load_all(sorted(systems), self._settings.jobs)


def _measured(claim: Claim, labs: _Labs, settings: Settings) -> Run:
    """One run of the claim's check, or the reason why there is none."""
    began, now = time.perf_counter(), datetime.now(UTC).isoformat(timespec="seconds")
    try:
        with _at_most(LONGEST_S[settings.mode]):
            finding = checks.find(claim.check or "")(labs.lab, claim.parameters)
            rule(claim, finding)
            environment = labs.lab.environment()
    except (Exception, _OutOfTime) as error:  # noqa: BLE001 - whatever it is, the others go on
        settings.failed(error)
        labs.discard(error)
        return Run(now, _since(began), None, _reason(error, settings))
    return Run(now, _since(began), finding, None, environment)


def _since(began: float) -> float:
    return round(time.perf_counter() - began, 2)


def _reason(error: BaseException, settings: Settings) -> str:
    """Why a check has no result, on one line."""
    if isinstance(error, _OutOfTime):
        return f"did not end within {LONGEST_S[settings.mode]:g} s"
    text = db.one_line(error)
    return text if isinstance(error, WorkbenchError) else f"{type(error).__name__}: {text}"


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Raise _OutOfTime in the block when it takes longer, where the platform has such an alarm."""
    if (
        not hasattr(signal, "setitimer")
        or threading.current_thread() is not threading.main_thread()
    ):
        yield
        return

    def ring(number: int, frame: FrameType | None) -> None:
        raise _OutOfTime

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
