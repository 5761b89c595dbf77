"""A capture as homes and columns: what was heard of each device, with the time it was heard at.

`boot` and `seq` travel with the message. What columns have no room for (a status, a user slot) is
played as it was said. A leftover reading from before the capture is left out: it was state, and
would now be news. Where the capture knows no registry, places are not known and what measures a
body is the first person's.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from devices.dialects import BY_NAME, DIALECTS
from devices.errors import Refused
from devices.reading import Decoded
from devices.signals import CATALOGUE
from simulators.actions import Publish
from simulators.columns import SIGNAL_INDEX, UNTIMED, Columns, Ints, none
from simulators.homes import house
from simulators.homes.home import Device, Home, Person
from simulators.homes.models import Model
from simulators.numbering import MOST_BOOT, MOST_SEQ, counted
from simulators.people.persona import persona
from simulators.recorded.capture import Capture, Message, Source
from simulators.recorded.recording import Recording, Said, site_facts

ASK = "replay a capture"
UNPLACED = "unplaced"
MINUTE_MS = 60_000
_ROOT = ("homecare", "v1")
_CHANNELS = {"reading", "urgent", "status"}
Row = tuple[int, int, int, int, int, int, int]  # as Columns has them

Address = tuple[str, str, str]  # site, home, device


@dataclass
class _Heard:
    """What is found out of one device."""

    source: Source
    signals: set[str] = field(default_factory=set)


@dataclass
class _Sorted:
    """What a capture's messages are: readings, words of a device's state, or left out."""

    devices: dict[Address, _Heard]
    readings: list[tuple[Address, Message, Decoded]] = field(default_factory=list)
    states: list[tuple[Address, Message]] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)

    def add(self, message: Message, file: str) -> None:
        address, channel = _address(message.topic)
        if address is None or message.payload is None:
            self.dropped["not of this gateway's topics, or not kept in the capture"] += 1
        elif channel == "status":
            self.states.append((address, message))
            self._of(address)
        elif message.retained:
            self.dropped["leftover readings"] += 1
        else:
            heard = self._of(address)
            decoded = _decoded(heard.source, message.payload, file)
            self.dropped.update(["unreadable"] * len(decoded.refusals))
            heard.signals |= {item.signal for item in decoded.items}
            self.readings.append((address, message, decoded))

    def _of(self, address: Address) -> _Heard:
        return self.devices.setdefault(address, _Heard(Source(*address, DIALECTS[0].name)))


def from_capture(capture: Capture, file: str, zone: str | None = None) -> Recording:
    """All of it. zone: of its sites, where the capture does not know it. Raises Refused."""
    told = _Sorted({(one.site, one.home, one.device): _Heard(one) for one in capture.sources})
    for message in _on_site_clocks(capture):
        told.add(message, file)
    if not told.readings and not told.states:
        raise Refused(ASK, file, "there is nothing in it to play", "Record for longer")
    zones = _zones(told.devices, capture.header, zone)
    homes = _homes(told.devices, zones, registered=bool(capture.header.get("zones")))
    where = {
        (home.site, home.id, device.id): (number, index)
        for number, home in enumerate(homes)
        for index, device in enumerate(home.devices)
    }
    rows, said = _rows(told.readings, where, homes)
    said += [_status(message, homes[where[address][0]]) for address, message in told.states]
    times = [one.at for _, one, _ in told.readings] + [one.at for _, one in told.states]
    return Recording(
        homes,
        _columns(rows),
        (),
        dict(told.dropped),
        max(0, min(times) // MINUTE_MS * MINUTE_MS - MINUTE_MS),  # the first was measured before
        max(times) + 1,
        tuple(
            site_facts(site, f"Recorded, {site}", zones[site])
            for site in sorted({home.site for home in homes})
        ),
        tuple(sorted(said, key=lambda one: one.publish.at)),
    )


def _on_site_clocks(capture: Capture) -> Iterator[Message]:
    """Messages at the time that their site's clock showed when they came."""
    clocks: dict[str, tuple[Ints, Ints]] = {}
    for site in {one.site for one in capture.ticks}:
        own = [one for one in capture.ticks if one.site == site]
        at, shown = (np.array([getattr(o, k) for o in own], np.int64) for k in ("at", "clock"))
        clocks[site] = at, np.maximum.accumulate(shown)
    for message in capture.messages:
        address, _ = _address(message.topic)
        ticked = None if address is None else clocks.get(address[0])
        if ticked is None:
            yield message
        else:
            yield replace(message, at=int(np.interp(message.at, *ticked)))


def _address(topic: str) -> tuple[Address | None, str]:
    parts = topic.split("/")
    if tuple(parts[:2]) != _ROOT or len(parts) != 6 or parts[5] not in _CHANNELS:
        return None, ""
    return (parts[2], parts[3], parts[4]), parts[5]


def _decoded(source: Source, payload: bytes, file: str) -> Decoded:
    dialect = BY_NAME.get(source.dialect)
    if dialect is None or dialect.encode is None:
        name = f"{source.site}/{source.home}/{source.device}"
        known = ", ".join(one.name for one in DIALECTS if one.encode is not None)
        problem = f"no dialect {source.dialect!r}"
        raise Refused(ASK, f"{file}, device {name}", problem, f"Known: {known}")
    return dialect.decode(payload)


def _zones(
    devices: Iterable[Address], header: Mapping[str, object], given: str | None
) -> Mapping[str, str]:
    """By site: what was given, what the capture knows, or UTC."""
    known = header.get("zones")
    known = known if isinstance(known, dict) else {}
    return {site: given or str(known.get(site, "UTC")) for site, _, _ in devices}


def _homes(
    devices: Mapping[Address, _Heard], zones: Mapping[str, str], *, registered: bool
) -> tuple[Home, ...]:
    by_home: dict[tuple[str, str], list[tuple[str, _Heard]]] = {}
    for (site, home, device), heard in sorted(devices.items()):
        by_home.setdefault((site, home), []).append((device, heard))
    made = []
    for number, ((site, home), those) in enumerate(by_home.items(), 1):
        models = _models(heard for _, heard in those)
        placed = [(name, heard, _owner(heard, registered=registered)) for name, heard in those]
        most = max((owner or 0 for _, _, owner in placed), default=0)
        people = tuple(
            Person(f"{home}-{chr(ord('a') + i)}", f"Person {number}.{i + 1}", 1940, "en", _ANYBODY)
            for i in range(min(most, 25) + 1)
        )
        built = tuple(
            Device(name, models[_kind(heard)].name, heard.source.place or UNPLACED, owner)
            for name, heard, owner in placed
        )
        facts = (site, home, f"Home {number}", "recorded", 20, zones[site])
        made.append(Home(*facts, people, built, tuple(models.values())))
    return tuple(made)


def _kind(heard: _Heard) -> tuple[object, ...]:
    one = heard.source
    return (one.dialect, one.interval_ms, *sorted(heard.signals))


def _models(those: Iterable[_Heard]) -> dict[tuple[object, ...], Model]:
    """One for each way of speaking, called after what it measures: `recorded-motion`."""
    made: dict[tuple[object, ...], Model] = {}
    names: Counter[str] = Counter()
    for heard in those:
        kind = _kind(heard)
        if kind in made:
            continue
        signals = tuple(sorted(heard.signals)) or ("link_quality",)
        own = [one for one in signals if one not in {"link_quality", "battery"}] or list(signals)
        name = f"recorded-{own[0].replace('_', '-')}"
        names[name] += 1
        if names[name] > 1:
            name = f"{name}-{names[name]}"
        interval = heard.source.interval_ms if heard.signals else None
        made[kind] = Model(
            name, "recorded", house.nothing, interval, signals, dialect=heard.source.dialect
        )
    return made


def _owner(heard: _Heard, *, registered: bool) -> int | None:
    if heard.source.owner is not None or registered:
        return heard.source.owner
    return 0 if any(CATALOGUE[one].subject == "resident" for one in heard.signals) else None


def _rows(
    read: Iterable[tuple[Address, Message, Decoded]],
    where: Mapping[Address, tuple[int, int]],
    homes: tuple[Home, ...],
) -> tuple[list[Row], list[Said]]:
    rows: list[Row] = []
    said: list[Said] = []
    apart: Counter[tuple[int, int, int]] = Counter()
    for address, message, decoded in read:
        home, device = where[address]
        items = [item for item in decoded.items if item.signal in SIGNAL_INDEX]
        if any(item.slot is not None for item in items):
            assert message.payload is not None
            hub, at = homes[home].hub, message.at
            publish = Publish(hub, message.topic, message.payload, at, readings=len(items))
            said.append(Said(publish, _dialect(homes[home], device)))
            continue
        number = apart[home, device, message.at]
        apart[home, device, message.at] += 1
        packed = _number(number, decoded)
        rows += [
            (
                message.at,
                _at(item.at, item.after_receipt, message.at),
                home,
                device,
                SIGNAL_INDEX[item.signal],
                item.x,
                packed,
            )
            for item in items
        ]
    return rows, said


def _dialect(home: Home, device: int) -> str:
    name = home.devices[device].model
    return next(one.dialect for one in home.models if one.name == name)


def _at(at: int | None, after_receipt: int, received: int) -> int:
    if at is not None:
        return at
    return received + after_receipt if after_receipt else UNTIMED


def _number(number: int, decoded: Decoded) -> int:
    boot, seq = decoded.boot, decoded.seq
    if boot is None or seq is None or not 0 < boot <= MOST_BOOT or seq > MOST_SEQ:
        return number
    low, high = np.array([boot], np.int64), np.array([seq], np.int64)
    return int(counted(np.array([number], np.int64), low, high)[0])


def _columns(rows: list[Row]) -> Columns:
    if not rows:
        return none()
    return Columns(*np.array(rows, np.int64).T.copy()).ordered()


def _status(message: Message, home: Home) -> Said:
    assert message.payload is not None
    retain = message.retained
    publish = Publish(home.hub, message.topic, message.payload, message.at, retain, 0)
    return Said(publish)


_ANYBODY = persona("well")
