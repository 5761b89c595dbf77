"""Homes say the same whoever asks, for however much, and what they say is decodable."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from devices.dialects import BY_NAME
from devices.errors import Refused
from simulators.actions import Connect, Drop, Publish, merged, publishes
from simulators.columns import NAMES, SIGNALS, Columns
from simulators.homes.batch import batch
from simulators.homes.day import between
from simulators.homes.home import Device
from simulators.homes.models import MODELS, model
from simulators.people.persona import PERSONAS, persona
from tests.simulators.builders import HOUR, SEED, START, homes


def same(one: Columns, other: Columns, *, but: tuple[str, ...] = ()) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in NAMES
        if name not in but
    )


def test_a_home_alone_says_what_it_says_among_all() -> None:
    every = between(homes(), START, START + 24 * HOUR, SEED)
    for number in (0, 5, 23):
        alone = between(homes()[number : number + 1], START, START + 24 * HOUR, SEED)
        assert same(every.where(every.home == number), alone, but=("home",))


def test_an_interval_in_parts_is_the_interval() -> None:
    whole = between(homes()[:3], START, START + 30 * HOUR, SEED)
    cut = START + 11 * HOUR + 123
    parts = [
        between(homes()[:3], START, cut, SEED),
        between(homes()[:3], cut, START + 30 * HOUR, SEED),
    ]
    assert sum(map(len, parts)) == len(whole)
    assert np.array_equal(np.concatenate([p.x for p in parts]), whole.x)


def test_another_seed_is_another_life() -> None:
    one, other = (between(homes()[:1], START, START + 24 * HOUR, seed) for seed in (1, 2))
    assert len(one) != len(other) or not same(one, other)


def test_every_payload_is_what_its_dialect_reads() -> None:
    columns = between(homes(), START, START + 6 * HOUR, SEED)
    said = 0
    for message in publishes(homes(), columns):
        device = message.topic.split("/")[4]
        home = next(h for h in homes() if h.hub == message.hub)
        kind = next(d.model for d in home.devices if d.id == device)
        decoded = BY_NAME[model(kind).dialect].decode(message.payload)
        assert not decoded.refusals, message
        assert all(item.plausible and item.at is not None for item in decoded.items)
        assert len(decoded.items) == message.readings
        said += len(decoded.items)
    assert said == len(columns)


def test_a_door_is_shut_again_and_says_so_with_its_heartbeat() -> None:
    columns = between(homes(), START, START + 48 * HOUR, SEED)
    door = next(i for i, d in enumerate(homes()[0].devices) if d.id == "front-door")
    signal = next(i for i, s in enumerate(SIGNALS) if s.name == "door")
    openings = 0
    for number in range(len(homes())):
        mine = columns.where(
            (columns.home == number) & (columns.device == door) & (columns.signal == signal)
        )
        opened = np.flatnonzero(mine.x == 1)
        openings += len(opened)
        following = opened[opened + 1 < len(mine)] + 1
        assert (mine.at[following] - mine.at[following - 1] <= 60 * 60_000).all()
        assert (mine.x == 0).sum() > (mine.x == 1).sum()
    assert openings > 100


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Dublin", datetime(2026, 3, 28, tzinfo=UTC), 23),
        ("Europe/Helsinki", datetime(2026, 10, 24, tzinfo=UTC), 25),
        ("Atlantic/Reykjavik", datetime(2026, 3, 28, tzinfo=UTC), 24),
    ],
)
def test_a_day_with_a_change_of_clocks_has_its_own_length(
    zone: str, day: datetime, hours: int
) -> None:
    home = replace(homes()[0], zone=zone)
    number = int(day.timestamp() // 86_400)
    made = batch([home], [number], SEED)
    assert (made.end_at - made.start_at).tolist() == [hours * HOUR]
    begins = datetime.fromtimestamp(made.start_at[0] / 1000, ZoneInfo(zone))
    assert (begins.hour, begins.minute) == (4, 0)


def test_people_sleep() -> None:
    """TIHM's chain gives nights a small part of the events that days have."""
    columns = between(homes(), START, START + 5 * 24 * HOUR, SEED)
    motion = columns.where(
        columns.signal == next(i for i, s in enumerate(SIGNALS) if s.name == "motion")
    )
    hour = motion.at // HOUR % 24
    night, day = np.isin(hour, (0, 1, 2)).sum(), np.isin(hour, (9, 10, 11)).sum()
    assert night * 3 < day


def test_the_weight_of_a_day_needs_no_other_day() -> None:
    long = between(homes()[1:2], START - 20 * 24 * HOUR, START + 24 * HOUR, SEED)
    short = between(homes()[1:2], START, START + 24 * HOUR, SEED)
    assert same(long.where(long.at >= START), short)


def test_a_hub_that_is_gone_sends_nothing_and_comes_back() -> None:
    home = homes()[0]
    columns = between([home], START, START + 4 * HOUR, SEED)
    gone = (home.hub, START + HOUR, START + 2 * HOUR)
    actions = merged([home], columns, START, START + 4 * HOUR, [gone])
    assert [a.at for a in actions] == sorted(a.at for a in actions)
    assert isinstance(actions[0], Connect)
    assert [a.at for a in actions if isinstance(a, Drop)] == [START + HOUR]
    assert [a.at for a in actions if isinstance(a, Connect)] == [START, START + 2 * HOUR]
    sent = [a.at for a in actions if isinstance(a, Publish)]
    assert not any(START + HOUR <= at < START + 2 * HOUR for at in sent)
    assert max(sent) > START + 3 * HOUR


def test_words_that_nobody_knows_are_refused_with_the_known_ones() -> None:
    with pytest.raises(Refused, match="heart-failure"):
        persona("marathon-runner")
    with pytest.raises(Refused, match="oximeter"):
        model("toaster")
    with pytest.raises(Refused, match="stands twice"):
        replace(homes()[0], devices=(Device("hub", "hub", "hall"),) * 2)


def test_every_kit_can_be_built() -> None:
    names = {m.name for m in MODELS}
    assert {kind for p in PERSONAS for kind in p.kit} <= names
