"""Time as one wants it: a recording moved to another date, or drawn together."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from devices.dialects import BY_NAME
from devices.errors import Refused
from simulators.columns import UNTIMED, Columns, Ints
from simulators.recorded.recording import Recording, Said

LATEST = 253_402_300_799_999  # 9999-12-31T23:59:59.999Z
DAY_MS = 86_400_000
MOST = 100_000  # times as dense


def warped(recording: Recording, shift_ms: int = 0, squeeze: float = 1.0) -> Recording:
    """Every time moved by `shift_ms` and drawn `squeeze` times together towards the beginning.

    A recording that is drawn together has other gaps and other hours of the day: what rules say of
    it is no longer what they would have said. It is for looking and for load.
    Raises Refused where a time would leave the calendar.
    """
    if not 0 < squeeze <= MOST:
        raise Refused(
            "warp time", f"{squeeze:g} times", "no such density", f"Above 0, at most {MOST}"
        )
    old = recording.start
    first, last = old + shift_ms, old + shift_ms + int((recording.end - old) / squeeze) + 1
    if first < 0 or last > LATEST:
        where = "before 1970" if first < 0 else "after the year 9999"
        raise Refused("warp time", "the recording", f"it would lie {where}", "Shift it by less")
    if not shift_ms and squeeze == 1.0:
        return recording

    def moved(at: int) -> int:
        return old + shift_ms + int((at - old) / squeeze)

    return replace(
        recording,
        columns=_columns(recording.columns, old, shift_ms, squeeze),
        labels=tuple(replace(one, at=moved(one.at)) for one in recording.labels),
        start=moved(old),
        end=moved(recording.end) if squeeze == 1.0 else last,
        messages=tuple(_said(one, moved(one.publish.at)) for one in recording.messages),
        wanted=tuple(
            replace(one, start=moved(one.start), end=moved(one.end)) for one in recording.wanted
        ),
        day_zero=None if recording.day_zero is None else moved(recording.day_zero),
        offline=tuple((hub, moved(a), moved(b)) for hub, a, b in recording.offline),
    )


def days_to(recording: Recording, now: int) -> int:
    """Milliseconds of whole days that bring its first date to that of `now` (ms UTC) in its zone:
    hours of the day stay what they were, but for a change of clocks in between.
    """
    zone = ZoneInfo(recording.sites[0].zone if recording.sites else "UTC")
    first, today = (datetime.fromtimestamp(at / 1000, zone).date() for at in (recording.start, now))
    return (today - first).days * DAY_MS


def _columns(columns: Columns, start: int, shift_ms: int, squeeze: float) -> Columns:
    def moved(at: Ints) -> Ints:
        if squeeze == 1.0:
            return at + shift_ms
        drawn: Ints = start + shift_ms + ((at - start) / squeeze).astype(np.int64)
        return drawn

    timed = columns.at != UNTIMED
    at = np.where(timed, moved(np.where(timed, columns.at, start)), UNTIMED)
    return columns.altered(sent_at=moved(columns.sent_at), at=at).ordered()


def _said(one: Said, at: int) -> Said:
    """The message at its new time; times in it keep their distance from it."""
    by = at - one.publish.at
    payload = one.publish.payload
    spoken = BY_NAME.get(one.dialect or "")
    if spoken is not None and spoken.encode is not None:
        decoded = spoken.decode(payload)
        items = [
            item if item.at is None else msgspec.structs.replace(item, at=item.at + by)
            for item in decoded.items
        ]
        payload = spoken.encode(items, decoded.boot, decoded.seq)
    return replace(one, publish=replace(one.publish, at=at, payload=payload))
