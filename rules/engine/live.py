"""The live driver: one engine a site, fed reading by reading, closed by the site's watermark.

A reading waits until the watermark passes its time; then its instant is closed. Each subject is a
lane of its own, and one agenda over them says what is next, so that a quiet home costs nothing.
Urgent rules have a second lane that may settle ahead of the watermark.

The engine reads no clock: `advance` is told what time it is. It is a cache: `snapshot` and
`restore` carry it over a stop, and it can be rebuilt from readings of the plans' look-back.
"""

from collections.abc import Iterable, Mapping
from heapq import heappop, heappush

from rules.engine import snapshots
from rules.engine.agenda import Agenda, Route
from rules.engine.episodes import Change, Condition
from rules.engine.lane import Lane, Run
from rules.engine.nodes import Maker, PlainNodes
from rules.engine.priming import Point, prime
from rules.errors import PointRefused
from rules.operators.machine import U
from rules.plan import Plan

__all__ = ["FARTHEST", "Engine", "Point"]

FARTHEST = 1 << 53  # ms and counts beyond this are no reading


class Engine:
    """All rules of one site. Not thread-safe: one thread owns it."""

    def __init__(self, zone: str, start: int, make: Maker = PlainNodes) -> None:
        """`make`: what the nodes of its lanes are."""
        self.zone = zone
        self.watermark = start
        self.make = make
        self._runs: dict[str, Run] = {}
        self._lanes: dict[str, tuple[Lane, ...]] = {}  # by subject
        self._agenda = Agenda()
        self._waiting, self._number = self._agenda.waiting, self._agenda.number
        self._routes: dict[tuple[str, str, str | None], tuple[Route, ...]] = {}
        self._count = 0
        self._new: dict[Lane, list[Run]] = {}  # of this instant, not yet laid out
        self._scheduled: list[tuple[int, int, str, str, str, Plan, tuple[Point, ...]]] = []

    # --- rules come and go

    def enrol(
        self,
        key: str,
        home: str,
        subject: str,
        plan: Plan,
        at: int,
        history: Iterable[Point] = (),
    ) -> None:
        """From `at` on, `plan` watches `subject`; before the watermark means now.

        A key that is enrolled already is changed at that instant: what equal subtrees know is
        carried over, and an open episode stays open. `history`: readings in order of the plan's
        look-back, before `at` (or up to the watermark, where that is later), from which its states
        are primed without a word.
        """
        points = tuple(history)
        if at > self.watermark:
            self._count += 1
            entry = (at, self._count, key, home, subject, plan, points)
            heappush(self._scheduled, entry)
        else:
            self._install(key, home, subject, plan, self.watermark, points)

    def withdraw(self, key: str) -> None:
        """Forgets it at once, without a change; what is scheduled for it as well."""
        self._scheduled = [entry for entry in self._scheduled if entry[2] != key]
        self._scheduled.sort()
        self._lay_out()
        run = self._runs.pop(key, None)
        if run is not None:
            lane = self._lane(run.subject, urgent=run.plan.rule.urgent)
            lane.install([r for r in lane.runs if r is not run], (), self.watermark)
            self._routes.clear()

    def _install(
        self, key: str, home: str, subject: str, plan: Plan, at: int, history: tuple[Point, ...]
    ) -> None:
        old = self._runs.get(key)
        if old is not None:
            self._lay_out()
        run = Run.fresh(key, home, subject, plan, at)
        lane = self._lane(subject, urgent=plan.rule.urgent)
        if history:
            prime(run, lane, history, max(at, self.watermark + 1))
        if old is not None and old.subject == subject:
            before = self._lane(subject, urgent=old.plan.rule.urgent)
            run.brings = {**run.brings, **before.states_of(old)}
            run.carry(old.condition)
        if old is not None and (old.subject, old.plan.rule.urgent) != (subject, plan.rule.urgent):
            self.withdraw(key)
            old = None
        self._runs[key] = run
        lane.runs = [r for r in lane.runs if r is not old] + [run]
        self._new.setdefault(lane, []).append(run)
        self._routes.clear()

    def _lay_out(self) -> None:
        """The rules that came in one instant, together: a home's pack is laid out once."""
        new, self._new = self._new, {}
        for lane, runs in new.items():
            lane.install(lane.runs, runs, max(run.since for run in runs))

    def _lane(self, subject: str, *, urgent: bool) -> Lane:
        lanes = self._lanes.get(subject, ())
        for lane in lanes:
            if lane.urgent is urgent:
                return lane
        self._count += 1
        lane = Lane(subject, self._count, self.watermark, urgent=urgent, agenda=self._agenda)
        lane.use(self.make)
        self._lanes[subject] = (*lanes, lane)
        return lane

    def _routes_to(self, subject: str, signal: str, place: str | None) -> tuple[Route, ...]:
        if self._new:
            self._lay_out()
        lanes = self._lanes.get(subject)
        if lanes is None:
            return ()
        found = (lane.route(signal, place) for lane in lanes)
        routes = tuple(route for route in found if route is not None)
        self._routes[subject, signal, place] = routes
        return routes

    # --- readings and time

    def feed(
        self, subject: str, signal: str, place: str | None, at: int, x: int, order: int
    ) -> bool:
        """Buffers a reading; False: it is late, its instant has been closed. `order` breaks ties
        within an instant (the journal's offset). Raises PointRefused for what is out of all bounds.
        """
        if at <= self.watermark:
            return False
        if at >= FARTHEST or not -FARTHEST < x < FARTHEST:
            raise PointRefused("feed a rule", f"{subject} {signal}", f"{at}, {x}: out of bounds")
        routes = self._routes.get((subject, signal, place))
        if routes is None:
            routes = self._routes_to(subject, signal, place)
        for route in routes:
            if route.lane.urgent:
                route.lane.add(at, order, x, route)
            else:  # as Agenda.add, which would cost a call
                heappush(self._waiting, (at, route.index, order, self._number(), x, route))
        return True

    def feed_urgent(
        self, subject: str, signal: str, place: str | None, at: int, x: int, order: int
    ) -> list[Change]:
        """Settles urgent rules at once, also where the reading is late; others see it in order."""
        if not 0 <= at < FARTHEST or not -FARTHEST < x < FARTHEST:
            raise PointRefused("feed a rule", f"{subject} {signal}", f"{at}, {x}: out of bounds")
        changes: list[Change] = []
        for route in self._routes_to(subject, signal, place):
            lane = route.lane
            if lane.urgent:
                when = lane.add(at, order, x, route)  # a late one comes after what is settled
                self._agenda.close_lane(lane, when, max(at, self.watermark), changes)
            elif at > self.watermark:
                lane.add(at, order, x, route)
        return changes

    def advance(self, to: int) -> list[Change]:
        """Closes all instants up to and including `to`; changes in order of time."""
        changes: list[Change] = []
        if self._new:
            self._lay_out()
        while self._scheduled and self._scheduled[0][0] <= to:
            at, _, key, home, subject, plan, history = heappop(self._scheduled)
            self._agenda.close(at - 1, at - 1, changes)
            self.watermark = max(self.watermark, at - 1)
            self._install(key, home, subject, plan, at, history)
            self._lay_out()
        if to >= self.watermark:
            self._agenda.close(to, to, changes)
            self.watermark = to
        if len(changes) > 1:
            changes.sort(key=_by_time)
        return changes

    def hold(self, key: str, onset: int, since: int, *, untold: bool = False) -> None:
        """An episode that is recorded as open, for a rule that was just enrolled without having
        carried it over: held, also across unknown, until it is seen to be over. `untold`: nobody
        was told of it yet, because of `at_most`; say `remember_told` first.
        """
        self._lay_out()
        run = self._runs.get(key)
        if run is not None and not run.condition.open:
            run.condition.open = True
            run.condition.onset, run.condition.since = onset, since
            run.condition.occurrence = max(run.condition.occurrence, 1)
            run.condition.held = untold and run.condition.told != U
            self._lane(run.subject, urgent=run.plan.rule.urgent).book_release(run)

    def remember_told(self, key: str, at: int) -> None:
        """When an episode of this rule was last told, by what is recorded: `at_most` counts on."""
        self._lay_out()
        run = self._runs.get(key)
        if run is not None and at > run.condition.told:
            run.condition.told = at
            self._lane(run.subject, urgent=run.plan.rule.urgent).book_release(run)

    def graft(self, subjects: Iterable[str], other: "Engine") -> None:
        """Puts what `other` knows of `subjects` in the place of what is known here.

        For a home that was replayed with readings that came late: `other`, at the same watermark,
        was fed all of them in order. It is used up.
        """
        self._lay_out()
        other._lay_out()  # noqa: SLF001  # one of its own kind
        if other.watermark != self.watermark:
            raise ValueError(f"watermarks differ: {other.watermark}, {self.watermark}")
        whom = tuple(subjects)
        for lane in [lane for subject in whom for lane in self._lanes.pop(subject, ())]:
            self._agenda.take_out(lane)
            for run in lane.runs:
                self._runs.pop(run.key, None)
        for subject in whom:
            lanes = other._lanes.get(subject, ())  # noqa: SLF001  # one of its own kind
            for lane in lanes:
                self._count += 1
                lane.move_to(self._agenda, self._count)
                lane.use(self.make)
                self._runs.update({run.key: run for run in lane.runs})
            if lanes:
                self._lanes[subject] = lanes
        self._routes.clear()

    def use(self, make: Maker) -> None:
        """From now on its nodes are of this kind, and know what they knew."""
        self._lay_out()
        self.make = make
        for lanes in self._lanes.values():
            for lane in lanes:
                lane.use(make)

    # --- what is known

    def keys(self) -> tuple[str, ...]:
        return tuple(self._runs)

    def subjects(self, key: str) -> tuple[str, str] | None:
        """(home, subject) of an enrolled key."""
        run = self._runs.get(key)
        return None if run is None else (run.home, run.subject)

    def state_of(self, key: str) -> tuple[bool, bool] | None:
        """(an episode is open, it cannot be seen now); None: not enrolled."""
        run = self._runs.get(key)
        return None if run is None else (run.condition.open, run.condition.dark)

    def open_episode(self, key: str) -> tuple[int, int] | None:
        """(onset, since) of the episode that is open."""
        run = self._runs.get(key)
        if run is None or not run.condition.open:
            return None
        return run.condition.onset, run.condition.since

    def told_at(self, key: str) -> int | None:
        """When an episode of this rule was last told."""
        run = self._runs.get(key)
        return None if run is None or run.condition.told == U else run.condition.told

    def snapshot(self) -> bytes:
        """Time, states, open conditions, buffered readings and recent history."""
        self._lay_out()
        lanes = [lane for lanes in self._lanes.values() for lane in lanes]
        return snapshots.pack(self.zone, self.watermark, lanes)

    def checkpoint(self, subjects: Iterable[str], since: int) -> bytes | None:
        """Time, states and conditions of these subjects alone, to go back to: `restore` gives an
        engine at this watermark, which is to `recall` the readings before it and to be fed those
        after. None: an urgent rule is ahead of the watermark, so take it a moment later.

        `since`: the oldest checkpoint that may still be gone back to. Evidence from then on can be
        given again.
        """
        self._lay_out()
        lanes = [lane for subject in subjects for lane in self._lanes.get(subject, ())]
        if any(lane.now > self.watermark for lane in lanes):
            return None
        for lane in lanes:
            for log in lane.logs.values():
                log.since = since
        return snapshots.pack(self.zone, self.watermark, lanes, states_only=True)

    def recall(self, other: "Engine") -> None:
        """The readings up to this watermark that `other` remembers: evidence may name them."""
        for subject, lanes in self._lanes.items():
            for lane in lanes:
                for old in other._lanes.get(subject, ()):  # noqa: SLF001  # one of its own kind
                    if old.urgent is lane.urgent:
                        lane.recall(old, self.watermark)

    @classmethod
    def restore(cls, data: bytes, plans: Mapping[str, Plan], make: Maker = PlainNodes) -> "Engine":
        """As it was. Keys without a plan are dropped; a plan that changed keeps what equal subtrees
        knew. Raises SnapshotRefused: then start anew from history.
        """
        shot = snapshots.unpack(data)
        engine = cls(shot.zone, shot.watermark, make)
        for saved in shot.lanes:
            known = shot.known(saved)
            runs = [r for s in saved.runs if (r := _revive(s, saved, plans)) is not None]
            if not runs:
                continue
            lane = engine._lane(saved.subject, urgent=saved.urgent)
            lane.now = max(saved.now, shot.watermark)
            snapshots.revive_logs(lane, saved)
            begin = {one.key for one in saved.runs if one.starting}
            for run in runs:
                run.brings = known
            starting = [
                run
                for run in runs
                if run.key in begin or any(s.identity not in known for s in run.plan.steps)
            ]
            lane.install(runs, starting, lane.now)
            for signal, place, at, order, x in saved.waiting:
                route = lane.route(signal, place)
                if route is not None:
                    lane.add(at, order, x, route)
            engine._runs.update({run.key: run for run in runs})
        return engine


def _revive(
    saved: snapshots.SavedRun, lane: snapshots.SavedLane, plans: Mapping[str, Plan]
) -> Run | None:
    plan = plans.get(saved.key)
    if plan is None or plan.rule.urgent != lane.urgent:
        return None
    run = Run.fresh(saved.key, saved.home, lane.subject, plan, lane.now)
    run.carry(Condition(plan.rule.absence, *saved.condition))
    return run


def _by_time(change: Change) -> tuple[int, str]:
    return change.at, change.key
