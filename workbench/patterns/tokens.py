"""Who a token belongs to: asked of the database each time, or remembered for a while.

What is remembered is wrong once the user is disabled. Until the entry ends, a disabled user is let
in; an application that drops the entry in the same breath lets nobody in.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, text

from workbench.errors import InputError
from workbench.patterns.caching import Cache, cache_aside, emptied
from workbench.patterns.replaying import Source
from workbench.patterns.streams import SimulatedClock

TTL_S = 60.0
EVERY_S = 0.5
SECRET = b"the lab's own secret"

USER = """SELECT id, username, plan, is_active FROM users
WHERE id = :key AND deleted_at IS NULL"""
BY_ADDRESS = """SELECT u.id, u.username, u.plan, u.is_active FROM users u
WHERE lower(u.email) = (SELECT lower(email) FROM users WHERE id = :key) AND u.deleted_at IS NULL"""
DISABLE = "UPDATE users SET is_active = false WHERE id = :key"


def token(user_id: int) -> str:
    """A token that says whose it is and cannot be made without the secret."""
    return f"{user_id}.{_signature(user_id)}"


def user_of(given: str) -> int:
    """Whose token it is; raises InputError when it was not made by ``token``."""
    number, _, signature = given.partition(".")
    if not number.isdecimal() or not hmac.compare_digest(signature, _signature(int(number))):
        raise InputError("the token is not one of ours")
    return int(number)


def _signature(user_id: int) -> str:
    return hmac.new(SECRET, str(user_id).encode(), hashlib.sha256).hexdigest()


def authenticate(source: Source, given: str) -> Any:  # noqa: ANN401
    """The user of a token as the database has it."""
    return source.load(user_of(given))


def authenticate_remembered(source: Source, cache: Cache, given: str) -> Any:  # noqa: ANN401
    """The user of a token as it was at most the cache's time to live ago."""
    user = user_of(given)
    return cache_aside(cache, f"{user}:1", lambda: source.load(user))


@dataclass(frozen=True)
class Window:
    """What a disabled user could still do: requests let in, and for how long."""

    arm: str
    let_in: int
    window_s: float

    def record(self) -> dict[str, Any]:
        """One row: arm, let_in, window_s."""
        return {"arm": self.arm, "let_in": self.let_in, "window_s": self.window_s}


def window(source: Source, pool: Engine, url: str, users: Sequence[int]) -> list[Window]:
    """How long disabled users are let in: no cache, expiry only, and the entry dropped.

    Three users, one an arm, ask every half simulated second and are disabled after ten
    requests. ``pool`` leads to a private copy of users.
    """
    arms = ("no cache", "expiry only", "dropped when disabled")
    with emptied(url) as client:
        return [
            _window(arm, source, pool, Cache(client, TTL_S, clock), clock, user)
            for arm, user in zip(arms, users, strict=True)
            for clock in [SimulatedClock()]
        ]


def _window(
    arm: str, source: Source, pool: Engine, cache: Cache, clock: SimulatedClock, user: int
) -> Window:
    given, let_in, disabled_s, last_s = token(user), 0, None, 0.0
    for number in range(round(3 * TTL_S / EVERY_S)):
        clock.now_s = number * EVERY_S
        if number == 10:
            with pool.begin() as connection:
                connection.execute(text(DISABLE), {"key": user})
            if arm == "dropped when disabled":
                cache.drop(f"{user}:1")
            disabled_s = clock.now_s
        if arm == "no cache":
            rows = authenticate(source, given)
        else:
            rows = authenticate_remembered(source, cache, given)
        active = bool(rows and rows[0][3])
        if disabled_s is not None and active:
            let_in, last_s = let_in + 1, clock.now_s - disabled_s
    return Window(arm, let_in, last_s + EVERY_S if let_in else 0.0)
