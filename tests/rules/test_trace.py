"""Why, at any moment: what the trace says is what live said, and what it says would have been
enough is enough.
"""

import os
import random
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.checks.examples import run_example
from rules.engine.live import Engine
from rules.file.language import Example
from rules.operators import U
from rules.packs import starter_rules
from rules.plan import plan
from rules.why.course import over
from rules.why.nearest import misses
from rules.why.search import nearest
from rules.why.trace import stopped_at, trace
from tests.properties import worlds

CASES = int(os.environ.get("RANDOM_CASES", "120"))
WHO = "resident:r"
MINUTE, HOUR = 60_000, 3_600_000


def said_live(made, world, rows, at):
    """What every node of an engine says at a moment that has run for as long as anything counts."""
    start = world.start - made.lookback_ms - 1
    engine = Engine(world.zone, start)
    engine.enrol("k", "h", WHO, made, start)
    for row in rows:
        if row[2] <= at:
            engine.feed(WHO, *row)
    engine.advance(at)
    (lane,) = engine._lanes[WHO]
    run = engine._runs["k"]
    return [lane.answer(run, step) for step in range(len(made.steps))]


def known(answers):
    return [None if x == U else x for x in answers]


def lookback(made, rows, at):
    """What a trace is given: the look-back, and the coverage that stood when it began."""
    start = at - made.lookback_ms - 1
    before = [row for row in rows if row[2] < start and row[0] == "coverage"]
    stood = {row[1]: (*row[:2], start, *row[3:]) for row in before}
    return [*stood.values(), *(row for row in rows if start <= row[2])]


def a_case(seed):
    r = random.Random(seed)
    world = worlds.world(r, days=3)
    made = plan(worlds.rule_of(worlds.condition(r)), {}, world.zone)
    rows = worlds.in_order(world)
    at = worlds.at(world, r.randrange(world.ticks // 2, world.ticks)) + r.choice([0, 0, 1, 90_000])
    return made, world, rows, at


def again(made, rows, at):
    return [one.answer for one in trace(made, rows, at)]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.integers(0, 2**32))
def test_every_node_says_what_live_said_at_that_moment(seed):
    made, world, rows, at = a_case(seed)
    seen = trace(made, rows, at)
    assert [one.answer for one in seen] == known(said_live(made, world, rows, at))


def test_the_root_needs_no_more_than_the_look_back():
    """An engine started in mid-history with a plan's look-back says the same."""
    for seed in range(CASES):
        made, world, rows, at = a_case(f"look-back {seed}")
        own = [step for step in made.steps if step.operator.word == "none_between"]
        if own:
            continue  # a window that was open at the start says nothing: its own test
        root = trace(made, lookback(made, rows, at), at)[made.root].answer
        assert root == known(said_live(made, world, rows, at))[made.root], seed


def test_what_would_have_been_enough_is_enough():
    """The changed history goes through a trace of its own, and the node turns."""
    tried = Counter()
    for seed in range(CASES):
        made, _, rows, at = a_case(f"misses {seed}")
        past = [row for row in rows if row[2] <= at]
        seen = trace(made, past, at)
        for own in misses(made, past, at, seen):
            for miss in own:
                changed = changed_by(miss, past, at)
                was = seen[miss.step].is_true
                now = again(made, changed, at)[miss.step]
                assert ((now or 0) > 0) is not was, (seed, miss)
                tried[made.steps[miss.step].operator.word, miss.kind] += 1
    for kind in ("value", "more", "fewer"):
        assert sum(n for (_, own), n in tried.items() if own == kind) >= CASES // 10, tried
    for word in ("above", "below", "is", "lasting", "event", "none_for"):
        assert any(own == word for own, _ in tried), word


def changed_by(miss, past, at):
    of = [i for i, row in enumerate(past) if row[:2] == (miss.signal, miss.place)]
    if miss.kind == "more":
        place = miss.place or "hall"
        return [*past, (miss.signal, place, at, 1, 1 << 61)]
    if miss.kind == "fewer":
        assert past[of[-miss.needed]][2] == miss.at
        gone = set(of[-miss.needed :])
        return [row for i, row in enumerate(past) if i not in gone]
    (index,) = [i for i in of if past[i][2] == miss.at and i == of[-1]]
    assert past[index][3] == miss.x
    return [(*row[:3], miss.needed, row[4]) if i == index else row for i, row in enumerate(past)]


def test_the_number_that_a_comparison_needs_turns_it_and_none_nearer_does():
    found = 0
    for seed in range(CASES):
        made, _, rows, at = a_case(f"needed {seed}")
        past = [row for row in rows if row[2] <= at]
        seen = trace(made, past, at)
        for one in seen:
            if one.needed is None:
                continue
            step = made.steps[one.step]
            ((port, number),) = [
                (port, seen[child].answer)
                for port, child in enumerate(step.children)
                if seen[child].is_number
            ]
            state = states_at(made, past, at)[one.step]
            assert turned(step, state, at, port, one.needed) is not one.is_true
            towards = 1 if number > one.needed else -1
            nearer = one.needed + towards
            assert turned(step, state, at, port, nearer) is one.is_true
            found += 1
    assert found >= CASES // 4


def states_at(made, past, at):
    from rules.why.course import begin, beginning, go

    course = begin(made, beginning(made, past, at))
    go(course, past, at)
    return list(course.lane.states_of(course.run).values())


def turned(step, state, at, port, x):
    s = list(state)
    step.operator.take(s, step.p, at, port, x)
    return step.operator.judge(s, step.p, at)[0] > 0


def test_what_would_follow_follows_if_nothing_comes():
    followed = 0
    for seed in range(CASES):
        made, _, rows, at = a_case(f"follows {seed}")
        past = [row for row in rows if row[2] <= at]
        for one in trace(made, past, at):
            if one.follows is None:
                continue
            before = trace(made, past, one.follows.at - 1)[one.step].answer
            assert before == one.answer
            assert trace(made, past, one.follows.at)[one.step].answer == one.follows.answer
            followed += 1
    assert followed >= CASES // 4


def test_a_course_is_what_the_root_said_at_every_moment_of_it():
    for seed in range(CASES // 4):
        made, world, rows, at = a_case(f"course {seed}")
        start = at - 6 * HOUR
        turns = over(made, rows, start, at)
        for tick in range(start, at, 45 * MINUTE):
            stood = [turn for turn in turns if turn.at <= tick][-1].answer
            assert stood == known(said_live(made, world, rows, tick))[made.root], (seed, tick)


# --- stories


def asked(name, readings, until, **parameters):
    """A starter rule over a few readings: the story, what was seen, what would have been enough."""
    rule = next(one for one in starter_rules() if one.name == name)
    told = tuple(readings)
    example = Example(name, "quiet", "Europe/Dublin", "2026-11-04", parameters, told, until, (), 1)
    asked = run_example(rule, example)
    at = asked.story.read(until)
    seen = trace(asked.plan, asked.points, at)
    return asked, seen, misses(asked.plan, asked.points, at, seen)


def test_a_rise_says_what_the_scale_would_have_had_to_show():
    readings = ["08:00 body_weight 70", "+2d 08:00 body_weight 71.8"]
    story, seen, missed = asked("weight-up", readings, "+2d 09:00")
    root = story.plan.root
    assert (seen[root].answer, seen[root].needed) == (0, 21)  # 1.8 kg; 2.1 would be more than 2.0
    (miss,) = missed[root]
    assert (miss.kind, miss.x, miss.needed) == ("value", 718, 721)


def test_the_way_back_counts_and_not_the_limit():
    """93 is above the limit of 92, but only 94 is back to normal."""
    readings = ["09:00 spo2 90", "09:10 spo2 93"]
    story, seen, missed = asked("spo2-low", readings, "09:12")
    assert seen[story.plan.root].is_true
    assert missed[story.plan.root][0].needed == 94


def test_unknown_says_what_was_missing_and_since_when():
    story, seen, _ = asked("spo2-low", ["09:00 spo2 96"], "18:00")
    latest = seen[0]
    assert latest.answer is None
    (gap,) = latest.missing
    assert story.story.write(gap.last_at) == "09:00:00"
    assert story.story.write(gap.since) == "09:15:00"
    assert stopped_at(story.plan, seen) == 1


def test_not_covered_is_said_with_its_times():
    readings = [
        "00:00 coverage@motion covered",
        "05:00 motion@hall",
        "08:30 coverage@motion dark",
        "08:50 coverage@motion covered",
    ]
    story, seen, _ = asked("no-movement-by-ten", readings, "10:30")
    root = seen[story.plan.root]
    assert root.answer is None
    (gap,) = root.missing
    assert (story.story.write(gap.since), story.story.write(gap.until)) == ("08:30:00", "08:50:00")


def test_an_absence_says_which_event_stood_against_it():
    readings = ["00:00 coverage@motion covered", "07:30 motion@bedroom"]
    story, seen, missed = asked("no-movement-by-ten", readings, "10:30")
    root = story.plan.root
    assert seen[root].answer == 0
    (miss,) = [one for one in missed[root] if one.kind == "fewer"]
    assert (miss.needed, story.story.write(miss.at)) == (1, "07:30:00")
    assert stopped_at(story.plan, seen) == root  # not at its window, which is over


def test_a_first_event_would_have_been_enough():
    story, _, missed = asked("sos", [], "12:00")
    assert [one.kind for one in missed[story.plan.root]] == ["more"]


def test_a_wait_says_when_it_is_over():
    story, seen, _ = asked("spo2-low", ["09:00 spo2 96", "09:01 spo2 88"], "09:03")
    root = seen[story.plan.root]
    assert root.answer == 0
    assert (story.story.write(root.follows.at), root.follows.answer) == ("09:06:00", 1)


def test_it_stops_at_the_first_part_that_is_not_so():
    readings = ["13:00 door@outer open"]
    story, seen, _ = asked("outer-door-open-at-night", readings, "14:00")
    stop = stopped_at(story.plan, seen)
    assert seen[stop].word == "time_between"


def test_a_failed_example_still_shows_what_every_node_saw():
    from dataclasses import replace

    rule = next(one for one in starter_rules() if one.name == "spo2-low")
    wrong = replace(rule.examples[0], expect=("09:05 onset",))
    outcome = run_example(rule, wrong)
    assert not outcome.passed
    assert [one.word for one in outcome.seen] == ["latest", "below", "lasting"]


@pytest.mark.parametrize(
    ("start", "low", "high", "wanted"),
    [(0, 5, 9, 5), (20, 5, 9, 9), (7, 20, 30, 20), (0, -40, -3, -3), (0, 6, 5, None)],
)
def test_search_finds_the_nearest(start, low, high, wanted):
    seeds = [low, high]
    assert nearest(start, lambda x: low <= x <= high, seeds, -100, 100) == wanted
