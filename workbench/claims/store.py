"""What was measured, kept below one directory: a JSON file per experiment.

An experiment is a claim with its parameters, scale, seed, mode and workbench version; a file holds
its last runs. What is kept is the finding. The verdict follows from it whenever it is asked for.
"""

import json
import math
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, TypeAlias

from workbench.claims.claim import Claim, Finding, Point
from workbench.measurement.estimate import Estimate
from workbench.whole_files import write_whole

Mode: TypeAlias = Literal["quick", "full"]

FORMAT = "workbench.claim/1"
KEPT_RUNS = 10


@dataclass(frozen=True)
class Experiment:
    """What must be equal for two runs to be comparable."""

    claim: Claim
    scale: str
    seed: int
    mode: Mode

    @property
    def key(self) -> str:
        """Such as ``S1.4-small-0-quick-1f0c93ab``; another one when the parameters change."""
        given = [self.claim.check, self.claim.parameters, version("workbench")]
        text = json.dumps(given, sort_keys=True, default=str)
        digest = sha256(text.encode()).hexdigest()[:8]
        return f"{self.claim.id}-{self.scale}-{self.seed}-{self.mode}-{digest}"


@dataclass(frozen=True)
class Run:
    """One run: what was found, or why it was not run; where, when (UTC) and how long it took."""

    measured_at: str
    seconds: float
    finding: Finding | None
    reason: str | None = None
    environment: Mapping[str, Any] = field(default_factory=dict)


class Store:
    """The runs below a directory; nothing in it is ever half written."""

    def __init__(self, folder: Path) -> None:
        """The directory is made with the first run."""
        self.folder = folder

    def runs(self, experiment: Experiment) -> tuple[Run, ...]:
        """The kept runs, the oldest first; a file that cannot be read counts as none."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            kept = json.loads(self._file(experiment).read_text(encoding="utf-8"))
            if kept["format"] == FORMAT:
                return tuple(_run(each) for each in kept["runs"])
        return ()

    def add(self, experiment: Experiment, run: Run) -> None:
        """Keep a run beside the earlier ones; raises InputError where it cannot be written."""
        runs = [*self.runs(experiment), run][-KEPT_RUNS:]
        content = {
            "format": FORMAT,
            "claim": experiment.claim.id,
            "scale": experiment.scale,
            "seed": experiment.seed,
            "mode": experiment.mode,
            "workbench": version("workbench"),
            "runs": [_plain(asdict(each)) for each in runs],
        }
        text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
        write_whole(self._file(experiment), text)

    def sweep(self) -> None:
        """Remove what a killed run left half written."""
        for part in self.folder.glob(".*.part"):
            with suppress(OSError):
                part.unlink()

    def _file(self, experiment: Experiment) -> Path:
        return self.folder / f"{experiment.key}.json"


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Values that JSON has: an infinite figure is written as text, the rest as it is."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, str | bool | None):
        return value
    if isinstance(value, Iterable):
        return [_plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, int | float) else str(value)


def _run(kept: Mapping[str, Any]) -> Run:
    found = kept["finding"]
    run = Run(**{**kept, "finding": None})
    return run if found is None else replace(run, finding=_finding(found))


def _finding(kept: Mapping[str, Any]) -> Finding:
    return Finding(
        measured={name: _estimate(each) for name, each in kept["measured"].items()},
        points=tuple(Point(each["at"], _estimate(each["measured"])) for each in kept["points"]),
        records=kept["records"],
        note=kept["note"],
    )


def _estimate(kept: Mapping[str, Any]) -> Estimate:
    ends = {name: float(kept[name]) for name in ("value", "low", "high")}
    return Estimate(**ends, unit=kept["unit"], samples=int(kept["samples"]))
