"""Live, live with restarts, both back-tests and a slow oracle find the same episodes.

RANDOM_CASES=2000 runs more of them; `python -m tests.properties.many` runs 10,000 and counts for
each operator the cases in which something happened.
"""

import os
import random
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.engine.live import Engine
from rules.operators import U
from tests.properties import drivers, numbers, oracle, worlds
from tests.properties.drivers import WHO

LEAVES = {"above", "below", "between", "is", "rise", "none_for", "none_between", "event"}
CASES = int(os.environ.get("RANDOM_CASES", "200"))


def expected(when, clear, world):
    until = None if clear is None else oracle.answers(clear, world)
    found = oracle.episodes(when, until)
    return [(worlds.at(world, a), None if b is None else worlds.at(world, b)) for a, b in found]


def answers(rule_plan, world):
    """What the root says at every tick."""
    engine = Engine(world.zone, world.start)
    engine.enrol("k", "h", WHO, rule_plan, world.start)
    for row in worlds.in_order(world):
        engine.feed(WHO, *row)
    (lane,) = engine._lanes[WHO]
    said = []
    for tick in range(world.ticks):
        engine.advance(worlds.at(world, tick))
        x = lane.answer(engine._runs["k"], rule_plan.root)
        said.append(None if x == U else x)
    return said


def on_grid(found, world):
    """What `time_true` changes between two ticks the oracle sees at the second of them."""
    over = worlds.at(world, world.ticks)  # it does not see what comes after the last tick

    def seen(at):
        rounded = over if at is None else at + -(at - world.start) % oracle.TICK
        return rounded if rounded < over else None

    both = ((seen(e.onset), seen(e.end)) for e in found)
    return [(onset, end) for onset, end in both if onset != end]


def compare(r, tree, clear, *, overflow=False):
    """Builds a world of readings from `r` and holds all drivers against the oracle."""
    world = worlds.world(r)
    rule = worlds.rule_of(tree, clear)
    made = worlds.planned(rule, world)
    when = oracle.answers(tree, world)
    assert answers(made, world) == when
    want = expected(when, clear, world)
    plain = drivers.all_agree(made, world, r, overflow=overflow)
    assert on_grid(plain, world) == want
    return rule, plain


def random_rule(r):
    tree = worlds.condition(r)
    clear = worlds.condition(r, 1) if r.random() < 0.25 else None
    return tree, clear


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.randoms(use_true_random=False), st.integers(0, 2**32))
def test_all_drivers_and_the_oracle_agree(shape, seed):
    """The rule shrinks; the readings come from a seed, for they are too many to be drawn."""
    compare(random.Random(seed), *random_rule(shape))


def test_they_agree_on_many_cases_in_which_something_happens():
    """For empty equals empty proves nothing: every operator must have been in an episode."""
    happened = Counter()
    for seed in range(CASES):
        r = random.Random(seed)
        rule, found = compare(r, *random_rule(r), overflow=seed % 8 == 0)
        if found:
            happened.update({node.operator.word for node in rule.tree.walk()})
    for word in set(oracle.WORDS) - {"time_true"}:  # which stands alone below
        least = CASES // (500 if word in numbers.WORDS else 50)
        assert happened[word] >= least, (word, happened)


def alone(r, word):
    """A shallow rule of one word, so that a fault in it is not hidden by what stands above; None:
    it did not come out this time.
    """
    if word in numbers.WORDS:
        tree = worlds.compared(r, word)
    else:
        tree = worlds.condition(r, 0 if word in LEAVES else 1)
    return (tree, None) if f"'{word}'" in str(tree) else None


@pytest.mark.parametrize("word", sorted(oracle.WORDS))
def test_each_operator_alone(word):
    found, seed = 0, 0
    wanted = max(CASES // 5, 1)
    while found < wanted:
        seed += 1
        r = random.Random(f"{word} {seed}")
        shape = alone(r, word)
        if shape is not None:
            found += bool(compare(r, *shape)[1])
