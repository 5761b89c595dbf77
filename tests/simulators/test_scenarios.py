"""Every scenario happens where it can, is seen in the columns, and has its truth apart."""

import ast
from pathlib import Path

import pytest

from devices.errors import Refused
from simulators.columns import NAMES, SIGNALS
from simulators.homes.day import between
from simulators.scenarios.catalogue import SCENARIOS, scenario
from simulators.scenarios.staging import Scenario, laid_over
from tests.simulators.builders import HOUR, SEED, START, homes


@pytest.mark.parametrize("staged", SCENARIOS, ids=lambda s: s.name)
def test_a_scenario_changes_its_home_and_no_other(staged: Scenario) -> None:
    every = homes()
    number = next(i for i, home in enumerate(every) if staged.possible(home))
    play = staged.stage(every[number], START + HOUR)
    end = START + HOUR + staged.lasts_ms + HOUR
    calm = between(every, START, end, SEED)
    told = laid_over(calm, every, [play])
    others = [c.where(c.home != number) for c in (calm, told)]
    assert all((getattr(others[0], n) == getattr(others[1], n)).all() for n in NAMES)
    assert len(told) != len(calm)
    for truth in play.truth:
        assert truth.start < truth.end
        assert (truth.site, truth.home) == (every[number].site, every[number].id)


def test_low_oxygen_is_low_for_long_enough() -> None:
    home = next(h for h in homes() if scenario("low-oxygen").possible(h))
    added = scenario("low-oxygen").stage(home, START).added
    low = added.x[(added.at >= START + 2 * 60_000) & (added.at < START + 20 * 60_000)]
    assert (low < 88).all()
    assert {SIGNALS[i].name for i in added.signal.tolist()} == {"spo2"}


def test_what_a_home_cannot_do_is_refused() -> None:
    home = next(h for h in homes() if not h.has("oximeter"))
    with pytest.raises(Refused, match="has no oximeter"):
        scenario("low-oxygen").stage(home, START)
    with pytest.raises(Refused, match="weight-gain"):
        scenario("earthquake")


def test_nothing_that_detects_can_read_the_truth() -> None:
    root = Path(__file__).resolve().parents[2]
    for package in ("devices", "rules", "gateway"):
        for file in (root / package).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                names = (
                    [node.module or ""]
                    if isinstance(node, ast.ImportFrom)
                    else [a.name for a in node.names]
                    if isinstance(node, ast.Import)
                    else []
                )
                assert not any(n.split(".")[0] == "simulators" for n in names), file
