"""What the compiled back-test promises beside equality on the oracle's grid."""

import os
import random
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FunctionType

import numpy as np

from devices.signals import CATALOGUE
from gateway.watch import compiling
from rules.compiled import (
    Backtest,
    Channel,
    channels,
    compile_kernel,
    fingerprint,
    kernel,
    series,
    states_at,
)
from rules.compiled.folding import Arena, Fold
from rules.compiled.program import Program
from rules.engine.backtest import episodes, replay
from rules.engine.lane import Lane, Run
from rules.engine.live import Engine
from rules.operators import OPERATORS, U, lasting
from rules.plan import plan
from rules.quantity import MS
from tests.properties import drivers, worlds
from tests.properties.drivers import WHO
from tests.properties.oracle import TICK
from tests.properties.test_engine_equality import random_rule

CASES = int(os.environ.get("RANDOM_CASES", "200")) // 2
AT_MOST = "\nat_most: 5 h\n"


def off_grid(r, world):
    """The world's readings moved off the grid: skewed clocks, ties in one millisecond, values far
    out of range, and the same instant from several sources.
    """
    skew = {source: r.choice([0, 0, r.randrange(-90_000, 90_000)]) for source in worlds.SOURCES}
    rows, before = [], world.start + 1
    for signal, place, at, x, order in worlds.in_order(world):
        when = max(at + skew[signal, place] + r.choice([0, 0, 1, r.randrange(TICK)]), before)
        if r.random() < 0.1:
            when = before
        before = when
        known = CATALOGUE[signal]
        far = known.low_x - 1 - r.randrange(1 << 40), known.high_x + 1 + r.randrange(1 << 40)
        wild = known.kind == "measurement" and r.random() < 0.03
        rows.append((signal, place, when, r.choice(far) if wild else x, order))
    return sorted(rows, key=lambda row: (row[2], row[4]))


def a_case(seed, *, days=3, braked=False):
    r = random.Random(f"compiled {seed}")
    tree, clear = random_rule(r)
    world = worlds.world(r, days)
    rule = worlds.rule_of(tree, clear)
    if braked:
        from rules.file.language import parse_rule

        rule = parse_rule(rule.text + AT_MOST)
    return r, world, worlds.planned(rule, world)


def test_off_the_grid_out_of_range_and_begun_anywhere_they_agree():
    told = 0
    for seed in range(CASES):
        r, world, made = a_case(seed, braked=seed % 4 == 0)
        rows = off_grid(r, world)
        start = world.start + r.choice([0, r.randrange(96) * TICK + r.randrange(3)])
        end = worlds.at(world, world.ticks) - r.randrange(1, TICK)
        engine = Engine(world.zone, start)
        past = [row for row in rows if row[2] <= start]
        engine.enrol("k", "h", WHO, made, start, past)
        for row in rows:
            if start < row[2] <= end:
                engine.feed(WHO, *row)
        found = episodes(engine.advance(end))
        assert drivers.replayed(made, rows, start, end) == found
        assert drivers.compiled(made, rows, start, end) == found
        told += bool(found)
    assert told > CASES // 10


def test_what_is_told_only_so_often_is_told_at_the_same_moments():
    held = 0
    for seed in range(CASES):
        _, world, made = a_case(seed, braked=True)
        rows, end = worlds.in_order(world), worlds.at(world, world.ticks)
        found = drivers.compiled(made, rows, world.start, end)
        assert found == drivers.replayed(made, rows, world.start, end)
        held += any(one.told_at != one.onset for one in found)
    assert held > CASES // 100


def test_without_evidence_the_same_episodes_are_found():
    for seed in range(CASES // 4):
        _, world, made = a_case(seed)
        known = {WHO: channels(worlds.in_order(world))}
        items, end = [("k", "h", WHO, made)], worlds.at(world, world.ticks)
        driver = Backtest(drivers.kernel())
        whole = driver.episodes(items, known, world.start, end)
        bare = driver.episodes(items, known, world.start, end, evidence=False)
        assert [(e.onset, e.end, e.told_at) for e in bare] == [
            (e.onset, e.end, e.told_at) for e in whole
        ]


def test_many_rules_of_many_people_at_once_are_as_each_alone():
    r, world, _ = a_case("many")
    plans = [worlds.planned(worlds.rule_of(*random_rule(r)), world) for _ in range(12)]
    people = {f"resident:{i}": worlds.in_order(worlds.world(r)) for i in range(3)}
    people = {who: [(*row[:2], row[2] % MS["wk"], *row[3:]) for row in rows]
              for who, rows in people.items()}  # fmt: skip
    items = [(f"{n} {who}", "h", who, made) for who in people for n, made in enumerate(plans)]
    known = {who: channels(rows) for who, rows in people.items()}
    together = Backtest(drivers.kernel()).episodes(items, known, 0, MS["wk"])
    alone = []
    for item in items:
        rows = sorted(people[item[2]], key=lambda row: (row[2], row[4]))
        alone += replay([item], [(item[2], *row) for row in rows], world.zone, 0, MS["wk"])
    assert together == sorted(alone, key=lambda one: (one.onset, one.key))
    assert together


def test_a_restart_can_catch_up_compiled():
    """From the compiled fold's states live goes on as if it had been fed all along."""
    same = steps = 0
    for seed in range(CASES):
        r, world, made = a_case(seed)
        rows = off_grid(r, world)
        cut = r.randrange(world.start + 1, worlds.at(world, world.ticks))
        engine = Engine(world.zone, world.start)
        engine.enrol("k", "h", WHO, made, world.start)
        for row in rows:
            engine.feed(WHO, *row)
        engine.advance(cut)
        known = states_at(drivers.kernel(), made, channels(rows), world.start, cut)
        (lane,) = engine._lanes[WHO]
        carried = lane.states_of(engine._runs["k"])
        same += sum(known[identity] == carried[identity] for identity in known)
        steps += len(known)
        run = Run.fresh("k", "h", WHO, made, cut)
        run.brings = known
        lane = Lane(WHO, 0, cut)
        lane.install([run], (), cut)
        for signal, place, at, x, order in rows:
            route = lane.route(signal, place)
            if at > cut and route is not None:
                lane.add(at, order, x, route)
        for to in range(cut, worlds.at(world, world.ticks), 4 * TICK):
            engine.advance(to)
            lane.run_to(to, to, [])
            for step in range(len(made.steps)):
                live = engine._lanes[WHO][0].answer(engine._runs["k"], step)
                assert lane.answer(run, step) == live
    assert same / steps > 0.99  # the rest differs in memory that is no longer read


def test_a_series_is_what_the_root_says_at_every_moment():
    for seed in range(CASES // 2):
        r, world, made = a_case(seed)
        first, last = sorted(r.sample(range(world.ticks), 2))
        rows = worlds.in_order(world)
        at, x = series(
            drivers.kernel(), made, channels(rows), worlds.at(world, first), worlds.at(world, last)
        )
        assert at[0] == worlds.at(world, first)
        assert (np.diff(at) > 0).all()
        assert (x[1:] != x[:-1]).all()
        begin = worlds.at(world, first) - made.lookback_ms - 1
        engine = Engine(world.zone, min(begin, rows[0][2] - 1))
        engine.enrol("k", "h", WHO, made, engine.watermark)
        for row in rows:
            engine.feed(WHO, *row)
        for tick in range(first, last):
            engine.advance(worlds.at(world, tick))
            said = engine._lanes[WHO][0].answer(engine._runs["k"], made.root)
            assert x[at.searchsorted(worlds.at(world, tick), "right") - 1] == said


def test_what_is_unknown_from_beginning_to_end_is_one_point():
    made = plan(worlds.rule_of({"is": {"signal": "door", "state": "open"}}), {}, "Europe/Oslo")
    at, x = series(drivers.kernel(), made, {}, 5, 10)
    assert (at.tolist(), x.tolist()) == ([5], [U])


def test_a_full_arena_is_made_larger_and_nothing_is_lost():
    for seed in range(20):
        _, world, made = a_case(seed)
        known, end = channels(worlds.in_order(world)), worlds.at(world, world.ticks)
        points = []
        for rows in (1, 1 << 16):
            fold = Fold(drivers.kernel(), Program([made]), Arena(rows))
            fold.begin(known, world.start, end)
            fold.run(end)
            points.append([[c.tolist() for c in fold.points(k)] for k in range(len(made.steps))])
        assert points[0] == points[1]


def test_what_many_places_say_is_taken_in_order_of_time_and_of_the_journal():
    """Ties between them, places that are silent, and a source that begins behind another."""
    rules = [{"event": {"signal": "motion"}}, {"event": {"signal": "sos"}}]
    plans = [plan(worlds.rule_of(tree), {}, "Europe/Oslo") for tree in rules]
    for seed in range(60):
        r = random.Random(f"places {seed}")
        known = {}
        for signal in ("sos", "motion"):
            orders = iter(r.sample(range(1000), 300))
            rows = sorted((r.randrange(40), next(orders)) for _ in range(r.randrange(1, 120)))
            places = [r.randrange(seed % 7 + 1) for _ in rows]
            known |= channels(
                (signal, f"room-{place}", at, order, order)
                for (at, order), place in zip(rows, places, strict=True)
            )
        fold = Fold(drivers.kernel(), Program(plans), Arena(1))
        fold.begin(known, -1, 40)
        (motion,), (call,) = fold.program.ports
        for signal, source in (("motion", motion), ("sos", call)):
            own = [one for (of, _), one in known.items() if of == signal]
            told = sorted((at, x) for c in own for at, x in zip(c.at, c.x, strict=True))
            low, high = int(fold._at[source][0]), int(fold._end[source][0])
            arena = fold._arena
            found = zip(arena.t[low:high].tolist(), arena.x[low:high].tolist(), strict=True)
            assert list(found) == told


def test_a_flood_of_readings_leaves_the_same_evidence_everywhere():
    """More in one window than a log keeps: evidence rests on the newest, in every driver."""
    value = {"rise": {"signal": "body_weight", "within": "1 d"}}
    tree = {"above": {"value": value, "limit": "2 kg"}}
    made = plan(worlds.rule_of(tree), {}, "Europe/Oslo")
    start = 1_774_652_400_000
    weights = [700, 690, *([705] * 5001), 712]
    rows = [("body_weight", None, start + 1 + n * 7000, x, n) for n, x in enumerate(weights)]
    end = rows[-1][2]
    engine = Engine("Europe/Oslo", start)
    engine.enrol("k", "h", WHO, made, start)
    changes = []
    for row in rows:
        engine.feed(WHO, *row)
        changes += engine.advance(row[2])
    (found,) = episodes(changes)
    assert found.onset == end
    assert drivers.compiled(made, rows, start, end) == [found]
    assert drivers.replayed(made, rows, start, end) == [found]


def test_columns_of_any_width_and_without_rows_are_taken():
    made = plan(worlds.rule_of({"is": {"signal": "door", "state": "open"}}), {}, "Europe/Oslo")
    at = np.array([5, 9], np.int64)
    narrow = Channel(at, np.array([1, 0], np.int32), at)
    empty = Channel(at[:0], at[:0], at[:0])
    driver = Backtest(drivers.kernel())
    known = {WHO: {("door", "outer"): narrow, ("door", "fridge"): empty}}
    (found,) = driver.episodes([("k", "h", WHO, made)], known, 0, 10)
    assert (found.onset, found.end) == (5, 9)
    assert driver.episodes([("k", "h", "nobody", made)], known, 0, 10) == []


def test_without_numba_the_plain_driver_finds_the_same(monkeypatch):
    _, world, made = a_case(3)
    rows, end = worlds.in_order(world), worlds.at(world, world.ticks)
    known = {WHO: channels(rows)}
    found = Backtest(None).episodes([("k", "h", WHO, made)], known, world.start, end)
    assert found == drivers.compiled(made, rows, world.start, end)
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.setattr(compiling, "_made", [])
    assert compiling.kernel() is None


# --- what is kept on disk


def test_an_operator_that_is_edited_is_compiled_again():
    before = kernel._code_of(kernel.loop_of("lasting"))

    def judge(s, p, t):
        return (0, lasting.NEVER) if s[lasting.X] == 0 else (U, lasting.NEVER)

    edited = kernel.copied(
        kernel.loop_of("lasting"),
        {**kernel.loop_of("lasting").__globals__, "judge": judge},
        "loop_lasting",
    )
    assert kernel._code_of(edited) != before
    renumbered = FunctionType(lasting.judge.__code__, {**lasting.judge.__globals__, "X": 2})
    called = {**kernel.loop_of("lasting").__globals__, "judge": renumbered}
    other = kernel.copied(kernel.loop_of("lasting"), called, "loop_lasting")
    assert kernel._code_of(other) != before
    assert len({kernel._code_of(kernel.loop_of(o.word)) for o in OPERATORS}) == len(OPERATORS)
    assert fingerprint() == fingerprint()


PROGRAM = """
import sys
from pathlib import Path
from rules.compiled import compile_kernel
made = compile_kernel(Path(sys.argv[1])).loop("not")
print(sum(made.stats.cache_hits.values()), sum(made.stats.cache_misses.values()))
"""


def run_program(folder):
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder)], stdout=subprocess.PIPE, text=True
    )


def test_two_processes_compile_into_one_folder_and_a_third_finds_it(tmp_path):
    for process in [run_program(tmp_path), run_program(tmp_path)]:
        process.communicate()
        assert process.returncode == 0
    said, _ = run_program(tmp_path).communicate()
    assert said.split() == ["1", "0"]


def test_where_nothing_may_be_written_it_is_kept_by_the_user_or_not_at_all(tmp_path, monkeypatch):
    here = Path(compiling.rules.compiled.__file__).parent / "__pycache__" / "engine"
    assert compiling.folder() == here
    closed = {here}
    writable = compiling._writable
    monkeypatch.setattr(
        compiling, "_writable", lambda place: place not in closed and writable(place)
    )
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    own = tmp_path / "homecare-gateway" / "engine"
    assert compiling.folder() == own
    assert own.is_dir()
    closed.add(own)
    assert compiling.folder() is None
    made = compile_kernel(None)
    assert made.loop("not") is not None


def test_a_folder_that_cannot_be_made_is_seen_to_be(tmp_path):
    (tmp_path / "file").write_text("")
    assert not compiling._writable(tmp_path / "file" / "engine")


def test_threads_that_compile_at_once_keep_their_work_where_it_belongs(tmp_path, monkeypatch):
    """Numba reads the folder from a setting of the whole process."""
    here, kept = tmp_path / "here", tmp_path / "kept"
    here.mkdir()
    monkeypatch.chdir(here)
    made = compile_kernel(kept, guard=threading.RLock())
    words = ["not", "is", "holiday", "choose"]
    with ThreadPoolExecutor(len(words)) as pool:
        loops = list(pool.map(made.loop, [*words, *words]))
    assert loops[: len(words)] == loops[len(words) :]
    assert not list(here.iterdir())
    assert len(list(kept.iterdir())) == len(words) + 2  # and what every loop shares
