"""`homecare erase`: a person goes from every file of the data folder."""

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.options import Config, Data, near
from api.cli.printing import say, table
from devices.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gateway.config import Settings
    from gateway.erasure import Parts, Person

KEPT = """\
What stays, and why: that alerts were raised, who took and closed them, who looked at what, and when
consent was given (it must be shown that care was given and data was held by right). All of it
stands under a name that nobody has, without values and without what people typed. Decisions of
reviews stay as they were taken; their counts name nobody, and can no longer be computed again."""
OUTSIDE = """\
Not in reach of this command: backups, files that were exported, and the file of `homecare import`,
which would bring the person back. In the keys' backup, remove the keys of their home. The embedded
broker may hold bytes of the last messages that it passed on, without a name, until it writes over
them."""


def erase(
    resident: Annotated[str, typer.Argument(help="Their id, as in the registry.")],
    config: Config = None,
    data: Data = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Erase a person: readings, messages, evidence, limits, accounts; in every file, for good.

    The gateway must be stopped: hubs keep what comes meanwhile. What was cut short is finished by
    the same command, given again.

    Examples:
      homecare erase nora --dry-run

      homecare erase nora

    """
    from api.cli import runtime
    from gateway import erasure
    from gateway.access import SYSTEM
    from gateway.clock import SystemClock
    from gateway.db import reading

    settings = near(config, data)
    if runtime.read(settings.data) is not None:
        raise Refused(
            "erase",
            resident,
            f"a gateway runs on {settings.data}",
            "Stop it first: messages wait at the hubs; erasing takes a minute or a few",
        )
    with _parts(settings) as parts:
        with reading(parts.engine) as conn:
            person = erasure.find(conn, parts.registry.directory, resident)
        if person is None and dry_run:
            raise Refused("erase", resident, "nobody of that id is registered", "Nothing to erase")
        if person is not None:
            _tell(parts, person)
        if dry_run:
            say("Dry run: nothing was changed.")
            return
        if not yes and not typer.confirm("Erase for good? Nothing brings it back."):
            say("Nothing was changed.")
            return
        erasure.erase(parts, resident, person, SYSTEM, SystemClock().now())
    words = (resident,) if person is None else person.words
    _close(settings, person, erasure.search(_folders(settings), words))


def _tell(parts: "Parts", person: "Person") -> None:
    from gateway import erasure

    say("What goes of resident " + person.id + ":")
    table(
        ("what", "how many", "what becomes of it"),
        [(line.what, line.count, line.fate) for line in erasure.survey(parts, person)],
    )
    say(f"\n{KEPT}\n")


def _close(settings: "Settings", person: "Person | None", left: "list[Path]") -> None:
    if person is None:
        say("Nobody of that id is registered. What an earlier erasure began is finished.")
    else:
        say(f"Erased. What stays of their alerts stands under {person.pseudonym}.")
    if left:
        say("\nA word of theirs still stands in these files. Look at them:")
        for file in left:
            say(f"  {file}")
    else:
        say(f"No file in {settings.data} holds a word of theirs any more.")
    say(f"\n{OUTSIDE}")


def _folders(settings: "Settings") -> "list[Path]":
    return [settings.data, settings.key_folder]


@contextmanager
def _parts(settings: "Settings") -> "Iterator[Parts]":
    from contextlib import closing

    from api.cli.databases import state
    from gateway.clock import SystemClock
    from gateway.db import migrate, open_journal
    from gateway.erasure import Parts
    from gateway.intake.run import open_journal_of
    from gateway.registry import Registry
    from gateway.series import open_store
    from reviews import erasing

    clock = SystemClock()
    with state(settings) as engine, closing(open_store(settings)) as store:
        of_journal = open_journal(settings.journal_file)
        try:
            migrate(of_journal, "journal")
            registry = Registry(engine, clock)
            journal, seals = open_journal_of(settings, of_journal, clock, registry)
            yield Parts(
                engine, of_journal, journal.keyring, seals, store, registry, (erasing.forget,)
            )
        finally:
            of_journal.dispose()
