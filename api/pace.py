"""How fast a simulation goes, as people say it."""

from devices.errors import Refused, Spoken

FASTEST = 100_000.0
AS_FAST_AS_IT_GOES = 0.0


def speed_of(text: str) -> float:
    """`60`, `0.5` or `max`. Raises Refused for zero, less, and what is no number."""
    if text.strip() == "max":
        return AS_FAST_AS_IT_GOES
    try:
        speed = float(text.replace(",", "."))
    except ValueError:
        speed = -1.0
    if not 0 < speed <= FASTEST:
        raise Refused(
            "change the speed",
            f"speed {text.strip()[:20] or '(nothing)'}",
            Spoken("that is too fast")
            if speed > FASTEST
            else Spoken("a speed is a number above zero"),
            Spoken("Give a number up to {fastest}, 1 for real time, or max", fastest=int(FASTEST)),
        )
    return speed
