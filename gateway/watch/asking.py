"""Why, and why not: what a rule said of somebody at any moment of the past, and what came of it.

Computed anew by the engine from what is kept, with the version and the numbers that were in force
then, or with another version, or with a draft that runs nowhere. Who asks needs the right to see
why; every look is recorded. Nothing is changed by asking.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

import sqlalchemy as sa

from gateway import rulebook
from gateway.access import Action, Viewer, not_found
from gateway.access.audit import note_look
from gateway.alerts.episodes import Mode
from gateway.clock import Clock
from gateway.db import reading
from gateway.registry import Directory, Registry, SiteEntry
from gateway.series.reading_room import alone_in
from gateway.series.store import FOREVER, Query, Store
from gateway.watch import keeping, subjects
from gateway.watch.answers import DRAFT, Answer, Question, Whom
from gateway.watch.deriving import Derived, derive
from gateway.watch.enrolments import Enrolment, planned
from gateway.watch.history import History
from gateway.watch.outcomes import brakes, told
from gateway.watch.recalling import (
    HubLog,
    Sources,
    last_reading,
    next_reading,
    recall,
    stays_of,
)
from gateway.watch.subjects import IGNORED
from rules.engine.live import Point
from rules.file.language import Rule, parse_rule
from rules.plan import plan
from rules.why.nearest import misses
from rules.why.trace import rests_on, stopped_at, trace

_ASK, _SHOW = "ask why", "show derived signals"


class WhyRoom:
    """The door to the past of rules. Any thread."""

    def __init__(
        self,
        engine: sa.Engine,
        registry: Registry,
        store: Store,
        history: History,
        clock: Clock,
        consumed: Callable[[], int],
        hubs: Callable[[str, str], HubLog],
        factor: float,
    ) -> None:
        self._engine, self._registry, self._store = engine, registry, store
        self._history, self._clock = history, clock
        self._consumed, self._hubs, self._factor = consumed, hubs, factor

    def ask(self, viewer: Viewer, question: Question) -> Answer:
        """Raises NotFound where the viewer may not see why of this subject, or it was not watched;
        Refused for a draft that is no rule.
        """
        directory = self._registry.directory
        site = directory.sites.get(question.site)
        if site is None:
            raise not_found(_ASK, "site")
        with reading(self._engine) as conn:
            whom_of = self._who(viewer, directory, question)
            enrolment, mode, version = self._enrolment(conn, question, site, whom_of)
            since = self._since(viewer, directory, question, enrolment)
            whom = Whom(enrolment.home, enrolment.subject, enrolment.resident, since)
            sources = self._sources(conn, directory, site)
        self._note(viewer, directory, question, whom)
        at = question.at
        points = [point for point in recall(sources, site.id, [enrolment], at)
                  if point[2] >= whom.since]  # fmt: skip
        made = enrolment.plan
        seen = trace(made, points, at)
        root = seen[made.root]
        onset = at if root.since is None else root.since
        with reading(self._engine) as conn:
            recorded = told(conn, viewer, site.id, whom.subject, question.rule, at)
            held = brakes(conn, directory, enrolment, mode, at, seen)
        return Answer(
            question=question,
            site=site,
            whom=whom,
            plan=made,
            version=version,
            mode=mode,
            seen=seen,
            misses=misses(made, points, at, seen),
            stopped=stopped_at(made, seen),
            rests=rests_on(made, points, onset) if root.is_true else (),
            brakes=held,
            told=recorded,
            first_at=self._first(site.id, enrolment, whom.since, points),
            previous_at=last_reading(points, at),
            next_at=next_reading(sources, site.id, enrolment, at),
        )

    def derived(self, viewer: Viewer, resident: str, start: int, at: int) -> list[Derived]:
        """Derived signals of a resident from `start` to `at`. Raises NotFound."""
        directory = self._registry.directory
        person = directory.resident(resident)
        if person is None:
            raise not_found(_SHOW, "resident")
        viewer.require_resident(Action.SEE_READINGS, person.site, person.id, _SHOW)
        home = person.home(at)
        if home is None:
            return []
        site = directory.sites[person.site]
        note_look(
            self._engine, viewer, f"resident:{resident}", site.id, resident, self._clock.now()
        )
        with reading(self._engine) as conn:
            sources = self._sources(conn, directory, site)
        return derive(sources, site, home, resident, start, at)

    def _since(
        self, viewer: Viewer, directory: Directory, question: Question, enrolment: Enrolment
    ) -> int:
        """From when on the viewer may see: of a home, residents and relatives only the time in
        which the resident has lived there alone. Raises NotFound.
        """
        if enrolment.rule.subject != "home" or viewer.sees_resident(
            question.site, None, Action.SEE_WHY
        ):
            return 0
        home = directory.home(question.site, enrolment.home)
        alone = None if home is None else alone_in(home, question.at)
        if alone is None or alone.resident != question.resident:
            raise not_found(_ASK, "home")
        return alone.start

    def _sources(self, conn: sa.Connection, directory: Directory, site: SiteEntry) -> Sources:
        gaps = [] if site.clock == "data" else keeping.gaps(conn)
        spans = [(gap.start_at, gap.end_at) for gap in gaps if gap.start_at is not None]
        return Sources(self._history, directory, self._consumed(), self._hubs, spans, self._factor)

    def _who(self, viewer: Viewer, directory: Directory, question: Question) -> Whom:
        """Whom the question is about, if the viewer may know why."""
        if question.resident is not None:
            person = directory.resident(question.resident)
            if person is None or person.site != question.site:
                raise not_found(_ASK, "resident")
            for action in (Action.SEE_WHY, Action.SEE_READINGS):
                viewer.require_resident(action, person.site, person.id, _ASK)
            home = person.home(question.at) or _any_home(person, question.at)
            if home is None:
                raise not_found(_ASK, "resident")
            return Whom(home, subjects.of_resident(person.id), person.id)
        home_entry = directory.home(question.site, question.home or "")
        if home_entry is None or not viewer.sees_resident(question.site, None, Action.SEE_WHY):
            raise not_found(_ASK, "home")
        return Whom(home_entry.id, subjects.of_home(question.site, home_entry.id), None)

    def _enrolment(
        self, conn: sa.Connection, question: Question, site: SiteEntry, whom: Whom
    ) -> tuple[Enrolment, str, str]:
        """The rule as it watched, or would have; its mode then; its version."""
        rule, values, mode, version = self._version(conn, question)
        own = rulebook.overrides(conn, site.id, question.at)
        resident = whom.resident or self._sole(site.id, whom.home, question.at)
        mine = own.get((rule.name, resident or ""), {})
        held = {**rulebook.within(rule, values, mine), **(question.values or {})}
        known = {name: value for name, value in held.items() if name in rule.parameters}
        holidays = site.holidays
        if mode == DRAFT:
            made = plan(rule, known, site.zone, holidays)
        else:
            made = planned(rule.text, tuple(sorted(known.items())), site.zone, holidays)
        subject = whom.subject
        if rule.subject == "home":
            subject = subjects.of_home(site.id, whom.home)
        elif whom.resident is None:
            raise not_found(_ASK, "resident")
        one = Enrolment("why", whom.home, subject, resident, version, Mode.SHADOW, made)
        return one, mode, version

    def _sole(self, site: str, home: str, at: int) -> str | None:
        entry = self._registry.directory.home(site, home)
        return None if entry is None else entry.sole_occupant(at)

    def _version(
        self, conn: sa.Connection, question: Question
    ) -> tuple[Rule, Mapping[str, Decimal], str, str]:
        found = [
            one for one in rulebook.entries(conn, question.site) if one.rule_name == question.rule
        ]
        in_force = rulebook.in_force(found, question.at)
        if question.draft is not None:
            rule = parse_rule(question.draft, DRAFT)
            now = next((one.values for one in in_force if one.version == rule.version), {})
            return rule, rulebook.within(rule, rule.defaults(), now), DRAFT, DRAFT
        if question.version is not None:
            chosen = [one for one in found if one.version.startswith(question.version)]
        else:
            order = (rulebook.Mode.OFF, rulebook.Mode.SHADOW, rulebook.Mode.LIVE)
            ran = sorted(in_force, key=lambda one: order.index(one.mode))
            chosen = [*found[:1], *ran]
        if not chosen:
            raise not_found(_ASK, f"rule {question.rule}")
        entry = chosen[-1]
        mode = next(
            (str(one.mode) for one in in_force if one.version == entry.version), rulebook.Mode.OFF
        )
        return rulebook.rule_of(entry.text), entry.values, str(mode), entry.version

    def _first(
        self, site: str, enrolment: Enrolment, since: int, points: Sequence[Point]
    ) -> int | None:
        """The oldest reading that is kept of the subject's homes: in the store, or before it is
        there.
        """
        queries = [
            Query(site, home=stay.home, start=stay.start, end=stay.end, limit=1, without=IGNORED)
            for stay in stays_of(self._registry.directory, enrolment, since, FOREVER - 1)
        ]
        if enrolment.subject.startswith("resident:"):
            own = Query(site, resident=enrolment.resident, limit=1, without=IGNORED)
            queries.append(own)
        found = [self._store.read(query) for query in queries]
        stored = [int(one.at[0]) for one in found if len(one)]
        return min([*stored, *(point[2] for point in points[:1])], default=None)

    def _note(self, viewer: Viewer, directory: Directory, question: Question, whom: Whom) -> None:
        """Every look is recorded, with everybody whom it is about."""
        about: set[str] = set()
        if whom.resident is not None and whom.subject == subjects.of_resident(whom.resident):
            about.add(whom.resident)
        else:
            home = directory.home(question.site, whom.home)
            about |= set(home.occupants(question.at) if home is not None else ())
        for resident in (*sorted(about),) or (None,):
            what = f"why:{question.rule} of {resident or whom.home}"
            note_look(self._engine, viewer, what, question.site, resident, self._clock.now())


def _any_home(person: "object", at: int) -> str | None:
    """Of somebody who lives nowhere then: the home nearest in time."""
    stays = sorted(
        getattr(person, "occupancies", ()),
        key=lambda one: abs(one.from_at - at),
    )
    return stays[0].home if stays else None
