"""`homecare simulate history`: months of simulated homes, written at once."""

import json
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.options import AsJson, Config, Data
from api.cli.printing import Progress, say, table
from api.cli.simulate.additions import Faults, With, catalogue, planned
from devices.errors import Refused

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from api.cli.simulate.filling import Filled
    from api.cli.simulate.history_stand import Stand
    from simulators.history import Plan

INTERRUPTED = 130  # exit code of a command that Ctrl-C ended


def history(
    *,
    since: Annotated[str, typer.Option("--from", help="First day, site's zone: 2026-01-01.")] = "",
    until: Annotated[str, typer.Option("--to", help="The day after the last.")] = "",
    count: Annotated[
        int | None,
        typer.Option("--homes", "-n", min=1, help="How many homes; default: 20, or all."),
    ] = None,
    site: Annotated[
        list[str] | None,
        typer.Option("--site", "--region", help="Whose homes: donegal, … Repeatable."),
    ] = None,
    home: Annotated[
        list[str] | None, typer.Option("--home", help="Only SITE/HOME. Repeatable.")
    ] = None,
    persona: Annotated[
        list[str] | None,
        typer.Option("--persona", help="Who lives there: copd, frail, … Repeatable."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed: other lives.")] = 1,
    scenario: Annotated[
        list[str] | None,
        typer.Option("--scenario", "-s", help="NAME@SITE/HOME@DATE. Repeatable."),
    ] = None,
    faults: Faults = None,
    added: With = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="A data folder of its own, made here.")
    ] = None,
    parquet: Annotated[
        Path | None, typer.Option("--parquet", help="Also a Parquet file of each site, in here.")
    ] = None,
    remove: Annotated[
        str | None, typer.Option("--remove", help="Take away this site's simulated past.")
    ] = None,
    rows: Annotated[
        int, typer.Option("--rows", min=1_000, help="Readings made at once: what memory is for.")
    ] = 1_000_000,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, max=64, help="Processes; default: cores.")
    ] = None,
    config: Config = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Write what simulated homes would have said, day after day, straight into the series store.

    It is reading by reading what `homecare simulate live` publishes of the same homes, days and
    seed. Without --out it goes to the installation here: only to sites registered with `demo: yes`,
    only for days before their clock and before anything was heard of a home. No rule speaks of it
    and no alert opens, but rules find it when they look back. With --out a folder of its own is
    made, registry and all, which `homecare backtest --data` reads.

    A day runs from 04:00 to 04:00 and is written once: what is there is left, so that a run that
    was interrupted goes on. Readings written so have no journal; their offsets are negative.

    Examples:
      homecare simulate history --from 2026-01-01 --to 2026-04-01 --out winter --homes 100

      homecare backtest my-rule.yaml --site donegal --data winter

      homecare simulate history --site donegal --from 2026-09-01 --to 2026-11-01

    """
    from api.cli.simulate import history_stand
    from api.cli.simulate.filling import days_between, plan

    if remove is not None:
        _alone(since, until, out)
        with history_stand.here(config, data) as stand:
            say(f"{stand.remove(remove):,} simulated readings of {remove} are removed.")
        return
    _folder("--out", out)
    own = catalogue(added)
    first, days = days_between(_given("--from", since), _given("--to", until))
    ask = history_stand.Ask(
        count, tuple(site or ()), tuple(home or ()), tuple(persona or ()), seed, first, days, own
    )
    stand_of: AbstractContextManager[Stand] = (
        history_stand.here(config, data) if out is None else history_stand.folder(out, ask)
    )
    with stand_of as stand:
        _folder("--parquet", parquet)
        wanted = plan(stand.homes(ask), first, days, seed, scenario or (), planned(faults, own))
        found = _fill(stand, wanted, rows, workers or os.cpu_count() or 1, quiet=as_json)
        files = (
            []
            if parquet is None
            else stand.export(sorted({one.site for one in wanted.homes}), parquet)
        )
        _show(found, wanted, stand.place, files, as_json=as_json)


def _fill(stand: "Stand", wanted: "Plan", rows: int, workers: int, *, quiet: bool) -> "Filled":
    from api.cli.simulate.filling import Filled

    progress = Progress()
    latest = Filled()
    asked_to_stop = False

    def stop(*_: object) -> None:
        nonlocal asked_to_stop
        if asked_to_stop:
            raise KeyboardInterrupt  # who asks twice waits for nothing
        asked_to_stop = True

    def told(done: "Filled", of: int) -> None:
        nonlocal latest
        latest = done
        if asked_to_stop:
            raise KeyboardInterrupt
        if not quiet and of:
            rate = done.readings / done.seconds if done.seconds else 0
            share = done.home_days / of
            text = f"{share:4.0%} of {of:,} home-days: {done.readings:,} readings, {rate:,.0f}/s"
            progress.show(text, share)

    before = signal.signal(signal.SIGINT, stop)  # a piece that is being written is written
    try:
        found = stand.fill(wanted, rows, workers, told)
    except KeyboardInterrupt:
        progress.done()
        say(
            f"Interrupted. {latest.readings:,} readings of {latest.home_days:,} home-days are "
            "written, whole days each. The same command goes on from there."
        )
        raise SystemExit(INTERRUPTED) from None
    finally:
        signal.signal(signal.SIGINT, before)
    progress.done()
    return found


def _show(
    found: "Filled", wanted: "Plan", place: Path, files: list[tuple[Path, int]], *, as_json: bool
) -> None:
    rate = found.readings / found.seconds if found.seconds else 0.0
    if as_json:
        said = {
            "folder": str(place), "seed": wanted.seed, "from": str(wanted.first),
            "days": wanted.days, "homes": len(wanted.homes), "readings": found.readings,
            "not_kept": found.not_kept, "home_days": found.home_days, "there_before": found.there,
            "seconds": round(found.seconds, 3), "readings_per_s": round(rate),
            "parquet": [str(file) for file, _ in files],
        }  # fmt: skip
        say(json.dumps(said, indent=1))
        return
    if found.home_days:
        table(("site", "readings"), sorted(found.sites.items()))
        say(
            f"{found.readings:,} readings of {found.home_days:,} home-days written into {place} "
            f"in {found.seconds:.1f} s ({rate:,.0f}/s). They are simulated (seed {wanted.seed}): "
            "their offsets are negative."
        )
    if found.there:
        say(f"{found.there:,} home-days were there before, from this seed; they were left.")
    if found.not_kept:
        say(
            f"{found.not_kept:,} values were not kept: without consent, in a pause, or from a "
            "device that stood nowhere then."
        )
    for file, count in files:
        say(f"{file}: {count:,} readings")


def _given(option: str, text: str) -> str:
    if not text:
        raise Refused("write history", option, "is not given", "Write --from DATE --to DATE")
    return text


def _folder(option: str, place: Path | None) -> None:
    """Made now, before minutes of work. Raises Refused."""
    if place is None:
        return
    try:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        problem = "" if os.access(place, os.W_OK) else "it may not be written"
    except OSError as error:
        problem = error.strerror or str(error)
    if problem:
        raise Refused("write history", f"{option} {place}", problem, "Name a folder of yours")


def _alone(since: str, until: str, out: Path | None) -> None:
    if since or until or out is not None:
        raise Refused(
            "remove history", "--remove", "goes with no other days or folder", "Give --data for one"
        )
