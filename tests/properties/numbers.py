"""Random trees of every word that gives a number: what it is, and what it can be compared with."""

from dataclasses import dataclass

from devices.signals import CATALOGUE

RANGES = {"spo2": (86, 92), "systolic": (118, 124), "body_weight": (700, 730), "steps": (0, 40)}
PLACES = ("hall", "kitchen", "bathroom")
STATES = {"oxygen": ("air", "oxygen"),
          "consciousness": ("alert", "confused", "voice", "pain", "unresponsive")}  # fmt: skip


@dataclass
class Number:
    tree: dict
    low: int  # limits are drawn from here, in counts …
    high: int
    scale: int  # … so many to one
    unit: str
    least: bool = False  # only `above` is allowed

    def amount(self, x):
        return f"{x / self.scale:g} {self.unit}"


def length(r, low=1, high=40):
    return f"{r.randint(low, high) * 15} min"


def gaps(r):
    """Nothing, or gaps ignored; and whether it is that."""
    ignored = r.random() < 0.5
    return ({"gaps": "ignored"} if ignored else {}), ignored


def value_of(tree, signal):
    low, high = RANGES[signal]
    return Number(tree, low, high, CATALOGUE[signal].scale, CATALOGUE[signal].unit)


def latest(r):
    signal = r.choice(["spo2", "systolic", "body_weight"])
    body = {"signal": signal, "max_age": length(r, 1, 60)}
    number = value_of({"latest": body}, signal)
    if r.random() < 0.25:
        ends = sorted(r.randint(number.low, number.high) for _ in range(2))
        body["valid"] = dict(zip(("low", "high"), map(number.amount, ends), strict=True))
    return number


def dense(r):
    return r.choice(["spo2", "systolic"])


def moved(word):
    def make(r):
        signal = dense(r) if r.random() < 0.7 else "body_weight"
        hours = r.randint(24, 40) if signal == "body_weight" else r.randint(1, 15)
        body = {"signal": signal, "within": f"{hours} h"}
        if r.random() < 0.6:
            body["from"] = r.choice(["first", "mean", "median"])
        entry = CATALOGUE[signal]
        low = -2 if "from" in body else 0
        high = 20 if signal == "body_weight" else 4
        return Number({word: body}, low, high, entry.scale, entry.unit)

    return make


def difference(r):
    signal = dense(r)
    value, less = ({"lowest": {"signal": signal, "within": length(r, 2, 60)}},
                   {"mean": {"signal": signal, "within": length(r, 2, 60)}})  # fmt: skip
    pair = [value, less, {"latest": {"signal": signal, "max_age": length(r)}}]
    r.shuffle(pair)
    tree = {"difference": {"value": pair[0], "less": pair[1]}}
    return Number(tree, -3, 3, 1, CATALOGUE[signal].unit)


def windowed(word):
    def make(r):
        signal = dense(r) if r.random() < 0.7 else "body_weight"
        hours = r.randint(24, 40) if signal == "body_weight" else r.randint(1, 15)
        body = {"signal": signal, "within": f"{hours} h"}
        if r.random() < 0.5:
            body["needs"] = str(r.randint(1, 1 if signal == "body_weight" else 4))
        return value_of({word: body}, signal)

    return make


def total(r):
    tree = {"total": {"signal": "steps", "within": length(r, 1, 60)}}
    return Number(tree, 0, 300, 1, "1")


def count(r):
    if r.random() < 0.3:
        tree = {"count": {"signal": dense(r), "within": length(r, 1, 40)}}
        return Number(tree, 0, 8, 1, "1")
    more, least = gaps(r)
    signal = r.choice(["motion", "motion@hall", "motion@kitchen"])
    tree = {"count": {"signal": signal, "within": length(r, 1, 20), **more}}
    return Number(tree, 0, 6, 1, "1", least)


def slope(r):
    signal = dense(r) if r.random() < 0.7 else "body_weight"
    hours = r.randint(24, 48) if signal == "body_weight" else r.randint(2, 24)
    body = {
        "signal": signal,
        "within": f"{hours} h",
        "needs": str(r.randint(2, 2 if hours > 23 else 4)),
    }
    if r.random() < 0.5:
        body["span"] = f"{r.randint(1, hours - 1)} h"
    entry = CATALOGUE[signal]
    return Number({"slope": body}, -3000, 3000, 100 * entry.scale, f"{entry.unit}/d")


def usual(r, fewest):
    over = r.randint(fewest, 2)
    body = {"signal": dense(r), "over": f"{over} d", "needs": str(r.randint(fewest, over)),
            "centre": r.choice(["mean", "median"])}  # fmt: skip
    if r.random() < 0.3:
        body["hour"] = "same"
    if r.random() < 0.7:
        body["max_age"] = length(r, 1, 40)
    return body


def baseline(r):
    body = usual(r, 1)
    return value_of({"baseline": body}, body["signal"])


def deviation(r):
    body = usual(r, 2)
    if r.random() < 0.4:
        body["least_spread"] = f"{r.randint(1, 3)} {CATALOGUE[body['signal']].unit}"
    return Number({"deviation": body}, -250, 250, 100, "1")


def points(r, truth=None):
    kind = r.random()
    if kind < 0.2 and truth is not None:
        tree = {"condition": truth(r), "true": str(r.randint(0, 4)), "false": str(r.randint(0, 4))}
    elif kind < 0.5:
        signal = r.choice(list(STATES))
        given = {word: str(r.randint(0, 4)) for word in STATES[signal]}
        tree = {"value": signal, "states": given}
    else:
        number = latest(r)
        edges = sorted(r.sample(range(number.low, number.high), r.randint(1, 4)))
        bands = [{"points": str(r.randint(0, 4))} for _ in range(len(edges) + 1)]
        for index, edge in enumerate(edges):
            bands[index]["high"] = number.amount(edge)
            bands[index + 1]["low"] = number.amount(edge + 1)
        tree = {"value": number.tree, "bands": bands}
    return Number({"points": tree}, 0, 3, 1, "1")


def score(r, truth=None):
    parts = [points(r, truth).tree for _ in range(r.randint(1, 4))]
    body = {"parts": parts, "of": r.choice(["sum", "highest"])}
    if r.random() < 0.6:
        body["needs"] = str(r.randint(1, len(parts)))
    return Number({"score": body}, 0, 8, 1, "1")


def choose(r, truth):
    signal = dense(r)
    one, other = ({word: {"signal": signal, "within": length(r, 2, 60)}}
                  for word in r.sample(["lowest", "highest", "median"], 2))  # fmt: skip
    return value_of({"choose": {"condition": truth(r), "then": one, "else": other}}, signal)


def known(r):
    """A condition that is never unknown."""
    if r.random() < 0.5:
        start, end = r.sample(range(24), 2)
        return {"time_between": {"from": f"{start:02}:00", "until": f"{end:02}:00"}}
    return {"event": {"signal": r.choice(["sos", "motion"]), "keep": length(r, 1, 12)}}


def time_true(r, truth):
    """What it does between two ticks, the oracle cannot see: so it is held to be above quarters of
    an hour alone, and may not become unknown before the next tick. `test_numbers` looks closer.
    """
    more, ignored = gaps(r)
    condition = truth(r) if ignored else known(r)
    tree = {"time_true": {"condition": condition, "within": length(r, 1, 40), **more}}
    return Number(tree, 0, 14, 1 / 15, "min", least=True)


def times_true(r, truth):
    more, least = gaps(r)
    tree = {"times_true": {"condition": truth(r), "within": length(r, 4, 80), **more}}
    return Number(tree, 0, 3, 1, "1", least)


def transitions(r):
    more, least = gaps(r)
    places = r.sample(PLACES, r.randint(2, 3))
    tree = {
        "transitions": {"signal": "motion", "places": places, "within": length(r, 2, 30), **more}
    }
    return Number(tree, 0, 4, 1, "1", least)


PLAIN = {
    "latest": latest,
    "rise": moved("rise"),
    "fall": moved("fall"),
    "difference": difference,
    **{word: windowed(word) for word in ("first", "lowest", "highest", "mean", "median")},
    "total": total,
    "count": count,
    "slope": slope,
    "baseline": baseline,
    "deviation": deviation,
    "transitions": transitions,
}
OF_CONDITIONS = {  # they are given a way to make one
    "points": points,
    "score": score,
    "choose": choose,
    "time_true": time_true,
    "times_true": times_true,
}
WORDS = (*PLAIN, *OF_CONDITIONS)
ON_GRID = tuple(word for word in WORDS if word != "time_true")  # it changes between two ticks


def number(r, truth, word=None):
    """A random number, of a word if one is given."""
    word = word or (r.choice(ON_GRID) if r.random() < 0.6 else "latest")
    return PLAIN[word](r) if word in PLAIN else OF_CONDITIONS[word](r, truth)
