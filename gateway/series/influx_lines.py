"""Readings as InfluxDB's line protocol, so that writing one again overwrites itself and no other.

InfluxDB keeps one point for each set of tags and nanosecond. A reading's point is

    reading,<site, home, device, signal, resident, place, quality> x=…,offset=…,index=… <ns>

with ns = at in milliseconds, and in its six spare digits the journal offset modulo a million. That
tells apart all readings that arrive within a minute of their time (a million messages do not arrive
in one minute). One that arrives later carries the rest of its offset as the tag `late`, and one of
several of a message that agree in all tags and time carries its index as the tag `item`. Tags that
say nothing are left out, but for the resident: where a reading is the home's own it is `_`, which
is no id, because the delete of InfluxDB 2 cannot ask for a tag that is not there.

x is the count of the signal's resolution as a float, exact to 2^53, because VictoriaMetrics knows
no other number; names, units and original texts stay in the journal.
"""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from devices.reading import Reading

MEASUREMENT = "reading"
NOBODY = "_"  # the resident of what belongs to a home
SPARE = 1_000_000  # nanoseconds in a millisecond
PROMPT_MS = 60_000
LAST_MS = 9_223_372_036_853  # of the years that int64 nanoseconds hold (2262)

_ESCAPES = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ ", "\n": r"\ ", "\r": r"\ "})


def lines(readings: Sequence[Reading]) -> list[bytes]:
    """One line for each reading, in order."""
    twins = _twins(readings)
    made = []
    for index, r in enumerate(readings):
        tags = _tags(r.site, r.home, r.device, r.signal, r.resident, r.place, int(r.quality))
        if not 0 <= r.received_at - r.at < PROMPT_MS:
            tags += f",late={r.offset // SPARE}"
        if index in twins:
            tags += f",item={r.index}"
        ns = min(max(r.at, 0), LAST_MS) * SPARE + r.offset % SPARE
        made.append(f"{tags} x={r.x},offset={r.offset},index={r.index} {ns}".encode())
    return made


def _twins(readings: Sequence[Reading]) -> set[int]:
    """Positions of readings of one message that only their index tells apart."""
    several = Counter(r.offset for r in readings)
    if len(several) == len(readings):
        return set()
    seen: dict[tuple[object, ...], list[int]] = {}
    for position, r in enumerate(readings):
        if several[r.offset] > 1:
            key = (r.offset, r.signal, r.at, r.resident, int(r.quality))
            seen.setdefault(key, []).append(position)
    return {position for same in seen.values() if len(same) > 1 for position in same}


@lru_cache(maxsize=65_536)
def _tags(
    site: str,
    home: str,
    device: str,
    signal: str,
    resident: str | None,
    place: str | None,
    quality: int,
) -> str:
    """Measurement and tags in the order of their names, as InfluxDB likes them."""
    tags = {
        "device": device,
        "home": home,
        "place": place,
        "quality": str(quality) if quality else None,
        "resident": resident or NOBODY,
        "signal": signal,
        "site": site,
    }
    return MEASUREMENT + "".join(
        f",{name}={value.translate(_ESCAPES)}" for name, value in tags.items() if value
    )
