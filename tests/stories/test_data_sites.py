"""A site whose clock is its data: the outcome depends on the readings, never on the speed."""

import random

import pytest
import sqlalchemy as sa

from gateway.alerts import tables
from gateway.db import reading
from tests.building import a_device, a_home, a_resident, a_site
from tests.stories.world import DAY, HOUR, MINUTE, World

BEGIN = 1_554_076_800_000  # 1 April 2019, 00:00 UTC
HOMES = 3


def a_region():
    homes = [
        a_home(
            f"home-{n}",
            residents=[a_resident(f"r{n}", since=BEGIN - DAY, consent=BEGIN - DAY)],
            devices=[
                a_device("clip", owner=f"r{n}"),
                a_device("scale", owner=f"r{n}"),
                a_device("hall", place="hall", signals=("motion", "battery"), interval_ms=HOUR),
                a_device("button", owner=f"r{n}"),
            ],
        )
        for n in range(HOMES)
    ]
    return a_site("tihm", homes=homes, clock="data", zone="Europe/London")


def a_recording(days=2):
    """(at, home, device, body) in order of time: something of everything."""
    draw = random.Random(7)
    found = []
    for n in range(HOMES):
        home = f"home-{n}"
        for minute in range(0, days * 1440, 9):
            at = BEGIN + minute * MINUTE + n
            hour = minute // 60 % 24
            found.append((at, home, "hall", {"signal": "battery", "value": 80, "time": at}))
            if hour >= 8 + 2 * (n == 1) and draw.random() < 0.5:
                found.append((at + 1, home, "hall", {"signal": "motion", "time": at + 1}))
            value = 97 if draw.random() < 0.85 else 88
            found.append((at + 2, home, "clip", {"signal": "spo2", "value": value, "time": at + 2}))
        for day in range(days):
            at = BEGIN + day * DAY + 7 * HOUR + n
            kilos = 70 + day * (n % 2) * 2.4
            body = {"signal": "body_weight", "value": round(kilos, 1), "time": at}
            found.append((at, home, "scale", body))
        at = BEGIN + DAY + n * HOUR + 11
        found.append((at, home, "button", {"signal": "sos", "time": at}))
    return sorted(found, key=lambda one: one[:3])


def play(it, recording, tick, shuffle=None, kill=None):
    """Publish what lies before each tick, then the tick, as a driver does."""
    end = recording[-1][0] + HOUR
    at, position, ticks = BEGIN, 0, 0
    while at < end:
        at += tick
        part = []
        while position < len(recording) and recording[position][0] <= at:
            part.append(recording[position])
            position += 1
        if shuffle is not None:
            shuffle.shuffle(part)
            part.sort(key=lambda one: hash_of(one, shuffle.seed_value))
        for number, (_, home, device, body) in enumerate(part):
            channel = "urgent" if body["signal"] == "sos" else "reading"
            it.publish(device, body, channel, home=home)
            if kill is not None and number == len(part) // 2 and ticks % kill == 0:
                it.host.step()
                it.kill()
        ticks += 1
        it.clock.advance(17)
        it.tick(at)


def hash_of(one, seed):
    """Whole homes in another order; what one home sends keeps its own."""
    return (int(one[1][-1]) * 7 + seed) % 5


class Shuffle(random.Random):
    def __init__(self, seed):
        super().__init__(seed)
        self.seed_value = seed

    def shuffle(self, part):
        """Only between homes: a hub sends in order."""


def outcome(it):
    """Episodes and alerts as they are recorded, without wall times."""
    e, a = tables.episode.c, tables.alert.c
    with reading(it.engine) as conn:
        episodes = conn.execute(
            sa.select(
                e.rule_name, e.subject, e.onset_at, e.since, e.ended_at, e.unknown_since
            ).order_by(e.rule_name, e.subject, e.onset_at)
        ).all()
        alerts = conn.execute(
            sa.select(a.rule_name, a.subject, a.state, a.onset_at, a.occurrences).order_by(
                a.rule_name, a.subject, a.onset_at
            )
        ).all()
    return [tuple(row) for row in episodes], [tuple(row) for row in alerts]


@pytest.fixture(scope="module")
def recording():
    return a_recording()


@pytest.fixture(scope="module")
def expected(recording, tmp_path_factory):
    it = World(tmp_path_factory.mktemp("expected"), a_region())
    play(it, recording, HOUR)
    found = outcome(it)
    it.close()
    return found


def test_something_of_everything_happened(expected):
    episodes, alerts = expected
    assert {row[0] for row in episodes} == {"spo2-low", "weight-up", "no-movement-by-ten", "sos"}
    assert len(episodes) > 20
    assert len(alerts) >= 6


@pytest.mark.parametrize("tick", [10 * MINUTE, 6 * HOUR])
def test_the_step_of_the_clock_does_not_matter(world, recording, expected, tick):
    it = world(a_region())
    play(it, recording, tick)
    assert outcome(it)[0] == expected[0]


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_homes_does_not_matter(world, recording, expected, seed):
    it = world(a_region())
    play(it, recording, HOUR, shuffle=Shuffle(seed))
    assert outcome(it) == expected


def test_being_killed_does_not_matter(world, recording, expected):
    it = world(a_region(), watch={"snapshot_s": 3600})
    play(it, recording, HOUR, kill=5)
    assert outcome(it) == expected


def test_what_comes_after_its_tick_is_made_up_for(world, recording, expected):
    """A redelivery after a restart: the tick overtook it."""
    it = world(a_region())
    held = [one for one in recording if one[1] == "home-2" and one[2] == "clip"][60:100]
    rest = [one for one in recording if one not in held]
    late_at = held[-1][0] + 2 * HOUR
    before = [one for one in rest if one[0] <= late_at]
    after = [one for one in rest if one[0] > late_at]
    play(it, before, HOUR)
    it.stored()
    for _, home, device, body in held:
        it.publish(device, body, home=home)
    play_on(it, after, late_at)
    assert courses(outcome(it)[0]) == courses(expected[0])


def play_on(it, recording, since):
    at = since
    at -= (at - BEGIN) % HOUR
    position = 0
    while position < len(recording):
        at += HOUR
        while position < len(recording) and recording[position][0] <= at:
            _, home, device, body = recording[position]
            position += 1
            it.publish(device, body, "urgent" if body["signal"] == "sos" else "reading", home=home)
        it.tick(at)
    it.tick(at + HOUR)


def courses(episodes):
    return [row[:3] + row[4:5] for row in episodes]
