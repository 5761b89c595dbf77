"""`homecare rules`: rule files on a desk, and which rules run where, by what right."""

from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import library, proposing, rulefiles
from api.cli.options import Config, Data, near
from api.cli.printing import say, table

if TYPE_CHECKING:
    from gateway.rulebook import Entry

app = typer.Typer(help="Rule files, and which rules run where.", no_args_is_help=True)

DESK = "On a desk: no gateway is needed"
app.command("new", rich_help_panel=DESK)(rulefiles.new)
app.command("check", rich_help_panel=DESK)(rulefiles.check)
app.command("test", rich_help_panel=DESK)(rulefiles.run_tests)
app.command("explain", rich_help_panel=DESK)(rulefiles.explain)
app.command("schema", rich_help_panel=DESK)(rulefiles.schema)
app.command("library", rich_help_panel=DESK)(library.show)
app.command("propose")(proposing.propose)


@app.command("list")
def show(
    config: Config = None,
    data: Data = None,
    site: Annotated[str | None, typer.Option("--site", help="Only this site.")] = None,
) -> None:
    """List each site's rules: live, shadow or off, version, mandate.

    Rules are changed by reviews, on the page Reviews; a coordinator can stop one at once.

    Example:
      homecare rules list --site donegal

    """
    from api.cli.databases import state
    from api.cli.following import watermarks
    from gateway.clock import SystemClock
    from gateway.db import reading
    from gateway.registry import Registry
    from gateway.rulebook import entries, in_force

    clock = SystemClock()
    rows = []
    with state(near(config, data)) as engine:
        sites = Registry(engine, clock).directory.sites
        stands = watermarks(engine)
        with reading(engine) as conn:
            for known in sorted(sites.values(), key=lambda one: one.id):
                if site in (None, known.id):
                    now = stands.get(known.id, clock.now())
                    rows += [
                        (
                            known.id,
                            one.rule_name,
                            str(one.mode),
                            one.version[:8],
                            str(one.mandate.kind) if one.mandate else None,
                            _values(one),
                        )
                        for one in _shown(in_force(entries(conn, known.id), now))
                    ]
    if rows:
        table(("site", "rule", "mode", "version", "mandate", "values"), rows)
    else:
        say("No rules run. homecare init installs the starter rules of a site.")


def _shown(found: "list[Entry]") -> "list[Entry]":
    """Without the ends of trials: a rule that was live has a line of its own, and a rule that was
    only taken in has no other.
    """
    from gateway.rulebook import Mode

    was_live = {one.rule_name for one in found if one.lane is Mode.LIVE}
    return [
        one
        for one in found
        if one.lane is Mode.LIVE or one.mode is not Mode.OFF or one.rule_name not in was_live
    ]


def _values(entry: "Entry") -> str:
    """As a rule file writes them: `by 10:00, limit 92 %`."""
    from gateway.rulebook import rule_of

    known = rule_of(entry.text).parameters
    return ", ".join(
        f"{name} {known[name].write(value)}"
        for name, value in entry.values.items()
        if name in known
    )
