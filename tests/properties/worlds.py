"""Random rules and random streams, from a `random.Random` (Hypothesis gives one that shrinks)."""

import itertools

import yaml

from rules.file.language import parse_rule
from rules.plan import plan
from tests.properties import numbers
from tests.properties.numbers import RANGES, STATES, length
from tests.properties.oracle import TICK, World

STARTS = (  # zone, calendar, ms of a local midnight: ordinary days, and days of clock changes
    ("Atlantic/Reykjavik", "", 1_762_214_400_000),
    ("Europe/Helsinki", "FI", 1_761_339_600_000),  # 25 Oct 2025, the clocks go back that night
    ("Europe/Dublin", "", 1_774_656_000_000),  # 28 Mar 2026, they go forward
    ("Europe/Oslo", "NO", 1_774_652_400_000),
    ("Europe/Dublin", "IE", 1_792_796_400_000),  # 24 Oct 2026, back, then a bank holiday
    ("Europe/Oslo", "NO", 1_766_530_800_000),  # 24 Dec 2025
)
COMMON = """
rule: random
title: Random
priority: now
audience: [carer]
why: a test
source: a test
not_for: life
guidance: [none]
"""


def compared(r, word=None):
    """A number of a word, or of any, held against limits."""
    number = numbers.number(r, plain, word)
    how = "above" if number.least else r.choice(["above", "below", "between"])
    if how == "between":
        ends = sorted(r.randint(number.low, number.high) for _ in range(2))
        low, high = map(number.amount, ends)
        body = {"value": number.tree, "low": low, "high": high}
    else:
        limit = r.randint(number.low, number.high)
        body = {"value": number.tree, "limit": number.amount(limit)}
    if r.random() < 0.75:
        body["back_by"] = number.amount(r.randint(0, max((number.high - number.low) // 6, 1)))
        body["memory"] = length(r, 1, r.choice([4, 12, 40]))
    return {how: body}


def plain(r):
    """A condition that rests on no number over a window."""
    return r.choice([state, moment, silence, lambda r: {"time_between": window(r)}])(r)


def clock(r):
    minutes = r.randrange(0, 1440, 60 if r.random() < 0.7 else 15)
    return f"{minutes // 60:02}:{minutes % 60:02}"


def window(r):
    start, end = clock(r), clock(r)
    while end == start:
        end = clock(r)
    body = {"from": start, "until": end}
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    if r.random() < 0.3:
        body["days"] = [d for d in days if r.random() < 0.6] or ["sun"]
    if r.random() < 0.3:
        if r.random() < 0.5:
            body["except"] = "holidays"
        else:
            body["days"] = [*(body.get("days") or r.sample(days, r.randint(1, 2))), "holiday"]
    return body


def state(r):
    place = r.choice(["", "@outer", "@fridge"])
    word = r.choice(["open", "closed"])
    body = {"signal": f"door{place}", "state": word, "max_age": length(r, 4, 120)}
    return {"is": body | ({"for": length(r, 1, 8)} if r.random() < 0.2 else {})}


def moment(r):
    return {"event": {"signal": r.choice(["sos", "motion@hall"]), "keep": length(r, 1, 12)}}


def silence(r):
    return {"none_for": {"signal": r.choice(["motion", "motion@hall"]), "for": length(r)}}


def many(r):
    body = {"at_least": f"{r.randint(1, 4)}", "within": length(r, 2, 60)}
    return {"times": {"signal": r.choice(["sos", "motion", "motion@hall"]), **body}}


TRUTHS = (
    many,
    compared,
    compared,
    compared,
    state,
    moment,
    silence,
    lambda r: {"none_between": {"signal": "motion", **window(r)}},
    lambda r: {"time_between": window(r)},
    lambda r: {"holiday": r.choice(["today", "tomorrow", "yesterday"])},
)


def leaf(r):
    return r.choice(TRUTHS)(r)


def condition(r, depth=3):
    if depth == 0 or r.random() < 0.25:
        return leaf(r)
    word = r.choice(["lasting", "all", "any", "not", "unless", "lasting", *REMEMBERING])
    if word in {"lasting", "keep"}:
        return {word: {"condition": condition(r, depth - 1), "for": length(r, 1, 16)}}
    if word == "not":
        return {word: heard(r, depth - 1)}
    if word in REMEMBERING:
        return {word: remembering(r, word, depth - 1)}
    if word == "unless":
        return {word: {k: condition(r, depth - 1) for k in ("condition", "exception")}}
    return {word: [condition(r, depth - 1) for _ in range(r.randint(1, 3))]}


def heard(r, depth):
    """A condition that silence does not make false, for silence proves nothing."""
    tree = condition(r, depth)
    while any(word in str(tree) for word in SILENT):
        tree = condition(r, depth)
    return tree


SILENT = ("'event'", "'times': {'signal'", "'ignored'")
REMEMBERING = ("keep", "times", "then", "then_no", "at_least")


def remembering(r, word, depth):
    if word == "keep":
        return {"condition": condition(r, depth), "for": length(r, 1, 16)}
    if word == "times":
        many_of = {"at_least": f"{r.randint(1, 3)}", "within": length(r, 2, 60)}
        return {"condition": condition(r, depth), **many_of}
    if word == "at_least":
        of = [condition(r, depth) for _ in range(r.randint(1, 4))]
        return {"number": str(r.randint(1, len(of))), "of": of}
    body = {"first": condition(r, depth), "within": length(r, 1, 30), "keep": length(r, 1, 30)}
    if word == "then_no":  # a short wait, for all through it the event must have been audible
        signal = r.choice(["motion", "motion@hall"])
        return {**body, "within": length(r, 1, 8), "signal": signal}
    return {**body, "second": condition(r, depth)}


def rule_of(tree, clear=None):
    body = {"when": tree} | ({} if clear is None else {"clear_when": clear})
    return parse_rule(COMMON + yaml.safe_dump(body, sort_keys=False))


def points(r, ticks):
    """Readings on the grid with gaps, bursts, ties and repeats."""
    found = []
    order = itertools.count(r.randrange(1000))
    quiet = sorted(r.randrange(ticks) for _ in range(2))
    for signal, place in SOURCES:
        rate = r.choice([0.0, 0.02, 0.1, 0.4])
        for tick in range(1, ticks):
            if quiet[0] <= tick < quiet[1] and signal != "coverage":
                continue
            for _ in range(2 if r.random() < 0.1 else 1):
                usual = rate if signal != "coverage" else 0.1 if tick % 4 == 0 else 0.01
                if r.random() >= usual:
                    continue
                found.append((signal, place, tick, some_value(r, signal), next(order)))
    r.shuffle(found)
    return found


SOURCES = (
    ("spo2", None),
    ("systolic", None),
    ("body_weight", None),
    ("door", "outer"),
    ("door", "fridge"),
    ("motion", "hall"),
    ("motion", "kitchen"),
    ("motion", "bathroom"),
    ("sos", None),
    ("coverage", "motion"),
    ("coverage", "motion@hall"),
    ("coverage", "motion@kitchen"),
    ("coverage", "motion@bathroom"),
    ("steps", None),
    ("oxygen", None),
    ("consciousness", None),
)


def some_value(r, signal):
    if signal in RANGES:
        return r.randint(*RANGES[signal])
    if signal in STATES:
        return r.randrange(len(STATES[signal]))
    if signal == "door":
        return r.randint(0, 1)
    if signal == "coverage":
        return int(r.random() < 0.7)
    return 1


def world(r, days=3):
    zone, holidays, start = r.choice(STARTS)
    ticks = days * 96
    return World(start, ticks, zone, points(r, ticks), holidays)


def planned(rule, world):
    return plan(rule, {}, world.zone, world.holidays)


def at(world, tick):
    return world.start + tick * TICK


def in_order(world):
    rows = [(s, p, at(world, tick), x, order) for s, p, tick, x, order in world.points]
    return sorted(rows, key=lambda row: (row[2], row[4]))
