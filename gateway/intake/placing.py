"""Whose is it, and when: from a journal row to readings and dead letters. Pure.

Which quality and which time a reading gets is decided here and nowhere else:

| device time                        | rules use            | quality                        |
|------------------------------------|----------------------|--------------------------------|
| none                               | the time of receipt  | untimed (backlog after a gap)  |
| up to the time of receipt          | the device's         | ok                             |
| ahead of it                        | the time of receipt  | future (over 5 min: told)      |
| more than a year before it (1970)  | the time of receipt  | skewed                         |

On a data site the clock is its last tick, and its driver publishes what lies before the next one:
a reading may be up to two days ahead of the tick, and without a time of its own it stands one
millisecond after it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from devices.dialects import BY_NAME
from devices.reading import Item, Quality, Reading
from devices.signals import CATALOGUE, Kind
from gateway.intake import topics
from gateway.intake.batch import tick_time
from gateway.intake.rows import Flag, Row
from gateway.registry import DeviceEntry, Directory, Holding

DAY_MS = 86_400_000
TOLD_AHEAD_MS = 5 * 60_000
DATA_AHEAD_MS = 2 * DAY_MS
OLDEST_MS = 366 * DAY_MS
OURS = frozenset(name for name, signal in CATALOGUE.items() if signal.by_gateway)
CALLS = frozenset({"sos", "fall"})  # somebody calls for help

_RETAINED, _REPEATED, _BACKLOG = int(Flag.RETAINED), int(Flag.REPEATED), int(Flag.BACKLOG)
_URGENT, _CLASH, _OVERSIZED = int(Flag.URGENT), int(Flag.CLASH), int(Flag.OVERSIZED)
_IMPLAUSIBLE = int(Quality.IMPLAUSIBLE)
_WITHHELD, _UNSURE, _REPLAY = int(Flag.WITHHELD), int(Flag.UNSURE), int(Flag.REPLAY)


@dataclass(frozen=True, slots=True)
class Dead:
    """One part of a message (index None: all of it) that is no reading, and why."""

    index: int | None
    code: str  # short stable word
    reason: str  # a sentence that names the object and what to do; never a value


class Placed(msgspec.Struct):
    """All that one row holds."""

    readings: list[Reading] = []
    dead: list[Dead] = []
    device: DeviceEntry | None = None  # whose topic it is
    heard: DeviceEntry | None = None  # the same, if the device itself speaks now: proof of life
    status: Mapping[str, Any] | None = None  # of a `status` message: online, battery
    tick: tuple[str, int] | None = None  # a data site's clock stands at (site, ms)
    refused_for_consent: int = 0  # values of which nothing may be kept: see Journal.redact
    refused_for_pause: int = 0
    refused_call: bool = False  # among them an SOS or a fall: somebody should look
    clash: bool = False  # (boot, seq) was seen before with other bytes: the counter began anew
    future: bool = False  # the device's clock is more than 5 min ahead
    unknown_keys: int = 0
    sequence: tuple[int, int] | None = None  # boot, seq


class _Moment(NamedTuple):
    """The time of receipt, by the site's clock."""

    received_at: int  # what a reading says
    now: int  # what stands in for a missing or impossible device time
    latest: int  # beyond it a device time is in the future
    oldest: int


def place(row: Row, directory: Directory) -> Placed:
    """Settle a row by what the registry says of the time of measuring. Never raises."""
    topic = topics.parse(row.topic)
    if topic is None:
        return _no_device(row, directory)
    entry = directory.device(topic.site, topic.home, topic.device)
    if entry is None:
        return Placed(dead=[_stranger(topic, directory)])
    placed = Placed(device=entry, clash=row.flags & _CLASH != 0)
    if not row.flags & (_RETAINED | _REPLAY | _BACKLOG):
        placed.heard = entry
    if row.flags & (_OVERSIZED | _WITHHELD):
        _without_payload(row, placed)
    elif topic.channel == "status":
        _status(row, placed)
    else:
        _readings(row, topic, entry, directory, placed)
    return placed


def _no_device(row: Row, directory: Directory) -> Placed:
    site = topics.tick_site(row.topic)
    if site is None:
        reason = "the topic is not homecare/v1/{site}/{home}/{device}/reading, urgent or status"
        return Placed(dead=[Dead(None, "topic", f"{reason}; ids are a-z, 0-9 and -")])
    known = directory.sites.get(site)
    at = tick_time(row.payload)
    if known is None:
        dead = Dead(None, "unknown-site", f"no site {site!r} is registered")
    elif known.clock != "data":
        dead = Dead(None, "tick", f"site {site!r} keeps wall time: nobody may move its clock")
    elif at is None or row.flags & (_RETAINED | _REPLAY):
        dead = Dead(None, "tick", 'a tick is {"signal":"tick","time":ms}, not retained')
    else:
        return Placed(tick=(site, at))
    return Placed(dead=[dead])


def _stranger(topic: topics.Topic, directory: Directory) -> Dead:
    if topic.site not in directory.sites:
        return Dead(None, "unknown-site", f"no site {topic.site!r} is registered")
    if directory.home(topic.site, topic.home) is None:
        what = f"no home {topic.home!r} is registered in {topic.site!r}"
        return Dead(None, "unknown-home", f"{what}; import it, then replay")
    what = f"no device {topic.device!r} is registered in home {topic.home!r}"
    return Dead(None, "unknown-device", f"{what}; import it, then replay")


def _without_payload(row: Row, placed: Placed) -> None:
    if row.flags & _WITHHELD:
        placed.refused_for_consent = 1
        placed.refused_call = row.flags & _URGENT != 0
    else:
        reason = "the message is longer than journal.payload_limit; only its head was kept"
        placed.dead.append(Dead(None, "oversized", reason))


class _Status(msgspec.Struct, gc=False):
    online: bool
    battery: float | None = None


_STATUS = msgspec.json.Decoder(_Status)
_WORDS = {b"online": True, b"offline": False}


def _status(row: Row, placed: Placed) -> None:
    """`online` or `offline`, bare or as {"online": true, "battery": 80}; offline is a last will."""
    word = _WORDS.get(row.payload.strip())
    if word is not None:
        placed.status = {"online": word}
    else:
        try:
            status = _STATUS.decode(row.payload)
        except (ValueError, RecursionError):
            reason = 'a status is online, offline, or {"online": true, "battery": 80}'
            placed.dead.append(Dead(None, "status", reason))
            return
        placed.status = {"online": status.online, "battery": status.battery}
    if not placed.status["online"]:
        placed.heard = None  # the broker says it for the device


def _readings(
    row: Row, topic: topics.Topic, entry: DeviceEntry, directory: Directory, placed: Placed
) -> None:
    dialect = BY_NAME.get(entry.dialect)
    if dialect is None:
        reason = f"the registry's dialect {entry.dialect!r} is none of {', '.join(BY_NAME)}"
        placed.dead.append(Dead(None, "dialect", reason))
        return
    decoded = dialect.decode(row.payload)
    placed.unknown_keys = decoded.unknown_keys
    if decoded.boot is not None and decoded.seq is not None:
        placed.sequence = (decoded.boot, decoded.seq)
    moment = _moment(row, directory.sites[topic.site].clock == "data")
    part = row.part
    for refusal in decoded.refusals:
        if part is None or refusal.index in (part, None):
            placed.dead.append(Dead(refusal.index, refusal.code, refusal.reason))
    for item in decoded.items:
        if part is None or item.index == part:
            _item(row, entry, item, moment, placed)


def _moment(row: Row, data: bool) -> _Moment:
    received_at, ahead, after = row.received_at, 0, 0
    if data and row.site_at is not None:
        received_at, ahead, after = row.site_at, DATA_AHEAD_MS, 1
    elif data:
        # Before its first tick a data site has no clock: whatever time a device tells is its own.
        return _Moment(received_at, received_at, received_at + DATA_AHEAD_MS, 0)
    if row.first_received_at is not None:
        received_at = row.first_received_at  # a dead letter was received when it first came
    return _Moment(received_at, received_at + after, received_at + ahead, received_at - OLDEST_MS)


def _item(row: Row, entry: DeviceEntry, item: Item, moment: _Moment, placed: Placed) -> None:
    signal, at = item.signal, item.at
    if signal in OURS:
        reason = f"{signal!r} is the gateway's own signal: no device sends it"
        placed.dead.append(Dead(item.index, "unknown-signal", reason))
        return
    quality = 0 if item.plausible else _IMPLAUSIBLE
    if at is None or not moment.oldest <= at <= moment.latest:
        at, doubt = _when(item, moment, placed)
        quality |= doubt
    holding = entry.holding(at)
    if holding is not None and holding.slots is not None:
        holding = holding.of(item.slot)
    if holding is None:
        what = f"device {entry.device!r} stood nowhere at the time of measuring"
        placed.dead.append(
            Dead(item.index, "not-placed", f"{what}; mend the registry's placement, then replay")
        )
        return
    if (holding.paused or not holding.consent) and _refused(item, holding, placed):
        return
    flags = row.flags
    if flags:
        if flags & _RETAINED:
            if CATALOGUE[signal].kind is Kind.EVENT or flags & _URGENT:
                reason = f"a retained message is state, and {signal!r} is an event"
                placed.dead.append(Dead(item.index, "retained", f"{reason}; publish unretained"))
                return
            quality |= int(Quality.RETAINED)
        quality |= _doubts(flags, item)
    placed.readings.append(
        Reading(
            row.offset,
            item.index,
            entry.site,
            holding.home,
            entry.device,
            holding.resident,
            holding.place,
            signal,
            item.x,
            at,
            item.at,
            moment.received_at,
            quality,
            item.value,
            item.unit,
        )
    )


def _when(item: Item, moment: _Moment, placed: Placed) -> tuple[int, int]:
    """The time that rules use, and what is doubtful about the device's own."""
    at = item.at
    if at is None:
        return moment.now + min(item.after_receipt, 0), int(Quality.UNTIMED)
    if at > moment.latest:
        placed.future = placed.future or at > moment.latest + TOLD_AHEAD_MS
        return moment.now, int(Quality.FUTURE)
    if at < moment.oldest:
        return moment.now, int(Quality.SKEWED)
    return at, 0


def _refused(item: Item, holding: Holding, placed: Placed) -> bool:
    if not holding.consent:
        placed.refused_for_consent += 1
    elif holding.silences(item.signal):
        placed.refused_for_pause += 1
    else:
        return False
    placed.refused_call = placed.refused_call or item.signal in CALLS
    return True


def _doubts(flags: int, item: Item) -> int:
    """What the row's flags mean for one of its values."""
    doubts = 0
    if flags & _UNSURE:
        doubts |= Quality.SKEWED
    if item.at is None:
        if flags & _REPEATED:
            doubts |= Quality.REPEATED
        # A call for help that waited through our gap is still a call for help.
        if flags & _BACKLOG and not flags & _URGENT and item.signal not in CALLS:
            doubts |= Quality.BACKLOG
    return int(doubts)
