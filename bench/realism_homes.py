"""Real and simulated homes in one form: events of sensors by day, and vitals.

Days are cut at 04:00 local time. A day counts where at least 60 events of at least 3 sensors are in
it and no silence of 13 hours or more; a home, where at least five of its days count.
"""

import gzip
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simulators.columns import SIGNAL_INDEX, SIGNALS, Columns, Ints, Mask
from simulators.homes.day import on_days
from simulators.homes.home import Device, Home, Person
from simulators.people.persona import Persona
from simulators.people.population import Population
from simulators.recorded.tihm import recording

Floats = NDArray[np.float64]

SENSORS = (
    *("kitchen", "hallway", "lounge", "bedroom"),
    *("fridge-door", "bathroom", "front-door", "back-door"),
)
VITALS = ("systolic", "diastolic", "pulse", "body_temperature", "body_weight")
DAY_S = 86_400
CUT_S = 4 * 3600
ZONE_S = 3600  # all of TIHM, April to June 2019, lies in British summer time
FIRST_DAY = (date(2019, 4, 1) - date(1970, 1, 1)).days
DAYS = 91
FOREVER = 1 << 40
_LEAST_EVENTS, _LEAST_SENSORS, _LONGEST_S, _LEAST_DAYS = 60, 3, 13 * 3600, 5


@dataclass(frozen=True, slots=True)
class Events:
    """Rows in order of home, day and time."""

    home: Ints
    day: Ints  # since 1970, of the date on which it begins at 04:00
    second: Ints  # since 04:00
    sensor: Ints  # index into SENSORS
    gap: Ints  # seconds to the home's next event, on whichever day; the last: to nowhere, FOREVER

    def where(self, mask: Mask) -> "Events":
        """The rows that the mask keeps."""
        return Events(*(getattr(self, field.name)[mask] for field in fields(self)))

    def day_of(self) -> tuple[Ints, Ints, Ints]:
        """Of each row the number of its home-day; of each home-day its home, and its first row."""
        code = self.home * 100_000 + self.day
        _, first, number = np.unique(code, return_index=True, return_inverse=True)
        return number.astype(np.int64), self.home[first], first.astype(np.int64)


@dataclass(frozen=True, slots=True)
class Series:
    """All readings of one vital sign, in order of home and time."""

    home: Ints
    day: Ints  # local date
    second: Ints  # since local midnight
    value: Floats  # in the signal's unit

    def where(self, mask: Mask) -> "Series":
        """The rows that the mask keeps."""
        return Series(self.home[mask], self.day[mask], self.second[mask], self.value[mask])


@dataclass(frozen=True, slots=True)
class Sample:
    """Homes to be compared."""

    size: int
    events: Events
    vitals: Mapping[str, Series]

    def fitted(self) -> Mask:
        """[size, 8]: which sensors each home has."""
        seen = np.zeros((self.size, len(SENSORS)))
        np.add.at(seen, (self.events.home, self.events.sensor), 1)
        mask: Mask = seen > 0.001 * seen.sum(axis=1, keepdims=True)
        return mask

    def only(self, homes: Ints) -> "Sample":
        """These homes alone, numbered anew."""
        number = np.full(self.size, -1, np.int64)
        number[homes] = np.arange(len(homes))

        def part(rows: Events | Series) -> Events | Series:
            mine = rows.where(number[rows.home] >= 0)
            renamed = replace(mine, home=number[mine.home])
            order = np.lexsort((renamed.second, renamed.day, renamed.home))
            return renamed.where(order)  # type: ignore[arg-type]  # an order serves as a mask does

        events = part(self.events)
        vitals = {name: part(series) for name, series in self.vitals.items()}
        return Sample(len(homes), events, vitals)  # type: ignore[arg-type]  # kinds are kept


def usable(sample: Sample) -> Sample:
    """Only days that count, and only homes with enough of them."""
    events = sample.events
    number, home, first = events.day_of()
    count = np.bincount(number, minlength=len(home))
    kinds = np.zeros((len(home), len(SENSORS)), np.bool_)
    kinds[number, events.sensor] = True
    begins = events.second[first]
    ends = events.second[np.append(first[1:], len(number)) - 1]
    inner = np.diff(events.second, prepend=0)
    inner[first] = begins
    longest = np.maximum(np.maximum.reduceat(inner, first), DAY_S - ends)
    good = (count >= _LEAST_EVENTS) & (kinds.sum(axis=1) >= _LEAST_SENSORS) & (longest < _LONGEST_S)
    kept = events.where(good[number])
    days = np.bincount(home[good], minlength=sample.size)
    enough = np.flatnonzero(days >= _LEAST_DAYS)
    return replace(sample, events=kept).only(enough)


def of_columns(homes: Sequence[Home], columns: Columns, *, beats: bool) -> Sample:
    """Homes and what they said; `beats`: heartbeats repeat the state of doors: no events."""
    place = [[_sensor(device) for device in home.devices] for home in homes]
    width = max(map(len, place))
    table = np.array([row + [-1] * (width - len(row)) for row in place], np.int64)
    is_event = np.isin(columns.signal, (SIGNAL_INDEX["motion"], SIGNAL_INDEX["door"]))
    moved = columns.where(is_event).ordered()
    sensor = table[moved.home, moved.device]
    turned = _turned(moved) if beats else np.ones(len(moved), np.bool_)
    moved, sensor = moved.where((sensor >= 0) & turned), sensor[(sensor >= 0) & turned]
    local = moved.at // 1000 + ZONE_S - CUT_S
    order = np.lexsort((sensor, local, moved.home))
    events = in_order(moved.home[order], local[order], sensor[order])
    return Sample(len(homes), events, {name: _series(columns, name) for name in VITALS})


def in_order(home: Ints, second: Ints, sensor: Ints) -> Events:
    """Events from columns in order of home and time; second: since 04:00 of the first of 1970."""
    gap = np.full(len(home), FOREVER)
    gap[:-1] = np.where(home[1:] == home[:-1], np.diff(second), FOREVER)
    return Events(home, second // DAY_S, second % DAY_S, sensor, gap)


def real(folder: Path) -> Sample:
    """TIHM's homes with enough usable days."""

    def lines(name: str) -> Iterator[str]:
        with gzip.open(folder / f"{name}.csv.gz", "rt", encoding="utf-8") as file:
            yield from file

    read = recording(lines("Activity"), lines("Physiology"), lines("Labels"))
    return usable(of_columns(read.homes, read.columns, beats=False))


def simulated(tables: Population, fitted: Sequence[Mask], seed: int, days: int = DAYS) -> Sample:
    """As many homes as `fitted` has rows, with these sensors, through the product's generation."""
    middle = Persona("middle", "the population's middle", dict(tables.levels))
    homes = [_home(number, row, middle) for number, row in enumerate(fitted)]
    columns = on_days(homes, range(FIRST_DAY, FIRST_DAY + days), seed, tables)
    return usable(of_columns(homes, columns, beats=True))


def _home(number: int, fitted: Mask, persona: Persona) -> Home:
    devices = [
        Device(name, "door", "outer") if name.endswith("-door") else
        Device(f"motion-{name}", "motion", name)
        for name, here in zip(SENSORS, fitted, strict=True) if here
    ]  # fmt: skip
    devices += [Device(name, name, "lounge", 0) for name in ("cuff", "scale", "thermometer")]
    person = Person(f"person-{number}", f"Person {number}", 1935, "en", persona)
    return Home(
        "realism", f"home-{number}", f"Home {number}", "", 20, "Europe/London", (person,),
        tuple(devices),
    )  # fmt: skip


def _sensor(device: Device) -> int:
    name = device.id.removeprefix("motion-")
    return SENSORS.index(name) if device.model in {"motion", "door"} and name in SENSORS else -1


def _turned(moved: Columns) -> Mask:
    """Motion, and doors that changed: rows are in the order of time."""
    order = np.lexsort((np.arange(len(moved)), moved.device, moved.home))
    same = np.zeros(len(moved), np.bool_)
    here, before = order[1:], order[:-1]
    same[here] = (
        (moved.home[here] == moved.home[before])
        & (moved.device[here] == moved.device[before])
        & (moved.x[here] == moved.x[before])
    )
    first = np.ones(len(moved), np.bool_)
    first[here] = (moved.home[here] != moved.home[before]) | (
        moved.device[here] != moved.device[before]
    )
    is_door = moved.signal == SIGNAL_INDEX["door"]
    turned: Mask = ~is_door | (~same & ~(first & (moved.x == 0)))
    return turned


def _series(columns: Columns, name: str) -> Series:
    index = SIGNAL_INDEX[name]
    rows = columns.where(columns.signal == index).ordered()
    local = rows.at // 1000 + ZONE_S
    order = np.lexsort((local, rows.home))
    value = rows.x[order] / SIGNALS[index].scale
    return Series(rows.home[order], local[order] // DAY_S, local[order] % DAY_S, value)
