"""What a reading costs the rules engine, alone: 1,000 homes interleaved, closed by a watermark.

    python bench/rules_live.py [--quick] [--homes 1000]

Every reading feeds a rule, and asks the engine to close what the watermark has passed.
Two forms of the engine's nodes, over the same readings: compiled, as a gateway of 50 residents or
more has them, and plain. The cyclic collector is spared as a gateway spares it. The compiled form
takes half a minute to make where none is kept. The last line is JSON.
"""

import argparse
import gc
import json
import random
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from gateway.watch import compiling
from rules.engine.live import Engine
from rules.engine.nodes import Maker, PlainNodes
from rules.file.language import Rule
from rules.packs import library_rules
from rules.plan import plan

ZONE = "Europe/Helsinki"
START = 1_762_214_400_000
DELAY = 2000
FOUR = ("spo2-low", "blood-pressure-out-of-range", "no-movement-by-ten", "outer-door-open-at-night")
SIGNALS = (  # share, signal, place, usual values, values of one reading in a hundred
    (50, "motion", "hall", (1, 1), (1, 1)),
    (20, "spo2", None, (93, 99), (86, 91)),
    (10, "systolic", None, (110, 180), (191, 210)),
    (10, "diastolic", None, (55, 105), (111, 120)),
    (10, "door", "outer", (0, 1), (0, 1)),
)


def stream(
    homes: int, count: int, seed: int = 1
) -> Iterator[tuple[str, str, str | None, int, int]]:
    """(subject, signal, place, at, x): homes interleaved, readings of a home some minutes apart."""
    r = random.Random(seed)
    weights = [share for share, *_ in SIGNALS]
    kinds = r.choices(SIGNALS, weights, k=count)
    at = START
    step = 240_000 / homes  # a reading of a home every four minutes on average
    names = [f"resident:{i}" for i in range(homes)]
    for index in range(count):
        _, signal, place, usual, rare = kinds[index]
        low, high = rare if r.random() < 0.01 else usual
        at = START + 1 + int(index * step)
        yield r.choice(names), signal, place, at - r.randrange(1500), r.randint(low, high)


def engine_with(rules: Sequence[Rule], homes: int, make: Maker) -> Engine:
    engine = Engine(ZONE, START - 10_000, make)
    plans = [(rule.name, plan(rule, {}, ZONE)) for rule in rules]
    for i in range(homes):
        for name, made in plans:
            engine.enrol(f"{name}|{i}", f"h{i}", f"resident:{i}", made, START - 10_000)
        engine.feed(f"resident:{i}", "coverage", "motion", START - 9_000, 1, 0)
    engine.advance(START - 5_000)
    return engine


def measure(
    rules: Sequence[Rule], homes: int, count: int, make: Maker = PlainNodes
) -> dict[str, float]:
    engine = engine_with(rules, homes, make)
    rows = list(stream(homes, count))
    changes = late = 0
    gc.collect()
    gc.freeze()
    feed, advance = engine.feed, engine.advance
    began = time.process_time()
    for order, (subject, signal, place, at, x) in enumerate(rows):
        changes += len(advance(at - DELAY))
        late += not feed(subject, signal, place, at, x, order)
    changes += len(advance(rows[-1][3] + DELAY))
    took = time.process_time() - began  # the machine is shared
    gc.unfreeze()
    began = time.perf_counter()
    data = engine.snapshot()
    packing = time.perf_counter() - began
    made = {f"{rule.name}|{i}": plan(rule, {}, ZONE) for rule in rules for i in range(1)}
    plans = {f"{r.name}|{i}": made[f"{r.name}|0"] for r in rules for i in range(homes)}
    began = time.perf_counter()
    Engine.restore(data, plans)
    restoring = time.perf_counter() - began
    return {
        "us_per_reading": round(took / count * 1e6, 2),
        "changes": changes,
        "late": late,
        "state_bytes_per_resident": len(data) // homes,
        "snapshot_ms": round(packing * 1000),
        "restore_ms": round(restoring * 1000),
    }


def by_speed(figure: dict[str, float]) -> float:
    return figure["us_per_reading"]


def same(rules: Sequence[Rule], form: Maker) -> bool:
    """Whether both forms say the same changes of the same readings, one after the other."""
    said = []
    for make in (PlainNodes, form):
        engine = engine_with(rules, 20, make)
        changes = []
        for order, (subject, signal, place, at, x) in enumerate(stream(20, 4_000)):
            changes += engine.advance(at - DELAY)
            engine.feed(subject, signal, place, at, x, order)
        said.append(changes)
    return said[0] == said[1]


def figures(*, quick: bool, homes: int = 1000) -> dict[str, float]:
    """The keys of the JSON line."""
    count = 150_000 if quick else 2_000_000
    rules = [rule for rule in library_rules() if rule.subject == "resident"]
    print(f"{count} readings of {homes} homes", flush=True)
    began = time.perf_counter()
    form = compiling.stepper() or PlainNodes
    print(f"compiled, or read from disk, in {time.perf_counter() - began:.1f} s", flush=True)
    gc.set_threshold(5_000, 20, 20)
    few = [rule for rule in library_rules() if rule.name in FOUR]
    plain = measure(few, homes, count // 2)
    print(f"4 rules, plain: {plain}", flush=True)
    four = min((measure(few, homes, count, form) for _ in range(3)), key=by_speed)
    print(f"4 rules, compiled: {four}", flush=True)
    pack = measure(rules, homes // 5 if quick else homes, count // 5, form)
    print(f"{len(rules)} rules, compiled: {pack}", flush=True)
    print(f"the same from both forms: {same(rules, form)}", flush=True)
    return {
        "live_us_per_reading_4_rules": four["us_per_reading"],
        "live_plain_us_per_reading_4_rules": plain["us_per_reading"],
        # Every rule of the library for every resident, each with its defaults, most of them over
        # signals that these homes do not send; what a reading costs is what it feeds.
        "live_us_per_reading_pack": pack["us_per_reading"],
        "pack_rules": len(rules),
        "state_bytes_per_resident": pack["state_bytes_per_resident"],
        "snapshot_ms": pack["snapshot_ms"],
        "restore_ms": pack["restore_ms"],
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--homes", type=int, default=1000)
    args = parser.parse_args()
    print(json.dumps(figures(quick=args.quick, homes=args.homes)))


if __name__ == "__main__":
    main()
