"""From columns to what a hub does: connect, publish, and go without a word.

`api/cli/perform.py` carries these out; whatever yields them does no I/O.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from devices.dialects import BY_NAME
from devices.dialects.dialect import Encode
from devices.errors import Refused
from devices.reading import Item
from devices.signals import from_counts
from simulators.columns import NAMES, SIGNALS, UNTIMED, Columns
from simulators.homes.home import Home
from simulators.homes.models import model
from simulators.numbering import counters

URGENT = frozenset({"sos", "fall"})
_ROOT = "homecare/v1"


@dataclass(frozen=True, slots=True)
class Connect:
    """The hub opens its connection; its last will says that it is offline."""

    hub: str
    at: int  # ms UTC of the site's clock


@dataclass(frozen=True, slots=True)
class Publish:
    """The hub publishes with QoS 1."""

    hub: str
    topic: str
    payload: bytes
    at: int
    retain: bool = False
    readings: int = 1  # how many are in the payload


@dataclass(frozen=True, slots=True)
class Drop:
    """The connection breaks; the broker publishes the last will."""

    hub: str
    at: int


Action: TypeAlias = Connect | Publish | Drop


def publishes(homes: Sequence[Home], columns: Columns) -> Iterator[Publish]:
    """One message for each group of rows that travel together, in the order of sending."""
    columns = columns.ordered()
    if not len(columns):
        return
    group = (columns.sent_at, columns.home, columns.device, columns.message)
    turns = np.zeros(len(columns) - 1, np.bool_)
    for column in group:
        turns |= column[1:] != column[:-1]
    starts = [0, *(np.flatnonzero(turns) + 1).tolist(), len(columns)]
    table = list(zip(*(getattr(columns, name).tolist() for name in NAMES), strict=True))
    for first, last in itertools.pairwise(starts):
        yield from _messages(homes, table[first:last])


def online(home: Home, at: int) -> Publish:
    """What a hub says on connecting: retained, so that whoever comes later sees it."""
    topic = f"{_ROOT}/{home.site}/{home.id}/hub/status"
    return Publish(home.hub, topic, b'{"online":true}', at, retain=True, readings=0)


def merged(
    homes: Sequence[Home],
    columns: Columns,
    start: int,
    end: int,
    offline: Iterable[tuple[str, int, int]] = (),
    *,
    opening: bool = True,
) -> list[Action]:
    """All actions in [start, end): messages, and connections broken where a hub is gone.

    offline: (hub, from, to); what stands in the columns for that time is not sent. opening: the
    hubs that are there connect first; without it they are taken to be connected already.
    """
    by_hub = {home.hub: home for home in homes}
    gone: dict[str, list[tuple[int, int]]] = {}
    for hub, begin, back in offline:
        if hub in by_hub and back >= start and begin < end:  # one that ends at `start` is back then
            gone.setdefault(hub, []).append((begin, back))
    actions: list[Action] = []
    if opening:
        for home in homes:
            if not any(begin <= start for begin, _ in gone.get(home.hub, ())):
                actions += [Connect(home.hub, start), online(home, start)]
    for hub, windows in gone.items():
        for begin, back in windows:
            if back > start and (begin > start or not opening):
                actions.append(Drop(hub, max(begin, start)))
            if back < end:
                actions += [Connect(hub, back), online(by_hub[hub], back)]
    for publish in publishes(homes, columns):
        if not any(begin <= publish.at < back for begin, back in gone.get(publish.hub, ())):
            actions.append(publish)
    actions.sort(key=lambda action: action.at)  # stable: connecting stays before publishing
    return actions


def _messages(homes: Sequence[Home], group: list[tuple[int, ...]]) -> Iterator[Publish]:
    """The payloads of one group: an SOS or a fall goes its own urgent way."""
    sent_at, _, home_index, device_index = group[0][:4]
    home = homes[home_index]
    device = home.devices[device_index]
    encode = _encoder(model(device.model, home.models).dialect)
    ordered = sorted(group, key=lambda row: row[1])
    items = [item_of(row[4], row[5], row[1]) for row in ordered]
    for channel, chosen in (
        ("urgent", [item for item in items if item.signal in URGENT]),
        ("reading", [item for item in items if item.signal not in URGENT]),
    ):
        if chosen:
            topic = f"{_ROOT}/{home.site}/{home.id}/{device.id}/{channel}"
            payload = encode(chosen, *counters(group[0][6]))
            yield Publish(home.hub, topic, payload, sent_at, readings=len(chosen))


def _encoder(dialect: str) -> Encode:
    encode = BY_NAME[dialect].encode
    if encode is None:
        raise Refused("simulate a device", dialect, "the dialect has no encoder", "Write one")
    return encode


def item_of(signal_index: int, x: int, at: int) -> Item:
    """What a device prints of a value: the number or word, its unit, its time unless UNTIMED."""
    signal = SIGNALS[signal_index]
    value = signal.word(x) or str(from_counts(signal, x))
    unit = None if signal.words or signal.unit == "1" else signal.unit
    when = None if at == UNTIMED else at
    return Item(0, signal.name, x, plausible=True, at=when, value=value, unit=unit)
