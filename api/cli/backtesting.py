"""`homecare backtest`: rules over a site's past, beside what runs, or against other rules."""

import json
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import client, runtime
from api.cli.backtested import show
from api.cli.options import AsJson, Config, Data, near
from api.cli.printing import Progress, say
from devices.errors import Failed, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.config import Settings
    from reviews.backtests import Question

LOOK_S = 0.3


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
    texts, others = _texts(rules), _texts(against or [])
    numbers = _numbers(value or [])
    progress = Progress()

    def told(share: float) -> None:
        if not as_json:
            progress.show(f"{share * 100:3.0f} % of the homes", share)

    if tihm is not None:
        report = _tihm(tihm, since, until, texts, others, numbers, told)
    else:
        settings = near(config, data)
        here = runtime.read(settings.data) is not None
        ask = _remote if here else _local
        report = ask(settings, site, since, until, texts, others, numbers, told)
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


# --- the running gateway does it


def _remote(
    settings: "Settings",
    site: str,
    since: str | None,
    until: str | None,
    texts: list[str],
    others: list[str],
    numbers: dict[str, str],
    told: "Callable[[float], None]",
) -> dict[str, Any]:
    from api.cli.databases import state
    from gateway.access import Role
    from gateway.clock import SystemClock
    from gateway.registry import Registry

    clock = SystemClock()
    caller = client.speaking(settings.data, "back-test rules", Role.NURSE)
    with state(settings) as engine:
        sites = Registry(engine, clock).directory.sites
    start, end = _times(_one_site(site, sites), sites, since, until)
    body: dict[str, Any] = {"site": _one_site(site, sites), "from": start, "rules": texts}
    body |= {"against": others, "set": numbers} | ({"to": end} if end is not None else {})
    asked = caller.post("/api/v1/backtests", body)
    while asked["state"] in ("queued", "running"):
        told(asked["progress"] / 100)
        time.sleep(LOOK_S)
        asked = caller.get(f"/api/v1/backtests/{asked['id']}")
    if asked["state"] != "done":
        raise Failed("back-test rules", site, str(asked["problem"]), "homecare doctor")
    keys = ("id", "snapshot", "engine")
    return {**{key: asked[key] for key in keys}, **asked["result"]}


# --- no gateway runs: the data folder itself


def _local(
    settings: "Settings",
    site: str,
    since: str | None,
    until: str | None,
    texts: list[str],
    others: list[str],
    numbers: dict[str, str],
    told: "Callable[[float], None]",
) -> dict[str, Any]:
    from api.cli.databases import state
    from api.cli.following import watermarks
    from gateway.clock import SystemClock
    from gateway.db import reading
    from gateway.registry import Registry
    from gateway.series import open_store
    from reviews.backtests import Question, task_of

    clock = SystemClock()
    with state(settings) as engine:
        directory = Registry(engine, clock).directory
        name = _one_site(site, directory.sites)
        start, end = _times(name, directory.sites, since, until)
        now = watermarks(engine).get(name, clock.now())
        end = now if end is None else min(end, now)
        question = Question(name, start, end, tuple(texts), tuple(others), numbers or None)
        with reading(engine) as conn:
            task = task_of(conn, directory, question, settings.watch.silence_factor)
    with tempfile.TemporaryDirectory(prefix="homecare-backtest-") as folder:
        path = Path(folder) / "history.sealed"
        store = open_store(settings)
        try:
            digest = store.seal(name, start - task.lookback_ms, end + 1, path)
        finally:
            store.close()
        return fold(path, digest, task, told)


def fold(path: Path, digest: str, task: Any, told: "Callable[[float], None]") -> dict[str, Any]:
    """The report of a task over a sealed history, in this process."""
    from gateway.series.sealed import Sealed
    from reviews import backtests
    from reviews.compiling import kernel
    from reviews.engine import fingerprint
    from reviews.pasts import Past

    report = backtests.run(Past(Sealed(path, digest), kernel()), task, told)
    return {"snapshot": digest, "engine": fingerprint(), **report}


def _one_site(site: str, sites: Any) -> str:
    if site:
        return site
    if len(sites) == 1:
        return str(next(iter(sites)))
    known = ", ".join(sorted(sites)) or "none"
    raise Refused("back-test rules", "--site", "no site is named", f"Known here: {known}")


def _times(site: str, sites: Any, since: str | None, until: str | None) -> tuple[int, int | None]:
    from rules.errors import nearest

    if site not in sites:
        hint = nearest(site, sites)
        raise Refused("back-test rules", site[:64], "no such site", hint)
    zone = sites[site].zone
    return (
        1 if since is None else max(_moment(since, zone), 1),
        None if until is None else _moment(until, zone),
    )


def _moment(text: str, zone: str) -> int:
    """A day is its first moment there."""
    from api.moments import read_moment

    return read_moment(text if ":" in text or text.isdigit() else f"{text} 00:00", zone)


# --- a recorded data set


def _tihm(
    folder: Path,
    since: str | None,
    until: str | None,
    texts: list[str],
    others: list[str],
    numbers: dict[str, str],
    told: "Callable[[float], None]",
) -> dict[str, Any]:
    from api.cli.recorded.sealed import sealed_recording
    from reviews.backtests import Question
    from simulators.recorded.tihm import ZONE

    first = None if since is None else _moment(since, ZONE)
    last = None if until is None else _moment(until, ZONE)

    def asked(site: str, start: int, end: int) -> "Question":
        start = start if first is None else max(start, first)
        end = end if last is None else min(end, last)
        return Question(site, start, end, tuple(texts), tuple(others), numbers or None)

    with tempfile.TemporaryDirectory(prefix="homecare-backtest-") as place:
        path, digest, task = sealed_recording(folder, Path(place), asked)
        report = fold(path, digest, task, told)
    for line in (*report["episodes"], *(o for d in report["difference"] for o in _spans(d))):
        del line["why"]  # no gateway has this recording: the link would lead nowhere
    return report


def _spans(difference: dict[str, Any]) -> list[dict[str, Any]]:
    return [*difference["new"], *difference["gone"], *difference["moved"]]
