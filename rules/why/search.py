"""The nearest whole number that turns an answer: outward in doubling steps, then by halves.

Sure to be true of the number that is found. It is the nearest of all where answers turn only once
in each direction, as comparisons do, or where the turning points are among the seeds.
"""

from collections.abc import Callable, Iterable

FARTHEST = 1 << 40  # no count of any signal is so far from another


def nearest(
    start: int,
    turns: Callable[[int], bool],
    seeds: Iterable[int] = (),
    low: int = -FARTHEST,
    high: int = FARTHEST,
) -> int | None:
    """The number nearest to `start` within [low, high] for which `turns` holds; None: none was
    found. Of two equally near the lower.
    """
    return next(iter(each_way(start, turns, seeds, low, high)), None)


def each_way(
    start: int,
    turns: Callable[[int], bool],
    seeds: Iterable[int] = (),
    low: int = -FARTHEST,
    high: int = FARTHEST,
) -> list[int]:
    """The nearest below `start` and the nearest above it, where there are any; nearer first."""
    known = tuple(seeds)
    found = [_towards(start, turns, known, sign, low, high) for sign in (-1, 1)]
    return sorted((x for x in found if x is not None), key=lambda x: (abs(x - start), x))


def _towards(
    start: int, turns: Callable[[int], bool], seeds: Iterable[int], sign: int, low: int, high: int
) -> int | None:
    bound = high if sign > 0 else low
    farthest = (bound - start) * sign
    if farthest < 1:
        return None
    steps = {1 << power for power in range(farthest.bit_length())}
    steps |= {(seed - start) * sign for seed in seeds}
    steps |= {farthest}
    last = 0  # the farthest step known not to turn, before one that does
    for step in sorted(step for step in steps if 0 < step <= farthest):
        if turns(start + sign * step):
            return start + sign * _halve(lambda step: turns(start + sign * step), last, step)
        last = step
    return None


def _halve(turns: Callable[[int], bool], no: int, yes: int) -> int:
    while yes - no > 1:
        middle = (no + yes) // 2
        if turns(middle):
            yes = middle
        else:
            no = middle
    return yes
