"""`homecare replay`: recorded or staged homes through the real broker, journal, rules and store."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.options import AsJson
from api.cli.printing import complain, say
from api.cli.simulate.additions import Faults, With, catalogue, planned
from devices.errors import Refused

if TYPE_CHECKING:
    from simulators.recorded.recording import Recording

REPLAY = Path("data/replay")
_UNITS_MS = {"min": 60_000, "h": 3_600_000, "d": 86_400_000}


def replay(
    source: Annotated[
        str,
        typer.Argument(
            help="A capture, TIHM's folder, store:SITE, store:SITE/HOME, scenario:NAME, its file."
        ),
    ],
    *,
    data: Annotated[
        Path, typer.Option("--data", "-d", help="Where its gateway keeps everything; begun anew.")
    ] = REPLAY,
    speed: Annotated[
        str, typer.Option(help="Times as fast as life, or max.", metavar="N|max")
    ] = "max",
    shift: Annotated[
        str | None,
        typer.Option(help="Move all times: now (whole days, to today), -30d, 6h.", metavar="TIME"),
    ] = None,
    compress: Annotated[
        float, typer.Option(help="Draw it so many times together: 24 makes a day an hour.")
    ] = 1.0,
    faults: Faults = None,
    added: With = None,
    seed: Annotated[int, typer.Option(min=0, help="Of faults and of a scenario's lives.")] = 1,
    homes: Annotated[
        int | None, typer.Option(min=1, help="Only so many (TIHM, the busiest; a scenario).")
    ] = None,
    days: Annotated[int | None, typer.Option(min=1, help="Only so many days (TIHM).")] = None,
    before: Annotated[
        int, typer.Option(min=0, max=120, help="Ordinary days before a scenario.")
    ] = 1,
    since: Annotated[str | None, typer.Option("--from", help="Of a store; a week before.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Of a store; the newest.")] = None,
    store: Annotated[
        Path | None, typer.Option("--store", help="The data folder of store:SITE.")
    ] = None,
    zone: Annotated[
        str | None, typer.Option(help="Of a capture that knows none: Europe/Dublin.")
    ] = None,
    shuffle: Annotated[
        int | None, typer.Option(help="Seed: homes take turns in an order of chance.")
    ] = None,
    stay: Annotated[
        bool, typer.Option("--stay", help="Leave the pages open afterwards, until Ctrl-C.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Play what was recorded, or a scenario, through a gateway of its own, and say what it told.

    The gateway is started on free ports with demo sites, the starter rules and invented names. The
    outcome is the same at any speed. TIHM is compared with its labels.

    Examples:
      homecare replay capture.jsonl --shift now --faults loose.yaml

      homecare replay ../shared/data/tihm --homes 4 --days 10 --json

      homecare replay store:donegal/home-1 --from 2026-11-01 --store data/demo

      homecare replay my-scenario.yaml --with my_device.py --speed 3600 --stay

    """
    import json

    from api.cli.recorded.outcome import as_json as told
    from api.cli.recorded.outcome import show
    from api.cli.recorded.sources import Asked
    from api.cli.recorded.sources import source as named
    from api.cli.recorded.stand import MARK
    from api.cli.stands import begin_anew
    from simulators.faults import placed

    tell = complain if as_json else say
    fast = _speed(speed)
    asked = Asked(homes, days, since, until, zone, seed, before, store)
    own = catalogue(added)
    found = named(source, asked, own)
    recording = _warped(found.recording, shift, compress)
    begins = recording.start if recording.day_zero is None else recording.day_zero
    laid = placed(planned(faults, own), recording.homes, begins)
    for note in found.notes:
        tell(note)
    labels = f", {len(recording.labels)} labels" if recording.labels else ""
    wrong = f", {len(laid)} faults laid over" if laid else ""
    tell(f"{len(recording.homes)} homes, {len(recording)} readings{labels}{wrong}.")
    begin_anew("replay", data, MARK)
    from api.cli.recorded.running import Manner, run

    manner = Manner(fast, shuffle, laid, seed, stay, as_json)
    outcome = run(data, recording, manner, tell)
    if as_json:
        say(json.dumps(told(outcome)))
    else:
        show(outcome)


def _warped(recording: "Recording", shift: str | None, compress: float) -> "Recording":
    from gateway.clock import SystemClock
    from simulators.recorded.warp import days_to, warped

    by = 0
    if shift == "now":
        by = days_to(recording, SystemClock().now())
    elif shift is not None:
        found = re.fullmatch(r"([+-]?\d{1,6}) ?(min|h|d)", shift.strip())
        if not found:
            raise Refused("replay", f"--shift {shift}", "no shift of time", "Write now, -30d or 6h")
        by = int(found[1]) * _UNITS_MS[found[2]]
    return warped(recording, by, compress)


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0
    if not 0 < speed < float("inf"):
        raise Refused("replay", f"--speed {text}", "no speed", "Give a number such as 1000, or max")
    return speed
