"""Is it like life? Simulated homes against TIHM's, on people the tables have not seen.

    python bench/realism.py [--folder ../shared/data/tihm] [--splits 4] [--quick]
                            [--picture FILE.svg] [--markdown]
    python bench/realism.py --calibrate simulators/people/population.json

The homes are split by people, by chance. Tables are calibrated on one half, as many homes are
simulated with their devices, and compared with the other half; then the halves change places. A
marginal's ratio is its mean distance to the half that was not seen, over the mean distance between
the real halves: 1 is what two groups of real people differ by. Two classifiers try to tell real
days from simulated ones; the real halves against each other stand beside. One split means nothing.

--calibrate writes the tables of all homes, by the same function: what ships. Without the data
set's folder nothing can be measured, and that is said. Last line JSON. Gradient boosting needs
scikit-learn (`pip install scikit-learn`; the extra `dev` has it).
"""

import argparse
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.realism_days import days  # noqa: E402  # the path above
from bench.realism_distances import Marginal, Shares, Values, distance  # noqa: E402
from bench.realism_homes import Sample, real, simulated  # noqa: E402
from bench.realism_marginals import marginals  # noqa: E402
from bench.realism_picture import picture  # noqa: E402
from bench.realism_told import boosting, logistic, told_apart  # noqa: E402
from bench.realism_tune import calibrated  # noqa: E402
from simulators.columns import Ints  # noqa: E402
from simulators.people.population import written  # noqa: E402

SEED = 20_190_401


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one direction."""

    apart: Mapping[str, float]  # by marginal: simulated homes to the unseen half
    baseline: Mapping[str, float]  # one real half to the other
    told: Mapping[str, float]  # areas by classifier
    made: Mapping[str, Marginal]


@dataclass(slots=True)
class Found:
    """What came of all directions."""

    apart: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    baseline: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    told: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    pooled: dict[str, list[Marginal]] = field(default_factory=lambda: defaultdict(list))

    def ratios(self) -> list[tuple[str, float, float, float]]:
        """(marginal, ratio, distance between real halves, distance to the simulated)."""
        rows = []
        for name, distances in self.apart.items():
            base, far = float(np.mean(self.baseline[name])), float(np.mean(distances))
            rows.append((name, far / base, base, far))
        return rows


def halves(size: int, splits: int, seed: int) -> Iterator[tuple[int, Ints, Ints]]:
    """(number, people to calibrate on, people to be compared with), both ways round."""
    rng = np.random.default_rng(seed)
    for split in range(splits):
        order = rng.permutation(size)
        one, two = np.sort(order[: size // 2]), np.sort(order[size // 2 :])
        yield 2 * split, one, two
        yield 2 * split + 1, two, one


def direction(homes: Sample, seed: int, number: int, seen: Ints, unseen: Ints) -> Outcome:
    """Calibrate on one half, simulate as many homes with a fresh seed, compare with the other."""
    mine, other = homes.only(seen), homes.only(unseen)
    made = simulated(calibrated(mine), list(mine.fitted()), seed + 1 + number)
    one, two, three = marginals(mine), marginals(other), marginals(made)
    real_days, made_days, seen_days = days(other.events), days(made.events), days(mine.events)
    told = {
        "logistic": told_apart(real_days, made_days, logistic, number),
        "real halves": told_apart(real_days, seen_days, logistic, number),
    }
    boosted = boosting()
    if boosted:
        told["boosting"] = told_apart(real_days, made_days, boosted, number)
    return Outcome(
        {name: distance(two[name], three[name]) for name in two},
        {name: distance(one[name], two[name]) for name in two},
        told,
        three,
    )


def compared(homes: Sample, splits: int, jobs: int, seed: int) -> Found:
    """Every direction, `jobs` at a time."""
    found, began = Found(), time.monotonic()
    work = list(halves(homes.size, splits, seed))
    with ProcessPoolExecutor(jobs) as pool:
        running = [pool.submit(direction, homes, seed, *one) for one in work]
        for number, one in enumerate(running):
            outcome = one.result()
            for name, apart in outcome.apart.items():
                found.apart[name].append(apart)
                found.baseline[name].append(outcome.baseline[name])
                found.pooled[name].append(outcome.made[name])
            for name, area in outcome.told.items():
                found.told[name].append(area)
            passed = f"{number + 1} of {len(work)} directions, {time.monotonic() - began:.0f} s"
            print(passed, end="\r", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return found


def pooled(parts: Sequence[Marginal]) -> Marginal:
    """All simulated homes of all directions as one."""
    if isinstance(parts[0], Shares):
        return Shares(np.concatenate([part.table for part in parts if isinstance(part, Shares)]))
    homes, values, shift = [], [], 0
    for part in parts:
        assert isinstance(part, Values)
        homes.append(part.home + shift)
        values.append(part.value)
        shift += int(part.home.max()) + 1
    return Values(np.concatenate(homes), np.concatenate(values))


def table(found: Found, *, markdown: bool) -> list[str]:
    """Worst first."""
    rows = sorted(found.ratios(), key=lambda row: -row[1])
    if not markdown:
        lines = [f"{'marginal':34} {'ratio':>6} {'real':>9} {'simulated':>9}"]
        return lines + [f"{n:34} {r:6.2f} {b:9.4f} {f:9.4f}" for n, r, b, f in rows]
    lines = [
        "| marginal | ratio | real half to real half | simulated to unseen half |",
        "|---|---|---|---|",
    ]
    return lines + [f"| {n} | {r:.2f} | {b:.4f} | {f:.4f} |" for n, r, b, f in rows]


def summary(found: Found, homes: int) -> Mapping[str, object]:
    """The last line."""
    name, worst, *_ = max(found.ratios(), key=lambda row: row[1])
    told = found.told

    def mean(which: str) -> float | None:
        return round(float(np.mean(told[which])), 3) if told[which] else None

    def extent(which: str) -> list[float]:
        return [round(min(told[which]), 3), round(max(told[which]), 3)] if told[which] else []

    return {
        "homes": homes,
        "directions": len(told["logistic"]),
        "worst_marginal_ratio": round(worst, 2),
        "worst_marginal": name,
        "auc_real_vs_simulated": mean("logistic"),
        "auc_real_vs_simulated_range": extent("logistic"),
        "auc_boosting": mean("boosting"),
        "auc_boosting_range": extent("boosting"),
        "auc_real_vs_real": mean("real halves"),
        "auc_real_vs_real_range": extent("real halves"),
    }


def main() -> None:
    """The table, the picture, and one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT.parent / "shared/data/tihm")
    parser.add_argument("--splits", type=int, default=4, help="of the people, both ways round")
    parser.add_argument("--seed", type=int, default=SEED, help="of the splits and the homes")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes")
    parser.add_argument("--quick", action="store_true", help="one split")
    parser.add_argument("--picture", type=Path, help="write every marginal as SVG")
    parser.add_argument("--markdown", action="store_true", help="the table as Markdown")
    parser.add_argument("--calibrate", type=Path, help="write the tables of all homes, and stop")
    given = parser.parse_args()
    if given.splits < 1 or given.jobs < 1:
        parser.error("--splits and --jobs: at least one")
    if not given.folder.is_dir():
        why = f"no TIHM in {given.folder}: nothing to compare with (--folder names another)"
        print(json.dumps({"skipped": why}))
        return
    homes = real(given.folder)
    if given.calibrate:
        given.calibrate.write_text(written(calibrated(homes)), encoding="utf-8")
        print(json.dumps({"written": str(given.calibrate), "homes": homes.size}))
        return
    found = compared(homes, 1 if given.quick else given.splits, given.jobs, given.seed)
    print("\n".join(table(found, markdown=given.markdown)))
    if boosting() is None:
        print("no scikit-learn: gradient boosting was left out (pip install scikit-learn)")
    if given.picture:
        rows = [(name, ratio) for name, ratio, *_ in found.ratios()]
        made = {name: pooled(parts) for name, parts in found.pooled.items()}
        given.picture.write_text(picture(rows, marginals(homes), made), encoding="utf-8")
    print(json.dumps(summary(found, homes.size)))


if __name__ == "__main__":
    main()
