"""Definitions of the words that give numbers."""

from tests.properties.oracle.world import ticks_of


def latest(body, world):
    age = ticks_of(body["max_age"])
    points = world.of(body["signal"])
    out = []
    for i in range(world.ticks):
        past = [p for p in points if p[0] <= i]
        out.append(past[-1][1] if past and i < past[-1][0] + age else None)
    return out


def rise(body, world):
    window = ticks_of(body["within"])
    points = world.of(body["signal"])
    out = []
    for i in range(world.ticks):
        inside = [x for j, x in points if i - window < j <= i]
        out.append(inside[-1] - min(inside) if len(inside) >= 2 else None)
    return out


NUMBERS = {"latest": latest, "rise": rise}
