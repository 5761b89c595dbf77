"""Each operator that gives truths against its definition, in cases in which an episode occurs.

RANDOM_EPISODES=500 makes five hundred of each.

Small worlds and shallow trees, so that a fault in one word is not hidden by what stands above it;
`test_engine_equality` has the deep ones.
"""

import os
import random

import pytest

from rules.engine.backtest import episodes
from tests.properties import oracle, worlds
from tests.properties.drivers import live
from tests.properties.test_engine_equality import answers, expected

WANTED = int(os.environ.get("RANDOM_EPISODES", "50"))
TRIES = 40  # a world with an episode comes at least this often


def holiday(r):
    return {"holiday": r.choice(["today", "tomorrow", "yesterday"])}


def between(r):
    tree = worlds.compared(r)
    while "between" not in tree:
        tree = worlds.compared(r)
    return tree


OF_DAYS = {"holiday", "time_between", "none_between"}
MAKERS = {
    word: lambda r, word=word: {word: worlds.remembering(r, word, 0)} for word in worlds.REMEMBERING
} | {
    "holiday": holiday,
    "time_between": lambda r: {"time_between": worlds.window(r)},
    "none_for": worlds.silence,
    "none_between": lambda r: {"none_between": {"signal": "motion", **worlds.window(r)}},
    "times of events": worlds.many,
    "between": between,
    "lasting": lambda r: {"lasting": {"condition": worlds.leaf(r), "for": worlds.length(r, 1, 16)}},
}


@pytest.mark.parametrize("word", MAKERS)
def test_many_cases_of_each_in_which_something_happens(word):
    found = seed = 0
    while found < WANTED:
        seed += 1
        assert seed < TRIES * WANTED, f"{word}: {found} of {WANTED} episodes"
        r = random.Random(f"{word} {seed}")
        tree, world = MAKERS[word](r), worlds.world(r, 2 if word in OF_DAYS else 1)
        when = oracle.answers(tree, world)
        if not any(when):
            continue
        made = worlds.planned(worlds.rule_of(tree), world)
        assert answers(made, world) == when, (word, seed)
        told = episodes(live(made, world, r, restarts=2)[0])
        assert [(e.onset, e.end) for e in told] == expected(when, None, world), (word, seed)
        found += bool(told)
