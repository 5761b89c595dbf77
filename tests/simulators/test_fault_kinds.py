"""Each fault does what its file says."""

import json

import numpy as np
import pytest

from devices.dialects import BY_NAME
from devices.errors import Refused
from gateway.intake.sequence import notice
from simulators.actions import Connect, Drop, Publish, publishes
from simulators.columns import SIGNAL_INDEX, UNTIMED, Columns
from simulators.faults import FAULTS, Run, Target, laid
from simulators.faults.battery import Battery
from simulators.faults.bounce import Bounce
from simulators.faults.disorder import Disorder
from simulators.faults.drift import Drift
from simulators.faults.duplicates import Duplicates
from simulators.faults.leftover import Leftover
from simulators.faults.mobile import Mobile
from simulators.faults.offline import Offline
from simulators.faults.place import Moved, Swapped
from simulators.faults.reboot import Reboot
from simulators.faults.stuck import Stuck
from simulators.faults.unreachable import Unreachable
from simulators.homes.day import between
from tests.simulators.builders import HOUR, SEED, START, homes

DAY = 24 * HOUR
HOME = homes()[0]
EVERY = homes()[:3]


def number(name: str) -> int:
    return next(i for i, one in enumerate(HOME.devices) if one.id == name)


def days(count: int = 1) -> Columns:
    return between(EVERY, START, START + count * DAY, SEED)


def said(columns: Columns, device: str, signal: str) -> Columns:
    hit = (columns.home == 0) & (columns.device == number(device))
    return columns.where(hit & (columns.signal == SIGNAL_INDEX[signal])).ordered()


def test_a_battery_falls_to_nothing_and_then_nothing_is_said() -> None:
    target = Target(0, START + DAY, START + 6 * DAY, (number("motion-kitchen"),))
    calm = days(7)
    told = laid(calm, [Battery(target, empty_ms=3 * DAY)], SEED)
    charge = said(told, "motion-kitchen", "battery")
    dying = charge.x[(charge.at >= START + DAY) & (charge.at < START + 4 * DAY)]
    assert len(dying) == 3
    assert (np.diff(dying) < -10).all()
    gone = (told.at >= START + 4 * DAY) & (told.at < START + 6 * DAY)
    assert not (gone & (told.home == 0) & (told.device == number("motion-kitchen"))).any()
    new = said(told, "motion-kitchen", "battery")  # somebody put a new one in
    old = said(calm, "motion-kitchen", "battery")
    assert new.x[-1] == old.x[-1]


def test_a_drifting_sensor_is_further_off_every_day_but_no_further_than_told() -> None:
    target = Target(0, START, START + 9 * DAY, (number("climate"),))
    calm = said(days(6), "climate", "room_temperature").x
    drift = Drift(target, "room_temperature", per_day=5.0, most=12.0)
    off = said(laid(days(6), [drift], SEED), "climate", "room_temperature").x - calm
    assert (np.diff(off) >= 0).all()
    assert off[len(off) // 6 : len(off) // 6 + 4].tolist() == [5, 5, 5, 5]
    assert off.max() == 12
    assert np.array_equal(
        said(laid(days(6), [drift], SEED), "climate", "humidity").x,
        said(days(6), "climate", "humidity").x,
    )


def test_a_contact_chatters_when_it_turns_and_ends_in_the_true_state() -> None:
    target = Target(0, START, START + DAY, (number("fridge-door"),))
    calm = said(days(), "fridge-door", "door")
    told = said(laid(days(), [Bounce(target, most=3, within_ms=300)], SEED), "fridge-door", "door")
    turns = int((np.diff(calm.x, prepend=0) != 0).sum())
    assert turns > 10
    added = len(told) - len(calm)
    assert 2 * turns <= added <= 6 * turns
    gap = np.diff(told.at)
    assert (gap[gap < 60] == 50).all()
    # Half a second after each change the contact says what it said without the chatter.
    for at, x in zip(calm.at.tolist(), calm.x.tolist(), strict=True):
        assert told.x[np.searchsorted(told.at, at + 300, "right") - 1] == x


def test_two_sensors_in_each_others_place() -> None:
    one, other = "motion-kitchen", "motion-bathroom"
    target = Target(0, START, START + DAY, (number(one), number(other)))
    told = laid(days(), [Swapped(target)], SEED)
    assert np.array_equal(said(told, one, "motion").at, said(days(), other, "motion").at)
    assert np.array_equal(said(told, other, "motion").at, said(days(), one, "motion").at)
    for name in (one, other):  # its own battery stays with each
        assert np.array_equal(
            said(told, name, "link_quality").x, said(days(), name, "link_quality").x
        )


def test_a_sensor_in_another_room_sees_what_happens_there() -> None:
    target = Target(0, START, START + DAY, (number("motion-bathroom"),))
    told = laid(days(), [Moved(target, number("motion-kitchen"))], SEED)
    there = said(days(), "motion-kitchen", "motion").at
    moved = said(told, "motion-bathroom", "motion").at
    assert len(moved) == len(there)
    assert (np.abs(np.sort(moved) - there) < 2_000).all()
    assert np.array_equal(said(told, "motion-kitchen", "motion").at, there)


def counters(columns: Columns, device: str) -> list[tuple[int | None, int | None]]:
    """Counters as the payloads of a device say them, in the order of sending."""
    decode = BY_NAME["homecare"].decode
    found = [p for p in publishes(EVERY, columns) if f"/{device}/" in p.topic and p.hub == HOME.hub]
    return [(d.boot, d.seq) for d in (decode(p.payload) for p in found)]


def test_a_device_that_starts_anew_counts_anew() -> None:
    target = Target(0, START + 6 * HOUR, START + 20 * HOUR, (number("motion-kitchen"),))
    told = laid(days(), [Reboot(target, every_ms=6 * HOUR, away_ms=10 * 60_000)], SEED)
    numbers = counters(told, "motion-kitchen")
    boots = [boot for boot, _ in numbers]
    assert boots == sorted(boots)
    assert set(boots) == {1, 2, 3, 4}
    for boot in range(1, 5):
        seqs = [seq for b, seq in numbers if b == boot]
        assert seqs == list(range(1, len(seqs) + 1))
    starting = (told.at >= START + 6 * HOUR) & (told.at < START + 6 * HOUR + 10 * 60_000)
    assert not (starting & (told.home == 0) & (told.device == number("motion-kitchen"))).any()
    assert counters(told, "motion-hallway")[0] == (None, None)


def test_a_device_without_memory_repeats_its_numbers_and_the_gateway_sees_it() -> None:
    target = Target(0, START + 6 * HOUR, START + 20 * HOUR, (number("motion-kitchen"),))
    told = laid(days(), [Reboot(target, forgets=True)], SEED)
    state, clashes = None, 0
    for boot, seq in counters(told, "motion-kitchen"):
        assert boot is not None
        assert seq is not None
        noticed = notice(state, boot, seq, START)
        state, clashes = noticed.state, clashes + noticed.clash
    assert clashes == 1


def test_twice_and_out_of_order_the_number_is_the_messages_own() -> None:
    target = Target(0, START + 6 * HOUR, START + 20 * HOUR, (number("motion-kitchen"),))
    own = Target(0, START, START + DAY, (number("motion-kitchen"),))
    told = laid(days(), [Duplicates(own, 0.5), Disorder(own, 0.3), Reboot(target)], SEED)
    decode = BY_NAME["homecare"].decode
    said_by = [p for p in publishes(EVERY, told) if "/motion-kitchen/" in p.topic]
    payloads = [p.payload for p in said_by if p.hub == HOME.hub]
    once = set(payloads)
    assert len(payloads) > len(once) + 10
    assert len({(d.boot, d.seq) for d in map(decode, once)}) == len(once)
    orders = [(d.boot, d.seq) for d in map(decode, payloads)]
    assert orders != sorted(orders)


def test_a_hub_that_starts_anew_is_gone_meanwhile() -> None:
    run = Run(EVERY, [Reboot(Target(0, START + HOUR, hub=HOME.hub), 2 * HOUR, 60_000)], SEED)
    actions = run.actions(run.lay(days(), START + DAY), START, START + DAY)
    drops = [a.at for a in actions if isinstance(a, Drop)]
    assert drops == [START + HOUR + n * 2 * HOUR for n in range(12)]
    back = [a.at for a in actions if isinstance(a, Connect) and a.hub == HOME.hub]
    assert back == [START, *(at + 60_000 for at in drops)]


def test_a_hub_offline_leaves_its_will_and_brings_what_it_kept() -> None:
    target = Target(0, START + HOUR, START + 3 * HOUR, hub=HOME.hub)
    run = Run(EVERY, [Offline(target)], SEED)
    actions = run.actions(run.lay(days(), START + DAY), START, START + DAY)
    assert [a.at for a in actions if isinstance(a, Drop)] == [START + HOUR]
    mine = [a for a in actions if isinstance(a, Publish) and a.hub == HOME.hub and a.readings]
    assert not [a for a in mine if target.start <= a.at < target.end]
    flushed = [a for a in mine if target.end <= a.at < target.end + 60_000]
    kept = days().where((days().home == 0) & target.rows(days()))
    assert len(flushed) >= len(list(publishes(EVERY, kept)))
    times = [json.loads(a.payload) for a in flushed[:5]]
    assert all(one["time"] < target.end for one in times if isinstance(one, dict))


def test_a_full_buffer_loses_the_oldest() -> None:
    target = Target(0, START + HOUR, START + 6 * HOUR, hub=HOME.hub)
    told = laid(days(), [Offline(target, buffer=25)], SEED)
    kept = told.where((told.home == 0) & target.rows(told))
    every = days().where((days().home == 0) & target.rows(days()))
    assert len(list(publishes(EVERY, kept))) == 25
    assert kept.at.min() > np.median(every.at)
    dead = laid(days(), [Offline(target, buffer=0)], SEED)
    assert not ((dead.home == 0) & target.rows(dead)).any()


def test_after_an_outage_hubs_come_back_one_by_one() -> None:
    down = [
        Unreachable(Target(n, START + HOUR, START + 2 * HOUR, hub=home.hub), back_off_ms=60_000)
        for n, home in enumerate(EVERY)
    ]
    run = Run(EVERY, down, SEED)
    actions = run.actions(run.lay(days(), START + DAY), START, START + DAY)
    assert [a.at for a in actions if isinstance(a, Drop)] == [START + HOUR] * 3
    back = {a.hub: a.at for a in actions if isinstance(a, Connect) and a.at > START}
    assert len(set(back.values())) == 3
    assert all(START + 2 * HOUR <= at < START + 2 * HOUR + 60_000 for at in back.values())


def test_on_a_mobile_link_loss_is_delay_and_repetition() -> None:
    link = Mobile(Target(0, START, START + DAY, hub=HOME.hub), 500, 0.2, 20_000)
    calm = days().where(days().home == 0)
    told = laid(days(), [link], SEED).where(laid(days(), [link], SEED).home == 0)
    once = {(p.topic, p.payload): p.at for p in publishes(EVERY, calm)}
    sent: dict[tuple[str, bytes], list[int]] = {}
    for one in publishes(EVERY, told):
        sent.setdefault((one.topic, one.payload), []).append(one.at)
    assert set(sent) == set(once)
    late = np.array([min(at) - once[what] for what, at in sent.items()])
    assert (late > 0).all()
    assert 300 < np.median(late) < 2_000
    assert 0.1 < (late > 15_000).mean() < 0.5
    twice = np.mean([len(at) > 1 for at in sent.values()])
    assert 0.05 < twice < 0.2
    last = [max(sent[what]) for what in once]
    assert last == sorted(last)  # acknowledged in the order of making


def test_a_link_that_is_too_slow_loses_the_oldest_of_a_full_buffer() -> None:
    link = Mobile(Target(0, START, START + DAY, hub=HOME.hub), 400, 0.95, 60_000, buffer=5)
    told = laid(days(), [link], SEED)
    mine = [c.where(c.home == 0) for c in (days(), told)]
    what = [{p.payload for p in publishes(EVERY, c)} for c in mine]
    assert what[1] < what[0]


def test_retained_readings_say_so() -> None:
    left = Leftover(Target(0, START + HOUR, START + 2 * HOUR, (number("fridge-door"),)))
    run = Run(EVERY, [left], SEED)
    actions = run.actions(run.lay(days(), START + DAY), START, START + DAY)
    retained = [a for a in actions if isinstance(a, Publish) and a.retain and a.readings]
    assert retained
    assert all("/fridge-door/" in a.topic and a.hub == HOME.hub for a in retained)
    assert all(START + HOUR <= a.at < START + 2 * HOUR for a in retained)


def test_a_device_without_a_clock_can_fail_as_well() -> None:
    calm = days()
    untimed = calm.altered(at=np.full(len(calm), UNTIMED, np.int64))
    target = Target(0, START + HOUR, START + 3 * HOUR)
    for fault in (Stuck(target), Battery(target), Bounce(target), Drift(target)):
        told = laid(untimed, [fault], SEED)
        assert (told.at == UNTIMED).all()
        assert len(laid(calm, [fault], SEED)) == len(told)


def test_the_catalogue_names_every_kind_once_with_what_it_takes() -> None:
    names = [kind.name for kind in FAULTS]
    assert len(names) == len(set(names)) >= 15
    for kind in FAULTS:
        assert kind.excludes <= set(names)
        assert all(one.what for one in kind.parameters), kind.name


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda t: Mobile(t, loss=1.0), "nothing would ever arrive"),
        (lambda t: Mobile(t, loss=1.5), "no share"),
        (lambda t: Mobile(t, buffer=0), "nothing would ever arrive"),
        (lambda t: Reboot(t, every_ms=10_000), "never up"),
        (lambda t: Battery(t, empty_ms=0), "never full"),
        (lambda t: Bounce(t, most=0), "no chatter"),
    ],
)
def test_what_cannot_be_is_refused(make, says: str) -> None:
    with pytest.raises(Refused, match=says):
        make(Target(0, START, START + HOUR))


def test_a_target_before_1970_is_refused() -> None:
    with pytest.raises(Refused, match="before 1970"):
        Target(0, -1, 5)
