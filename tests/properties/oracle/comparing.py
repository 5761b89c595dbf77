"""Definitions of the words that compare a number, or read a state."""

from tests.properties.oracle.numbers import SCALES, latest
from tests.properties.oracle.world import answers, number_of, ticks_of

STATES = {"closed": 0, "open": 1}


def scale_of(value):
    """Counts in one unit of what a number is compared with."""
    ((word, body),) = value.items()
    if word in {"count", "times_true", "transitions", "points", "score"}:
        return 1
    if word in {"deviation", "time_true"}:
        return {"deviation": 100, "time_true": 60_000}[word]
    if word in {"difference", "choose"}:
        return scale_of(body["value"] if word == "difference" else body["then"])
    return SCALES[body["signal"].partition("@")[0]] * (100 if word == "slope" else 1)


def above(body, world, sign=1):
    values = answers(body["value"], world)
    scale = scale_of(body["value"])
    limit = sign * number_of(body["limit"], scale)
    back = limit - number_of(body.get("back_by", "0 x"), scale)
    memory = ticks_of(body.get("memory", "24 h"))
    out = []
    for i in range(world.ticks):
        if values[i] is None:
            out.append(None)
            continue
        out.append(0)
        if sign * values[i] > limit:
            out[i] = 1
        elif sign * values[i] > back:
            for u in range(i - 1, -1, -1):  # the last tick that decided
                if values[u] is None or back < sign * values[u] <= limit:
                    continue
                if sign * values[u] > limit and i < u + 1 + memory:
                    out[i] = 1
                break
    return out


def below(body, world):
    return above(body, world, sign=-1)


def between(body, world):
    values = answers(body["value"], world)
    scale = scale_of(body["value"])
    low, high = number_of(body["low"], scale), number_of(body["high"], scale)
    by = number_of(body.get("back_by", "0 x"), scale)
    memory = ticks_of(body.get("memory", "24 h"))
    out = []
    for i, x in enumerate(values):
        if x is None or low <= x <= high:
            out.append(None if x is None else 1)
            continue
        out.append(0)
        if low - by < x < high + by:
            inside = [u for u in range(i) if values[u] is not None and low <= values[u] <= high]
            outside = [
                u
                for u in range(i)
                if values[u] is not None
                and not low <= values[u] <= high
                and not low - by < values[u] < high + by
            ]
            held = inside and (not outside or outside[-1] < inside[-1])
            out[i] = int(bool(held and i < inside[-1] + 1 + memory))
    return out


def equal(body, world):
    values = latest(body, world)
    return [None if x is None else int(x == STATES[body["state"]]) for x in values]


COMPARING = {"above": above, "below": below, "between": between, "is": equal}
