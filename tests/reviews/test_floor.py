"""The safety floor: shipped rules hold it, no line sinks in silence, no decision undercuts it."""

import ast
import json
from decimal import Decimal
from pathlib import Path

import pytest

from devices.errors import Refused
from gateway.db import reading
from gateway.watch.compiling import kernel
from reviews import records
from reviews.detecting import Chosen, Rulebook
from reviews.floors import Line, ScenarioFloor, floors_of, measured, parse, shipped, weighed
from rules.packs import library_rules, starter_rules
from tests.reviews.lab import SITE

ROOT = Path(__file__).resolve().parents[2]
MARKS = json.loads((Path(__file__).parent / "floor_marks.json").read_text(encoding="utf-8"))
RULES = {"starter": starter_rules, "library": library_rules}


def book(name: str, **values: dict[str, Decimal]) -> Rulebook:
    chosen = (Chosen(rule, values.get(rule.name.replace("-", "_"), {})) for rule in RULES[name]())
    return Rulebook(name, tuple(chosen))


def line(scenario: str) -> Line:
    return next(one for one in shipped() if one.scenario == scenario)


@pytest.mark.parametrize("one", shipped(), ids=lambda one: one.scenario)
def test_the_shipped_rules_hold_the_floor(one: Line) -> None:
    found = measured(one, book(one.of), kernel())
    assert found.holds, f"{one.scenario}: {found}, needed {one.sensitivity} in {one.within_text}"


def test_a_line_that_sinks_says_why() -> None:
    """Marks are the strictest that each line has been; what is below keeps them, with reasons."""
    for scenario, mark in MARKS.items():
        now = line(scenario)  # a protected scenario is never dropped from the file
        ever = [(now.sensitivity, now.within), *((w.sensitivity, w.within) for w in now.was)]
        assert max(sensitivity for sensitivity, _ in ever) >= mark["sensitivity"], scenario
        assert min(within for _, within in ever) <= mark["within_ms"], scenario
    assert {one.scenario for one in shipped()} == set(MARKS), "write the new line into the marks"


HEAD = "floors:\n  - {scenario: sos, for: starter, sensitivity: 100 %, within: 1 min}\n"
GOOD = HEAD.replace("sos", "calls-for-help")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEAD, r"reviews/floor.yaml, floors.0.scenario: 'sos' plants nothing"),
        (GOOD.replace("100 %", "120 %"), "floors.0.sensitivity.*no share"),
        (GOOD.replace("1 min}", "-1 min}"), "floors.0.within.*no length"),
        (GOOD + GOOD.partition("\n")[2], "floors.1.scenario: calls-for-help stands twice"),
        (GOOD.replace("for: starter", "for: nobody"), "floors.0.for"),
        (GOOD.replace("calls-for-help", "cat"), "plants nothing"),
        ("floors: 3", "a list of lines"),
        (
            GOOD.replace("1 min}", "1 min, was: [{sensitivity: 100 %, within: 30 min}]}"),
            "lowered only with a stated reason",
        ),
        (
            GOOD.replace(
                "1 min}",
                "1 min, was: [{sensitivity: 90 %, within: 2 min, reason: they all asked for it}]}",
            ),
            "not stricter",
        ),
    ],
)
def test_a_wrong_line_is_refused_by_file_and_key(text: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        parse(text)


def test_a_limit_that_nobody_reaches_is_below_the_floor() -> None:
    rules = {rule.name: rule for rule in starter_rules()}
    floor = ScenarioFloor(line("oxygen-falls"), book("starter"))
    spo2 = rules["spo2-low"]
    assert floor.breach("anywhere", spo2, {"limit": Decimal(88)}) is None
    said = floor.breach("anywhere", spo2, {"limit": Decimal(80)})
    assert said is not None
    assert "Oxygen falls within an evening" in said
    assert floor.breach("anywhere", rules["weight-up"], {}) is None
    sos = ScenarioFloor(line("calls-for-help"), book("starter"))
    assert sos.ending("anywhere", rules["sos"]) is not None
    assert sos.ending("anywhere", rules["weight-up"]) is None


def test_who_is_below_already_may_still_change_for_no_worse() -> None:
    rules = {rule.name: rule for rule in starter_rules()}
    weak = book("starter", spo2_low={"limit": Decimal(80)})
    floor = ScenarioFloor(line("oxygen-falls"), weak)
    assert floor.breach("anywhere", rules["spo2-low"], {"limit": Decimal(80)}) is None
    assert floor.breach("anywhere", rules["spo2-low"], {"limit": Decimal(84)}) is None


def test_a_decision_that_undercuts_it_is_refused_with_the_scenario(lived) -> None:
    review = lived.opens()
    lived.proposes(review, 80)
    lived.replays(review, 80)
    lived.all_say(review)
    with reading(lived.engine) as conn:
        proposal = records.proposals(conn, review)[-1]
        floors = weighed(conn, SITE, lived.now, proposal)
        assert len(floors_of(conn, SITE, lived.now)) == len(shipped())
    with pytest.raises(Refused, match="safety floor 'oxygen-falls' does not hold"):
        lived.decides(review, floors=floors)
    assert lived.limit() == 92


def test_nothing_but_the_score_looks_into_the_simulators() -> None:
    """What detects cannot know what was planted; import-linter holds it too."""
    seen = set()
    for package in ("devices", "rules", "gateway", "reviews"):
        for file in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                names = (
                    [node.module or ""]
                    if isinstance(node, ast.ImportFrom)
                    else [a.name for a in node.names]
                    if isinstance(node, ast.Import)
                    else []
                )
                if any(name.split(".")[0] == "simulators" for name in names):
                    seen.add(str(file.relative_to(ROOT)))
    assert seen == {"reviews/score.py"}
