"""Rulebooks against planted truth: the only place below `api` that looks into the simulators.

A scenario is played in a number of homes, each with weeks of ordinary life before it; readings go
one way, into `detecting`, and truth another, into `scoring`. They meet when all is told.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gateway.intake.placing import DATA_AHEAD_MS as AHEAD_MS
from gateway.intake.placing import OLDEST_MS
from gateway.series.sealed import Channel, SealedHome
from gateway.watch.coverage import EVENT_HOLD_MS
from reviews.detecting import Detector, Lived, Rulebook
from reviews.job import Device, Stood
from reviews.scoring import OfHome, Planted, judge
from rules.compiled import Backtest, Kernel
from simulators.columns import NAMES, SIGNALS, UNTIMED, Columns, together
from simulators.faults import Planned, Run, placed
from simulators.homes.day import between
from simulators.homes.home import Home
from simulators.homes.models import model
from simulators.homes.regions import Site
from simulators.scenarios.cohort import cohort, first_day
from simulators.scenarios.course import Course, courses
from simulators.scenarios.staging import Staged, laid_over

DAY = 86_400_000
FACTOR = 3  # so many intervals without a word, and a sensor is silent
PRIMED_D = 35  # the longest that a rule looks back
CALM_D = 14  # of these are counted: ordinary days before anything happens
AFTER_D = 1

__all__ = ["CALM_D", "Course", "Play", "courses", "lived", "play", "run"]


class Play(NamedTuple):
    """A scenario in a home: what was heard, and apart from it what was planted."""

    scenario: str
    seed: int
    lived: Lived
    began: int
    planted: tuple[Planted, ...]
    calm: Lived | None  # the same home where nothing happens


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be scored."""

    courses: tuple[Course, ...]
    seeds: tuple[int, ...]
    homes: int  # of each scenario and seed
    primed_d: int = PRIMED_D
    calm_d: int = CALM_D
    twins: bool = False  # ask as well what is told where nothing happens
    faults: tuple[Planned, ...] = ()  # of devices and lines, from the scenario's first day on

    def __len__(self) -> int:
        return len(self.courses) * len(self.seeds)


def play(course: Course, seed: int, wish: Wish) -> Iterator[Play]:
    """Every home of the scenario under that seed."""
    pairs = cohort(course, seed, wish.homes)
    homes = [home for home, _ in pairs]
    day = first_day(course, seed)
    staged = [course.stage(home, day, seed) for home in homes]
    first = min(one.lasts[0] for one in staged) - wish.primed_d * DAY
    last = max(one.lasts[1] for one in staged) + AFTER_D * DAY
    calm = between(homes, first, last, seed)
    columns = laid_over(calm, homes, staged)
    if wish.faults:
        columns, calm = (_heard(wish, homes, staged, rows, seed) for rows in (columns, calm))
    for number, ((home, site), one) in enumerate(zip(pairs, staged, strict=True)):
        start = one.lasts[0] - min(wish.calm_d, wish.primed_d) * DAY
        end = one.lasts[1] + AFTER_D * DAY
        own, twin = (rows.where(rows.home == number) for rows in (columns, calm))
        asked = wish.twins and any(truth.how_soon != "no-hurry" for truth in one.truth)
        yield Play(
            course.name,
            seed,
            lived(home, site, own, start, end),
            one.lasts[0],
            _planted(one),
            lived(home, site, twin, one.lasts[0], end) if asked else None,
        )


def _heard(
    wish: Wish, homes: Sequence[Home], staged: Sequence[Staged], columns: Columns, seed: int
) -> Columns:
    """What arrives of it where things go wrong, dated as intake would date it.

    A back-test knows no arrival: what comes late counts as if it had come in time.
    """
    begins = max(one.lasts[0] for one in staged)  # that date has begun in every zone
    faults = Run(homes, placed(wish.faults, homes, begins), seed)
    told = together([faults.lay(columns), faults.rest()])
    sent = told.sent_at
    doubtful = (told.at == UNTIMED) | (told.at < sent - OLDEST_MS) | (told.at > sent + AHEAD_MS)
    told = told.altered(at=np.where(doubtful, sent, told.at))
    # Sent twice, taken once.
    same = np.stack([getattr(told, name) for name in NAMES if name != "sent_at"])
    _, first = np.unique(same, axis=1, return_index=True)
    return told.taken(np.sort(first))


def run(
    books: Sequence[Rulebook],
    wish: Wish,
    kernel: Kernel | None,
    progress: Callable[[int, int, str], None] | None = None,
) -> list[list[OfHome]]:
    """For each rulebook its homes, in the same order. `progress`: done, of, the scenario's name."""
    detector = Detector(Backtest(kernel))
    found: list[list[OfHome]] = [[] for _ in books]
    done = 0
    for course in wish.courses:
        for seed in wish.seeds:
            for one in play(course, seed, wish):
                for book, homes in zip(books, found, strict=True):
                    homes.append(_judged(one, detector, book))
            done += 1
            if progress is not None:
                progress(done, len(wish), course.name)
    return found


def _judged(one: Play, detector: Detector, book: Rulebook) -> OfHome:
    of = one.lived
    days = len(of.residents) * (of.end - of.start) / DAY
    return judge(
        (one.scenario, one.seed),
        one.began,
        of.sealed.home,
        of.zone,
        days,
        of.drive_minutes,
        detector.told(book, of),
        one.planted,
        None if one.calm is None else detector.told(book, one.calm),
    )


def lived(home: Home, site: Site, columns: Columns, start: int, end: int) -> Lived:
    """Columns of one home as a snapshot would hold them, with what a registry would say."""
    return Lived(
        home.site,
        home.zone,
        site.holidays,
        SealedHome(home.id, tuple(d.id for d in home.devices), tuple(_channels(home, columns))),
        tuple(one.id for one in home.people),
        tuple(_devices(home)),
        home.drive_minutes,
        start,
        end,
    )


def _channels(home: Home, columns: Columns) -> Iterator[Channel]:
    order = np.lexsort((columns.device, columns.at))
    told = Columns(*(getattr(columns, name)[order] for name in columns.__slots__))
    owners = [None if d.owner is None else home.people[d.owner].id for d in home.devices]
    keys = [(d.place, owners[i]) for i, d in enumerate(home.devices)]
    kinds = sorted(set(keys), key=str)
    kind = np.array([kinds.index(one) for one in keys], np.int64)[told.device]
    code = told.signal * len(kinds) + kind
    offsets = np.arange(len(told), dtype=np.int64) << 16
    for one in np.unique(code).tolist():
        mine = np.flatnonzero(code == one)
        signal = SIGNALS[one // len(kinds)]
        place, owner = kinds[one % len(kinds)]
        yield Channel(
            signal.name,
            place,
            owner,  # as the gateway places it: all that a person's device says is theirs
            False,
            told.at[mine],
            told.x[mine],
            offsets[mine],
            told.device[mine],
            np.zeros(len(mine), np.int64),
        )


def _devices(home: Home) -> Iterator[Device]:
    for index, device in enumerate(home.devices):
        kind = model(device.model, home.models)
        hold = kind.interval_ms * FACTOR if kind.interval_ms else EVENT_HOLD_MS
        stood = (Stood(device.place, 0, 1 << 53, heard=True),)
        yield Device(home.id, device.id, index, None, kind.signals, hold, stood)


def _planted(staged: Staged) -> tuple[Planted, ...]:
    return tuple(
        Planted(one.situation, one.person, one.start, one.end, one.how_soon, frozenset(one.shows))
        for one in staged.truth
    )
