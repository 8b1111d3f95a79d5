"""The settings every scratch server runs with, and why: repeatable plans and quiet measurements."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Setting:
    """One tuned setting; ``since`` is the first major version that knows it."""

    name: str
    value: str
    why: str
    since: int = 0


TUNED: tuple[Setting, ...] = (
    Setting("autovacuum", "off", "no vacuum or analyze starts in the middle of a measurement"),
    Setting("jit", "off", "compilation time would be charged to whichever run comes first"),
    Setting(
        "max_parallel_workers_per_gather",
        "0",
        "CPU time is read from the leader only, so the leader does all the work",
    ),
    Setting("io_method", "sync", "reads stay in the backend whose CPU time is read", since=18),
    Setting("synchronize_seqscans", "off", "every sequential scan starts at the first block"),
    Setting("shared_buffers", "256MB", "the same cache on every machine"),
    Setting("work_mem", "16MB", "sorts and hashes spill at the same size on every machine"),
    Setting("maintenance_work_mem", "256MB", "index builds take the same path on every machine"),
    Setting("effective_cache_size", "1GB", "the planner expects the same cache on every machine"),
    Setting("random_page_cost", "1.1", "data lie on flash, as in production today"),
    Setting("track_io_timing", "on", "plans tell reading from computing"),
    Setting("wal_level", "minimal", "a table loaded in its own transaction is not logged twice"),
    Setting("max_wal_senders", "0", "needed by wal_level minimal; nothing replicates from here"),
    Setting("min_wal_size", "32MB", "a data directory at rest keeps no pile of old log"),
    Setting("max_wal_size", "512MB", "the same, while a load still needs few checkpoints"),
    Setting("checkpoint_timeout", "1h", "no timed checkpoint falls into a measurement"),
    Setting("bgwriter_lru_maxpages", "0", "nobody else writes while a backend is measured"),
    Setting("max_connections", "60", "enough for pools under test, quick to start"),
    Setting("timezone", "UTC", "dates mean the same on every machine"),
    Setting("log_timezone", "UTC", "the log agrees with the data"),
)

NAMES: tuple[str, ...] = tuple(setting.name for setting in TUNED)


def tuned(major: int) -> Iterator[Setting]:
    """The settings that a server of this major version knows (0: version not known)."""
    return (setting for setting in TUNED if setting.since <= major)


def arguments(major: int) -> list[str]:
    """The settings as arguments of the ``postgres`` command."""
    return [part for s in tuned(major) for part in ("-c", f"{s.name}={s.value}")]
