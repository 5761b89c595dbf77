"""`homecare init`: from an empty folder to a first site with a carer who can sign in."""

from typing import Annotated

import typer

from api.cli.options import Config, Data, settings
from api.cli.printing import say
from devices.errors import Failed, Refused

Ask = typer.Option


def init(
    config: Config = None,
    data: Data = None,
    *,
    site: Annotated[str, Ask(prompt="Short name of the site (a-z, 0-9, -)", help="Its id.")],
    name: Annotated[str, Ask(prompt="Its name for people", help="Its name.")],
    zone: Annotated[str, Ask(prompt="Time zone, such as Europe/Dublin", help="IANA zone.")],
    languages: Annotated[
        str, Ask(prompt="Languages, its own first (en ga is nn sv fi)", help="Language codes.")
    ] = "en",
    emergency: Annotated[
        str, Ask(prompt="Emergency numbers", help="Its emergency numbers.")
    ] = "112",
    fallback_phone: Annotated[
        str,
        Ask(
            prompt="Phone that is called when nobody answers an alert (+353 …)",
            help="Without it a site cannot go live.",
        ),
    ],
    holidays: Annotated[
        str, Ask(help="Calendar of public holidays (IE, GB-NIR, IS, NO, SE, FI …), or none.")
    ] = "none",
    carer: Annotated[str, Ask(prompt="Login of the first carer", help="Login.")],
    carer_name: Annotated[str, Ask(prompt="The carer's name", help="Name.")],
    admin: Annotated[str, Ask(help="Login of the administrator.")] = "admin",
) -> None:
    """Set up the first site, its fallback phone, the first carer and the administrator.

    Asks for what is not given. Prints one-time links; nothing has a password before that. May be
    run again for another site.

    Examples:
      homecare init

      homecare init --site donegal --name Donegal --zone Europe/Dublin --emergency "112 999"
      --languages "en ga" --fallback-phone "+353 74 912 3456" --holidays IE --carer aoife
      --carer-name "Aoife Doherty"

    """
    from api.cli.databases import state
    from api.cli.people import LINK_MINUTES, link_of
    from gateway.access import SYSTEM, Role, users
    from gateway.access.links import Purpose, issue
    from gateway.clock import SystemClock
    from gateway.db import writing
    from gateway.registry import Registry, importing
    from gateway.rulebook import install_starter
    from rules.packs import starter_rules

    chosen, clock = settings(config, data), SystemClock()
    if chosen.demo:
        raise Refused(
            "init", str(chosen.data), "this is the demo's folder", "Name another with --data"
        )
    file = _file(site, name, zone, languages, emergency, fallback_phone, holidays)
    with state(chosen, create=True) as engine:
        now = clock.now()
        plan = importing.plan(file, "init.yaml", Registry(engine, clock).directory, now)
        if plan.problems:
            reasons = "; ".join(problem.reason for problem in plan.problems)
            raise Refused("init", site, reasons, "Nothing was changed; try again")
        links = []
        with writing(engine) as conn:
            importing.apply(conn, plan, SYSTEM, now)
            install_starter(conn, site, starter_rules(), now)
            for login, who, where, role in (
                (admin, "Administrator", "*", Role.ADMIN),
                (carer, carer_name, site, Role.CARER),
            ):
                if users.by_login(conn, login) is None:
                    made = users.create(conn, login, who, None, [(where, role)], now)
                    token = issue(conn, made, now, LINK_MINUTES, Purpose.INVITE)
                    links.append((who, login, link_of(chosen, token)))
            if not links and plan.empty:
                raise Failed("init", site, "it is already set up", "Add people: homecare user add")
    say(f"Site {name} is set up, with the starter rules live for 90 days.")
    for who, login, address in links:
        say(f"\n{who} ({login}) signs in with this link, once, within a day:\n  {address}")
    say("\nNext: homecare import homes.yaml --dry-run, then homecare serve.")


def _file(
    site: str,
    name: str,
    zone: str,
    languages: str,
    emergency: str,
    fallback_phone: str,
    holidays: str,
) -> str:
    """The site as a registry file, so that `import` judges every value."""
    import json

    def listed(text: str) -> str:
        return json.dumps(text.replace(",", " ").split())

    return (
        f"sites:\n  - id: {json.dumps(site)}\n    name: {json.dumps(name)}\n"
        f"    zone: {json.dumps(zone)}\n    languages: {listed(languages)}\n"
        f"    emergency: {listed(emergency)}\n"
        f"    fallback_phone: {json.dumps(fallback_phone)}\n"
        f"    holidays: {json.dumps(holidays)}\n"
    )
