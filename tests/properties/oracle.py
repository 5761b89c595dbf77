"""A slow, obvious oracle of the rules engine, written apart from it.

Time is a grid of ticks. Every node's answer is computed for every tick from its definition, by
looking at all of history again: no state, no deadlines, no change points. It reads the raw tree (as
the YAML file has it) and knows nothing of `rules`. None is unknown.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

TICK = 15 * 60_000  # every length of time and every offset change here is a multiple of it
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
STATES = {"closed": 0, "open": 1}


@dataclass
class World:
    start: int  # ms of tick 0
    ticks: int
    zone: str
    points: list  # (signal, place, tick, x, order), any order

    def of(self, ref):
        """(tick, x) of a source, in order."""
        signal, _, place = ref.partition("@")
        found = [p for p in self.points if p[0] == signal and place in ("", p[1])]
        return [(p[2], p[3]) for p in sorted(found, key=lambda p: (p[2], p[4]))]


def ticks_of(text):
    number, unit = text.split()
    size = {"min": 60_000, "h": 3_600_000, "d": 86_400_000}[unit]
    return int(number) * size // TICK


def number_of(text, scale):
    return round(float(text.split()[0]) * scale)


def answers(tree, world):
    """The answer of a node at every tick."""
    (word, body), *_ = tree.items()
    return WORDS[word](body, world)


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


def lasting(body, world):
    inner = answers(body["condition"], world)
    length = ticks_of(body["for"])
    out = []
    for i in range(world.ticks):
        window = [inner[u] if u >= 0 else None for u in range(i - length, i + 1)]
        if any(x == 0 for x in window):
            out.append(0)
        else:
            out.append(1 if all(x is not None for x in window) else None)
    return out


def covered(signal, world):
    return latest({"signal": f"coverage@{signal}", "max_age": "3650 d"}, world)


def none_for(body, world):
    events = [j for j, _ in world.of(body["signal"])]
    cover = covered(body["signal"].partition("@")[0], world)
    length = ticks_of(body["for"])
    out = []
    for i in range(world.ticks):
        if any(i - length < j <= i for j in events):
            out.append(0)
        else:
            seen = i >= length and all(cover[u] == 1 for u in range(i - length, i + 1))
            out.append(1 if seen else None)
    return out


def local_instant(day, clock, zone):
    """UTC of a local time: the first if it repeats, the next valid instant if it does not exist."""
    hours, minutes = (int(part) for part in clock.split(":"))
    wall = datetime.combine(day, datetime.min.time()) + timedelta(hours=hours, minutes=minutes)
    info = ZoneInfo(zone)
    moment = wall.replace(tzinfo=info, fold=0).astimezone(UTC)
    if moment.astimezone(info).replace(tzinfo=None) == wall:
        return moment
    probe = moment - timedelta(hours=4)  # it falls into a gap: find where the clocks jump
    while probe.astimezone(info).replace(tzinfo=None) < wall:
        probe += timedelta(minutes=1)
    return probe


def windows(body, world):
    first = (EPOCH + timedelta(milliseconds=world.start)).date() - timedelta(days=3)
    found = []
    for offset in range(world.ticks * TICK // 86_400_000 + 7):
        day: date = first + timedelta(days=offset)
        if "days" in body and DAY_NAMES[day.weekday()] not in body["days"]:
            continue
        later = day + timedelta(days=body["from"] >= body["until"])
        begin = local_instant(day, body["from"], world.zone)
        end = local_instant(later, body["until"], world.zone)
        found.append(
            tuple(((m - EPOCH) // timedelta(milliseconds=1) - world.start) for m in (begin, end))
        )
    return found


def time_between(body, world):
    spans = windows(body, world)
    return [int(any(a <= i * TICK < b for a, b in spans)) for i in range(world.ticks)]


def none_between(body, world):
    inside = time_between(body, world)
    cover = covered(body["signal"].partition("@")[0], world)
    events = [j for j, _ in world.of(body["signal"])]
    out = []
    ended = None  # the last window that began and ended while we looked
    opened = None
    for i in range(world.ticks):
        if i > 0 and inside[i] and not inside[i - 1]:
            opened = i
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


def all_of(body, world):
    return [_all(column) for column in zip(*(answers(c, world) for c in body), strict=True)]


def _all(column):
    if 0 in column:
        return 0
    return None if None in column else max(column)


def any_of(body, world):
    return [_any(column) for column in zip(*(answers(c, world) for c in body), strict=True)]


def _any(column):
    true = [x for x in column if x]
    if true:
        return max(true)
    return None if None in column else 0


def negation(body, world):
    return [None if x is None else int(not x) for x in answers(body, world)]


def unless(body, world):
    condition = answers(body["condition"], world)
    exception = answers(body["exception"], world)
    return [0 if e else c for c, e in zip(condition, exception, strict=True)]


WORDS = {
    "latest": latest,
    "rise": rise,
    "above": above,
    "below": below,
    "between": between,
    "is": equal,
    "lasting": lasting,
    "none_for": none_for,
    "none_between": none_between,
    "time_between": time_between,
    "event": event,
    "all": all_of,
    "any": any_of,
    "not": negation,
    "unless": unless,
}


def episodes(when, clear):
    """(onset tick, end tick or None): held across unknown, a new occurrence begins a new one."""
    found = []
    begun = None
    told = 0
    for i, x in enumerate(when):
        if x:
            if begun is not None and x > told:
                found.append((begun, i))
                begun = None
            if begun is None and (x > told or x == 1):
                begun = i
            told = max(told, x)
            continue
        if begun is not None and (x == 0 if clear is None else clear[i]):
            found.append((begun, i))
            begun = None
        if x == 0 and begun is None:
            told = 0
    if begun is not None:
        found.append((begun, None))
    return found
