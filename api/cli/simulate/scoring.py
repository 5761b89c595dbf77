"""`homecare simulate score`: rulebooks against scenarios whose truth is known."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.options import AsJson, Config, Data
from api.cli.printing import Progress, say
from api.cli.simulate.additions import Faults, With, catalogue, planned
from devices.errors import Refused

if TYPE_CHECKING:
    from reviews.score import Course
    from simulators.catalogue import Catalogue

MOST = 500  # homes of each scenario and seed
FLOOR_FAILS = 1  # exit code


def score(
    rulebook: Annotated[
        str, typer.Argument(help="starter, library, site:NAME, or a folder of rule files.")
    ] = "starter",
    against: Annotated[
        str | None, typer.Option("--against", help="Another rulebook, side by side.")
    ] = None,
    scenario: Annotated[
        list[str] | None,
        typer.Option("--scenario", "-s", help="A name or a file. Repeatable; default: all."),
    ] = None,
    seeds: Annotated[int, typer.Option("--seeds", help="Lives of each home.", min=1)] = 1,
    homes: Annotated[
        int, typer.Option("--homes", help="Homes of each scenario and seed.", min=1, max=MOST)
    ] = 6,
    seed: Annotated[int, typer.Option("--seed", help="The first seed.", min=0)] = 1,
    *,
    added: With = None,
    faults: Faults = None,
    svg: Annotated[Path | None, typer.Option("--svg", help="Write the picture here.")] = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the page docs/evidence.md.")
    ] = False,
    config: Config = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Score a rulebook on what simulated people should have been helped with.

    Sensitivity, what of it chance would give, time to notice, false alerts and burden per resident
    and month, each with the middle 95 % of a bootstrap over homes. Every home lives two ordinary
    weeks before its scenario, and five that only prime the rules. Same seeds, same figures.

    Examples:
      homecare simulate score starter

      homecare simulate score my-rules/ --against starter -s wandering-at-night --seeds 3

      homecare simulate score library --json --svg score.svg

      homecare simulate score starter -s my-scenario.yaml --with my_device.py --faults loose.yaml

    """
    from api.cli.simulate import picture, report
    from api.cli.simulate.rulebooks import rulebook as named
    from gateway.watch.compiling import kernel
    from reviews.score import Wish, run

    books = [named(one, config, data) for one in (rulebook, against) if one is not None]
    own = catalogue(added)
    chosen = _courses(scenario or [], own)
    wrong = planned(faults, own)
    wish = Wish(chosen, tuple(range(seed, seed + seeds)), homes, twins=True, faults=wrong)
    progress = Progress(every=10)

    def told(done: int, of: int, name: str) -> None:
        if not (as_json or markdown):
            progress.show(f"{done} of {of} scenarios: {name}")

    found = run(books, wish, kernel(), told)
    progress.done()
    made = report.report(books, wish, found)
    if svg is not None:
        svg.write_text(picture.draw(made), encoding="utf-8")
    if as_json:
        say(json.dumps(made, indent=1, ensure_ascii=False))
    elif markdown:
        say(report.page(made).rstrip())
    else:
        report.show(made)


def floor(
    rulebook: Annotated[
        str, typer.Argument(help="starter, library, site:NAME, or a folder of rule files.")
    ] = "starter",
    *,
    config: Config = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Hold a rulebook against the safety floor: what no majority can vote away.

    Exit code 1: a scenario of the floor is noticed too seldom or too late.

    Example:
      homecare simulate floor starter

    """
    from api.cli.printing import table
    from api.cli.simulate.rulebooks import rulebook as named
    from gateway.watch.compiling import kernel
    from reviews.floors import measured, shipped

    book = named(rulebook, config, data)
    lines = [one for one in shipped() if one.of == "starter" or rulebook != "starter"]
    rows = [(one, measured(one, book, kernel())) for one in lines]
    if as_json:
        said = [
            {
                "scenario": line.scenario,
                "needed": line.sensitivity,
                "found": round(found.sensitivity, 3),
                "watched": found.watched,
                "holds": found.holds,
            }
            for line, found in rows
        ]
        say(json.dumps(said, indent=1))
    else:
        table(
            ("scenario", "needed", "within", "noticed", ""),
            [
                (
                    f.scenario,
                    f"{f.sensitivity:.0%}",
                    f.within_text,
                    f"{m.noticed} of {m.situations}",
                    "holds" if m.holds else "DOES NOT HOLD" if m.watched else "no rule of it",
                )
                for f, m in rows
            ],
        )
    if any(m.watched and not m.holds for _, m in rows):
        raise SystemExit(FLOOR_FAILS)


def _courses(names: list[str], own: "Catalogue") -> "tuple[Course, ...]":
    from reviews.score import courses
    from simulators.scenarios.catalogue import scenario
    from simulators.scenarios.course import Course, parse_course

    if not names:
        return courses()
    found = []
    for name in names:
        path = Path(name)
        one = (
            parse_course(path.read_text(encoding="utf-8"), name, own)
            if path.suffix in {".yaml", ".yml"} and path.is_file()
            else scenario(name)
        )
        if not isinstance(one, Course):
            raise Refused(
                "score a rulebook",
                name,
                "it is a moment for the demo, without weeks around it",
                "`homecare simulate scenarios` lists those that can be scored",
            )
        found.append(one)
    if len({one.name for one in found}) < len(found):
        raise Refused("score a rulebook", ", ".join(names), "one stands twice", "Name it once")
    return tuple(found)
