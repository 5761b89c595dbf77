"""Definitions of the words that remember: what was, how often, what followed and what did not."""

from tests.properties.oracle.happening import covered
from tests.properties.oracle.world import TICK, answers, ticks_of


def began(levels):
    """Ticks at which it becomes true where it was seen to be false, or becomes another true."""
    pairs = zip([None, *levels], levels, strict=False)
    return [i for i, (old, new) in enumerate(pairs) if new and old is not None and new > old]


def known_again(levels):
    """Ticks at which it is known and was not right before."""
    pairs = zip([None, *levels], levels, strict=False)
    return [i for i, (old, new) in enumerate(pairs) if old is None and new is not None]


def unknown_in(levels, first, last):
    return first < 0 or any(levels[u] is None for u in range(first, last + 1))


def keep(body, world):
    inner = answers(body["condition"], world)
    length = ticks_of(body["for"])
    out = []
    for i in range(world.ticks):
        true = [inner[u] for u in range(max(i - length, 0), i + 1) if inner[u]]
        if true:
            out.append(true[-1])
        else:
            out.append(None if unknown_in(inner, i - length, i) else 0)
    return out


def times(body, world):
    window, enough = ticks_of(body["within"]), int(body["at_least"])
    if "signal" in body:
        found = [j for j, _ in world.of(body["signal"])]
        inner = [0] * world.ticks
    else:
        inner = answers(body["condition"], world)
        found = began(inner)
    out = []
    for i in range(world.ticks):
        if sum(i - window < j <= i for j in found) >= enough:
            out.append(1)
        elif "signal" in body:
            out.append(0)
        else:
            out.append(None if unknown_in(inner, i - window, i) else 0)
    return out


def then(body, world):
    first, second = answers(body["first"], world), answers(body["second"], world)
    within, kept = ticks_of(body["within"]), ticks_of(body["keep"])
    firsts, seconds = began(first), began(second)
    happened = [u for u in seconds if any(u - within <= a < u for a in firsts)]
    out = []
    for i in range(world.ticks):
        now = [u for u in happened if i - kept < u <= i]
        if now:
            out.append(world.start + now[-1] * TICK)
            continue
        first_unknown = unknown_in(first, i - kept - within, i)
        second_unknown = unknown_in(second, i - kept, i)
        may_first = first_unknown or any(i - kept - within < a <= i for a in firsts)
        may_second = second_unknown or any(i - kept < u <= i for u in seconds)
        doubt = (first_unknown or second_unknown) and may_first and may_second
        out.append(None if doubt else 0)
    return out


def then_no(body, world):
    first = answers(body["first"], world)
    within, kept = ticks_of(body["within"]), ticks_of(body["keep"])
    cover = covered(body["signal"], world)
    events = [j for j, _ in world.of(body["signal"])]
    grain = -(-within * TICK // 16)
    beginnings, again = began(first), known_again(first)
    out = []
    for i in range(world.ticks):
        answered = max((j for j in events if j <= i), default=-1)
        begun = [a for a in beginnings if answered <= a <= i]
        heard = {a for a in begun if all(cover[u] == 1 for u in range(a, min(i, a + within) + 1))}
        waited = {}
        for a in sorted(heard):
            waited.setdefault((world.start + a * TICK) // grain, a)
        doubts = [*(set(begun) - heard), *(v for v in again if answered <= v <= i)]
        if any(a + within <= i < a + within + kept for a in waited.values()):
            out.append(1)
        elif first[i] is None or any(i < v + within + kept for v in doubts):
            out.append(None)
        else:
            out.append(0)
    return out


FOLLOWING = {"keep": keep, "times": times, "then": then, "then_no": then_no}
