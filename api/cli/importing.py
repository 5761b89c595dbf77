"""`homecare import`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.options import Config, Data, near
from api.cli.printing import say, table
from devices.errors import Refused

if TYPE_CHECKING:
    from gateway.registry.credentials import NewPassword


def import_(
    file: Annotated[Path, typer.Argument(help="YAML or CSV: sites, homes, residents, devices.")],
    config: Config = None,
    data: Data = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would change.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    credentials: Annotated[
        Path | None,
        typer.Option("--credentials", help="Write new passwords here, in place of showing them."),
    ] = None,
) -> None:
    """Bring sites, homes, residents and devices into the registry: all of the file or nothing.

    A wrong line is named and says why. Passwords of new hubs are shown once.

    Examples:
      homecare import homes.yaml --dry-run

      homecare import homes.csv --yes

      homecare import homes.yaml --yes --credentials keys.csv

    """
    from api.cli.databases import state
    from api.onboarding import bring_in
    from gateway.access import SYSTEM
    from gateway.clock import SystemClock
    from gateway.registry import Registry, importing

    settings, clock = near(config, data), SystemClock()
    text = importing.read(file)
    with state(settings, create=not dry_run) as engine:
        plan = importing.plan(text, file.name, Registry(engine, clock).directory, clock.now())
        for line in plan.lines():
            say(line)
        if plan.problems:
            raise Refused(
                "import", str(file), f"{len(plan.problems)} problems", "Nothing was changed"
            )
        if plan.empty:
            say("Nothing to change.")
            return
        if dry_run:
            say("Dry run: nothing was changed.")
            return
        if not yes and not typer.confirm("Make it so?"):
            say("Nothing was changed.")
            return
        made = bring_in(engine, plan, SYSTEM, clock.now())
    say("Done.")
    if credentials is None:
        _show(made)
    elif made:
        _write(credentials, made)


def _show(made: "list[NewPassword]") -> None:
    if made:
        say("\nNew credentials for the broker. They are shown this once; write them into the hubs.")
        table(("user", "password"), [(one.login, one.password) for one in made])


def _write(file: Path, made: "list[NewPassword]") -> None:
    """Readable by its owner only; lines of an earlier import stay, unless they are of this one."""
    new = {one.login for one in made}
    old = file.read_text(encoding="utf-8").splitlines() if file.exists() else ["user,password"]
    kept = [line for line in old if line.partition(",")[0] not in new]
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    lines = [*kept, *(f"{one.login},{one.password}" for one in made)]
    part.write_text("\n".join(lines) + "\n", encoding="utf-8")
    part.replace(file)
    say(f"{len(made)} new credentials for the broker are in {file}; keep it where keys are kept.")
