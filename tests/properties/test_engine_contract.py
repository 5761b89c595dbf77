"""What every operator promises the drivers, and what every plan promises a restart from nothing."""

import itertools
import os
import random

import pytest

from rules.engine.lane import Lane, Run
from rules.engine.live import Engine
from rules.operators import BY_WORD, U, rise, then_no, time_between
from rules.plan import plan
from rules.zones import offsets
from tests.properties import oracle, worlds
from tests.properties.oracle import TICK, World

CASES = int(os.environ.get("RANDOM_CASES", "200"))
WHO = "resident:r"


def checked(judge, calls):
    """The contract, checked at every call that a driver makes."""

    def ask(s, p, t):
        before = list(s)
        out, until = judge(s, p, t)
        assert type(out) is int
        assert type(until) is int
        assert until > t
        assert judge(s, p, t) == (out, until)
        assert s == before, "to judge is not to change"
        last = min(until, t + 40 * TICK) - 1
        for later in {t + 1, (t + last) // 2, last} - {t}:
            if t < later < until:
                again, end = judge(s, p, later)
                assert again == out
                assert end > later
        calls.append(1)
        return out, until

    return ask


def test_judge_is_idempotent_and_constant_until_it_says():
    calls = []
    for seed in range(CASES):
        r = random.Random(seed)
        world = worlds.world(r)
        made = worlds.planned(worlds.rule_of(worlds.condition(r)), world)
        lane = Lane(WHO, 0, world.start)
        run = Run.fresh("k", "h", WHO, made, world.start)
        lane.install([run], [run], world.start)
        layout = lane.layout
        layout.nodes = tuple((checked(judge, calls), *rest) for judge, *rest in layout.nodes)
        for signal, place, at, x, order in worlds.in_order(world):
            route = lane.route(signal, place)
            if route is not None:
                lane.add(at, order, x, route)
        lane.run_to(worlds.at(world, world.ticks), 0, [])
    assert len(calls) > 100 * CASES


# Of the operators that take levels: p, and the ports that take one.
LEVELS = {
    "above": ([5, 3, 9], [0]),
    "below": ([3, 5, 9], [0]),
    "between": ([2, 4, 1, 6, 9], [0]),
    "is": ([1], [0]),
    "lasting": ([4], [0]),
    "keep": ([4], [0]),
    "all": ([3], [0, 1, 2]),
    "any": ([3], [0, 1, 2]),
    "at_least": ([2, 3], [0, 1, 2]),
    "not": ([], [0]),
    "unless": ([], [0, 1]),
    "times": ([6, 2, 0], [0]),
    "then": ([4, 3], [0, 1]),
    "then_no": ([4, 9, 1], [0, 2]),
}


@pytest.mark.parametrize("word", LEVELS)
def test_taking_the_same_level_again_changes_nothing_that_is_judged(word):
    """So a restart may hand a level to its parents a second time."""
    r = random.Random(word)
    operator, (p, ports) = BY_WORD[word], LEVELS[word]
    for _ in range(CASES):
        s = operator.state(p)
        for t in range(1, 30):
            port, x = r.choice(ports), r.choice([U, 0, 1, 2, 4, 6])
            operator.take(s, p, t, port, x)
            first = operator.judge(s, p, t)
            operator.take(s, p, t, port, x)
            assert operator.judge(s, p, t) == first


@pytest.mark.parametrize("word", ["none_for", "none_between", "then", "then_no"])
def test_the_order_of_ports_within_an_instant_does_not_matter(word):
    """Journal and registry know nothing of ports, so an answer must not hang on their order."""
    r = random.Random(word)
    operator = BY_WORD[word]
    p, ports = LEVELS.get(word, ([4], [1]))
    points = {"none_for": [0], "none_between": [0], "then_no": [1]}.get(word, [])
    ports = {"none_between": [1, 2]}.get(word, ports)
    said = set()
    for _ in range(CASES * 5):
        one, other = operator.state(p), operator.state(p)
        for t in range(1, 40):
            levels = [(port, r.choice([U, 0, 1, 1])) for port in ports if r.random() < 0.3]
            inputs = levels + [(port, 1) for port in points if r.random() < 0.2]
            for s in (one, other):
                r.shuffle(inputs)
                for port, x in inputs:
                    operator.take(s, p, t, port, x)
            assert operator.judge(one, p, t) == operator.judge(other, p, t), (word, t)
            said.add(operator.judge(one, p, t)[0] > 0)
    assert said == {True, False}


def test_what_then_no_waits_for_is_bounded_however_often_it_begins():
    r = random.Random("then_no")
    operator = BY_WORD["then_no"]
    for within in (1, 7, 16, 31, 160, 1000):
        p = [within, 50, -(-within // then_no.PARTS)]
        s = operator.state(p)
        most, size = 0, len(s)
        for t in range(20_000):
            port = r.choice([then_no.CONDITION, then_no.CONDITION, then_no.EVENTS, 2])
            rare = port != then_no.CONDITION and r.random() < 0.98
            if not rare:
                operator.take(s, p, t, port, r.choice([0, 1]) if port == 0 else 1)
            most = max(most, s[then_no.COUNT])
            assert s[then_no.COUNT] <= then_no.SLOTS
        assert len(s) == size
        assert most >= (6 if within == 1000 else 1)


def test_a_rise_is_exact_or_unknown_whatever_the_size_of_its_ring():
    window = 10
    for seed in range(CASES):
        r = random.Random(seed)
        p = [window, r.choice([2, 3, 5])]
        s = rise.OPERATOR.state(p)
        taken, t, exact = [], 0, 0
        for _ in range(80):
            t += r.choice([0, 1, 1, 2, 6])
            if r.random() < 0.6:
                taken.append((t, r.randint(0, 30)))
                rise.take(s, p, t, 0, taken[-1][1])
            out, until = rise.judge(s, p, t)
            inside = [x for at, x in taken if t - window < at <= t]
            assert until > t
            assert rise.judge(s, p, until - 1)[0] == out
            assert out in {U, inside[-1] - min(inside) if len(inside) > 1 else U}
            exact += out != U
        assert exact


def roots(rule_plan, world, rows, start_tick, history=()):
    """The root's answer at every tick after `start_tick`."""
    start = worlds.at(world, start_tick)
    engine = Engine(world.zone, start)
    engine.enrol("k", "h", WHO, rule_plan, start, history)
    for row in rows:
        if row[2] > start:
            engine.feed(WHO, *row)
    lane, root = engine._lanes[WHO][0], rule_plan.root
    found = {}
    for tick in range(start_tick + 1, world.ticks):
        engine.advance(worlds.at(world, tick))
        found[tick] = lane.answer(engine._runs["k"], root)
    return found


def test_starting_anywhere_with_enough_look_back_is_as_from_the_beginning():
    compared = 0
    for seed in range(CASES):
        r = random.Random(seed + 10_000)
        world = worlds.world(r, days=6)
        made = worlds.planned(worlds.rule_of(worlds.condition(r, 2)), world)
        back = -(-made.lookback_ms // TICK)
        if back >= world.ticks - 2:
            continue
        rows = worlds.in_order(world)
        whole = roots(made, world, rows, 0)
        begin = r.randrange(0, world.ticks - back - 1)
        then = worlds.at(world, begin)
        standing = {row[1]: row for row in rows if row[0] == "coverage" and row[2] <= then}
        part = roots(made, world, rows, begin, list(standing.values()))
        for tick in range(begin + back, world.ticks):
            if tick in part:
                assert part[tick] == whole[tick], (seed, tick)
                compared += 1
    assert compared > 20 * CASES


def test_priming_from_history_is_as_having_run():
    """A rule that goes live at noon knows what it would know had it always been there."""
    compared = 0
    for seed in range(CASES // 2):
        r = random.Random(seed + 20_000)
        world = worlds.world(r)
        made = worlds.planned(worlds.rule_of(worlds.condition(r, 2)), world)
        rows = worlds.in_order(world)
        whole = roots(made, world, rows, 0)
        noon = r.randrange(1, world.ticks - 2)
        past = [row for row in rows if row[2] <= worlds.at(world, noon)]
        part = roots(made, world, rows, noon, past)
        first = min([worlds.at(world, noon), *(row[2] for row in past)])
        if worlds.at(world, noon) - first >= made.lookback_ms:
            assert part == {tick: whole[tick] for tick in part}, seed
            compared += len(part)
    assert compared > 10 * CASES


@pytest.mark.parametrize(
    "zone",
    ["Europe/Dublin", "Europe/London", "Atlantic/Reykjavik", "Europe/Oslo", "Europe/Helsinki"],
)
def test_local_windows_hold_through_a_year_with_both_clock_changes(zone):
    start = 1_767_225_600_000  # 1 Jan 2026
    world = World(start, 366 * 96, zone, [])
    for body in (
        {"from": "22:00", "until": "06:00"},
        {"from": "02:15", "until": "02:45"},
        {"from": "01:30", "until": "03:30", "days": ["sun"]},
        {"from": "23:00", "until": "01:30", "days": ["sat"]},
        {"from": "00:00", "until": "24:00", "days": ["mon", "wed"]},
    ):
        spans = oracle.windows({**body, "until": until(body)}, world)
        made = plan(worlds.rule_of({"time_between": body}), {}, zone)
        p = made.steps[made.root].p
        edges = {edge + ms for span in spans for edge in span for ms in (-1, 0, 1)}
        edges |= {
            changed - start + tick * TICK  # all through the hours that repeat or are missing
            for changed, _ in offsets(zone)
            if start <= changed < start + world.ticks * TICK
            for tick in range(-16, 17)
        }
        for t in sorted(edges):
            inside = any(a <= t < b for a, b in spans)
            assert time_between.judge([0], p, start + t)[0] == int(inside), (body, t)


def until(body):
    return "00:00" if body["until"] == "24:00" else body["until"]


def test_offsets_cover_the_years_in_which_homes_are_watched():
    table = offsets("Europe/Helsinki")
    assert len([at for at, _ in table if at > 0]) > 200
    assert all(before < after for before, after in itertools.pairwise(at for at, _ in table))
