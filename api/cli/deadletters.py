"""`homecare deadletters`: what could not become a reading, why, and its second chance."""

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.options import AsJson, Config, Data, near
from api.cli.printing import say, table
from devices.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    import sqlalchemy as sa

    from gateway.config import Settings
    from gateway.intake.journal import Journal

app = typer.Typer(help="Messages that became no reading: list, show, replay.", no_args_is_help=True)

Site = Annotated[str | None, typer.Option("--site", help="Only this site.")]
Code = Annotated[str | None, typer.Option("--code", help="Only this reason's short word.")]


@app.command("list")
def show_list(
    config: Config = None,
    data: Data = None,
    site: Site = None,
    code: Code = None,
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Also those that were replayed.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List them, newest first: when, where, why, how large.

    Examples:
      homecare deadletters list

      homecare deadletters list --code unknown-device --json

    """
    import json
    from dataclasses import asdict

    from api.cli.databases import state
    from gateway.access import SYSTEM
    from gateway.db import reading
    from gateway.intake import deadletters

    with state(near(config, data)) as engine, reading(engine) as conn:
        found = deadletters.listing(conn, SYSTEM, site, limit, code=code, waiting=not everything)
    if as_json:
        say(json.dumps([asdict(letter) for letter in found]))
        return
    if not found:
        say("No dead letters.")
        return
    rows = [(one.id, moment(one.received_at), one.topic, one.code, one.reason) for one in found]
    table(("id", "received (UTC)", "topic", "code", "reason"), rows)


@app.command("show")
def show(
    letter: Annotated[int, typer.Argument(help="Its id.")],
    config: Config = None,
    data: Data = None,
) -> None:
    """Show one with its bytes, as they came. The look is recorded.

    Example:
      homecare deadletters show 17

    """
    from gateway.access import SYSTEM
    from gateway.clock import SystemClock
    from gateway.db import writing
    from gateway.intake import deadletters

    settings = near(config, data)
    with _journal(settings) as (engine, journal), writing(engine) as conn:
        opened = deadletters.inspect(journal, conn, SYSTEM, letter, SystemClock().now())
    one = opened.letter
    where = "" if one.index is None else f", item {one.index}"
    say(f"{one.topic}{where}")
    say(f"received {moment(one.received_at)} UTC, {one.size} bytes")
    say(f"{one.code}: {one.reason}")
    if opened.payload is None:
        say("The journal no longer keeps its bytes.")
    else:
        say(opened.payload.decode("utf-8", errors="backslashreplace"))


@app.command("replay")
def replay(
    ids: Annotated[list[int] | None, typer.Argument(help="Their ids; none: by --code.")] = None,
    config: Config = None,
    data: Data = None,
    site: Site = None,
    code: Code = None,
) -> None:
    """Put them in again once the cause is mended; what is still wrong becomes a new dead letter.

    Examples:
      homecare deadletters replay 17 18

      homecare deadletters replay --code unknown-device

    """
    from api.cli import client
    from gateway.access import SYSTEM
    from gateway.clock import SystemClock
    from gateway.db import writing
    from gateway.intake import deadletters

    if not ids and code is None:
        raise Refused("replay", "dead letters", "none is named", "Give ids, or --code")
    settings = near(config, data)
    running = client.of(settings.data)
    if running is not None:
        told = running.post(
            "/api/v1/deadletters/replay", {"ids": ids or None, "code": code, "site": site}
        )
        _tell(len(told["replayed"]), len(told["gone"]))
        return
    with _journal(settings) as (engine, journal), writing(engine) as conn:
        now = SystemClock().now()
        done = deadletters.replay(journal, conn, SYSTEM, now, ids=ids or None, site=site, code=code)
    _tell(len(done.replayed), len(done.gone))


def _tell(replayed: int, gone: int) -> None:
    say(f"{replayed} put in again; {gone} whose bytes are no longer kept.")


@contextmanager
def _journal(settings: "Settings") -> "Iterator[tuple[sa.Engine, Journal]]":
    """The state database with the journal, its keys at hand."""
    from api.cli.databases import state
    from gateway.clock import SystemClock
    from gateway.db import migrate, open_journal
    from gateway.intake.run import open_journal_of
    from gateway.registry import Registry

    clock = SystemClock()
    with state(settings) as engine:
        of_journal = open_journal(settings.journal_file)
        try:
            migrate(of_journal, "journal")
            yield engine, open_journal_of(settings, of_journal, clock, Registry(engine, clock))[0]
        finally:
            of_journal.dispose()


def moment(at: int) -> str:
    """UTC, to the second."""
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
