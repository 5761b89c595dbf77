"""A stretch of a store as a recording, read as a person would: with their rights, and noted.

Names and ids stay behind: homes, residents and devices are numbered. A store knows what was
measured and when, not when it arrived; so everything is sent when it was measured.
"""

import os
from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import quote

import numpy as np

from api.cli import client, runtime
from api.cli.client import TOKEN
from api.cli.databases import state
from api.cli.options import DEMO_FILE
from devices.dialects import BY_NAME
from devices.errors import Refused
from devices.reading import Quality
from gateway.access import SYSTEM, Role, Viewer, tokens
from gateway.clock import SystemClock
from gateway.db import writing
from gateway.registry import Directory, Registry
from gateway.registry.entries import DeviceEntry
from gateway.series import open_store
from gateway.series.reading_room import ReadingRoom
from gateway.series.store import Columns as Read
from gateway.series.store import Query
from simulators.columns import SIGNAL_INDEX, Columns, Ints, rows, together
from simulators.homes import house
from simulators.homes.home import Device, Home, Person
from simulators.homes.models import Model
from simulators.people.persona import persona
from simulators.recorded.recording import Recording, site_facts

if TYPE_CHECKING:
    import sqlalchemy as sa

    from gateway.config import Settings

ASK = "replay a store"
SITE = "replayed"
DAY_MS = 86_400_000  # of readings in one answer of the API
ROOM = 1 << 15  # messages of one device at one instant
_TEXTS = ("signal", "place", "device", "resident")
_COLUMNS = ("at", "x", "quality", "message", *_TEXTS)
HOUR = 1 / 24  # days of the token that a demo gives itself


def from_store(
    settings: "Settings", site: str, home: str | None, start: int, end: int
) -> Recording:
    """All of a site, or of one home, in [start, end). Raises Refused, NotFound or Failed.

    A running gateway is asked day by day over HTTP; else the folder itself is read.
    """
    clock = SystemClock()
    with state(settings) as engine:
        registry = Registry(engine, clock)
        directory = registry.directory
        known = directory.sites.get(site)
        if known is None:
            sites = ", ".join(sorted(directory.sites)) or "none yet"
            raise Refused(ASK, f"store:{site}", "no such site", f"Known: {sites}")
        names = [one.id for one in directory.homes(site)] if home is None else [home]
        if runtime.read(settings.data) is not None:
            caller = client.speaking(settings.data, ASK, Role.NURSE)
            read = {name: _asked(caller, site, name, start, end) for name in names}
        else:
            viewer = _viewer(settings, engine, clock.now())
            store = open_store(settings)
            try:
                room = ReadingRoom(store, engine, registry, clock)
                read = {
                    name: room.columns(viewer, _query(site, name, start, end)) for name in names
                }
            finally:
                store.close()
    heard = {name: columns for name, columns in read.items() if len(columns)}
    if not heard:
        raise Refused(ASK, f"store:{site}", "nothing was stored then", "Give --from and --to")
    made = [
        _home(number, name, columns, directory, site)
        for number, (name, columns) in enumerate(heard.items())
    ]
    columns = together([part for _, part in made]).ordered()
    facts = site_facts(SITE, "Replayed", known.zone)
    homes = tuple(one for one, _ in made)
    return Recording(homes, columns, (), {}, start, end, (facts,))


def _query(site: str, home: str, start: int, end: int) -> Query:
    return Query(site, home=home, start=start, end=end, without=int(Quality.RETAINED))


def _asked(caller: client.Client, site: str, home: str, start: int, end: int) -> Read:
    """The same of a running gateway."""
    where = f"/api/v1/homes/{quote(site, safe='')}/{quote(home, safe='')}/readings"
    parts: dict[str, list[object]] = {name: [] for name in _COLUMNS}
    with client.naming(ASK, f"store:{site}/{home}"):
        for day in range(start, end, DAY_MS):
            until = min(end, day + DAY_MS)
            told = caller.get(f"{where}?start={day}&end={until}")
            for name in _COLUMNS:
                parts[name] += told[name]
    size = len(parts["at"])
    ints = {name: np.array(parts[name], np.int64) for name in ("at", "x", "quality", "message")}
    texts = {name: np.array([*parts[name], None], object)[:-1] for name in _TEXTS}
    return Read(
        ints["at"],
        ints["x"],
        ints["message"],
        np.zeros(size, np.int64),
        ints["quality"],
        texts["signal"],
        texts["place"],
        texts["device"],
        np.array([home] * size, object),
        texts["resident"],
    )


def _viewer(settings: "Settings", engine: "sa.Engine", now: int) -> Viewer:
    """The token's rights. A demo, which holds no real person's data, gives itself a token."""
    secret = os.environ.get(TOKEN, "")
    with writing(engine) as conn:
        if not secret and (settings.data / DEMO_FILE).exists():
            label = "homecare: replay a store"
            secret = tokens.issue(conn, SYSTEM, label, [("*", Role.NURSE)], now, days=HOUR)
        viewer = tokens.lookup(conn, secret, now) if secret else None
    if viewer is None:
        problem = f"{TOKEN} is not set" if not secret else f"{TOKEN} is not known, or over"
        hint = 'Make one: homecare token "me" --role nurse@SITE, then export HOMECARE_TOKEN=…'
        raise Refused(ASK, str(settings.data), problem, hint)
    return viewer


def _home(
    number: int, name: str, read: Read, directory: Directory, site: str
) -> tuple[Home, Columns]:
    entry = directory.home(site, name)
    people = sorted({str(one) for one in read.resident.tolist() if one is not None})
    devices, models, index = _devices(read, people, directory, site, name)
    zone = directory.sites[site].zone
    label = f"home-{number + 1}"
    who = tuple(
        Person(f"{label}{chr(ord('a') + i)}", f"Person {number + 1}.{i + 1}", 1940, "en", _ANYBODY)
        for i in range(max(1, len(people)))
    )
    minutes = (entry.drive_minutes if entry is not None else None) or 20
    home = Home(SITE, label, label.capitalize(), "replayed", minutes, zone, who, devices, models)
    return home, _columns(read, index, number)


def _devices(
    read: Read, people: list[str], directory: Directory, site: str, home: str
) -> tuple[tuple[Device, ...], tuple[Model, ...], dict[str, int]]:
    devices: list[Device] = []
    models: list[Model] = []
    index: dict[str, int] = {}
    names: Counter[str] = Counter()
    for name in sorted({str(one) for one in read.device.tolist()}):
        mine = np.flatnonzero(read.device == name)
        signals = tuple(sorted({str(one) for one in read.signal[mine].tolist()}))
        own = [one for one in signals if one not in {"link_quality", "battery"}] or list(signals)
        word = own[0].replace("_", "-")
        names[word] += 1
        called = f"{word}-{names[word]}"
        known = directory.device(site, home, name)
        last = mine[-1]
        resident, place = read.resident[last], read.place[last]
        owner = None if resident is None else people.index(str(resident))
        models.append(
            Model(
                f"recorded-{called}",
                "recorded",
                house.nothing,
                _interval(known),
                signals,
                dialect=_dialect(known),
            )
        )
        index[name] = len(devices)
        devices.append(Device(called, f"recorded-{called}", str(place or "unplaced"), owner))
    return tuple(devices), tuple(models), index


def _columns(read: Read, index: dict[str, int], number: int) -> Columns:
    device: Ints = np.array([index[str(one)] for one in read.device.tolist()], np.int64)
    signal: Ints = np.array([SIGNAL_INDEX.get(str(one), -1) for one in read.signal.tolist()])
    made = rows(read.at, device, signal, read.x, home=number, message=read.offset % ROOM)
    return made.where(signal >= 0)


def _interval(known: DeviceEntry | None) -> int | None:
    return None if known is None else known.interval_ms


def _dialect(known: DeviceEntry | None) -> str:
    dialect = None if known is None else BY_NAME.get(known.dialect)
    return dialect.name if dialect is not None and dialect.encode is not None else "homecare"


_ANYBODY = persona("well")
