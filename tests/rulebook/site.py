"""A site with people and a rulebook, for stories."""

from dataclasses import dataclass, field
from decimal import Decimal

import sqlalchemy as sa

from gateway import rulebook
from gateway.access import Role, Viewer
from gateway.clock import ManualClock
from gateway.db import open_state, state_metadata, writing
from rules.file.language import Rule, parse_rule

DAY = 86_400_000
TEXT = """
rule: spo2-low
title: Oxygen saturation low
priority: now
audience: [carer]
why: A low saturation at rest is a reason to assess.
source: a test
not_for: anybody
guidance: [Phone first.]
parameters:
  limit: {{label: Low below, default: {limit} %, low: {low} %, high: 95 %, step: 1 %}}
when:
  lasting:
    for: 5 min
    condition:
      below: {{value: spo2, limit: $limit}}
"""


def spo2(limit: int = 92, low: int = 80, title: str = "Oxygen saturation low") -> Rule:
    """A version of the rule with one parameter."""
    return parse_rule(TEXT.format(limit=limit, low=low).replace("Oxygen saturation low", title))


def who(number: int, *roles: Role, site: str = "vestland") -> Viewer:
    """Somebody with roles at a site; `number` is the user id."""
    return Viewer(
        user_id=number,
        login=f"{roles[0]}-{number}",
        name=f"{roles[0].title()} {number}",
        grants=frozenset((site, role) for role in roles),
        residents=frozenset({"anna"}) if roles[0] in {Role.RESIDENT, Role.FAMILY} else frozenset(),
    )


@dataclass
class Site:
    """One state database, a clock, and the usual people."""

    engine: sa.Engine
    clock: ManualClock = field(default_factory=ManualClock)
    name: str = "vestland"
    coordinator: Viewer = field(default_factory=lambda: who(1, Role.COORDINATOR))
    carer: Viewer = field(default_factory=lambda: who(2, Role.CARER))
    decider: Viewer = field(default_factory=lambda: who(3, Role.DECIDER))
    facilitator: Viewer = field(default_factory=lambda: who(4, Role.FACILITATOR))
    resident: Viewer = field(default_factory=lambda: who(5, Role.RESIDENT))
    technician: Viewer = field(default_factory=lambda: who(6, Role.TECHNICIAN))
    decisions: int = 0

    @property
    def now(self) -> int:
        return self.clock.now()

    def begins(self, *rules: Rule, site: str | None = None) -> None:
        """Founding mandates."""
        with writing(self.engine) as conn:
            rulebook.install_starter(conn, site or self.name, rules or (spo2(),), self.now)

    def adopts(
        self, rule: Rule | None = None, *, after: int = 0, mode="live", **values: int
    ) -> int:
        """A decision puts a version in force `after` ms from now."""
        self.decisions += 1
        with writing(self.engine) as conn:
            return rulebook.adopt(
                conn,
                self.decider,
                self.name,
                rule or spo2(),
                {name: Decimal(value) for name, value in values.items()},
                rulebook.Mode(mode),
                self.decisions,
                self.now + after,
                self.now,
                reason="agreed",
            )

    def stops(self, reason: str = "it wakes everybody") -> rulebook.Stopped:
        with writing(self.engine) as conn:
            return rulebook.stop(conn, self.coordinator, self.name, "spo2-low", reason, self.now)

    def live(self, at: int | None = None) -> rulebook.Entry | None:
        with writing(self.engine) as conn:
            return rulebook.live_entry(conn, self.name, "spo2-low", self.now if at is None else at)

    def limit(self, at: int | None = None) -> int | None:
        """The limit in force; None while the rule is off."""
        entry = self.live(at)
        assert entry is not None
        return None if entry.mode is rulebook.Mode.OFF else int(entry.values["limit"])


def unhurried(engine: sa.Engine) -> sa.Engine:
    """No flush to disk at each commit: these stories are not about a lost power supply."""

    @sa.event.listens_for(engine, "connect")
    def _relax(dbapi, _):
        dbapi.execute("PRAGMA synchronous = OFF").close()

    engine.dispose()
    return engine


def open_site(folder) -> Site:
    """A fresh database with every table that is known."""
    engine = unhurried(open_state(folder / "state.db"))
    state_metadata.create_all(engine)
    return Site(engine)
