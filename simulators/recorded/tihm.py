"""TIHM: 24 homes of people with dementia, April to June 2019, as homes and columns.

Source: "TIHM: An open dataset for remote healthcare monitoring in dementia", Zenodo 7622128,
CC BY 4.0. No column carries a zone: Activity and Physiology are UK local time, Labels and skin
temperature are UTC. Each skin temperature has a body temperature at the same second, a copy with
the hour missing: it is dropped. A door's event says only that its contact changed; within a run of
events no more than half an hour apart, the odd ones are taken as opening and the even as closing.
"""

import csv
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from devices.errors import Refused
from devices.signals import CATALOGUE
from simulators.columns import SIGNAL_INDEX, Columns, Ints, together
from simulators.columns import rows as columns_of
from simulators.homes.home import Device, Home, Person
from simulators.homes.register import SiteFacts
from simulators.people.persona import persona
from simulators.recorded.recording import Label, Recording

SITE = "tihm"
ZONE = "Europe/London"
START = "2019-04-01"
FACTS = SiteFacts(SITE, "TIHM, recorded", ZONE, ("en",), ("999",), "+44 1632 960000", "GB-ENG")
# Its sensors send no heartbeat; gaps of half a day are really in it.
INTERVALS: Mapping[str, str | None] = {
    "motion": "4h",
    "door": None,
    "cuff": None,
    "scale": None,
    "thermometer": None,
}
_RUN_MS = 30 * 60_000

DOORS = {"front-door": "outer", "back-door": "outer", "fridge-door": "fridge"}
SIGNAL_OF = {
    "Systolic blood pressure": ("cuff", "systolic"),
    "Diastolic blood pressure": ("cuff", "diastolic"),
    "Heart rate": ("cuff", "pulse"),
    "Body Temperature": ("thermometer", "body_temperature"),
    "Skin Temperature": ("skin-thermometer", "skin_temperature"),
    "Body weight": ("scale", "body_weight"),
    "Total body water": ("scale", "body_water"),
    "O/E - muscle mass": ("scale", "muscle_mass"),
}
UNIT_OF = {"beats/min": "/min"}


def recording(
    activity: Iterable[str],
    physiology: Iterable[str],
    labels: Iterable[str],
    *,
    homes: int | None = None,
    days: int | None = None,
) -> Recording:
    """The data set from the lines of its three files.

    homes: only so many, those who say most first; days: only so many from 1 April 2019.
    Raises Refused for a line that is not of the set.
    """
    moved = _activity(activity)
    measured, dropped = _physiology(physiology)
    start = _local(f"{START} 00:00:00")
    end = start + days * 86_400_000 if days else _local("2019-07-01 00:00:00")

    def said(person: str) -> int:
        times = [row[0] for row in (*moved.get(person, ()), *measured.get(person, ()))]
        return sum(start <= at < end for at in times)

    people = sorted(set(moved) | set(measured), key=lambda p: (-said(p), p))[:homes]
    built = tuple(_home(person) for person in people)
    parts = []
    for number, (person, home) in enumerate(zip(people, built, strict=True)):
        index = {device.id: i for i, device in enumerate(home.devices)}
        parts += _motion(moved.get(person, []), index, number)
        parts.append(_vitals(measured.get(person, []), index, number))
    columns = together(parts)
    columns = columns.where((columns.at >= start) & (columns.at < end)).ordered()
    wanted = {_id(person) for person in people}
    kept = tuple(x for x in _labels(labels) if x.person in wanted and start <= x.at < end)
    return Recording(built, columns, kept, dropped, start, end, (FACTS,), intervals=INTERVALS)


def _id(person: str) -> str:
    return f"tihm-{person}"


def _home(person: str) -> Home:
    devices = [
        Device(f"motion-{room}", "motion", room)
        for room in ("kitchen", "hallway", "lounge", "bedroom", "bathroom")
    ]
    devices += [Device(name, "door", place) for name, place in DOORS.items()]
    devices += [
        Device("cuff", "cuff", "lounge", 0),
        Device("scale", "scale", "bathroom", 0),
        Device("thermometer", "thermometer", "lounge", 0),
        Device("skin-thermometer", "skin-thermometer", "lounge", 0),
    ]
    who = Person(_id(person), f"Person {person}", 1935, "en", persona("early-dementia"))
    return Home(SITE, _id(person), f"Home {person}", "Surrey", 20, ZONE, (who,), tuple(devices))


def _activity(lines: Iterable[str]) -> dict[str, list[tuple[int, str]]]:
    found: dict[str, list[tuple[int, str]]] = {}
    for row in _rows(lines, "Activity.csv", ("patient_id", "location_name", "date")):
        found.setdefault(row[0], []).append((_local(row[2]), row[1]))
    for events in found.values():
        events.sort()
    return found


def _physiology(
    lines: Iterable[str],
) -> tuple[dict[str, list[tuple[int, str, str, str]]], dict[str, int]]:
    """(ms UTC, type, value, unit) by person, without the twins; and how many those were."""
    names = ("patient_id", "date", "device_type", "value", "unit")
    table = list(_rows(lines, "Physiology.csv", names))
    skin = {(person, date) for person, date, kind, _, _ in table if kind == "Skin Temperature"}
    found: dict[str, list[tuple[int, str, str, str]]] = {}
    twins = 0
    for person, date, kind, value, unit in table:
        if kind == "Body Temperature" and (person, date) in skin:
            twins += 1
            continue
        at = _utc(date) if kind == "Skin Temperature" else _local(date)
        found.setdefault(person, []).append((at, kind, value, unit))
    return found, {"twin of a skin temperature": twins}


def _labels(lines: Iterable[str]) -> list[Label]:
    names = ("patient_id", "date", "type")
    return [Label(_id(p), _utc(date), kind) for p, date, kind in _rows(lines, "Labels.csv", names)]


def _motion(events: list[tuple[int, str]], index: Mapping[str, int], home: int) -> list[Columns]:
    parts = []
    places = sorted({place for _, place in events})
    for place in places:
        at = np.array([when for when, where in events if where == place], dtype=np.int64)
        name = place if place in DOORS else f"motion-{place}"
        if name not in index:
            raise Refused("read TIHM", place, "no such sensor is known", "Add it to the mapping")
        if place in DOORS:
            parts.append(columns_of(at, index[name], "door", _toggled(at), home=home))
        else:
            parts.append(columns_of(at, index[name], "motion", 1, home=home))
    return parts


def _toggled(at: Ints) -> Ints:
    """1 where the event is taken as an opening, 0 as a closing."""
    begins = np.ones(len(at), np.bool_)
    begins[1:] = np.diff(at) > _RUN_MS
    first = np.flatnonzero(begins)[np.cumsum(begins) - 1]
    opened: Ints = 1 - (np.arange(len(at)) - first) % 2
    return opened


def _vitals(
    measured: list[tuple[int, str, str, str]], index: Mapping[str, int], home: int
) -> Columns:
    at, device, signal, x = [], [], [], []
    for when, kind, value, unit in measured:
        name, target = SIGNAL_OF.get(kind, ("", ""))
        entry = CATALOGUE.get(target)
        if entry is None or UNIT_OF.get(unit, unit) != entry.unit:
            raise Refused("read TIHM", f"{kind} in {unit}", "not mapped", "Add it to the mapping")
        counts = (Decimal(value) * entry.scale).to_integral_value(ROUND_HALF_UP)
        at.append(when)
        device.append(index[name])
        signal.append(SIGNAL_INDEX[target])
        x.append(int(counts))
    # Two values of one signal at one second are two messages.
    seen: dict[tuple[int, int], int] = {}
    message = []
    for when, what in zip(at, signal, strict=True):
        seen[when, what] = seen.get((when, what), -1) + 1
        message.append(seen[when, what])
    arrays = [np.array(column, dtype=np.int64) for column in (at, device, signal, x, message)]
    return columns_of(arrays[0], arrays[1], arrays[2], arrays[3], home=home, message=arrays[4])


def _rows(lines: Iterable[str], file: str, names: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    reader = csv.DictReader(lines)
    if not set(names) <= set(reader.fieldnames or ()):
        raise Refused(
            "read TIHM",
            file,
            f"has columns {reader.fieldnames}, needs {', '.join(names)}",
            "Give the folder of the data set",
        )
    for row in reader:
        yield tuple(row[name] for name in names)


def _local(text: str) -> int:
    """UK local time to ms UTC."""
    return _hour(text[:13], ZONE) + _within(text)


def _utc(text: str) -> int:
    return _hour(text[:13], "UTC") + _within(text)


@lru_cache(maxsize=8192)
def _hour(text: str, zone: str) -> int:
    """The instant of a full hour ("2019-04-01 05"): zones change by whole hours here."""
    try:
        local = datetime.strptime(text, "%Y-%m-%d %H").replace(tzinfo=ZoneInfo(zone))
    except ValueError as error:
        raise Refused("read TIHM", text, "no date and time", "Expected 2019-04-01 05:46:00") from (
            error
        )
    return int(local.astimezone(UTC).timestamp()) * 1000


def _within(text: str) -> int:
    return (int(text[14:16]) * 60 + int(text[17:19])) * 1000
