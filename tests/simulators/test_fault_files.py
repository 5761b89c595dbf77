"""Faults by file: what they become, and what is refused, naming file and key."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.errors import Refused
from simulators.faults import FAULTS, FOREVER, FaultRefused, Run, load, placed, plan
from simulators.faults.drift import Drift
from simulators.faults.mobile import Mobile
from simulators.faults.place import Moved
from simulators.faults.silence import Silence
from simulators.homes.day import between
from tests.simulators.builders import HOUR, SEED, START, homes

GOOD = """
faults:
  - {fault: silence, home: donegal/home-1, devices: [motion-kitchen], from: day 1 02:10, for: 6 h}
  - {fault: mobile, site: [donegal, vestland], delay: 800 ms, loss: 10 %, until: day 2}
  - {fault: drift, home: donegal/home-1, signal: room_temperature, per_day: -0.5 Cel}
  - {fault: skew, home: all, devices: [cuff], by: -90 s, from: 2026-05-10T09:00:00+01:00, for: 2 d}
  - {fault: moved, home: donegal/home-2, devices: [motion-bathroom], to: kitchen}
"""


def test_a_file_becomes_faults_in_their_homes() -> None:
    faults = placed(load(GOOD, "mine.yaml"), homes(), START)
    silence = faults[0]
    assert isinstance(silence, Silence)
    home = homes()[0]
    assert [home.devices[i].id for i in silence.target.devices] == ["motion-kitchen"]
    local = datetime.fromtimestamp(silence.target.start / 1000, home.local())
    assert (local.hour, local.minute) == (2, 10)
    assert silence.target.end - silence.target.start == 6 * HOUR
    links = [one for one in faults if isinstance(one, Mobile)]
    assert {homes()[one.target.home].site for one in links} == {"donegal", "vestland"}
    assert {(one.delay_ms, one.loss, one.target.start) for one in links} == {(800, 0.1, START)}
    drift = next(one for one in faults if isinstance(one, Drift))
    assert (drift.per_day, drift.target.end) == (-5.0, FOREVER)
    moved = next(one for one in faults if isinstance(one, Moved))
    assert homes()[1].devices[moved.like].id == "motion-kitchen"
    skewed = [one for one in faults if type(one).__name__ == "Skew"]
    assert {one.by_ms for one in skewed} == {-90_000}
    assert all(homes()[one.target.home].has("cuff") for one in skewed)


def test_midnight_is_the_homes_own() -> None:
    for home in (homes()[0], homes()[9], homes()[-1]):
        entry = plan({"fault": "silence", "home": home.hub, "from": "day 1"}, "page")
        (fault,) = placed([entry], homes(), START)
        local = datetime.fromtimestamp(fault.target.start / 1000, home.local())
        assert (local.day, local.hour, local.minute) == (11, 0, 0)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("faults: [{fault: silense, home: all}]", "mine.yaml, faults.0.fault.*mean 'silence'"),
        ("faults: [{home: all}]", "faults.0.*which fault"),
        ("faults: [{fault: silence, home: all, form: day 1}]", "faults.0.form.*unknown key.*mean"),
        ("faults: [{fault: silence}]", "faults.0.*say where"),
        ("faults: [{fault: silence, home: all, site: donegal}]", "faults.0.*say where"),
        ("faults: [{fault: silence, home: all, from: -3 h}]", "faults.0.from.*negative"),
        ("faults: [{fault: silence, home: all, from: day -3}]", "faults.0.from.*negative"),
        ("faults: [{fault: silence, home: all, from: soon}]", "faults.0.from.*no time"),
        ("faults: [{fault: silence, home: all, from: 1969-01-01T00:00:00Z}]", "before 1970"),
        ("faults: [{fault: silence, home: all, from: 2026-05-10T09:00:00}]", "with its zone"),
        ("faults: [{fault: silence, home: all, for: 0 h}]", "faults.0.for.*no length"),
        ("faults: [{fault: silence, home: all, for: 2 h, until: day 2}]", "exclude each other"),
        ("faults: [{fault: skew, home: all, by: 90 s, reset: 'yes'}]", "`by` and `reset` exclude"),
        ("faults: [{fault: skew, home: all}]", "say how it is wrong"),
        ("faults: [{fault: duplicates, home: all, share: 130 %}]", "faults.0.share.*no share"),
        ("faults: [{fault: duplicates, home: all, share: 0.1}]", "faults.0.share.*no share"),
        ("faults: [{fault: mobile, home: all, loss: 100 %}]", "faults.0.*nothing ever arrives"),
        ("faults: [{fault: mobile, home: all, delay: -1 s}]", "faults.0.delay.*negative"),
        ("faults: [{fault: mobile, home: all, devices: [hub]}]", "faults.0.devices.*whole home"),
        ("faults: [{fault: offline, home: all, buffer: -1}]", "faults.0.buffer"),
        ("faults: [{fault: reboot, home: all, every: 10 s}]", "never up"),
        ("faults: [{fault: drift, home: all}]", "faults.0.signal.*[Rr]equired"),
        ("faults: {fault: silence}", "mine.yaml, faults"),
        ("- silence", "mapping"),
        ("faults: [", "not YAML"),
        ("faults: []\nfaults: []", "stands twice"),
        ("faults: []\nseed: 3", "mine.yaml, seed.*unknown key"),
    ],
)
def test_nonsense_is_refused_by_file_and_key(text: str, says: str) -> None:
    with pytest.raises(FaultRefused, match=says):
        load(text, "mine.yaml")


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ("{fault: silence, home: donegal/home-9}", "faults.0.home.*no 'donegal/home-9'.*Did you"),
        ("{fault: silence, site: donegall}", "faults.0.site.*Did you mean 'donegal'"),
        ("{fault: silence, home: donegal/home-1, devices: [toaster]}", "faults.0.devices.*toaster"),
        ("{fault: silence, home: all, from: day 2, until: day 1}", "faults.0.until.*before it beg"),
        ("{fault: burst, home: all}", "faults.0.until.*never comes"),
        (
            "{fault: drift, home: donegal/home-1, signal: body_weight, per_day: 1 kg}",
            "faults.0.signal.*no 'body_weight'",
        ),
        (
            "{fault: drift, home: all, devices: scale, signal: body_weight, per_day: 1 Cel}",
            "faults.0.per_day.*measured in kg",
        ),
        (
            "{fault: drift, home: all, devices: scale, signal: body_weight, per_day: 0 kg}",
            "faults.0.per_day.*does not drift",
        ),
        ("{fault: swapped, home: all, devices: [cuff]}", "faults.0.devices.*cannot be exchanged"),
        (
            "{fault: swapped, home: donegal/home-1, devices: [hub, climate]}",
            "faults.0.devices.*do not exchange",
        ),
        (
            "{fault: moved, home: donegal/home-1, devices: [motion-kitchen], to: attic}",
            "faults.0.to.*no 'attic'",
        ),
        ("{fault: bounce, home: all, devices: [cuff]}", "faults.0.devices.*a contact"),
        (
            "{fault: stuck, home: donegal/home-1, from: day 1}, "  # noqa: ISC004 # one file
            "{fault: silence, home: donegal/home-1, devices: [hub], until: day 3}",
            "mine.yaml, faults.1.*excludes mine.yaml, faults.0",
        ),
        (
            "{fault: offline, home: all, for: 1 h}, {fault: mobile, site: donegal}",
            "mine.yaml, faults.1.*excludes mine.yaml, faults.0",
        ),
        ("{fault: stuck, home: all}, {fault: stuck, site: donegal}", "faults.1.*excludes"),
    ],
)
def test_what_does_not_fit_the_homes_is_refused(entries: str, says: str) -> None:
    with pytest.raises(FaultRefused, match=says):
        placed(load(f"faults: [{entries}]", "mine.yaml"), homes(), START)


def test_a_home_or_a_site_without_devices_is_refused() -> None:
    bare = [replace(home, devices=()) for home in homes()[:4]]
    for where in ("home: donegal/home-1", "site: donegal"):
        with pytest.raises(FaultRefused, match=r"mine.yaml, faults.0.*no devices"):
            placed(load(f"faults: [{{fault: silence, {where}}}]", "mine.yaml"), bare, START)
    with pytest.raises(FaultRefused, match="no homes"):
        placed(load("faults: [{fault: silence, home: all}]", "mine.yaml"), [], START)
    with pytest.raises(Refused, match="before 1970"):
        placed([], homes(), -1)


def test_two_that_would_contradict_each_other_may_follow_each_other() -> None:
    text = """
faults:
  - {fault: stuck, home: donegal/home-1, until: day 1}
  - {fault: silence, home: donegal/home-1, from: day 1, until: day 2}
  - {fault: stuck, home: donegal/home-1, devices: [hub], from: day 2}
  - {fault: drift, home: donegal/home-1, signal: humidity, per_day: 1, from: day 2}
"""
    assert len(placed(load(text, "mine.yaml"), homes(), START)) == 4


def test_every_kind_can_be_laid_with_what_it_takes_by_default() -> None:
    needs = {
        "skew": {"reset": "yes"},
        "drift": {"devices": "climate", "signal": "co2", "per_day": "40 [ppm]"},
        "swapped": {"devices": ["motion-kitchen", "motion-hallway"]},
        "moved": {"devices": "motion-kitchen", "to": "hallway"},
    }
    calm = between(homes()[:1], START, START + 6 * HOUR, SEED)
    for kind in FAULTS:
        raw = {"fault": kind.name, "home": "donegal/home-1", "for": "3 h"} | needs.get(
            kind.name, {}
        )
        faults = placed([plan(raw, "page", kinds=FAULTS)], homes()[:1], START)
        run = Run(homes()[:1], faults, SEED)
        columns = run.lay(calm, START + 6 * HOUR)
        actions = run.actions(columns, START, START + 6 * HOUR)
        assert len(actions) > 50, kind.name


def test_the_file_of_the_guide_loads() -> None:
    guide = Path(__file__).resolve().parents[2] / "docs/developers/personas-and-faults.md"
    parts = guide.read_text(encoding="utf-8").split("```yaml\n")[1:]
    files = [part.split("```")[0] for part in parts]
    faults = [text for text in files if text.startswith("faults:")]
    assert faults
    for text in faults:
        assert placed(load(text, "guide"), homes(), START)
    for kind in FAULTS:
        assert f"`{kind.name}`" in guide.read_text(encoding="utf-8"), kind.name
        for parameter in kind.parameters:
            assert f"`{parameter.name}`" in guide.read_text(encoding="utf-8"), parameter.name


def is_well_said(refused: FaultRefused) -> None:
    assert refused.subject.startswith("any")
    assert refused.problem
    assert str(refused).isprintable()


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_text_at_all_is_read_or_refused(text: str) -> None:
    try:
        load(text, "any")
    except FaultRefused as refused:
        is_well_said(refused)


KEYS = ("fault", "home", "site", "devices", "from", "until", "for", "share", "by", "reset", "to")
WORDS = st.one_of(
    st.sampled_from([kind.name for kind in FAULTS]),
    st.sampled_from(["all", "donegal", "donegal/home-1", "hub", "day 1", "3 h", "10 %", "yes"]),
    st.text(max_size=8),
    st.lists(st.text(max_size=5), max_size=3),
    st.integers(),
)


@given(st.dictionaries(st.sampled_from(KEYS), WORDS))
@settings(max_examples=300, deadline=None)
def test_any_keys_at_all_are_laid_or_refused(raw: dict[str, object]) -> None:
    try:
        placed([plan(raw, "any")], homes(), START)
    except FaultRefused as refused:
        is_well_said(refused)
