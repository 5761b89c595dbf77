"""The back-test half of the rules bench: a pilot's past folded, compiled, sealed, asked again.

    python bench/rules_backtest.py [--quick]

Seconds are of the wall clock where both cores work, the best of some runs and their median, and of
this process where one thread does: the machine may be shared.
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench import rules_instead, rules_past
from bench.rules_live import FOUR
from gateway.series.sealed import Sealed
from gateway.watch.compiling import kernel
from reviews.pasts import Past, Watch
from rules.compiled import Backtest, Item
from rules.engine.backtest import episodes
from rules.engine.live import Engine
from rules.file.language import Rule, parse_rule
from rules.packs import starter_rules
from rules.plan import plan

HOMES = 1000
RUNS = 5
SAMPLE = 3  # homes that are run live as well
FIRST_LIMIT, OTHER_LIMITS = "92", ("90", "91", "89", "93", "88")
PROGRAM = """
import sys, time
began = time.perf_counter()
from pathlib import Path
from rules.compiled import compile_kernel
made = compile_kernel(Path(sys.argv[1]))
for word in sys.argv[2:]:
    made.loop(word)
print(time.perf_counter() - began)
"""

Told = dict[str, Any]


def timed(work: Callable[[], Any], runs: int = RUNS) -> tuple[float, float]:
    """(best, median) seconds of this process alone: one thread does it, and others share the
    machine.
    """
    found = []
    for _ in range(runs):
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return min(found), statistics.median(found)


def compiling(rules: Sequence[Rule]) -> Told:
    """The operators of four rules in a process of its own: nothing compiled, then all of it."""
    words = sorted({node.operator.word for rule in rules for node in rule.tree.walk()})
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", PROGRAM, folder, *words]
        cold, cached = (
            float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            for _ in range(2)
        )
    print(f"{len(words)} operators compiled in {cold:.1f} s, read from disk in {cached:.2f} s")
    return {"compile_cold_s": round(cold, 2), "compile_cached_s": round(cached, 2)}


def watches(rules: Sequence[Rule], setting: rules_past.Setting, limit: str) -> list[Watch]:
    return [
        Watch(
            "one",
            rule,
            rules_past.subject_of(i),
            rules_past.home_of(i),
            rules_past.START,
            setting.end,
            {"limit": limit} if rule.name == "spo2-low" else {},
        )
        for i in range(len(setting.stays))
        for rule in rules
    ]


def what_if(past: Past, rules: Sequence[Rule], setting: rules_past.Setting) -> Told:
    """Another limit each time, over everything, on both cores. What the other rules say, whose
    numbers are as before, is known by then; `whatif_27m_anew_s` is without that.
    """
    found: dict[str, int] = {}

    def ask(limit: str, *, anew: bool = False) -> float:
        if anew:
            past.forget_answers()
        began = time.perf_counter()
        asked = watches(rules, setting, limit)
        of = past.ask(setting, asked, rules_past.ZONE, "", lambda _: None, evidence=False)
        found[limit] = sum(len(one.episodes) for one in of)
        return time.perf_counter() - began

    first = ask(FIRST_LIMIT)
    spent = time.process_time()
    later = [ask(limit) for limit in OTHER_LIMITS]
    spent = (time.process_time() - spent) / len(later)
    began = time.process_time()
    anew = [ask(limit, anew=True) for limit in OTHER_LIMITS[:2]]
    all_spent = (time.process_time() - began) / len(anew)
    print(f"every rule anew: {', '.join(f'{s:.2f}' for s in anew)} s")
    print(f"what-if: first {first:.2f} s, then {', '.join(f'{s:.2f}' for s in later)} s")
    print(f"episodes by the limit of oxygen: {found}")
    return {
        "whatif_27m_s": round(min(later), 3),
        "whatif_27m_median_s": round(statistics.median(later), 3),
        "whatif_27m_cpu_s": round(spent, 3),  # of both cores together
        "whatif_27m_anew_s": round(min(anew), 3),  # every rule folded
        "whatif_27m_anew_cpu_s": round(all_spent, 3),
        "whatif_first_s": round(first, 3),
    }


def throughput(past: Past, rules: Sequence[Rule], setting: rules_past.Setting) -> Told:
    """One thread, no evidence; every reading feeds a rule. Readings times rules a second."""
    plans = [plan(rule, {}, rules_past.ZONE) for rule in rules]
    homes = range(min(100, len(setting.stays)))
    histories = [(i, past.history(setting, rules_past.home_of(i), rules).subjects) for i in homes]
    count = sum(past.snapshot.rows(rules_past.home_of(i)) for i in homes)
    driver = Backtest(kernel())

    def fold(own: Sequence[Any]) -> None:
        for i, subjects in histories:
            home, subject = rules_past.home_of(i), rules_past.subject_of(i)
            items = [Item(made.rule.name, home, subject, made) for made in own]
            driver.episodes(items, subjects, rules_past.START, setting.end, evidence=False)

    fold(plans)
    best, median = timed(lambda: fold(plans))
    rate, usual = (count * len(rules) / s / 1e6 for s in (best, median))
    edited = next(rule for rule in rules if rule.name == "spo2-low").text.replace(
        "below: {value: spo2", "not:\n        above: {value: spo2"
    )

    def edit() -> None:
        changed = parse_rule(edited)
        fold(
            [plan(changed, {}, rules_past.ZONE), *(p for p in plans if p.rule.name != changed.name)]
        )

    began = time.process_time()
    edit()  # the first time: another tree, with an operator that no rule here used
    extra = time.process_time() - began - median
    print(f"one thread: {rate:.0f} M readings·rules/s at best, {usual:.0f} median")
    return {
        "backtest_million_readings_rules_per_s": round(rate, 1),
        "backtest_median": round(usual, 1),
        "first_edit_extra_s": round(max(extra, 0.0), 3),
    }


def sample(past: Past, rules: Sequence[Rule], setting: rules_past.Setting) -> Told:
    """Some homes live, reading by reading: onset, end and evidence must be the same."""
    same = count = 0
    for i in random.Random(1).sample(range(len(setting.stays)), SAMPLE):
        home, subject = rules_past.home_of(i), rules_past.subject_of(i)
        known = past.history(setting, home, rules).subjects
        items = [Item(r.name, home, subject, plan(r, {}, rules_past.ZONE)) for r in rules]
        start = rules_past.START
        compiled = Backtest(kernel()).episodes(items, known, start, setting.end)
        engine = Engine(rules_past.ZONE, start)
        for item in items:
            engine.enrol(*item, start)
        rows = [
            (at, order, signal, place, x)
            for (signal, place), one in known[subject].items()
            for at, x, order in zip(
                one.at.tolist(), one.x.tolist(), one.order.tolist(), strict=True
            )
        ]
        changes = []
        for at, order, signal, place, x in sorted(rows, key=lambda row: row[:2]):
            changes += engine.advance(at - 1)
            engine.feed(subject, signal, place, at, x, order)
        changes += engine.advance(setting.end)
        live = episodes(changes)
        count += len(live)
        same += live == compiled
    print(f"live on {SAMPLE} homes: {count} episodes, the same in {same} of {SAMPLE}")
    return {"same_as_live": same == SAMPLE, "sample_episodes": count}


def measure(*, quick: bool) -> Told:
    """Everything; the keys of the JSON line."""
    rules = [rule for rule in starter_rules() if rule.name in FOUR]
    told = compiling(rules)
    kernel_ = kernel()
    if kernel_ is not None:
        kernel_.loop("not")  # compiled once a machine: not part of an edit
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "past.sealed"
        began = time.perf_counter()
        digest, count = rules_past.seal(path, HOMES)
        sealing = time.perf_counter() - began
        told |= {
            "readings": count,
            "sealed_bytes_per_reading": round(path.stat().st_size / count, 1),
        }
        told["seal_27m_s"] = round(sealing, 2)
        print(f"{count / 1e6:.0f} M readings generated and sealed in {sealing:.1f} s", flush=True)
        began = time.perf_counter()
        snapshot = Sealed(path, digest)
        for home in snapshot:
            del home
        told["verify_27m_s"] = round(time.perf_counter() - began, 2)
        setting = rules_past.Setting(HOMES)
        past = Past(snapshot, kernel_)
        told |= what_if(past, rules, setting)
        told |= throughput(past, rules, setting)
        told |= sample(past, rules, setting)
        told["instead"] = rules_instead.table(past, rules, setting, 20 if quick else 100)
    return told


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    print(json.dumps(measure(quick=parser.parse_args().quick)))


if __name__ == "__main__":
    main()
