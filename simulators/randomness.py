"""Numbers drawn by name, not in sequence.

A draw is a hash of (key, stream, counter). So any of them can be made alone, in any order, for one
home or for thousands at once, and adding a draw somewhere changes no other. The hash is the
finaliser of splitmix64 applied twice; it passes no cryptographic claim and needs none.
"""

import hashlib
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Keys: TypeAlias = NDArray[np.uint64]
Floats: TypeAlias = NDArray[np.float64]

_GOLDEN = 0x9E3779B97F4A7C15
_STREAM = 0xD1342543DE82EF95
_COUNTER = 0xAF251AF3B0F025B5
_MASK = (1 << 64) - 1


def key(seed: int, *names: str | int) -> int:
    """A 64-bit key for whatever the names name: (seed, "donegal", "home-3", 20412)."""
    text = "\x1f".join(map(str, (seed, *names)))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def stream(name: str) -> int:
    """The number of a named stream of draws."""
    return key(0, name)


def joined(keys: Keys, number: NDArray[np.int64] | int) -> Keys:
    """New keys from keys and a number each: person and day make a person-day."""
    numbers = np.asarray(number, dtype=np.int64).astype(np.uint64)
    return _mixed(keys ^ _mixed(numbers * np.uint64(_COUNTER) + np.uint64(_GOLDEN)))


def begun(keys: Keys, name: int) -> Keys:
    """The part of a draw that is the same for every counter: for who draws many times."""
    return _mixed(np.atleast_1d(keys + np.uint64(name * _STREAM & _MASK)))


def words(begun_keys: Keys, counter: NDArray[np.int64] | int) -> Keys:
    """64 random bits each, from what `begun` gave."""
    counters = np.asarray(counter, dtype=np.int64).astype(np.uint64)
    return _mixed(begun_keys + np.atleast_1d(counters) * np.uint64(_COUNTER))


def uniform(keys: Keys, name: int, counter: NDArray[np.int64] | int = 0) -> Floats:
    """Draws in [0, 1), one for each key (broadcast with the counters)."""
    return (words(begun(keys, name), counter) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def normal(keys: Keys, name: int, counter: NDArray[np.int64] | int = 0) -> Floats:
    """Standard normal draws: the inverse of the distribution at a uniform draw.

    Acklam's rational approximation, relative error below 1.2e-9. Logarithms may differ between
    machines in the last bit; whoever compares exactly rounds to a signal's resolution first.
    """
    return inverse_normal(uniform(keys, name, counter) + 2.0**-54)


def inverse_normal(p: Floats) -> Floats:
    """The standard normal quantile of each p in (0, 1)."""
    middle = p - 0.5
    square = middle * middle
    out = _horner(_A, square)
    out *= middle
    out /= _horner(_B, square)
    far = np.flatnonzero((p < _EDGE) | (p > 1 - _EDGE))  # one in twenty
    if far.size:
        edge = p[far]
        low = edge < _EDGE
        tail = np.sqrt(-2 * np.log(np.where(low, edge, 1 - edge)))
        beyond = _horner(_C, tail) / _horner(_D, tail)
        out[far] = np.where(low, beyond, -beyond)
    return out


def _horner(coefficients: tuple[float, ...], x: Floats) -> Floats:
    """The polynomial at each x, the highest power first."""
    value = coefficients[0] * x
    value += coefficients[1]
    for coefficient in coefficients[2:]:
        value *= x
        value += coefficient
    return value


def _mixed(numbers: Keys) -> Keys:
    """Splitmix64's finaliser, element by element; arithmetic is modulo 2^64 by intention."""
    mixed = np.atleast_1d(numbers)
    mixed = mixed ^ (mixed >> np.uint64(30))
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed


_EDGE = 0.02425
_A = (
    -3.969683028665376e01,
    2.209460984245205e02,
    -2.759285104469687e02,
    1.383577518672690e02,
    -3.066479806614716e01,
    2.506628277459239e00,
)
_B = (
    -5.447609879822406e01,
    1.615858368580409e02,
    -1.556989798598866e02,
    6.680131188771972e01,
    -1.328068155288572e01,
    1.0,
)
_C = (
    -7.784894002430293e-03,
    -3.223964580411365e-01,
    -2.400758277161838e00,
    -2.549732539343734e00,
    4.374664141464968e00,
    2.938163982698783e00,
)
_D = (
    7.784695709041462e-03,
    3.224671290700398e-01,
    2.445134137142996e00,
    3.754408661907416e00,
    1.0,
)
