"""A state rebuilt from the store is the state that was carried on, for any rule, cut anywhere.

Random trees of every word run at a data site. Once the gateway runs through; once it is killed at a
random row and takes up its snapshot; once the snapshot is gone as well, so that rules are primed
from the store, and what is open comes from where open episodes are kept. The same episodes are on
record in the end.
"""

import os
import random
from decimal import Decimal

import pytest
import sqlalchemy as sa

from devices.signals import CATALOGUE, from_counts
from gateway.alerts import tables
from gateway.db import reading, writing
from gateway.watch import tables as watch_tables
from rules.file.language import parse_rule
from tests.building import a_device, a_home, a_resident, a_site
from tests.properties import oracle, worlds
from tests.stories.world import World

CASES = int(os.environ.get("REBUILT_CASES", "6"))  # not HOMECARE_…: those are settings
SOURCES = [(signal, place) for signal, place in worlds.SOURCES if signal != "coverage"]


PAIRS = {("door", "outer"): 2, ("door", "fridge"): 2, ("motion", "hall"): 2}  # so many of one kind


def device_of(signal, place, number=0):
    name = f"{signal.replace('_', '-')}-{place or 'own'}"
    return f"{name}-{number % PAIRS[signal, place]}" if (signal, place) in PAIRS else name


def a_house(world):
    """One resident with a device for each source, heard every now and then; two where PAIRS says
    so, of which the second stands elsewhere for some hours.
    """
    noon, evening = worlds.at(world, 48), worlds.at(world, 70)
    devices = [
        a_device(
            device_of(signal, place, number),
            place=place,
            moves=[(noon, "kitchen"), (evening, place)] if number else [],
            owner="anna" if CATALOGUE[signal].subject == "resident" else "home",
            signals=(signal, "battery"),
            interval_ms=8 * oracle.TICK,
        )
        for signal, place in SOURCES
        for number in range(PAIRS.get((signal, place), 1))
    ]
    resident = a_resident("anna", since=0, consent=0)
    homes = [a_home(residents=[resident], devices=devices)]
    return a_site(homes=homes, clock="data", zone=world.zone)


def message(signal, x, at):
    described = CATALOGUE[signal]
    body = {"signal": signal, "time": at}
    word = described.word(x)
    if word is not None:
        return {**body, "value": word}
    if described.kind == "event":
        return body
    value = from_counts(described, x)
    return {**body, "value": float(value) if value % 1 else int(Decimal(value))}


def some_rules(r, count=4):
    """Random trees; none is urgent, some clear by another condition."""
    found = []
    for number in range(count):
        clear = worlds.condition(r, 1) if r.random() < 0.25 else None
        made = worlds.rule_of(worlds.condition(r), clear)
        text = made.text.replace("rule: random", f"rule: random-{number}")
        found.append(parse_rule(text, f"random-{number}.yaml"))
    return found


def play(folder, world, rules, cut=None, *, lost=False):
    """(rule, onset, end) of every episode. `cut`: the gateway is killed after that many rows."""
    folder.mkdir()
    it = World(folder, a_house(world), rules=rules, now=world.start)
    try:
        rows = [row for row in worlds.in_order(world) if row[0] != "coverage"]
        tick = worlds.at(world, 1)
        it.tick(tick - 1)
        for number, (signal, place, at, x, order) in enumerate(rows):
            while at > tick:
                it.tick(tick)
                tick += 8 * oracle.TICK
            it.publish(device_of(signal, place, order), message(signal, x, at))
            if number == cut:
                it.run()
                it.stored()
                if lost:
                    with writing(it.engine) as conn:
                        conn.execute(watch_tables.snapshot.delete())
                it.kill()
        it.tick(worlds.at(world, world.ticks))
        e = tables.episode.c
        with reading(it.engine) as conn:
            found = conn.execute(
                sa.select(e.rule_name, e.onset_at, e.ended_at).order_by(e.rule_name, e.onset_at)
            )
            return [tuple(one) for one in found]
    finally:
        it.close()


@pytest.mark.parametrize("seed", range(CASES))
def test_killed_anywhere_the_same_episodes_are_on_record(tmp_path, seed):
    r = random.Random(f"rebuilt {seed}")
    world = worlds.world(r, days=2)
    rules = some_rules(r)
    through = play(tmp_path / "through", world, rules)
    rows = sum(1 for row in worlds.in_order(world) if row[0] != "coverage")
    cut = r.randrange(rows // 3, rows)
    assert play(tmp_path / "killed", world, rules, cut) == through
    assert play(tmp_path / "lost", world, rules, cut, lost=True) == through
