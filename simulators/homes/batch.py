"""Many home-days computed at once: the unit of generation."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from simulators.columns import Ints, Mask
from simulators.homes.home import Device, Home
from simulators.homes.living import lived
from simulators.people import rhythm
from simulators.people.daylight import Sky, sky
from simulators.people.persona import Persona
from simulators.people.population import Population, population
from simulators.randomness import Keys

EPOCH = date(1970, 1, 1)
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS


@dataclass(frozen=True, slots=True)
class Batch:
    """Home-days: pair i is home `home[i]` on day `day[i]` (from 04:00 to 04:00 local time)."""

    seed: int
    homes: Sequence[Home]
    home: Ints
    day: Ints  # days since 1970 of the date on which it begins
    start_at: Ints  # 04:00 local, ms UTC
    end_at: Ints
    midnight_at: Ints  # 00:00 local of the same date, ms UTC
    keys: Keys  # of the home
    steps: rhythm.Steps
    tables: Population
    sky: Sky  # over each home-day


@dataclass(frozen=True, slots=True)
class Fitted:
    """All devices of one model in a batch, once for each of their days."""

    pair: Ints  # index into the batch
    device: Ints  # index into the home's devices
    keys: Keys  # of the device in its home
    people: Keys  # of its owner (the home's first person where it is the home's)
    sensor: Ints  # index into Population.sensors, or -1
    devices: Sequence[Device]  # the same, as facts
    personas: Sequence[Persona]  # of the owner


def batch(
    homes: Sequence[Home], days: Iterable[int], seed: int, tables: Population | None = None
) -> Batch:
    """Every home on every one of the days; `tables`: another population than the shipped one."""
    numbers = list(days)
    home = np.repeat(np.arange(len(homes), dtype=np.int64), len(numbers))
    day = np.tile(np.array(numbers, dtype=np.int64), len(homes))
    by_zone = {h.zone: [bounds(h, n) for n in numbers] for h in {x.zone: x for x in homes}.values()}
    limits = np.array([one for h in homes for one in by_zone[h.zone]], np.int64).reshape(-1, 3)
    keys = np.array([h.draw_key(seed) for h in homes], dtype=np.uint64)[home]
    tables = tables or population()
    above = sky([h.where for h in homes], home, day, limits[:, 2])
    long = (limits[:, 1] - limits[:, 0]) // 1000
    steps = lived(tables, homes, home, day, long, keys, _fitted_sensors(homes)[home], above)
    return Batch(
        seed, homes, home, day, limits[:, 0], limits[:, 1], limits[:, 2], keys, steps, tables, above
    )


def fitted(work: Batch, model: str) -> Fitted:
    """The devices of a model on each day of the batch."""
    sensors = {name: index for index, name in enumerate(population().sensors)}
    found: dict[int, list[tuple[int, Device, int, int, Persona]]] = {}
    for number, home in enumerate(work.homes):
        found[number] = [
            (
                index,
                device,
                home.draw_key(work.seed, "device", device.id),
                home.draw_key(work.seed, "person", device.owner or 0),
                home.people[device.owner or 0].persona,
            )
            for index, device in enumerate(home.devices)
            if device.model == model
        ]
    picked = [(pair, *row) for pair, number in enumerate(work.home) for row in found[int(number)]]
    return Fitted(
        pair=np.array([p[0] for p in picked], dtype=np.int64),
        device=np.array([p[1] for p in picked], dtype=np.int64),
        keys=np.array([p[3] for p in picked], dtype=np.uint64),
        people=np.array([p[4] for p in picked], dtype=np.uint64),
        sensor=np.array([sensors.get(sensor_of(p[2]), -1) for p in picked], dtype=np.int64),
        devices=[p[2] for p in picked],
        personas=[p[5] for p in picked],
    )


def sensor_of(device: Device) -> str:
    """The sensor of the population's chain that a device stands for: "kitchen", "front-door"."""
    return device.id.removeprefix("motion-") if device.model in {"motion", "door"} else ""


def grid(work: Batch, which: Fitted, interval_ms: int) -> tuple[Ints, Ints]:
    """Regular instants of each fitted device: (index into `which`, ms UTC).

    They lie on one grid of absolute time with the device's own offset, so that they go on evenly
    from day to day.
    """
    phase = (which.keys >> np.uint64(20)).astype(np.int64) % interval_ms
    start, end = work.start_at[which.pair], work.end_at[which.pair]
    first = start + (phase - start) % interval_ms
    count = np.maximum(0, (end - first + interval_ms - 1) // interval_ms)
    row = np.repeat(np.arange(len(count), dtype=np.int64), count)
    nth = np.arange(len(row), dtype=np.int64) - np.repeat(np.cumsum(count) - count, count)
    return row, first[row] + nth * interval_ms


def bounds(home: Home, number: int) -> tuple[int, int, int]:
    """A day's beginning and end (04:00) and its midnight in a home's zone, ms UTC."""
    day = EPOCH + timedelta(days=number)
    begins = rhythm.DAY_BEGINS_H
    return (
        _instant(home, day, begins),
        _instant(home, day + timedelta(days=1), begins),
        _instant(home, day, 0),
    )


def _instant(home: Home, day: date, hour: int) -> int:
    local = datetime.combine(day, time(hour), tzinfo=home.local())
    return int(local.astimezone(UTC).timestamp()) * 1000


def _fitted_sensors(homes: Sequence[Home]) -> Mask:
    sensors = population().sensors
    have = [{sensor_of(d) for d in home.devices} for home in homes]
    # A home without any such sensor still has a rhythm; nobody hears it.
    fits = [[name in h or not (h - {""}) for name in sensors] for h in have]
    return np.array(fits, np.bool_).reshape(-1, len(sensors))
