"""Definitions of the words that compare a number, or read a state."""

from tests.properties.oracle.numbers import latest
from tests.properties.oracle.world import answers, number_of, ticks_of

STATES = {"closed": 0, "open": 1}
SCALES = {"spo2": 1, "systolic": 1, "pulse": 1, "body_weight": 10}


def scale_of(value):
    if "latest" in value:
        return SCALES[value["latest"]["signal"].partition("@")[0]]
    return SCALES[value["rise"]["signal"].partition("@")[0]]


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
    return [None if x is None else int(low <= x <= high) for x in values]


def equal(body, world):
    values = latest(body, world)
    return [None if x is None else int(x == STATES[body["state"]]) for x in values]


COMPARING = {"above": above, "below": below, "between": between, "is": equal}
