"""Kill the workbench at random moments and count what it leaves behind.

    python benchmarks/orphans.py [--kills 30] [--kind embedded|container|both] [--seed N] [--json]

Each round starts a server in a process of its own, kills that process with SIGKILL, SIGTERM or
SIGINT anywhere between its first instruction and its last, and looks for processes, containers and
socket directories that are still there after some seconds. Then the next run must start on the
same data and find every row that was committed. A third of the rounds begin without any data.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from workbench.servers import engine, volume

VICTIM = """
import sys, time
from workbench import servers
with servers.start(sys.argv[1], "victim", lambda _: None) as server:
    with server.connect() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS survivors (n int)")
        connection.execute("INSERT INTO survivors VALUES (1)")
        print(connection.execute("SELECT count(*) FROM survivors").fetchone()[0], flush=True)
    time.sleep(float(sys.argv[2]))
"""
STAY_S = 0.3
VANISH_S = 12.0
SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT)


@dataclass
class Tally:
    """What the rounds left behind, and whether the next run could go on."""

    kills: int = 0
    while_starting: int = 0
    processes: int = 0
    containers: int = 0
    socket_directories: int = 0
    not_recovered: int = 0
    lost_rows: int = 0
    half_made: int = 0
    vanished_s: list[float] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def orphans(self) -> int:
        return self.processes + self.containers + self.socket_directories


class Site:
    """A scratch home and a directory for sockets that only this benchmark uses."""

    def __init__(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="wbkill-", dir="/tmp"))
        self.root.chmod(0o755)
        self.home = self.root / "home"
        self.sockets = self.root / "sockets"
        self.sockets.mkdir()
        self.sockets.chmod(0o1777)
        self.environment = {
            **os.environ,
            "WORKBENCH_HOME": str(self.home),
            "TMPDIR": str(self.sockets),
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        os.environ["WORKBENCH_HOME"] = str(self.home)
        self.mark = volume.prefix()

    def victim(self, kind: str, stay_s: float) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", VICTIM, kind, str(stay_s)],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def empty(self) -> None:
        shutil.rmtree(self.home, ignore_errors=True)

    def processes(self) -> list[str]:
        found = []
        for process in psutil.process_iter():
            try:
                words = process.cmdline()
                ours = any(str(self.root) in word or self.mark in word for word in words)
                if ours or process.cwd().startswith(str(self.home)):
                    found.append(" ".join(words)[:100])
            except psutil.Error:
                continue
        return found

    def containers(self) -> list[str]:
        if not engine.seems_here():
            return []
        with engine.client() as client:
            names = (container.name for container in client.containers.list(all=True))
            return [name for name in names if name.startswith(self.mark)]

    def remove(self) -> None:
        if engine.seems_here():
            with engine.client() as client:
                for name in volume.of_area(client):
                    volume.remove(client, name)
        shutil.rmtree(self.root, ignore_errors=True)


def kill_once(site: Site, kind: str, span_s: float, dice: random.Random, tally: Tally) -> None:
    if dice.random() < 1 / 3:
        site.empty()
    victim = site.victim(kind, STAY_S)
    time.sleep(dice.uniform(0, span_s))
    victim.send_signal(dice.choice(SIGNALS))
    committed, _ = victim.communicate()
    tally.kills += 1
    tally.while_starting += not committed.strip()
    census(site, tally)
    after = site.victim(kind, 0)
    rows, complaint = after.communicate()
    if after.returncode != 0:
        tally.not_recovered += 1
        tally.complaints.append(complaint.strip().splitlines()[-1])
    elif int(rows) != int(committed or 0) + 1 and committed.strip():
        tally.lost_rows += 1
    tally.half_made += len(list(site.home.glob("**/.*.making-*")))


def census(site: Site, tally: Tally) -> None:
    """Wait until everything has vanished, at most VANISH_S, and count what has not."""
    start = time.monotonic()
    while time.monotonic() - start < VANISH_S:
        if not site.processes() and not any(site.sockets.iterdir()) and not site.containers():
            tally.vanished_s.append(time.monotonic() - start)
            return
        time.sleep(0.05)
    left, sockets, containers = site.processes(), list(site.sockets.iterdir()), site.containers()
    tally.processes += len(left)
    tally.socket_directories += len(sockets)
    tally.containers += len(containers)
    tally.complaints += [*left, *map(str, sockets), *containers]


def undisturbed_s(site: Site, kind: str) -> float:
    start = time.monotonic()
    victim = site.victim(kind, STAY_S)
    _, complaint = victim.communicate()
    if victim.returncode != 0:
        sys.exit(f"an undisturbed run failed: {complaint}")
    return time.monotonic() - start


def run(kind: str, kills: int, seed: int) -> Tally:
    site, tally, dice = Site(), Tally(), random.Random(seed)
    try:
        undisturbed_s(site, kind)
        span_s = undisturbed_s(site, kind)
        for _ in range(kills):
            kill_once(site, kind, span_s, dice, tally)
    finally:
        site.remove()
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--kind", choices=["embedded", "container", "both"], default="both")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    kinds = ["embedded", "container"] if options.kind == "both" else [options.kind]
    tallies = {kind: run(kind, options.kills, options.seed) for kind in kinds}
    if options.json:
        print(json.dumps({kind: asdict(tally) for kind, tally in tallies.items()}))
    for kind, tally in tallies.items() if not options.json else ():
        slowest = max(tally.vanished_s, default=0.0)
        print(
            f"{kind}: {tally.orphans} orphans after {tally.kills} kills "
            f"({tally.while_starting} while starting; seed {options.seed}); "
            f"gone after {slowest:.2f} s at most; {tally.not_recovered} not recovered, "
            f"{tally.lost_rows} lost rows, {tally.half_made} half-made directories"
        )
        for complaint, times in Counter(tally.complaints).items():
            print(f"    {times}x {complaint}")
    bad = sum(t.orphans + t.not_recovered + t.lost_rows + t.half_made for t in tallies.values())
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
