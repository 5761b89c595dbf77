"""`homecare backtest`: rules over a site's past, beside what runs, or against other rules."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from api.cli import runtime
from api.cli.backtest_ways import Wish, by_folder, by_gateway, by_recording
from api.cli.backtested import show
from api.cli.options import AsJson, Config, Data, near
from api.cli.printing import Progress, say
from devices.errors import Failed, Refused


def backtest(
    rules: Annotated[
        list[Path], typer.Argument(help="Rule files, or folders of them.", metavar="RULES")
    ],
    site: Annotated[str, typer.Option("--site", "-s", help="Whose past.")] = "",
    since: Annotated[
        str | None, typer.Option("--from", help="A day or moment, site's time; default: all.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", help="A day or moment, site's time; default: now.")
    ] = None,
    against: Annotated[
        list[Path] | None, typer.Option("--against", help="Other versions of them. Repeatable.")
    ] = None,
    value: Annotated[
        list[str] | None,
        typer.Option("--set", help="The same rules with another number: limit=88 %. Repeatable."),
    ] = None,
    tihm: Annotated[
        Path | None, typer.Option("--tihm", help="TIHM's folder instead of a site.")
    ] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", "-a", help="List every episode.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write the whole report (JSON) here.")
    ] = None,
    config: Config = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Run rules over what was really measured, by the operators that run live.

    Prints how often each would have spoken, for whom, at which hours and how long, per 100 days on
    which somebody would have been seen (a home covered for less than 60 % is listed, not counted).
    With --against or --set it says what would be new, gone or moved, each with its link to why.

    A running gateway does it in a process of its own and keeps the report; it needs the right to
    see why of everybody (HOMECARE_TOKEN). Where none runs, the data folder is read.

    Examples:
      homecare backtest kitchen-by-ten.yaml --site donegal --from 2026-09-01

      homecare backtest spo2-low.yaml --site donegal --from 2026-09-01 --set limit=88

      homecare backtest old/ --against new/ --site donegal --json --out report.json

      homecare backtest my-rule.yaml --tihm ../shared/data/tihm

    """
    _writable(out)
    if tihm is not None and site:
        hint = "Leave --site out: the recording is a site of its own"
        raise Refused("back-test rules", "--site", "does not go with --tihm", hint)
    progress = Progress()

    def told(share: float) -> None:
        if not as_json:
            progress.show(f"{share * 100:3.0f} % of the homes", share)

    texts, others, numbers = _texts(rules), _texts(against or []), _numbers(value or [])
    wish = Wish(since, until, texts, others, numbers, told)
    if tihm is not None:
        report = by_recording(tihm, wish)
    else:
        settings = near(config, data)
        here = runtime.read(settings.data) is not None
        report = (by_gateway if here else by_folder)(settings, site, wish)
    progress.done()
    whole = json.dumps(report, ensure_ascii=False, indent=1)
    if out is not None:
        try:
            out.write_text(whole, encoding="utf-8")
        except OSError as error:
            said = error.strerror or str(error)
            raise Failed("write the report", str(out), said, "Choose another --out") from error
    if as_json:
        say(whole)
    else:
        show(report, everything=everything)


def _writable(out: Path | None) -> None:
    """Before minutes of work. Raises Refused."""
    if out is None:
        return
    folder = out.parent
    problem = ""
    if out.is_dir():
        problem = "it is a folder"
    elif not folder.is_dir():
        problem = f"there is no folder {folder}"
    elif not os.access(out if out.exists() else folder, os.W_OK):
        problem = "it may not be written"
    if problem:
        raise Refused(
            "back-test rules", f"--out {out}", problem, "Name a file in a folder of yours"
        )


def _texts(paths: list[Path]) -> list[str]:
    """Each file read as a rule first, so that an error names its file."""
    from api.cli.rulefiles import _files, once, read_file
    from rules.rule import Rule

    found = [(path, read_file(path)) for path in _files(paths)] if paths else []
    names: dict[tuple[str, str], Path] = {}
    for path, read in found:
        once("back-test rules", path, read, names)
    texts = [read.text for _, read in found if isinstance(read, Rule)]
    if found and not texts:
        raise Refused("back-test rules", str(found[0][0]), "no rule in it", "Name a rule file")
    return texts


def _numbers(values: list[str]) -> dict[str, str]:
    found = {}
    for one in values:
        name, equal, text = one.partition("=")
        if not equal or not text.strip():
            raise Refused("back-test rules", one[:40], "sets nothing", "Write --set limit=88")
        found[name.strip()] = text.strip()
    return found
