"""Faults laid one over the other: in any order, in any parts, and none touches what is not its."""

import copy
from collections import Counter
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.actions import Connect, Drop, Publish
from simulators.columns import NAMES, Columns, together
from simulators.faults import FOREVER, Fault, FaultRefused, Run, Target, laid
from simulators.faults.battery import Battery
from simulators.faults.bounce import Bounce
from simulators.faults.burst import Burst
from simulators.faults.disorder import Disorder
from simulators.faults.drift import Drift
from simulators.faults.duplicates import Duplicates
from simulators.faults.leftover import Leftover
from simulators.faults.mobile import Mobile
from simulators.faults.offline import Offline
from simulators.faults.place import Moved, Swapped
from simulators.faults.reboot import Reboot
from simulators.faults.silence import Silence
from simulators.faults.skew import Skew
from simulators.faults.stuck import Stuck
from simulators.faults.unreachable import Unreachable
from simulators.homes.day import between
from tests.simulators.builders import HOUR, SEED, START, homes

HOURS = 6
END = START + HOURS * HOUR
MINUTE = 60_000
HOME = homes()[0]
SENSORS = tuple(i for i, one in enumerate(HOME.devices) if one.model == "motion")
DOORS = tuple(i for i, one in enumerate(HOME.devices) if one.model == "door")
LOSE = (Silence, Battery, Reboot, Moved)  # they say so; the others lose by a full buffer only
ADD = (Duplicates, Bounce, Moved, Mobile)


@lru_cache(maxsize=1)
def morning() -> Columns:
    return between(homes()[:2], START, END, SEED)


@st.composite
def targets(draw: st.DrawFn, devices: tuple[int, ...] | None = None) -> Target:
    begins = draw(st.integers(0, HOURS * 60 - 1))
    length = draw(st.integers(1, HOURS * 60))
    end = draw(st.sampled_from((START + (begins + length) * MINUTE, FOREVER)))
    if devices is None:
        devices = tuple(draw(st.sets(st.integers(0, len(HOME.devices) - 1), max_size=4)))
    return Target(0, START + begins * MINUTE, end, devices, HOME.hub)


@st.composite
def whole(draw: st.DrawFn) -> Target:
    return draw(targets(devices=()))


SHARES = st.floats(0, 1)
FAULTS: st.SearchStrategy[Fault] = st.one_of(
    st.builds(Stuck, targets()),
    st.builds(Drift, targets(), st.sampled_from(["room_temperature", "spo2"]), st.floats(-90, 90)),
    st.builds(Bounce, targets(), st.integers(1, 6)),
    st.builds(Swapped, targets(devices=SENSORS[:2])),
    st.builds(Moved, targets(devices=SENSORS[:1]), st.just(SENSORS[2])),
    st.builds(Battery, targets(), st.integers(MINUTE, 4 * HOUR)),
    st.builds(Silence, targets()),
    st.builds(Reboot, targets(), st.sampled_from((0, HOUR)), st.integers(0, 10 * MINUTE)),
    st.builds(Reboot, targets(), st.just(HOUR), st.just(MINUTE), st.just(value=True)),
    st.builds(Skew, targets(), st.integers(1, 10 * HOUR)),
    st.builds(Skew, targets(), st.integers(-10 * HOUR, -1)),
    st.builds(Skew, targets(), st.just(0), st.just(value=True)),
    st.builds(Burst, whole(), st.sampled_from((0, 50, 5_000))),
    st.builds(Offline, whole(), st.integers(0, 200)),
    st.builds(Unreachable, whole(), st.integers(1, 10 * MINUTE)),
    st.builds(
        Mobile,
        whole(),
        st.integers(1, 90_000),
        st.floats(0, 0.95),
        st.integers(1, 5 * MINUTE),
        st.integers(1, 60),
    ),
    st.builds(Duplicates, targets(), SHARES),
    st.builds(Disorder, targets(), SHARES, st.integers(1, 2 * HOUR)),
    st.builds(Leftover, targets()),
)


def rows(columns: Columns, *but: str) -> Counter[tuple[int, ...]]:
    names = [name for name in NAMES if name not in but]
    return Counter(zip(*(getattr(columns, name).tolist() for name in names), strict=True))


def same(one: Columns, other: Columns) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in NAMES)


def agreeing(faults: list[Fault]) -> list[Fault]:
    """Those of them that a file could hold."""
    kept: list[Fault] = []
    for fault in faults:
        try:
            Run(homes(), [*kept, fault], SEED)
        except FaultRefused:
            continue
        kept.append(fault)
    return kept


@given(st.lists(FAULTS, max_size=5))
@settings(max_examples=60, deadline=None)
def test_in_any_order_they_leave_alone_what_is_not_theirs(faults: list[Fault]) -> None:
    told = laid(morning(), faults, SEED)
    assert same(told, laid(morning(), faults, SEED))
    other = [c.where(c.home == 1) for c in (morning(), told)]
    assert same(*other)
    calm = morning().where(morning().home == 0)
    first = min((fault.target.start for fault in faults), default=END)
    last = max((fault.target.end for fault in faults), default=START)
    outside = rows(calm.where((calm.at < first) | (calm.at >= last)), "message")
    assert not outside - rows(told.where(told.home == 0), "message")


@given(st.lists(FAULTS, max_size=5))
@settings(max_examples=60, deadline=None)
def test_nothing_is_lost_or_added_unless_the_fault_says_so(faults: list[Fault]) -> None:
    roomy = [
        fault
        for fault in faults
        if not isinstance(fault, LOSE)
        and not (isinstance(fault, Offline | Mobile) and fault.buffer < len(morning()))
        and not (isinstance(fault, Burst | Offline | Unreachable) and fault.target.end == FOREVER)
    ]
    told = laid(morning(), roomy, SEED)
    assert len(told) >= len(morning())
    if not any(isinstance(fault, ADD) for fault in faults):
        assert len(laid(morning(), faults, SEED)) <= len(morning())
    if not any(isinstance(fault, ADD) for fault in roomy):
        assert len(told) == len(morning())


@given(st.lists(FAULTS, max_size=4), st.lists(st.integers(1, HOURS * 60 - 1), max_size=5))
@settings(max_examples=100, deadline=None)
def test_a_run_in_parts_is_the_run_in_one(faults: list[Fault], cuts: list[int]) -> None:
    faults = agreeing(faults)
    in_one = Run(homes(), faults, SEED)
    whole_run = together([in_one.lay(morning(), END), in_one.rest()]).ordered()
    run, parts = Run(homes(), faults, SEED), []
    edges = sorted({START, END, *(START + cut * MINUTE + 17 for cut in cuts)})
    for start, end in pairwise(edges):
        part = run.lay(morning().where((morning().at >= start) & (morning().at < end)), end)
        assert (part.sent_at < end).all()
        parts.append(part)
    parts.append(run.rest())
    assert same(together(parts).ordered(), whole_run)


@given(st.lists(FAULTS, max_size=3), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_in_a_file_plays_no_part_between_layers(faults, random) -> None:
    faults = list({fault.layer: fault for fault in faults}.values())
    shuffled = random.sample(faults, len(faults))
    assert same(laid(morning(), faults, SEED), laid(morning(), shuffled, SEED))


@given(st.lists(FAULTS, max_size=3))
@settings(max_examples=40, deadline=None)
def test_a_hub_without_a_connection_publishes_nothing(faults: list[Fault]) -> None:
    faults = agreeing(faults)
    run = Run(homes()[:2], faults, SEED)
    columns = run.lay(morning(), END)
    actions = run.actions(columns, START, END)
    assert [a.at for a in actions] == sorted(a.at for a in actions)
    connected: set[str] = set()
    for action in actions:
        if isinstance(action, Connect):
            connected.add(action.hub)
        elif isinstance(action, Drop):
            connected.discard(action.hub)
        else:
            assert action.hub in connected
    published = sum(a.readings for a in actions if isinstance(a, Publish))
    assert published == len(columns)


def test_what_contradicts_is_refused_when_it_is_injected() -> None:
    run = Run(homes(), [Silence(Target(0, START, END, (1,)))], SEED)
    with pytest.raises(FaultRefused, match="excludes another"):
        run.add([Stuck(Target(0, START + HOUR, END, (1, 2)))])
    run.add([Stuck(Target(0, START + HOUR, END, (2, 3))), Stuck(Target(1, START, END, (1,)))])
    assert len(run.faults) == 3


def test_a_hub_that_is_back_when_a_part_begins_is_told_so() -> None:
    run = Run(homes()[:2], [Offline(Target(0, START + HOUR, START + 2 * HOUR))], SEED)
    seen: list[tuple[type, int]] = []
    for hour in range(HOURS):
        start, end = START + hour * HOUR, START + (hour + 1) * HOUR
        columns = run.lay(morning().where((morning().at >= start) & (morning().at < end)), end)
        actions = run.actions(columns, start, end, opening=hour == 0)
        seen += [
            (type(a), a.at)
            for a in actions
            if a.hub == HOME.hub and not (isinstance(a, Publish) and a.readings)
        ]
    assert seen == [
        (Connect, START),
        (Publish, START),  # that it is online
        (Drop, START + HOUR),
        (Connect, START + 2 * HOUR),
        (Publish, START + 2 * HOUR),
    ]


def test_a_copy_goes_its_own_way() -> None:
    faults = [Stuck(Target(0, START)), Offline(Target(0, START + HOUR, START + 3 * HOUR))]
    run = Run(homes()[:2], faults, SEED)
    cut = START + 2 * HOUR
    run.lay(morning().where(morning().at < cut), cut)
    other = copy.deepcopy(run)
    late = morning().where(morning().at >= cut)
    assert same(run.lay(late, END), other.lay(late, END))


def test_a_fault_can_be_ended() -> None:
    silence = Silence(Target(0, START))
    run = Run(homes()[:2], [silence], SEED)
    first = run.lay(morning().where(morning().at < START + HOUR), START + HOUR)
    assert not (first.home == 0).any()
    run.end(silence, START + 2 * HOUR)
    rest = run.lay(morning().where(morning().at >= START + HOUR), END)
    heard = rest.at[rest.home == 0]
    assert heard.min() >= START + 2 * HOUR
    run.end(run.faults[0], START)  # never began
    assert not run.faults
