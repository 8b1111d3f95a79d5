"""Random numbers that are addressed by row number: any block, in any order, gives the same.

A stream is a 64-bit key made of the names that lead to it (seed, table, column, part). Its value
for a row is a hash of key and row number, so nothing is carried from one row to the next, and a
column that is added or removed changes no other. Source: SplitMix64, Steele, Lea and Flood, "Fast
splittable pseudorandom number generators", 2014, with Stafford's variant 13 of the mixer.
"""

from hashlib import blake2b
from math import isqrt
from typing import NewType, TypeAlias

import numpy as np
import numpy.typing as npt

Key = NewType("Key", int)
Rows: TypeAlias = npt.NDArray[np.int64]
Bits: TypeAlias = npt.NDArray[np.uint64]
Floats: TypeAlias = npt.NDArray[np.float64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_ROUNDS = 6


def key(*names: str | int) -> Key:
    """The stream that these names lead to."""
    path = "\x1f".join(str(name) for name in names)
    return Key(int.from_bytes(blake2b(path.encode(), digest_size=8).digest(), "little"))


def bits(stream: Key, rows: Rows) -> Bits:
    """64 random bits for each row number."""
    return _mix(rows.view(np.uint64) * _GOLDEN + np.uint64(stream))


def uniform(stream: Key, rows: Rows) -> Floats:
    """A number in [0, 1) with 53 random bits for each row number."""
    return (bits(stream, rows) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def small(stream: Key, rows: Rows, width: int) -> npt.NDArray[np.uint16]:
    """``width`` columns of 16 random bits for each row number."""
    words = [bits(key(stream, i), rows) for i in range(-(-width // 4))]
    return np.stack(words, axis=1).astype("<u8").view("<u2")[:, :width]


def permuted(stream: Key, rows: Rows, size: int) -> Rows:
    """Where each number in [0, ``size``) stands after a shuffle; no two stand in one place.

    Source: generalised Feistel network with cycle walking, Black and Rogaway, "Ciphers with
    arbitrary finite domains", 2002.
    """
    high = isqrt(size - 1) + 1
    low = -(-size // high)
    place = _feistel(stream, rows, high, low)
    outside = np.flatnonzero(place >= size)
    while outside.size:
        place[outside] = _feistel(stream, place[outside], high, low)
        outside = outside[place[outside] >= size]
    return place


def _feistel(stream: Key, rows: Rows, high: int, low: int) -> Rows:
    left, right = np.divmod(rows, low)
    for step in range(_ROUNDS):
        round_key = Key((stream + step * 0xD6E8FEB86659FD93) % 2**64)
        if step % 2:
            right = (right + _below(round_key, left, low)) % low
        else:
            left = (left + _below(round_key, right, high)) % high
    return left * low + right


def _below(stream: Key, rows: Rows, limit: int) -> Rows:
    """A random integer in [0, ``limit``); limits are below 2**31, so the bias is nil."""
    top = (bits(stream, rows) >> np.uint64(32)).view(np.int64)
    return (top * limit) >> 32


def _mix(value: Bits) -> Bits:
    value ^= value >> np.uint64(30)
    value *= _MIX_1
    value ^= value >> np.uint64(27)
    value *= _MIX_2
    value ^= value >> np.uint64(31)
    return value
