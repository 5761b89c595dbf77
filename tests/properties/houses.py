"""Random homes: several sensors in a room, devices that move or are taken away, and a pause.

Rows are what a gateway would have kept of them: those whose device stood somewhere then, of people
who had agreed and were not away.
"""

from devices.reading import Reading
from gateway.watch.history import Seen
from tests.building import a_device, a_home, a_resident, a_site, directory_of

SITE, HOME, WHO = "donegal", "home-1", "resident:anna"
START = 1_762_214_400_000  # a midnight in Dublin
MINUTE, HOUR = 60_000, 3_600_000
HOURS = 72
ROOMS = ("hall", "kitchen", "bathroom")
DOORS = ("outer", "fridge")


def some_time(r):
    return START + r.randrange(1, HOURS * 60) * MINUTE


def placed(r, name, places, signal, **more):
    """A device that may move, or be taken away."""
    moves = sorted({some_time(r) for _ in range(r.choice([0, 0, 1, 2]))})
    until = some_time(r) if r.random() < 0.2 else None
    if until is not None:
        moves = [at for at in moves if at < until]
    return a_device(
        name,
        place=r.choice(places),
        moves=[(at, r.choice(places)) for at in moves],
        until=until,
        signals=(signal,),
        interval_ms=r.choice([None, 30 * MINUTE, 2 * HOUR]),
        **more,
    )


def a_house(r):
    """As a directory."""
    devices = [placed(r, f"motion-{n}", ROOMS, "motion") for n in range(r.randint(1, 4))]
    devices += [placed(r, f"door-{n}", DOORS, "door") for n in range(r.randint(1, 4))]
    devices += [placed(r, "bed-own", ("bedroom",), "bed", owner="anna")]
    devices += [placed(r, "bed-spare", ("bedroom", "lounge"), "bed")]
    began = some_time(r)
    away = [(began, began + r.randrange(1, 12) * HOUR, False)] if r.random() < 0.4 else []
    anna = a_resident("anna", pauses=away)
    return directory_of(a_site(SITE, homes=[a_home(HOME, residents=[anna], devices=devices)]))


def rows(r, directory):
    """Readings in the order of the journal, which is that of time."""
    found = []
    for device in directory.devices(SITE):
        rate = r.choice([0.02, 0.1, 0.5])
        quiet = sorted(r.randrange(HOURS * 4) for _ in range(2))
        for tick in range(1, HOURS * 4):
            if quiet[0] <= tick < quiet[1] or r.random() >= rate:
                continue
            at = START + tick * 15 * MINUTE + r.choice([0, 0, r.randrange(15 * MINUTE)])
            signal = device.signals[0]
            if signal == "motion" and r.random() < 0.6:
                signal = "battery"
            x = {"motion": 1, "battery": 80}.get(signal, r.randint(0, 1))
            holding = device.holding(at)
            if holding is not None and holding.consent and not holding.silences(signal):
                found.append((at, r.random(), device, holding, signal, x))
    found.sort(key=lambda one: one[:2])
    return [
        Reading(
            n, 0, SITE, HOME, device.device, holding.resident, holding.place, signal, x, at, at, at,
            0, "", None,
        )
        for n, (at, _, device, holding, signal, x) in enumerate(found, 1)
    ]  # fmt: skip


def seen(readings):
    """The same as a replay reads them."""
    return sorted(Seen.of(one) for one in readings)


def length(r, low=1, high=12):
    return f"{r.randint(low, high) * 30} min"


def room(r):
    return r.choice(["motion", *(f"motion@{one}" for one in ROOMS)])


def condition(r, depth=2):
    """Of places: absences, doors and beds, joined."""
    if depth and r.random() < 0.5:
        word = r.choice(["all", "any", "lasting", "not"])
        if word == "lasting":
            return {word: {"condition": condition(r, depth - 1), "for": length(r, 1, 4)}}
        if word == "not":
            return {word: r.choice([state, silence])(r)}
        return {word: [condition(r, depth - 1) for _ in range(2)]}
    return r.choice([state, state, silence, silence, window, moves, many, unanswered])(r)


def state(r):
    place = r.choice(["", *(f"@{one}" for one in DOORS)])
    bed = {"signal": "bed", "state": r.choice(["empty", "occupied"])}
    door = {"signal": f"door{place}", "state": r.choice(["open", "closed"])}
    return {"is": r.choice([bed, door, door]) | {"max_age": length(r, 4, 40)}}


def silence(r):
    return {"none_for": {"signal": room(r), "for": length(r)}}


def window(r):
    start = r.randrange(0, 20)
    hours = {"from": f"{start:02}:00", "until": f"{start + r.randint(1, 3):02}:00"}
    return {"none_between": {"signal": room(r), **hours}}


def moves(r):
    value = {"signal": "motion", "places": r.sample(ROOMS, 2), "within": length(r, 4, 20)}
    return {"above": {"value": {"transitions": value}, "limit": str(r.randint(0, 2))}}


def many(r):
    value = {"count": {"signal": room(r), "within": length(r, 2, 20)}}
    return {"below": {"value": value, "limit": str(r.randint(1, 3))}}


def unanswered(r):
    body = {"first": state(r), "signal": room(r), "within": length(r, 1, 4)}
    return {"then_no": body}
