"""Everything that can run a rule, so that all can be held against each other."""

import itertools
import random
import warnings

from gateway.watch.compiling import folder
from rules.compiled import Backtest, channels, compile_kernel, plain
from rules.compiled.nodes import compile_step, plain_step
from rules.engine.backtest import episodes, replay
from rules.engine.live import Engine
from rules.engine.nodes import PlainNodes
from tests.properties import oracle, worlds

WHO = "resident:r"
_kernels = {}


def kernel():
    """Compiled with every index checked; kept on disk between runs."""
    if "checked" not in _kernels:
        _kernels["checked"] = compile_kernel(folder(), checked=True)
    return _kernels["checked"]


def stepper():
    """The compiled form of live's nodes, likewise."""
    if "step" not in _kernels:
        _kernels["step"] = compile_step(folder(), checked=True)
    return _kernels["step"]


def live(rule_plan, world, r=None, restarts=0, makes=(PlainNodes,)):
    """Feeds in arbitrary order ahead of the watermark, in steps of arbitrary size.

    `makes`: what its nodes are, at first and after each restart; taken by turns.
    """
    r = r or random.Random(0)
    makes = itertools.cycle(makes)
    engine = Engine(world.zone, world.start, next(makes))
    engine.enrol("k", "h", WHO, rule_plan, world.start)
    rows = worlds.in_order(world)
    cuts = sorted({r.randrange(1, world.ticks) for _ in range(12)} | {world.ticks})
    stops = set(r.sample(cuts, min(restarts, len(cuts))))
    changes, done = [], 0
    for cut in cuts:
        to = worlds.at(world, cut) - 1
        batch = []
        while done < len(rows) and rows[done][2] <= to + r.choice([0, 0, oracle.TICK]):
            batch.append(rows[done])
            done += 1
        r.shuffle(batch)
        for row in batch:
            assert engine.feed(WHO, *row)
        changes += engine.advance(to)
        if cut in stops:
            engine = Engine.restore(engine.snapshot(), {"k": rule_plan}, next(makes))
    return changes, engine


def replayed(rule_plan, rows, start, end):
    """The back-test in plain Python."""
    items, points = [("k", "h", WHO, rule_plan)], [(WHO, *row) for row in rows]
    return replay(items, points, rule_plan.zone, start, end)


def compiled(rule_plan, rows, start, end):
    """The back-test over columns."""
    items = [("k", "h", WHO, rule_plan)]
    return Backtest(kernel()).episodes(items, {WHO: channels(rows)}, start, end)


def uncompiled(rule_plan, rows, start, end):
    """The same loops as plain Python over numpy's integers, which complain where they overflow."""
    items = [("k", "h", WHO, rule_plan)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return Backtest(plain()).episodes(items, {WHO: channels(rows)}, start, end)


def uncompiled_live(rule_plan, world):
    """Live's compiled form as plain Python, likewise."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return live(rule_plan, world, makes=[plain_step()])[0]


def all_agree(rule_plan, world, r, *, overflow=False):
    """Live (plain in order, compiled in disorder, restarted by turns), and both back-tests; what
    they found.
    """
    found = episodes(live(rule_plan, world)[0])
    assert episodes(live(rule_plan, world, r, makes=[stepper()])[0]) == found
    by_turns = [PlainNodes, stepper()]
    assert episodes(live(rule_plan, world, r, restarts=4, makes=by_turns)[0]) == found
    rows, end = worlds.in_order(world), worlds.at(world, world.ticks) - 1
    assert replayed(rule_plan, rows, world.start, end) == found
    assert compiled(rule_plan, rows, world.start, end) == found
    if overflow:
        assert uncompiled(rule_plan, rows, world.start, end) == found
        assert episodes(uncompiled_live(rule_plan, world)) == found
        plain, form = (
            live(rule_plan, world, random.Random(1), makes=[make])[0]
            for make in (PlainNodes, stepper())
        )
        assert plain == form
    return found
