"""A living lab for stories: six homes, four weeks of readings, carers who close alerts."""

import json
from dataclasses import dataclass, field
from decimal import Decimal

import sqlalchemy as sa

from devices.reading import Reading
from gateway import rulebook
from gateway.access import Role, Viewer
from gateway.alerts.tables import alert
from gateway.clock import ManualClock
from gateway.db import reading, writing
from gateway.registry import Registry
from gateway.series.duckdb import DuckDBStore
from gateway.series.sealed import Sealed
from gateway.watch.compiling import kernel
from reviews import backtests, decide, quorum, records, talking
from reviews.backtests import Task
from reviews.desk import Desk, Wish
from reviews.engine import fingerprint
from reviews.job import Job
from reviews.pasts import Past
from reviews.replaying import answer
from reviews.running import Runner
from reviews.seen import Basis
from rules.file.language import Rule
from rules.packs import starter_rules
from tests.building import a_device, a_home, a_site, registry_with, state_engine, viewer
from tests.rulebook.site import unhurried

HOUR = 3_600_000
DAY = 24 * HOUR
START = 1_762_128_000_000  # Mon 3 Nov 2025, midnight in Iceland
SITE = "borgarbyggd"
PEOPLE = ("anna", "bjorn", "dora", "einar", "gudrun", "helgi")


def rule(name: str) -> Rule:
    """A rule of the starter pack."""
    return next(one for one in starter_rules() if one.name == name)


SPO2 = rule("spo2-low")


def who(number: int, role: Role, **more) -> Viewer:
    return viewer(role, SITE, user_id=number, login=f"{role}-{number}", **more)


class HereRunner(Runner):
    """Replays in this process: the same work without a second of starting Python."""

    def _in_child(self, work, path, digest, tell):
        sent = json.loads(json.dumps(work))
        past, shares = Past(Sealed(path, digest), kernel()), []
        if "task" in sent:
            result = backtests.run(past, Task.from_json(sent["task"]), shares.append)
        else:
            result = answer(past, Job.from_json(sent["job"]), shares.append).to_json()
        assert shares[-1] == 1
        tell(100)
        return {"result": json.loads(json.dumps(result)), "engine": fingerprint()}


@dataclass
class Lab:
    """Everything a review needs, on clocks that stand still."""

    engine: sa.Engine
    registry: Registry
    store: DuckDBStore
    clock: ManualClock
    desk: Desk
    offset: int = 0
    waiting: list[Reading] = field(default_factory=list)
    told: list[dict[str, object]] = field(default_factory=list)
    carer: Viewer = field(default_factory=lambda: who(1, Role.CARER))
    coordinator: Viewer = field(default_factory=lambda: who(2, Role.COORDINATOR))
    resident: Viewer = field(default_factory=lambda: who(3, Role.RESIDENT, resident="anna"))
    relative: Viewer = field(default_factory=lambda: who(4, Role.FAMILY, residents=["bjorn"]))
    facilitator: Viewer = field(default_factory=lambda: who(5, Role.FACILITATOR))
    champion: Viewer = field(default_factory=lambda: who(6, Role.CHAMPION))
    decider: Viewer = field(default_factory=lambda: who(7, Role.DECIDER))

    @property
    def now(self) -> int:
        return self.clock.now()

    # -- what was measured

    def measured(self, resident: str, at: int, *values: int, signal="spo2", every=60_000) -> None:
        """Values in a row, a minute apart, with the resident's own device."""
        self.offset += 1
        self.waiting += [
            self._reading(resident, at + n * every, x, signal, n) for n, x in enumerate(values)
        ]

    def stored(self) -> None:
        """What was measured since is in the store, in one write."""
        self.store.write(self.waiting, self.offset)
        self.waiting.clear()
        if self.told:
            with writing(self.engine) as conn:
                conn.execute(alert.insert(), self.told)
            self.told.clear()

    def _reading(self, resident, at, x, signal, index) -> Reading:
        home = f"home-{PEOPLE.index(resident) + 1}"
        personal = signal == "spo2"
        return Reading(
            offset=self.offset,
            index=index,
            site=SITE,
            home=home,
            device="oximeter" if personal else "motion",
            resident=resident if personal else None,
            place=None if personal else "kitchen",
            signal=signal,
            x=x,
            at=at,
            measured_at=at,
            received_at=at,
            quality=0,
            value=str(x),
            unit=None,
        )

    # -- what carers said

    def closed(self, resident: str, onset: int, disposition: str, *, minutes=None) -> None:
        """An alert of the rule that was told and closed."""
        self.told.append(
            {
                "site": SITE,
                "home": f"home-{PEOPLE.index(resident) + 1}",
                "resident": resident,
                "subject": f"resident:{resident}",
                "technical": False,
                "rule_name": "spo2-low",
                "version": "v1",
                "title": "Oxygen saturation low",
                "guidance": "[]",
                "priority": "now",
                "rank": 0,
                "loud": False,
                "state": "closed",
                "escalation": 0,
                "onset_at": onset,
                "noticed_at": onset,
                "returned_at": onset + HOUR,
                "raised_at": onset,
                "occurrences": 1,
                "late": False,
                "closed_at": onset + HOUR,
                "disposition": disposition,
                "response": "drove" if minutes else "phoned",
                "minutes": minutes,
            }
        )

    def in_a_child(self) -> "Lab":
        """From here on replays run as they do for people: in a process of their own."""
        self.desk.runner = Runner(self.engine, self.clock, self.registry, self.store, 3.0, 512)
        return self

    # -- what people do

    def opens(self, viewer=None, question="It wakes us for nothing.", name="spo2-low") -> int:
        with writing(self.engine) as conn:
            return talking.open_review(conn, viewer or self.carer, SITE, name, question, self.now)

    def works_off(self) -> None:
        """Replays that were asked for are computed, as the desk's thread would."""
        while not self.desk._queue.empty():
            self.desk.run(self.desk._queue.get_nowait())

    def proposes(self, review, limit=88, *, mode="live", viewer=None, reason="Fewer nights") -> int:
        with writing(self.engine) as conn:
            return talking.propose(
                conn, viewer or self.carer, review, SPO2, {"limit": Decimal(limit)},
                rulebook.Mode(mode), reason, self.now, seen=self.basis(conn, review).proposal,
            )  # fmt: skip

    def says(self, viewer, review, stance="support", reason="", interest="") -> None:
        role = min(viewer.roles(SITE))
        with writing(self.engine) as conn:
            talking.take_position(
                conn, viewer, review, role, records.Stance(stance), reason, interest, self.now,
                seen=self.basis(conn, review).proposal,
            )  # fmt: skip

    def all_say(self, review) -> None:
        """A quorum that agrees."""
        for one in (self.carer, self.resident, self.decider):
            self.says(one, review)

    def replays(self, review, limit=88, *, mode="live", viewer=None) -> records.Evidence:
        """Ask and compute, in this thread."""
        self.stored()
        wish = Wish(SPO2, {"limit": Decimal(limit)}, rulebook.Mode(mode))
        asked = self.desk.ask(viewer or self.carer, review, wish)
        self.works_off()
        with reading(self.engine) as conn:
            found = records.evidence(conn, asked)
        assert found is not None
        return found

    def decides(self, review, outcome="adopt", *, after=HOUR, viewer=None, floors=(), **words):
        with reading(self.engine) as conn:
            words.setdefault("basis", self.basis(conn, review))
        said = {"reasons": "Nobody was helped at night", "dissent": "", "present": "six of us"}
        ballot = decide.Ballot(
            records.Outcome(outcome),
            effective_at=self.now + after if outcome == "adopt" else None,
            **{**said, **words},
        )
        with writing(self.engine) as conn:
            return decide.decide(conn, viewer or self.decider, review, ballot, floors, self.now)

    def basis(self, conn, review) -> Basis:
        """What a page that was just loaded shows."""
        standing = decide.standing_of(conn, records.find(conn, self.carer, review), self.now)
        proposal, evidence = standing.proposal, standing.evidence
        return Basis(proposal and proposal.id, evidence and evidence.id, standing.live_entry_id)

    def missing(self, review, outcome="adopt", viewer=None) -> list[quorum.Missing]:
        with reading(self.engine) as conn:
            found = records.find(conn, self.carer, review)
            standing = decide.standing_of(conn, found, self.now)
        return quorum.missing(standing, viewer or self.decider, records.Outcome(outcome))

    def review(self, review) -> records.Review:
        with reading(self.engine) as conn:
            return records.find(conn, self.carer, review)

    def limit(self, at=None) -> Decimal | None:
        """The limit in force; None while the rule is off."""
        with reading(self.engine) as conn:
            live = rulebook.live_entry(conn, SITE, "spo2-low", self.now if at is None else at)
        return None if live is None or live.mode is rulebook.Mode.OFF else live.values["limit"]


def open_lab(folder) -> Lab:
    """Six homes with one resident each, and the starter pack; nothing measured yet."""
    engine = unhurried(state_engine(folder))
    clock = ManualClock(START + 28 * DAY)
    homes = [
        a_home(
            f"home-{n}",
            [name],
            [
                a_device("oximeter", owner=name, signals=("spo2",)),
                a_device("motion", place="kitchen", interval_ms=HOUR, signals=("motion",)),
            ],
        )
        for n, name in enumerate(PEOPLE, 1)
    ]
    registry = registry_with(
        engine, a_site(SITE, homes, zone="Atlantic/Reykjavik", name="Borgarbyggð"), clock=clock
    )
    store = DuckDBStore(folder / "readings.duckdb", 256)
    with writing(engine) as conn:
        rulebook.install_starter(conn, SITE, starter_rules(), clock.now())
    desk = Desk(engine, clock, registry, store, lambda site: clock.now(), 3.0, 512)
    desk.runner = HereRunner(engine, clock, registry, store, 3.0)
    return Lab(engine, registry, store, clock, desk)


def another_desk(lab: Lab) -> Desk:
    """As after a restart of the gateway."""
    return Desk(lab.engine, lab.clock, lab.registry, lab.store, lambda site: lab.now, 3.0, 512)


def four_weeks(lab: Lab) -> None:
    """Everybody measures every morning; two people are low at night, one of them truly ill."""
    for day in range(28):
        for name in PEOPLE:
            lab.measured(name, START + day * DAY + 9 * HOUR, 96, 97, 96)
    for day in (1, 3, 5, 8, 10, 12, 15, 17, 19, 22, 24, 26):  # restless sleep: 90 to 91 %
        lab.measured("bjorn", START + day * DAY + 2 * HOUR, *[91, 90, 90, 91, 91, 90, 91, 96])
        lab.closed("bjorn", START + day * DAY + 2 * HOUR + 5 * 60_000, "false", minutes=40)
    for day in (7, 21):  # pneumonia: 85 to 87 %
        lab.measured("dora", START + day * DAY + 3 * HOUR, *[87, 86, 85, 86, 87, 86, 86, 95])
        lab.closed("dora", START + day * DAY + 3 * HOUR + 5 * 60_000, "useful", minutes=55)
    lab.stored()
