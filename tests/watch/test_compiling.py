"""The rules run compiled where there are people enough for it, and nobody notices but the clock."""

import subprocess
import sys

import pytest

from gateway.watch import compiling
from gateway.watch.compiling import Preparing
from rules.compiled.nodes import CompiledNodes
from rules.engine.nodes import PlainNodes
from tests.building import a_device, a_home, a_site
from tests.properties import drivers
from tests.stories.world import MINUTE, World
from tests.watch.test_replay_equality import play


def finished(preparing):
    preparing._thread.join(300)
    assert not preparing._thread.is_alive()
    return preparing


def test_it_is_compiled_beside_what_runs_and_handed_over_once():
    preparing = Preparing(3)
    assert preparing.look(2) is None
    assert preparing._thread is None
    preparing.look(3)
    form = finished(preparing).look(3)
    assert isinstance(form, compiling.Stepper)
    assert preparing.look(3) is None


def test_where_nothing_can_be_compiled_the_plain_form_goes_on(monkeypatch):
    def broken():
        raise OSError("no room")

    monkeypatch.setattr(compiling, "folder", lambda: None)
    monkeypatch.setattr(compiling, "stepper", broken)
    preparing = Preparing(0)
    preparing.look(1)
    assert finished(preparing).look(1) is None
    assert preparing.look(1) is None


def test_without_numba_there_is_no_form(monkeypatch):
    monkeypatch.setattr(compiling.rules.compiled, "available", lambda: False)
    assert compiling.stepper() is None


@pytest.fixture
def compiled_at_once(monkeypatch):
    def look(preparing, residents):
        if residents < preparing._from or preparing._thread is not None:
            return None
        preparing._thread = True
        return drivers.stepper()

    monkeypatch.setattr(Preparing, "look", look)


def kinds(world):
    lanes = [lane for own in world.host.sites.watches.values() for lane in lanes_of(own.engine)]
    return {type(lane.nodes) for lane in lanes}


def lanes_of(engine):
    return [lane for lanes in engine._lanes.values() for lane in lanes if lane.runs]


def test_a_gateway_of_few_people_stays_plain_and_one_of_many_does_not(tmp_path, compiled_at_once):
    site = a_site(homes=[a_home(devices=[a_device("clip", owner="anna")])])
    for folder, least, kind in (("a", 50, PlainNodes), ("b", 1, CompiledNodes)):
        (tmp_path / folder).mkdir()
        world = World(tmp_path / folder, site, watch={"compiled_from_residents": least})
        try:
            world.say("clip", "spo2", 86)
            world.wait(6 * MINUTE)
            world.say("clip", "spo2", 86)
            world.run()
            assert kinds(world) == {kind}
            assert world.alert("spo2-low")
        finally:
            world.close()


@pytest.mark.parametrize("kill", [None, 4, 9])
def test_late_readings_and_stops_end_in_the_same_episodes(tmp_path, monkeypatch, kill):
    values = [True, False, False, False, True, True, False, False, True, False, False, True]
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    plain = play(tmp_path / "a", values, [2, 5], kill)
    monkeypatch.setattr(Preparing, "look", lambda *_: drivers.stepper())
    assert play(tmp_path / "b", values, [2, 5], kill) == plain
    assert plain


def test_who_compiles_for_a_gateway_that_is_gone_ends_as_well():
    nobody = [sys.executable, "-m", "gateway.watch.compiling", "0"]
    assert subprocess.run(nobody, check=False, timeout=60).returncode == 1
