"""Definition of the newest value of a signal, on which others rest."""

from tests.properties.oracle.world import number_of, ticks_of

SCALES = {"spo2": 1, "systolic": 1, "pulse": 1, "body_weight": 10, "steps": 1}


def latest(body, world):
    age = ticks_of(body["max_age"])
    points = world.of(body["signal"])
    if "valid" in body:
        low, high = (
            number_of(body["valid"][end], SCALES[body["signal"]]) for end in ("low", "high")
        )
        points = [p for p in points if low <= p[1] <= high]
    out = []
    for i in range(world.ticks):
        past = [p for p in points if p[0] <= i]
        out.append(past[-1][1] if past and i < past[-1][0] + age else None)
    return out


NUMBERS = {"latest": latest}
