"""Definitions of the words that give a number over a window, by looking at all of it again."""

from fractions import Fraction
from math import ceil, floor

from tests.properties.oracle.world import TICK, answers, ticks_of

DAY = 96  # ticks
A_DAY = {"spo2": 1440, "systolic": 96, "body_weight": 8, "steps": 288, "motion": 1440}


def half_up(value):
    """A tie goes away from zero."""
    return floor(value + Fraction(1, 2)) if value >= 0 else -floor(Fraction(1, 2) - value)


def readings(body, world, *, forgets=True):
    """(tick, x) of the window at every tick, in order; None where there is no room for them."""
    window = ticks_of(body["within"])
    room = min(2048, ceil(window * A_DAY[body["signal"].partition("@")[0]] / DAY) + 16)
    room = room if forgets else len(world.points)
    points = world.of(body["signal"])
    for i in range(world.ticks):
        inside = [(j, x) for j, x in points if i - window < j <= i]
        yield inside if len(inside) <= room else None


def over(function, *, forgets=True):
    """A word whose answer is a function of the values in the window.

    The lowest and the highest do not forget: what they can be is less than there is room for.
    """

    def word(body, world):
        needs = int(body.get("needs", 1))
        return [
            function([x for _, x in inside])
            if inside is not None and len(inside) >= needs
            else None
            for inside in readings(body, world, forgets=forgets)
        ]

    return word


def median_of(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return Fraction(ordered[middle] + ordered[-middle - 1], 2)


first = over(lambda values: values[0])
lowest = over(min, forgets=False)
highest = over(max, forgets=False)
mean = over(lambda values: half_up(Fraction(sum(values), len(values))))
median = over(lambda values: half_up(median_of(values)))
total = over(sum)


def moved(sign, own):
    def word(body, world):
        start = body.get("from", own)
        begin = {"lowest": lowest, "highest": highest, "first": first, "mean": mean,
                 "median": median}[start](body | {"needs": 2}, world)  # fmt: skip
        inside = readings(body, world, forgets=False)
        newest = [found[-1][1] if found else None for found in inside]
        return [
            None if a is None or b is None else sign * (b - a)
            for a, b in zip(begin, newest, strict=True)
        ]

    return word


def difference(body, world):
    pairs = zip(answers(body["value"], world), answers(body["less"], world), strict=True)
    return [None if a is None or b is None else a - b for a, b in pairs]


def held(cover, i, window):
    """Covered all the time of a window that lies in what was watched."""
    return i >= window and all(x == 1 for x in cover[i - window : i + 1])


def covered(body, world):
    """At every tick whether nothing can have been missed in the window."""
    if body.get("gaps") == "ignored" or body["signal"].partition("@")[0] != "motion":
        return [True] * world.ticks
    places = [f"@{place}" for place in body.get("places", ())]
    refs = [f"{body['signal']}{place}" for place in places or [""]]
    covers = [
        answers({"latest": {"signal": f"coverage@{ref}", "max_age": "3650 d"}}, world)
        for ref in refs
    ]
    window = ticks_of(body["within"])
    return [all(held(cover, i, window) for cover in covers) for i in range(world.ticks)]


def count(body, world):
    found = zip(readings(body, world), covered(body, world), strict=True)
    return [len(inside) if seen and inside is not None else None for inside, seen in found]


def slope(body, world):
    """In hundredths of a count per day; offsets in minutes."""
    needs, window = int(body.get("needs", 3)), ticks_of(body["within"])
    span = ticks_of(body["span"]) if "span" in body else Fraction(window, 2)
    out = []
    for inside in readings(body, world):
        if inside is None or len(inside) < needs or inside[-1][0] - inside[0][0] < span:
            out.append(None)
            continue
        minutes = [Fraction(j * TICK, 60_000) for j, _ in inside]
        values = [x for _, x in inside]
        mid = sum(minutes) / len(minutes)
        spread = sum((u - mid) ** 2 for u in minutes)
        if spread == 0:
            out.append(None)
            continue
        change = sum((u - mid) * x for u, x in zip(minutes, values, strict=True)) / spread
        out.append(half_up(change * 1440 * 100))
    return out


def transitions(body, world):
    """One move at most at an instant; who is heard where they were has not moved."""
    window = ticks_of(body["within"])
    heard = {}
    for place in body["places"]:
        for j, _ in world.of(f"motion@{place}"):
            heard.setdefault(j, []).append(place)
    moves, where, when = [], None, None
    for j in sorted(heard):
        known = where is not None and j - when < window
        if known and where in heard[j]:
            when = j
            continue
        if known:
            moves.append(j)
        where, when = heard[j][0], j  # in the order of the list
    seen = covered(body, world)
    return [
        sum(i - window < j <= i for j in moves) if seen[i] else None for i in range(world.ticks)
    ]


WINDOWED = {
    "rise": moved(1, "lowest"),
    "fall": moved(-1, "highest"),
    "difference": difference,
    "first": first,
    "lowest": lowest,
    "highest": highest,
    "mean": mean,
    "median": median,
    "total": total,
    "count": count,
    "slope": slope,
    "transitions": transitions,
}
