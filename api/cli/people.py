"""`homecare user` and `homecare token`: who may sign in, and programs' tokens."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.options import Config, Data, near
from api.cli.printing import say, table
from devices.errors import Refused

if TYPE_CHECKING:
    from gateway.access.roles import Role
    from gateway.config import Settings

users_app = typer.Typer(help="People who sign in: add, link, list.", no_args_is_help=True)

Grants = Annotated[
    list[str], typer.Option("--role", "-r", help="ROLE or ROLE@SITE; may be given several times.")
]
LINK_MINUTES = 24 * 60


@users_app.command("add")
def add(
    login: Annotated[str, typer.Argument(help="What they type to sign in.")],
    name: Annotated[str, typer.Argument(help="As colleagues write it.")],
    role: Grants,
    config: Config = None,
    data: Data = None,
    *,
    resident: Annotated[
        str | None, typer.Option(help="Whom a resident's account is, or represents.")
    ] = None,
    language: Annotated[str, typer.Option(help="en, ga, is, nn, sv or fi.")] = "en",
) -> None:
    """Make an account and print a one-time link; with it they choose a password.

    Roles: resident, family, carer, coordinator, nurse, facilitator, champion, decider, technician,
    admin.

    Examples:
      homecare user add aoife "Aoife Doherty" --role carer@donegal

      homecare user add una "Úna" --role resident@donegal --resident nora

    """
    from api.cli.databases import state
    from gateway.access import users
    from gateway.access.links import Purpose, issue
    from gateway.clock import SystemClock
    from gateway.db import writing

    settings, now = near(config, data), SystemClock().now()
    with state(settings) as engine, writing(engine) as conn:
        grants = [grant(word) for word in role]
        user_id = users.create(
            conn, login, name, None, grants, now, resident=resident, language=language
        )
        token = issue(conn, user_id, now, LINK_MINUTES, Purpose.INVITE)
    say(f"{name} can sign in with this link, once, within a day:")
    say(link_of(settings, token))


@users_app.command("link")
def link(
    login: Annotated[str, typer.Argument(help="Whose link.")],
    config: Config = None,
    data: Data = None,
) -> None:
    """Print a new one-time sign-in link, for a lost password.

    Example:
      homecare user link aoife

    """
    from api.cli.databases import state
    from gateway.access import users
    from gateway.access.links import Purpose, issue
    from gateway.clock import SystemClock
    from gateway.db import writing

    settings, now = near(config, data), SystemClock().now()
    with state(settings) as engine, writing(engine) as conn:
        account = users.by_login(conn, login)
        if account is None:
            raise Refused("make a link", login, "no such login", "See: homecare user list")
        token = issue(conn, account.id, now, LINK_MINUTES, Purpose.RESET)
    say(link_of(settings, token))


@users_app.command("list")
def show(config: Config = None, data: Data = None) -> None:
    """List accounts and their roles.

    Example:
      homecare user list

    """
    from api.cli.databases import state
    from gateway.access import SYSTEM, users
    from gateway.db import reading

    with state(near(config, data)) as engine, reading(engine) as conn:
        found = users.listing(conn, SYSTEM)
    rows = [
        (
            account.login,
            account.name,
            ", ".join(sorted(f"{role}@{site}" for site, role in account.grants)),
            "disabled" if account.disabled else "",
        )
        for account in found
    ]
    table(("login", "name", "roles", ""), rows)


def token(
    label: Annotated[str, typer.Argument(help="What the program is.")],
    role: Grants,
    config: Config = None,
    data: Data = None,
    *,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long it is valid.")] = 365,
) -> None:
    """Make a bearer token for a program; it is shown this once.

    Examples:
      homecare token "wall display" --role carer@donegal --days 30

      curl -H "Authorization: Bearer hc_…" http://127.0.0.1:8080/api/v1/alerts

    """
    from api.cli.databases import state
    from gateway.access import SYSTEM, tokens
    from gateway.clock import SystemClock
    from gateway.db import writing

    with state(near(config, data)) as engine, writing(engine) as conn:
        grants = [grant(word) for word in role]
        secret = tokens.issue(conn, SYSTEM, label, grants, SystemClock().now(), days=days)
    say(secret)


def grant(word: str) -> "tuple[str, Role]":
    """`carer@donegal` → ("donegal", Role.CARER); without a site, every site. Raises Refused."""
    from gateway.access import Role

    role, _, site = word.partition("@")
    if role not in set(Role):
        raise Refused("grant", word, "no such role", f"Roles: {', '.join(Role)}")
    return site or "*", Role(role)


def link_of(settings: "Settings", token: Any) -> str:
    """The address that a one-time token opens."""
    from api.cli import runtime
    from api.cli.gateway import local_url

    running = runtime.read(settings.data)
    base = settings.web.public_url or (running.url if running else local_url(settings))
    return f"{base.rstrip('/')}/signin/link?token={token}"
