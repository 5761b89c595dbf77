"""The same homes twice: as `homecare simulate live` has them speak, and as history has them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from api.cli.simulate import live_homes
from api.cli.simulate.filling import plan
from api.cli.simulate.live_source import Play, Source
from api.cli.simulate.making import make, stand
from gateway.access import SYSTEM
from gateway.clock import ManualClock
from gateway.db import migrate, open_state, writing
from gateway.intake.placing import place
from gateway.intake.rows import Message
from gateway.registry import Directory, Registry, importing
from gateway.registry.credentials import clock_topic
from gateway.series.past import MISSING, Past
from simulators.actions import Publish
from simulators.faults import Planned, load
from simulators.history import Plan, pieces
from simulators.homes.home import Home

NOW = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp() * 1000)
SINCE = "2026-01-01"
SPRING = date(2026, 3, 27)  # clocks go forward in the night to the 29th, but not in Iceland
FAULTS = """
faults:
  - {fault: duplicates, home: donegal/home-1, from: day 1, until: day 2, share: 40 %}
  - {fault: skew, home: donegal/home-1, devices: [door], from: day 1 06:00, for: 9 h, by: 3 h}
  - {fault: offline, home: donegal/home-1, from: day 2 08:00, for: 2 h}
  - {fault: reboot, home: vestland/home-1, from: day 1 12:00}
  - {fault: disorder, home: vestland/home-1, from: day 0, until: day 2, share: 20 %, delay: 10 min}
  - {fault: drift, home: vestland/home-1, devices: [climate], from: day 1,
     signal: room_temperature, per_day: 1 Cel}
"""


class Row(NamedTuple):
    """A reading without the number of its message."""

    site: str
    home: str
    device: str
    resident: str | None
    place: str | None
    signal: str
    value: str
    unit: str | None
    x: int
    at: int
    measured_at: int | None
    received_at: int
    quality: int
    index: int


def plays() -> list[Play]:
    """Two that take a home off the line, one by file and one of the demo's moments."""
    return [
        Play("power-cut", "north-karelia", "home-1", _at("2026-03-27T12:00", "Europe/Helsinki")),
        Play("silent-hub", "borgarbyggd", "home-1", _at("2026-03-28T10:00", "Atlantic/Reykjavik")),
    ]


def faults() -> tuple[Planned, ...]:
    """Of the clock, the line, the network, the counter and the sensor."""
    return load(FAULTS, "faults.yaml")


def _at(text: str, zone: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * 1000


def registered(
    folder: Path, count: int, seed: int, regions: Sequence[str] = ()
) -> tuple[tuple[Home, ...], Directory]:
    """Homes round the regions, as a gateway knows them, and its registry."""
    text = live_homes.registry(live_homes.made(count, seed, regions), SINCE)
    engine = open_state(folder / "state.db")
    migrate(engine, "state")
    clock = ManualClock(NOW)
    planned = importing.plan(text, "homes.yaml", Registry(engine, clock).directory, NOW)
    with writing(engine) as conn:
        importing.apply(conn, planned, SYSTEM, NOW)
    directory = Registry(engine, clock).directory
    engine.dispose()
    return live_homes.of_directory(directory, NOW).homes, directory


def planned(
    homes: Sequence[Home],
    first: date,
    days: int,
    seed: int,
    staged: Sequence[Play] = (),
    wrong: Sequence[Planned] = (),
) -> Plan:
    """History of these homes with the plays of a live run laid over."""
    zone = {home.hub: home.local() for home in homes}
    texts = [
        f"{one.scenario}@{one.site}/{one.home}@"
        + datetime.fromtimestamp(one.start / 1000, zone[f"{one.site}/{one.home}"])
        .replace(tzinfo=None)
        .isoformat()
        for one in staged
    ]
    return plan(homes, first, days, seed, texts, wrong)


def written(wanted: Plan, directory: Directory, rows: int = 200_000) -> list[Row]:
    """What history writes, in order of home and sending."""
    where = stand(wanted, directory)
    return [row for piece in pieces(wanted, rows) for row in rows_of(make(where, piece)[0])]


def rows_of(past: Past) -> Iterator[Row]:
    """A past's readings."""
    columns = (past.owner, past.word, past.x, past.at, past.measured_at, past.received_at)
    numbers = (np.asarray(one).tolist() for one in (*columns, past.quality, past.index))
    for owner, word, x, at, measured, received, quality, index in zip(*numbers, strict=True):
        who, what = past.owners[owner], past.words[word]
        told = None if measured == MISSING else measured
        yield Row(*who, *what, x, at, told, received, quality, index)


def said_live(
    wanted: Plan, staged: Sequence[Play] = (), wrong: Sequence[Planned] = ()
) -> Iterator[Publish]:
    """What live publishes of the plan's homes, days and seed, hour by hour, zone by zone."""
    for zone in sorted({home.zone for home in wanted.homes}):
        numbers = [n for n, home in enumerate(wanted.homes) if home.zone == zone]
        homes = [wanted.homes[n] for n in numbers]
        start, end = wanted.start(numbers[0]), wanted.end(numbers[0])
        hubs = {home.hub for home in homes}
        here = [one for one in staged if f"{one.site}/{one.home}" in hubs]
        source = Source(homes, wanted.seed, start, here, [f for f in wrong if _in(f, hubs)])
        while source.at < end:
            for action in source.hour().actions:
                if isinstance(action, Publish) and action.readings:
                    yield action


def _in(fault: Planned, hubs: set[str]) -> bool:
    return any(hub in hubs for hub in fault.form.home)


def journalled(said: Iterable[Publish], journal, directory: Directory) -> list[Row]:
    """What a gateway keeps of it: through the journal, the dialects and the registry.

    The site's clock ticks before each message to the time at which it is sent.
    """
    ticked: dict[str, int] = {}
    messages = []
    for number, one in enumerate(sorted(said, key=lambda action: action.at)):
        site = one.hub.split("/")[0]
        if ticked.get(site) != one.at:
            ticked[site] = one.at
            tick = b'{"signal":"tick","time":%d}' % one.at
            messages.append(Message(clock_topic(site), tick, NOW + number))
        messages.append(Message(one.topic, one.payload, NOW + number))
    for first in range(0, len(messages), 5_000):
        journal.append(messages[first : first + 5_000])
    found, after = [], 0
    while rows := journal.read(after, 5_000):
        for row in rows:
            found += [
                Row(r.site, r.home, r.device, r.resident, r.place, r.signal, r.value, r.unit,
                    r.x, r.at, r.measured_at, r.received_at, r.quality, r.index)
                for r in place(row, directory).readings
            ]  # fmt: skip
        after = rows[-1].offset
    return found
