"""Whatever people do in whatever order, no version ever runs live without a mandate."""

import contextlib
import tempfile
from decimal import Decimal
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from devices.errors import Refused
from gateway import rulebook
from gateway.db import reading, writing
from gateway.rulebook import MandateKind, Mode
from tests.rulebook.site import DAY, open_site, spo2

VERSIONS = (spo2(92, 80), spo2(92, 84), spo2(90, 80, "Low oxygen"))


class Histories(RuleBasedStateMachine):
    """Adopt, try, stop, set and wait at random; `timeline` is what must have been in force."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.site = open_site(Path(self.folder.name))
        self.past = {}

    def teardown(self):
        self.site.engine.dispose()
        self.folder.cleanup()

    @initialize()
    def begin(self):
        self.site.begins()

    @rule(days=st.integers(1, 40))
    def wait(self, days):
        self.past[self.site.now] = self.running(self.site.now)
        self.site.clock.advance(days * DAY)

    @rule(
        version=st.sampled_from(VERSIONS),
        limit=st.integers(78, 96),
        after=st.sampled_from([0, 0, 1, DAY, 5 * DAY]),
        mode=st.sampled_from(["live", "live", "off", "shadow"]),
    )
    def adopt(self, version, limit, after, mode):
        with contextlib.suppress(Refused):  # a value outside the range, also somebody's own
            self.site.adopts(version, after=after, mode=mode, limit=limit)

    @rule(limit=st.integers(80, 95), days=st.integers(1, 20))
    def trial(self, limit, days):
        site, now = self.site, self.site.now
        given = {"limit": Decimal(limit)}
        with contextlib.suppress(Refused), writing(site.engine) as conn:  # one is tried already
            rulebook.trial(
                conn, site.facilitator, site.name, spo2(), given, "try", now, now + days * DAY, now
            )

    @precondition(lambda self: self.site.live() and self.site.live().mode is Mode.LIVE)
    @rule()
    def stop(self):
        before = self.site.live()
        self.site.stops()
        after = self.site.live()
        with reading(self.site.engine) as conn:
            back = before.previous_id and rulebook.entry_by_id(conn, before.previous_id)
        if back:
            same = (after.text, after.values, after.mode) == (back.text, back.values, back.mode)
            assert same
        else:
            assert after.mode is Mode.OFF

    @rule(limit=st.one_of(st.none(), st.integers(78, 96)))
    def own_value(self, limit):
        value = None if limit is None else Decimal(limit)
        site = self.site
        with contextlib.suppress(Refused), writing(site.engine) as conn:  # outside the range
            rulebook.set_parameter(
                conn, site.coordinator, site.name, "anna", "spo2-low", "limit", value, "why",
                site.now,
            )  # fmt: skip

    def running(self, at):
        with reading(self.site.engine) as conn:
            found = rulebook.running(rulebook.entries(conn, self.site.name), at)
            own = rulebook.overrides(conn, self.site.name, at)
        return [(one, rulebook.merged(one, own.get(("spo2-low", "anna")))) for one in found]

    @invariant()
    def whatever_runs_live_has_a_mandate_and_values_within_its_range(self):
        for at in (self.site.now, self.site.now + 3 * DAY, self.site.now + 400 * DAY):
            lanes = []
            for entry, values in self.running(at):
                lanes.append(entry.lane)
                assert entry.mode is Mode.SHADOW or entry.mandate is not None
                if entry.mandate and entry.mandate.kind is MandateKind.ADOPTED:
                    assert entry.mandate.decision_id is not None
                spans = rulebook.rule_of(entry.text).parameters
                assert set(values) == set(spans)
                assert all(spans[name].low <= v <= spans[name].high for name, v in values.items())
            assert len(lanes) == len(set(lanes))

    @invariant()
    def what_was_in_force_stays_what_was_in_force(self):
        for at, was in self.past.items():
            assert self.running(at) == was


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=25,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
