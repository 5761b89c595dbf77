"""The same lives as live, made as columns: whole days of many homes at once.

A plan is cut into pieces that fit into memory and can be made anywhere, in any order. A home that
nothing is laid over is cut into days as one likes. One with a scenario or a fault is made in one
piece, because these carry things from day to day.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from devices.errors import Refused
from simulators.actions import Publish
from simulators.columns import Columns, Ints
from simulators.faults.fault import Fault
from simulators.faults.run import Run
from simulators.homes.batch import EPOCH, bounds
from simulators.homes.day import on_days
from simulators.homes.home import Home
from simulators.scenarios.staging import Staged, laid_over

ROWS_A_DAY = 1_100  # of an ordinary home; a guess for the size of a piece
LONGEST_DAYS = 3_660


@dataclass(frozen=True, slots=True)
class Plan:
    """Who lives, when, and what is laid over it."""

    homes: tuple[Home, ...]
    first: date
    days: int
    seed: int
    staged: tuple[Staged, ...] = ()
    faults: tuple[Fault, ...] = ()  # their targets are indices into `homes`

    def __post_init__(self) -> None:
        if not self.homes:
            raise Refused("write history", "no home", "there is nobody to live", "Name homes")
        if not 0 < self.days <= LONGEST_DAYS:
            problem = f"{self.days} days"
            raise Refused(
                "write history", problem, "that is no time", f"From 1 to {LONGEST_DAYS} days"
            )

    @property
    def first_day(self) -> int:
        """Days since 1970."""
        return (self.first - EPOCH).days

    def start(self, home: int) -> int:
        """04:00 of the first day in a home's zone, ms UTC."""
        return bounds(self.homes[home], self.first_day)[0]

    def end(self, home: int) -> int:
        """04:00 after the last day in a home's zone, ms UTC."""
        return bounds(self.homes[home], self.first_day + self.days - 1)[1]

    def staged_in(self, home: int) -> tuple[Staged, ...]:
        """The scenarios of one home."""
        return tuple(one for one in self.staged if one.home.hub == self.homes[home].hub)

    def faults_in(self, home: int) -> tuple[Fault, ...]:
        """The faults of one home."""
        return tuple(one for one in self.faults if one.target.home == home)

    def made_by(self, home: int) -> str:
        """What a day of this home comes from: the same text, the same day.

        It tells a day that is written already from one that another plan wrote.
        """
        over = [(one.scene and one.scene.name, one.lasts) for one in self.staged_in(home)]
        faults = [repr(one) for one in self.faults_in(home)]
        people = [(one.id, one.persona.name) for one in self.homes[home].people]
        said = repr(
            (self.seed, self.homes[home].hub, people, self.homes[home].devices, over, faults)
        )
        return hashlib.sha256(said.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Piece:
    """Some days of some homes: what is made and stored at once."""

    homes: tuple[int, ...]  # indices into the plan's
    first_day: int  # days since 1970
    days: int

    @property
    def home_days(self) -> int:
        """How much it is."""
        return len(self.homes) * self.days


def pieces(
    plan: Plan, rows: int, skip: frozenset[tuple[int, int]] = frozenset()
) -> Iterator[Piece]:
    """The whole plan in pieces of about `rows` rows, without the (home, day) pairs of `skip`.

    All days of few homes rather than few days of all: a home's rows then lie together.
    """
    at_once = max(1, rows // ROWS_A_DAY)
    alike: dict[tuple[tuple[int, int], ...], list[int]] = {}
    for home in range(len(plan.homes)):
        runs = _runs(plan, home, skip)
        if not (plan.staged_in(home) or plan.faults_in(home)):
            alike.setdefault(runs, []).append(home)
        elif runs:
            yield Piece((home,), plan.first_day, plan.days)
    for runs, homes in alike.items():
        for first, days in runs:
            long = min(days, at_once)
            wide = max(1, at_once // long)
            for begin in range(0, len(homes), wide):
                for day in range(first, first + days, long):
                    count = min(long, first + days - day)
                    yield Piece(tuple(homes[begin : begin + wide]), day, count)


def _runs(plan: Plan, home: int, skip: frozenset[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Days of a home that are wanted: (first, how many) of each that follow each other."""
    runs: list[tuple[int, int]] = []
    for day in range(plan.first_day, plan.first_day + plan.days):
        if (home, day) in skip:
            continue
        if runs and sum(runs[-1]) == day:
            runs[-1] = runs[-1][0], runs[-1][1] + 1
        else:
            runs.append((day, 1))
    return tuple(runs)


def columns(plan: Plan, piece: Piece) -> Columns:
    """What these homes say, in no order; `home` is an index into the plan's homes.

    With scenarios, without faults: those are laid over in `heard`.
    """
    homes = [plan.homes[i] for i in piece.homes]
    made = on_days(homes, range(piece.first_day, piece.first_day + piece.days), plan.seed)
    staged = [one for i in piece.homes for one in plan.staged_in(i)]
    if staged:
        made = _connected(laid_over(made, homes, staged), homes, staged)
    number = np.array(piece.homes, np.int64)
    return made.altered(home=number[made.home])


def faulty(plan: Plan, piece: Piece) -> bool:
    """Whether faults act in it: then what is heard is what `heard` yields."""
    return any(plan.faults_in(home) for home in piece.homes)


def heard(plan: Plan, piece: Piece) -> Iterator[Publish]:
    """What the broker is handed of one home with faults, message by message as live sends it."""
    (home,) = piece.homes
    start, end = plan.start(home), plan.end(home)
    run = Run(plan.homes, plan.faults_in(home), plan.seed)
    told = run.lay(columns(plan, piece), until=end)
    offline = [(plan.homes[home].hub, *one) for s in plan.staged_in(home) for one in s.offline]
    for action in run.actions(told, start, end, offline):
        if isinstance(action, Publish) and action.readings:
            yield action


def _connected(told: Columns, homes: Sequence[Home], staged: Sequence[Staged]) -> Columns:
    """Without what a hub without connection would have sent."""
    keep = np.ones(len(told), np.bool_)
    hubs = [home.hub for home in homes]
    for one in staged:
        for start, end in one.offline:
            sent: Ints = told.sent_at
            home = hubs.index(one.home.hub)
            keep &= ~((told.home == home) & (sent >= start) & (sent < end))
    return told.where(keep)
