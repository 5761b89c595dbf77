"""`homecare simulate live` and `homecare simulate homes`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.options import AsJson, Config, Data
from api.cli.printing import complain, say
from api.cli.simulate.additions import Faults, With, catalogue, planned
from devices.errors import Refused

if TYPE_CHECKING:
    from api.cli.simulate.live_run import Wish

Region = Annotated[
    list[str] | None,
    typer.Option("--region", help="Where new homes stand: donegal, vestland, … Repeatable."),
]
Personas = Annotated[
    list[str] | None,
    typer.Option("--persona", help="Who lives there: copd, frail, … Repeatable; default: drawn."),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Another seed: other lives.")]


def homes(
    count: Annotated[int, typer.Option("--homes", "-n", help="How many.")] = 20,
    region: Region = None,
    persona: Personas = None,
    seed: Seed = 1,
    since: Annotated[
        str, typer.Option("--since", help="Date from which all live there.")
    ] = "2026-01-01",
    added: With = None,
) -> None:
    """Print simulated homes as a registry file, for `homecare import`.

    Example:
      homecare simulate homes -n 100 > homes.yaml

    """
    from api.cli.simulate import live_homes

    own = catalogue(added)
    found = live_homes.made(count, seed, region or (), persona or (), own)
    say(live_homes.registry(found, since))


def live(
    *,
    count: Annotated[
        int | None, typer.Option("--homes", "-n", help="How many homes; default: 20, or all.")
    ] = None,
    site: Annotated[
        list[str] | None,
        typer.Option("--site", help="Only this simulated site of the registry. Repeatable."),
    ] = None,
    region: Region = None,
    persona: Personas = None,
    seed: Seed = 1,
    speed: Annotated[
        str, typer.Option("--speed", help="Times as fast as life, or max.", metavar="N|max")
    ] = "1",
    start: Annotated[
        str | None, typer.Option("--start", help="Where the sites' clock begins: RFC 3339.")
    ] = None,
    days: Annotated[
        float | None, typer.Option("--days", help="End after so many days of the sites' clock.")
    ] = None,
    scenario: Annotated[
        list[str] | None,
        typer.Option("--scenario", "-s", help="NAME@SITE/HOME or NAME@SITE/HOME@TIME. Repeatable."),
    ] = None,
    faults: Faults = None,
    added: With = None,
    broker: Annotated[
        str | None, typer.Option("--broker", help="A broker elsewhere: mqtts://host:port.")
    ] = None,
    authority: Annotated[
        Path | None, typer.Option("--authority", help="CA file of that broker.")
    ] = None,
    gateway: Annotated[
        str | None,
        typer.Option("--gateway", help="Its pages, for the page Simulator; HOMECARE_TOKEN."),
    ] = None,
    registry: Annotated[
        Path | None, typer.Option("--registry", help="The file that was imported there.")
    ] = None,
    credentials: Annotated[
        Path | None, typer.Option("--credentials", help="user,password lines, as import wrote.")
    ] = None,
    paused: Annotated[
        bool, typer.Option("--paused", help="Connect, and wait to be started from the page.")
    ] = False,
    config: Config = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Let simulated homes live: each hub a connection with its own credential, as real ones.

    Where no gateway runs, one of its own is started on --data. Beside one that runs, it plays the
    homes of its simulated sites. The page Simulator and the API pause it, change its speed, stage
    scenarios and faults, and show the score. Ctrl-C ends in order.

    Examples:
      homecare simulate live --homes 20 --speed 60

      homecare simulate live --site donegal -s sos@donegal/home-1 --faults faults.yaml

      homecare simulate live --broker mqtts://pilot --registry homes.yaml --credentials keys.csv

    """
    from api.cli.simulate import live_run
    from api.pace import speed_of

    own = catalogue(added)
    wish = live_run.Wish(
        count=count,
        sites=tuple(site or ()),
        regions=tuple(region or ()),
        personas=tuple(persona or ()),
        seed=seed,
        speed=speed_of(speed),
        start=None if start is None else _moment(start),
        days=_days(days),
        scenarios=tuple(scenario or ()),
        faults=planned(faults, own),
        catalogue=own,
        broker=broker,
        authority=authority,
        gateway=gateway,
        registry=registry,
        credentials=credentials,
        paused=paused,
        quiet=as_json,
    )
    _refuse_contradictions(wish)
    live_run.run(wish, config, data, complain if as_json else say, as_json=as_json)


def _refuse_contradictions(wish: "Wish") -> None:
    if wish.broker is not None and (wish.registry is None or wish.credentials is None):
        raise Refused(
            "simulate",
            wish.broker,
            "a broker elsewhere does not tell its homes or passwords",
            "Give --registry and --credentials as well",
        )
    if wish.broker is None and wish.registry is not None:
        raise Refused(
            "simulate",
            str(wish.registry),
            "a registry file is for a broker elsewhere",
            "Import it here (homecare import), or name --broker",
        )


def _moment(text: str) -> int:
    from datetime import datetime

    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        when = None
    if when is None or when.tzinfo is None or when.timestamp() < 0:
        raise Refused(
            "simulate", text, "no moment after 1970 with its zone", "As 2026-11-04T08:00:00Z"
        )
    return int(when.timestamp() * 1000)


def _days(days: float | None) -> float | None:
    if days is not None and not 0 < days <= 3_660:
        raise Refused("simulate", f"--days {days:g}", "no length of time", "Between 0 and 3660")
    return days
