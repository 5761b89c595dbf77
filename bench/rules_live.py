"""What a reading costs the rules engine, alone: 1,000 homes interleaved, closed by a watermark.

    python bench/rules_live.py [--quick] [--homes 1000]

Every reading feeds a rule. The last line is JSON.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from rules.engine.live import Engine
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


def engine_with(rules: Sequence[Rule], homes: int) -> Engine:
    engine = Engine(ZONE, START - 10_000)
    plans = [(rule.name, plan(rule, {}, ZONE)) for rule in rules]
    for i in range(homes):
        for name, made in plans:
            engine.enrol(f"{name}|{i}", f"h{i}", f"resident:{i}", made, START - 10_000)
        engine.feed(f"resident:{i}", "coverage", "motion", START - 9_000, 1, 0)
    engine.advance(START - 5_000)
    return engine


def measure(rules: Sequence[Rule], homes: int, count: int) -> dict[str, float]:
    engine = engine_with(rules, homes)
    rows = list(stream(homes, count))
    changes = late = 0
    feed, advance = engine.feed, engine.advance
    began = time.process_time()
    for order, (subject, signal, place, at, x) in enumerate(rows):
        changes += len(advance(at - DELAY))
        late += not feed(subject, signal, place, at, x, order)
    changes += len(advance(rows[-1][3] + DELAY))
    took = time.process_time() - began  # the machine is shared
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


def figures(*, quick: bool, homes: int = 1000) -> dict[str, float]:
    """The keys of the JSON line."""
    count = 150_000 if quick else 2_000_000
    rules = [rule for rule in library_rules() if rule.subject == "resident"]
    print(f"{count} readings of {homes} homes", flush=True)
    four = measure([rule for rule in library_rules() if rule.name in FOUR], homes, count)
    print(f"4 rules: {four}", flush=True)
    pack = measure(rules, homes // 5 if quick else homes, count // 5)
    print(f"{len(rules)} rules: {pack}", flush=True)
    return {
        "live_us_per_reading_4_rules": four["us_per_reading"],
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
