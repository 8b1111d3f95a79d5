"""So many requests a minute for each client: token buckets in the process, and in Redis.

A bucket holds ``burst`` tokens at most and fills evenly; a request takes one or is turned away.
In one process that costs nothing, but each process has buckets of its own; in Redis one script does
the whole step for all of them.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import redis.asyncio

PER_MINUTE = 100
SCRIPT = """
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local burst, per_s, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local tokens = tonumber(kept[1]) or burst
tokens = math.min(burst, tokens + math.max(0, now - (tonumber(kept[2]) or now)) * per_s)
local allowed = tokens >= 1
if allowed then tokens = tokens - 1 end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', ARGV[3])
redis.call('PEXPIRE', KEYS[1], math.ceil(1000 * burst / per_s))
return allowed and 1 or 0
"""


@dataclass
class Buckets:
    """The buckets of one process, one for each client that ever came."""

    per_minute: float = PER_MINUTE
    burst: float = PER_MINUTE
    clock: Callable[[], float] = time.monotonic
    _kept: dict[str, tuple[float, float]] = field(default_factory=dict)

    def allow(self, client: str) -> bool:
        """Whether this request of a client is within the limit; it then counts."""
        now = self.clock()
        tokens, at = self._kept.get(client, (self.burst, now))
        tokens = min(self.burst, tokens + (now - at) * self.per_minute / 60)
        self._kept[client] = (tokens - 1 if tokens >= 1 else tokens, now)
        return tokens >= 1


class SharedBuckets:
    """The same in Redis, shared by all processes of a site."""

    def __init__(
        self,
        client: "redis.asyncio.Redis",
        per_minute: float = PER_MINUTE,
        burst: float = PER_MINUTE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._script = client.register_script(SCRIPT)
        self._per_s, self._burst, self._clock = per_minute / 60, burst, clock

    async def allow(self, client: str) -> bool:
        """Whether this request of a client is within the limit; it then counts."""
        arguments = [self._burst, self._per_s, self._clock()]
        return bool(await self._script(keys=[f"workbench:limit:{client}"], args=arguments))
