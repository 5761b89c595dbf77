"""The command line: `homecare`. Every command is a function of its own file."""

import sys
from typing import Annotated

import typer

from api.cli import (
    backtesting,
    credentials,
    deadletters,
    doctoring,
    erasing,
    explaining,
    importing,
    initialise,
    people,
    recording,
    replaying,
    rulebook,
    sending,
    serving,
    translating,
)
from api.cli.demo import command as demo_command
from api.cli.printing import complain, say
from api.cli.simulate import command as simulate_command
from devices.errors import Failed, HomecareError

REFUSED, FAILED = 2, 1  # exit codes: the input is wrong; it could not be done here and now

app = typer.Typer(
    name="homecare",
    help=(
        "A home-care telemonitoring gateway for small public pilots. "
        "Not a medical device, not a certified social alarm."
    ),
    epilog="Start with `homecare demo`. Every command shows examples with --help.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

RUN, SET_UP, LOOK = "Run", "Set up", "Look and try"

app.command("demo", rich_help_panel=RUN)(demo_command.demo)
app.command("serve", rich_help_panel=RUN)(serving.serve)
app.command("record", rich_help_panel=RUN)(recording.record)
app.command("replay", rich_help_panel=RUN)(replaying.replay)
app.command("init", rich_help_panel=SET_UP)(initialise.init)
app.command("import", rich_help_panel=SET_UP)(importing.import_)
app.add_typer(people.users_app, name="user", rich_help_panel=SET_UP)
app.command("credential", rich_help_panel=SET_UP)(credentials.credential)
app.command("erase", rich_help_panel=SET_UP)(erasing.erase)
app.command("token", rich_help_panel=SET_UP)(people.token)
app.command("send", rich_help_panel=LOOK)(sending.send)
app.command("why", rich_help_panel=LOOK)(explaining.why)
app.command("doctor", rich_help_panel=LOOK)(doctoring.doctor)
app.command("backtest", rich_help_panel=LOOK)(backtesting.backtest)
app.add_typer(deadletters.app, name="deadletters", rich_help_panel=LOOK)
app.add_typer(rulebook.app, name="rules", rich_help_panel=LOOK)
app.add_typer(simulate_command.app, name="simulate", rich_help_panel=LOOK)
app.add_typer(translating.app, name="texts", rich_help_panel=LOOK)


@app.command("version", rich_help_panel=LOOK)
def version() -> None:
    """Print the version.

    Example:
      homecare version

    """
    from importlib import metadata

    say(metadata.version("homecare-gateway"))


@app.callback()
def _root(
    *,
    trace: Annotated[bool, typer.Option("--trace", help="Show where an error came from.")] = False,
) -> None:
    # One flag for the whole line: read by `main` below.
    del trace


def main() -> None:
    """Run a command; what is refused is said in a sentence, never as a traceback."""
    try:
        app()
    except HomecareError as error:
        if "--trace" in sys.argv:
            raise
        complain(f"{'Failed' if isinstance(error, Failed) else 'Refused'}: {error}")
        raise SystemExit(FAILED if isinstance(error, Failed) else REFUSED) from error


if __name__ == "__main__":
    main()
