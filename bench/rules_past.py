"""A pilot's past for the rules bench: 1,000 homes, 90 days, 27 million readings, sealed.

Whoever lives there moves about by day, sleeps at night, measures oxygen and pressure, and opens the
outer door; now and then oxygen is low, a pressure too high, a door is left open, or nobody moves in
the morning.
"""

from pathlib import Path

import numpy as np

from gateway.series.sealed import ORDER_BITS
from gateway.series.sealing import Group, Rows, Sealer
from gateway.watch import subjects
from reviews.job import Device, Stay, Stood

SITE, ZONE = "bench", "Europe/Helsinki"
START = 1_762_207_200_000  # a midnight in Helsinki
DAY_MS, HOUR_MS, MINUTE_MS = 86_400_000, 3_600_000, 60_000
DAYS = 90
ROOMS = ("bathroom", "bedroom", "hall", "kitchen")
READINGS_A_DAY = (  # of a home: signal, place, device, how many, whether it is the resident's own
    *(("motion", room, f"motion-{room}", 38, False) for room in ROOMS),
    ("spo2", None, "oximeter", 60, True),
    ("systolic", None, "cuff", 30, True),
    ("diastolic", None, "cuff", 30, True),
    ("door", "outer", "door", 28, False),
)
FOREVER = 1 << 53
BATCH = 50  # homes generated at a time


class Setting:
    """Who lives there, as a history asks for it."""

    def __init__(self, homes: int) -> None:
        self.site, self.end, self.gaps, self.pauses = SITE, START + DAYS * DAY_MS, (), ()
        self.stays = tuple(Stay(f"r{i:04}", home_of(i), 0, FOREVER) for i in range(homes))
        signals: dict[tuple[str, str | None], set[str]] = {}
        for signal, place, device, _, _ in READINGS_A_DAY:
            signals.setdefault((device, place), set()).add(signal)
        self.devices = tuple(
            Device(home_of(i), name, 16 * i + n, None, tuple(sorted(own)), DAY_MS,
                   (Stood(place, 0, FOREVER, heard=True),))
            for i in range(homes)
            for n, ((name, place), own) in enumerate(signals.items())
        )  # fmt: skip


def home_of(number: int) -> str:
    return f"home-{number:04}"


def subject_of(number: int) -> str:
    return subjects.of_resident(f"r{number:04}")


def seal(path: Path, homes: int, seed: int = 1) -> tuple[str, int]:
    """(sha256, readings) of a snapshot as the store would seal it."""
    r = np.random.default_rng(seed)
    count = 0
    with Sealer(path, SITE, 0, FOREVER) as sealer:
        for first in range(0, homes, BATCH):
            groups, rows = _homes(r, range(first, min(first + BATCH, homes)))
            sealer.add(groups, rows)
            count += len(rows.at)
        return sealer.finish(), count


def _homes(r: np.random.Generator, numbers: range) -> tuple[list[Group], Rows]:
    groups: list[Group] = []
    group, at, x = [], [], []
    for number in numbers:
        for signal, place, device, daily, own in READINGS_A_DAY:
            times = _times(r, signal, daily)
            resident = f"r{number:04}" if own else None
            group.append(np.full(len(times), len(groups)))
            groups.append(
                Group(home_of(number), signal, place, resident, ignored=False, device=device)
            )
            at.append(times)
            x.append(_values(r, signal, len(times)))
    times = np.concatenate(at)
    order = np.argsort(times, kind="stable")  # as they came: the homes in turns
    offsets = np.arange(1, len(times) + 1) << ORDER_BITS
    quality = np.zeros(len(times), np.int64)
    return groups, Rows(
        np.concatenate(group)[order], times[order], np.concatenate(x)[order], offsets, quality
    )


def _times(r: np.random.Generator, signal: str, daily: int) -> np.ndarray:
    """By day; of one morning in two hundred, nothing moves. A door is closed again after minutes;
    one evening in two hundred it is left open.
    """
    begin, end = 7 * HOUR_MS, 22 * HOUR_MS
    count = daily // 2 if signal == "door" else daily
    day = np.repeat(np.arange(DAYS), count)
    within = begin + r.integers(0, end - begin, DAYS * count)
    if signal == "door":
        within = begin + np.tile(np.arange(count), DAYS) * ((end - begin) // count)
        left = (r.random(DAYS * count) < 0.005) & (np.tile(np.arange(count), DAYS) == count - 1)
        closed = within + r.integers(1, 8, len(within)) * MINUTE_MS + left * 4 * HOUR_MS
        at: np.ndarray = START + day * DAY_MS
        return np.column_stack([at + within, at + closed]).ravel()
    late = (r.random(DAYS) < 0.005)[day] & (within < 11 * HOUR_MS)
    return np.sort(START + day * DAY_MS + within + late * 4 * HOUR_MS * (signal == "motion"))


def _values(r: np.random.Generator, signal: str, count: int) -> np.ndarray:
    if signal == "motion":
        return np.ones(count, np.int64)
    if signal == "door":  # opened and closed in turns
        return 1 - np.arange(count, dtype=np.int64) % 2
    usual, rare, share = {
        "spo2": ((93, 99), (86, 91), 0.002),
        "systolic": ((115, 175), (186, 205), 0.0005),
        "diastolic": ((60, 100), (116, 125), 0.0005),
    }[signal]
    values = r.integers(*usual, count, endpoint=True)
    seldom = r.random(count) < share
    values[seldom] = r.integers(*rare, int(seldom.sum()), endpoint=True)
    return values
