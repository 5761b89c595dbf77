"""`homecare simulate`: its commands, each a function of its own file."""

import typer

from api.cli.simulate import faults, history, live, scenarios, scoring

app = typer.Typer(
    help="Virtual homes: what happens in them, and what rules make of it.", no_args_is_help=True
)
app.command("score")(scoring.score)
app.command("floor")(scoring.floor)
app.command("scenarios")(scenarios.show)
app.command("personas")(faults.show_personas)
app.command("faults")(faults.show_faults)
app.command("history")(history.history)
app.command("live")(live.live)
app.command("homes")(live.homes)
