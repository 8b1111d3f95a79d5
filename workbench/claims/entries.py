"""The entries of ``ledger.toml``, read and checked.

The file stands beside this one; tests hand in other texts.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from workbench.claims.claim import Claim, Promise
from workbench.errors import SpecError, UnknownName

LEDGER = Path(__file__).with_name("ledger.toml")
_ID = re.compile(r"S[1-9](\.[1-9][0-9]*|-[0-9]+\.[0-9]+)")
_CHECK = re.compile(r"[a-z_]+\.[a-z_0-9]+")
_TEXTS = ("id", "system", "title", "text", "experiment")
_OTHERS = ("promises", "axis", "check", "parameters", "unmeasurable")
_PROMISE = ("figure", "unit", "low", "high", "neutral", "better")


@cache
def claims() -> tuple[Claim, ...]:
    """Every claim of the ledger, in its order."""
    return parse(LEDGER.read_text(encoding="utf-8"))


def claim(identifier: str) -> Claim:
    """The claim of that id; raises UnknownName, which names near ones."""
    known = {each.id: each for each in claims()}
    if identifier not in known:
        raise UnknownName("claim", identifier, known, "the ledger")
    return known[identifier]


def chosen(identifiers: Iterable[str] = (), system: str | None = None) -> tuple[Claim, ...]:
    """The claims of these ids, or all of them, that belong to ``system``, or to any.

    In the ledger's order, each once. Raises UnknownName for an id or a system that is not there.
    """
    wanted = {claim(identifier).id for identifier in identifiers}
    systems = {each.system for each in claims()}
    if system is not None and system not in systems:
        raise UnknownName("system", system, systems, "the ledger")
    return tuple(
        each
        for each in claims()
        if (not wanted or each.id in wanted) and system in (None, each.system)
    )


def parse(text: str) -> tuple[Claim, ...]:
    """The claims of a ledger's text; raises SpecError with the claim, the key and the remedy."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SpecError(f"the ledger is not TOML: {error}") from None
    entries = raw.pop("claim", [])
    if raw:
        raise SpecError(f"the ledger has an unknown key {next(iter(raw))}; write [[claim]]")
    found = tuple(_claim(entry) for entry in entries)
    ids = [each.id for each in found]
    for identifier in ids:
        if ids.count(identifier) > 1:
            raise SpecError(f"claim {identifier} is there twice; an id stands for one claim")
    return found


def _claim(entry: Mapping[str, Any]) -> Claim:
    name = str(entry.get("id", "without id"))
    _known(entry, (*_TEXTS, *_OTHERS), f"claim {name}")
    for key in _TEXTS:
        if not isinstance(entry.get(key), str) or not entry[key]:
            raise SpecError(f'claim {name}: {key} is missing; write {key} = "…"')
    if not _ID.fullmatch(name):
        raise SpecError(f"claim {name}: an id looks like S1.4 or S1-3.2")
    promises = tuple(_promise(each, name) for each in entry.get("promises", ()))
    unmeasurable = entry.get("unmeasurable")
    check = entry.get("check")
    if unmeasurable is None and not (check and promises):
        raise SpecError(f"claim {name}: give promises and a check, or say why it is unmeasurable")
    if unmeasurable is not None and (check or promises):
        raise SpecError(f"claim {name}: what is unmeasurable has neither promises nor a check")
    if check is not None and not _CHECK.fullmatch(check):
        raise SpecError(f"claim {name}: check {check!r} does not read FAMILY.NAME")
    figures = [promise.figure for promise in promises]
    if len({*figures}) < len(figures):
        raise SpecError(f"claim {name}: two promises have the same figure")
    return Claim(
        **{key: entry[key] for key in _TEXTS},
        promises=promises,
        check=check,
        parameters=dict(entry.get("parameters", {})),
        axis=entry.get("axis"),
        unmeasurable=unmeasurable,
    )


def _promise(entry: Mapping[str, Any], name: str) -> Promise:
    where = f"claim {name}, figure {entry.get('figure')!r}"
    _known(entry, _PROMISE, where)
    low, high, neutral = (_number(entry, key, where) for key in ("low", "high", "neutral"))
    better = entry.get("better", "higher")
    if not (entry.get("figure") and entry.get("unit")):
        raise SpecError(f"{where}: a promise needs a figure and a unit")
    if better not in ("higher", "lower"):
        raise SpecError(f"{where}: better is higher or lower, not {better!r}")
    if low is not None and high is not None and low > high:
        raise SpecError(f"{where}: low {low:g} is above high {high:g}")
    bar = low if better == "higher" else high
    if bar is None and (low is not None or high is not None):
        end = "low" if better == "higher" else "high"
        raise SpecError(f"{where}: with better = {better!r} the promise stands at {end}; give it")
    if bar is None and neutral is None:
        raise SpecError(f"{where}: without low, high and neutral nothing is promised")
    if bar is not None and neutral is not None and (bar <= neutral) == (better == "higher"):
        raise SpecError(f"{where}: the promise {bar:g} is no better than neutral {neutral:g}")
    return Promise(entry["figure"], entry["unit"], low, high, neutral, better)


def _known(entry: Mapping[str, Any], keys: tuple[str, ...], where: str) -> None:
    for key in entry:
        if key not in keys:
            raise SpecError(f"{where}: unknown key {key}; there are {', '.join(keys)}")


def _number(entry: Mapping[str, Any], key: str, where: str) -> float | None:
    value = entry.get(key)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise SpecError(f"{where}: {key} is a number, not {value!r}")
    return None if value is None else float(value)
