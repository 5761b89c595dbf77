"""Definitions of the words of what happens, and what does not."""

from tests.properties.oracle.clocks import time_between
from tests.properties.oracle.numbers import latest
from tests.properties.oracle.world import TICK, ticks_of


def covered(ref, world):
    """Of a place that is named, by its own sensors alone."""
    return latest({"signal": f"coverage@{ref}", "max_age": "3650 d"}, world)


def none_for(body, world):
    events = [j for j, _ in world.of(body["signal"])]
    cover = covered(body["signal"], world)
    length = ticks_of(body["for"])
    out = []
    for i in range(world.ticks):
        if any(i - length < j <= i for j in events):
            out.append(0)
        else:
            seen = i >= length and all(cover[u] == 1 for u in range(i - length, i + 1))
            out.append(1 if seen else None)
    return out


def none_between(body, world):
    inside = time_between(body, world)
    cover = covered(body["signal"], world)
    events = [j for j, _ in world.of(body["signal"])]
    out = []
    ended = None  # the last window that began and ended while we looked
    opened = None
    for i in range(world.ticks):
        if i > 0 and inside[i] and not inside[i - 1]:
            opened = i if inside[i - 1] == 0 else None  # else nobody knows when it began
        if i > 0 and not inside[i] and inside[i - 1] and opened is not None:
            ended, opened = (opened, i), None
        if ended is None:
            out.append(None)
        elif any(ended[0] <= j <= i for j in events):
            out.append(0)
        else:
            out.append(1 if all(cover[u] == 1 for u in range(*ended)) else None)
    return out


def event(body, world):
    events = [j for j, _ in world.of(body["signal"])]
    keep = ticks_of(body["keep"])
    out = []
    for i in range(world.ticks):
        past = [j for j in events if j <= i]
        kept = past and i < past[-1] + keep
        out.append(world.start + past[-1] * TICK if kept else 0)
    return out


HAPPENING = {"none_for": none_for, "none_between": none_between, "event": event}
