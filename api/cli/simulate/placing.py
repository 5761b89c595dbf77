"""What homes said, as intake would have placed it: columns for the series store.

Two ways to the same readings. `placed` settles millions of rows at once, for homes whose messages
all come once, whole and in time. `received` hands message after message to the dialects and to
`gateway.intake.placing`, for homes with faults. A test holds one against the other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

from devices.dialects import BY_NAME
from devices.dialects.head import SINCE_MS, peek
from devices.reading import Item, Quality, Reading
from gateway.series.past import MISSING, Day, Owner, Past, Word
from simulators.actions import URGENT, Publish, item_of
from simulators.columns import SIGNALS, UNTIMED, Columns, Ints, Mask, sorted_by
from simulators.homes.home import Home
from simulators.homes.models import model

if TYPE_CHECKING:
    from gateway.registry import Directory  # what makes calm days needs no database

_URGENT = np.array([signal.name in URGENT for signal in SIGNALS])
_LOW = np.array([signal.low_x for signal in SIGNALS])
_HIGH = np.array([signal.high_x for signal in SIGNALS])
_MS_BITS = 43  # of a time after 1970, beside the number of a device
_LARGEST_TABLE = 20_000_000  # of values, for numbering them without sorting
_LONG_AGO = 1 << 42

NOWHERE, REFUSED, PAUSED = 1, 2, 4  # why a row is no reading


@dataclass(frozen=True, slots=True)
class Places:
    """Who holds each device from when on, as arrays. A device's number: home x width + device."""

    width: int
    starts: Ints  # number << 43 | ms UTC, rising
    newest: Ints  # by number: its last position in `starts`
    owner: Ints  # position in `owners`, for each start
    refused: Ints  # NOWHERE, REFUSED, PAUSED: why nothing is kept from then on
    alarms: Mask  # … but calls for help are, in a pause
    owners: tuple[Owner, ...]
    data: Mask  # by home: its site's clock is told by ticks
    alarm: Mask  # by signal: a call for help
    ahead: int  # ms that a device's clock may be ahead of a data site's …
    oldest: int  # … and behind any
    dialect: tuple[tuple[str, ...], ...]  # by home and device


def places(homes: Sequence[Home], directory: "Directory") -> Places:
    """From the registry. A device that it does not know stands nowhere."""
    from gateway.intake.placing import DATA_AHEAD_MS, OLDEST_MS
    from gateway.registry.entries import ALARMS

    width = max(len(home.devices) for home in homes)
    known: dict[Owner, int] = {}
    rows: list[tuple[int, int, int, bool]] = []
    for number, home in enumerate(homes):
        for index, device in enumerate(home.devices):
            base = (number * width + index) << _MS_BITS
            rows.append((base, 0, NOWHERE, False))
            entry = directory.device(home.site, home.id, device.id)
            for start, held in entry.history if entry is not None else []:
                holding = held if held is None else held.of(None)
                if holding is None:
                    rows.append((base | max(start, 0), 0, NOWHERE, False))
                    continue
                owner = Owner(home.site, holding.home, device.id, holding.resident, holding.place)
                reason = 0 if holding.consent else REFUSED
                reason |= PAUSED if holding.paused else 0
                alarms = holding.paused and not holding.alarms_paused
                row = (base | max(start, 0), known.setdefault(owner, len(known)), reason, alarms)
                rows.append(row)
    table = np.array(rows, np.int64)
    numbers = np.arange(1, len(homes) * width + 1, dtype=np.int64)
    return Places(
        width,
        np.ascontiguousarray(table[:, 0]),
        np.maximum(np.searchsorted(table[:, 0], numbers << _MS_BITS) - 1, 0),
        np.ascontiguousarray(table[:, 1]),
        np.ascontiguousarray(table[:, 2]),
        table[:, 3] != 0,
        tuple(known),
        np.array([directory.sites[home.site].clock == "data" for home in homes], np.bool_),
        np.array([signal.name in ALARMS for signal in SIGNALS]),
        DATA_AHEAD_MS,
        OLDEST_MS,
        tuple(tuple(model(d.model, h.models).dialect for d in h.devices) for h in homes),
    )


def placed(told: Columns, where: Places, days: Sequence[Day]) -> tuple[Past, int]:
    """(readings, how many rows the registry lets nobody keep)."""
    order = sorted_by(
        (
            told.home,
            told.sent_at,
            told.device,
            told.message,
            1 - _URGENT[told.signal],
            np.maximum(told.at, told.sent_at - _LONG_AGO) - told.sent_at,
            told.signal,
            told.x,
        )
    )
    told = told.taken(order)
    message, index = _messages(told)
    at, quality = _when(told, where, message)
    outside = (told.x < _LOW[told.signal]) | (told.x > _HIGH[told.signal])
    quality |= np.where(outside, int(Quality.IMPLAUSIBLE), 0)
    held = _held(where, told.home * where.width + told.device, at)
    reason = where.refused[held]
    kept = (reason & (NOWHERE | REFUSED) == 0) & (
        (reason & PAUSED == 0) | (where.alarms[held] & where.alarm[told.signal])
    )
    word, words = _words(told, where)
    past = Past(
        message=message,
        index=index,
        owner=where.owner[held],
        word=word,
        x=told.x,
        at=at,
        measured_at=np.where(told.at == UNTIMED, MISSING, told.at),
        received_at=told.sent_at,
        quality=quality,
        owners=where.owners,
        words=words,
        days=days,
    )
    lost = len(told) - int(np.count_nonzero(kept))
    return (past.where(kept) if lost else past), lost


def _messages(told: Columns) -> tuple[Ints, Ints]:
    """The number of each row's message, and its place in it."""
    turns = np.ones(len(told), np.bool_)
    group = (told.home, told.sent_at, told.device, told.message, _URGENT[told.signal])
    if len(told):
        turns[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in group])
    message = np.cumsum(turns) - 1
    starts = np.flatnonzero(turns)
    return message, np.arange(len(told), dtype=np.int64) - starts[message]


def _when(told: Columns, where: Places, message: Ints) -> tuple[Ints, Ints]:
    """The time that rules use, and what is doubtful about the device's own: as intake says."""
    sent, data = told.sent_at, where.data[told.home]
    latest = sent + np.where(data, where.ahead, 0)
    untimed, future = told.at == UNTIMED, told.at > latest
    skewed = ~untimed & (told.at < sent - where.oldest)
    doubt = np.where(future, int(Quality.FUTURE), np.where(skewed, int(Quality.SKEWED), 0))
    if untimed.any():
        timed = np.zeros(int(message[-1]) + 1, np.bool_)
        timed[message[told.at >= SINCE_MS]] = True  # such a message is known when it comes again
        repeated = np.where(timed[message], 0, int(Quality.REPEATED))
        doubt = np.where(untimed, int(Quality.UNTIMED) | repeated, doubt)
    return np.where(doubt == 0, told.at, sent + data), doubt


def _held(where: Places, device: Ints, at: Ints) -> Ints:
    """Positions in `where.starts` of what holds at each time."""
    code = device << _MS_BITS | at
    newest = where.newest[device]
    if (code >= where.starts[newest]).all():  # nearly always: nothing was changed since
        return newest
    found: Ints = np.searchsorted(where.starts, code, "right") - 1
    return found


def _words(told: Columns, where: Places) -> tuple[Ints, list[Word]]:
    """For each row the number of what was sent, and what these are."""
    names = sorted({one for home in where.dialect for one in home})
    dialects = np.array(
        [
            [names.index(one) for one in (*home, *[names[0]] * (where.width - len(home)))]
            for home in where.dialect
        ]
    )
    if not len(told):
        return np.empty(0, np.int64), []
    kind = dialects[told.home, told.device] * len(SIGNALS) + told.signal
    low = int(told.x.min())
    span = int(told.x.max()) - low + 1
    codes, word = _numbered(kind * span + (told.x - low), len(names) * len(SIGNALS) * span)
    return word, [
        _word(names[code // span // len(SIGNALS)], code // span % len(SIGNALS), code % span + low)
        for code in codes.tolist()
    ]


def _numbered(codes: Ints, size: int) -> tuple[Ints, Ints]:
    """(each code once, for each row its number), as np.unique, without sorting where it can be."""
    if size > _LARGEST_TABLE:
        known, number = np.unique(codes, return_inverse=True)
        return known, number.astype(np.int64)
    seen = np.zeros(size, np.bool_)
    seen[codes] = True
    known = np.flatnonzero(seen)
    place = np.zeros(size, np.int32)
    place[known] = np.arange(len(known), dtype=np.int32)
    return known, place[codes].astype(np.int64)


@lru_cache(maxsize=200_000)
def _word(dialect: str, signal: int, x: int) -> Word:
    """What intake reads of what the device prints for a value."""
    spoken = BY_NAME[dialect]
    assert spoken.encode is not None
    item: Item = item_of(signal, x, 1_700_000_000_000)
    (read,) = spoken.decode(spoken.encode([item])).items
    assert (read.signal, read.x) == (item.signal, x)
    return Word(read.signal, read.value, read.unit)


def received(
    said: Iterable[Publish], directory: "Directory", days: Sequence[Day]
) -> tuple[Past, int]:
    """The same of messages as they come; those that come again are known and dropped."""
    from gateway.intake.placing import place
    from gateway.intake.rows import Flag, Row

    seen: set[bytes] = set()
    readings: list[Reading] = []
    lost = 0
    for number, one in enumerate(said):
        flags = int(Flag.URGENT) if one.topic.endswith("/urgent") else 0
        if peek(one.payload).identified:
            digest = blake2b(one.topic.encode() + b"\0" + one.payload, digest_size=16).digest()
            if digest in seen:
                continue
            seen.add(digest)
        else:
            flags |= int(Flag.REPEATED)
        row = Row(number, one.topic, one.payload, one.at, one.at, flags)
        found = place(row, directory)
        readings += found.readings
        lost += one.readings - len(found.readings)
    return _as_past(readings, days), lost


def _as_past(readings: Sequence[Reading], days: Sequence[Day]) -> Past:
    owners: dict[Owner, int] = {}
    words: dict[Word, int] = {}

    def ints(values: Iterable[int]) -> Ints:
        return np.fromiter(values, np.int64, len(readings))

    return Past(
        message=ints(r.offset for r in readings),
        index=ints(r.index for r in readings),
        owner=ints(
            owners.setdefault(Owner(r.site, r.home, r.device, r.resident, r.place), len(owners))
            for r in readings
        ),
        word=ints(words.setdefault(Word(r.signal, r.value, r.unit), len(words)) for r in readings),
        x=ints(r.x for r in readings),
        at=ints(r.at for r in readings),
        measured_at=ints(MISSING if r.measured_at is None else r.measured_at for r in readings),
        received_at=ints(r.received_at for r in readings),
        quality=ints(r.quality for r in readings),
        owners=tuple(owners),
        words=tuple(words),
        days=days,
    )
