"""Definitions of points, scores and choices, and of how long and how often something was true."""

from fractions import Fraction
from math import ceil

from tests.properties.oracle.comparing import scale_of
from tests.properties.oracle.numbers import latest
from tests.properties.oracle.world import TICK, answers, number_of, ticks_of

STATES = {
    "air": 0,
    "oxygen": 1,
    "alert": 0,
    "confused": 1,
    "voice": 2,
    "pain": 3,
    "unresponsive": 4,
}


def points(body, world):
    if "condition" in body:
        values = answers(body["condition"], world)
        return [None if x is None else int(body["true"] if x else body["false"]) for x in values]
    if "states" in body:
        values = latest({"signal": body["value"], "max_age": "24 h"}, world)
        given = {STATES[word]: int(p) for word, p in body["states"].items()}
        return [None if x is None else given[x] for x in values]
    scale = scale_of(body["value"])
    return [
        None if x is None else banded(x, body["bands"], scale)
        for x in answers(body["value"], world)
    ]


def banded(x, bands, scale):
    """Exactly one band holds it."""
    (found,) = [
        int(band["points"])
        for band in bands
        if ("low" not in band or x >= number_of(band["low"], scale))
        and ("high" not in band or x <= number_of(band["high"], scale))
    ]
    return found


def score(body, world):
    needs = int(body.get("needs", len(body["parts"])))
    columns = zip(*(answers(part, world) for part in body["parts"]), strict=True)
    out = []
    for column in columns:
        known = [x for x in column if x is not None]
        of = max(known, default=0) if body["of"] == "highest" else sum(known)
        out.append(of if len(known) >= needs else None)
    return out


def choose(body, world):
    columns = (answers(body[key], world) for key in ("condition", "then", "else"))
    return [None if c is None else a if c else b for c, a, b in zip(*columns, strict=True)]


def time_true(body, world):
    """Whole minutes, a begun one counting whole. Every tick's answer holds to the next."""
    inner = answers(body["condition"], world)
    window = ticks_of(body["within"])
    strict = body.get("gaps") != "ignored"
    out = []
    for i in range(world.ticks):
        if strict and (i < window or None in inner[i - window : i + 1]):
            out.append(None)
            continue
        true = sum(bool(x) for x in inner[max(0, i - window) : i])
        out.append(ceil(Fraction(true * TICK, 60_000)) * 60_000)
    return out


def times_true(body, world):
    inner = answers(body["condition"], world)
    window = ticks_of(body["within"])
    strict = body.get("gaps") != "ignored"
    began = [i for i in range(1, world.ticks) if inner[i] and inner[i - 1] == 0]
    return [
        None
        if strict and (i < window or None in inner[i - window : i + 1])
        else sum(i - window < j <= i for j in began)
        for i in range(world.ticks)
    ]


SCORING = {
    "points": points,
    "score": score,
    "choose": choose,
    "time_true": time_true,
    "times_true": times_true,
}
