"""Options that several commands share, and the settings they lead to."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from gateway.config import Settings

Config = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", help="Settings file (otherwise $HOMECARE_CONFIG or ./homecare.toml)."
    ),
]
Data = Annotated[
    Path | None, typer.Option("--data", "-d", help="Data folder (otherwise the settings' own).")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]

DEMO = Path("data/demo")
DEMO_HINT = f"Of a demo: start it (homecare demo), or from elsewhere name its folder: --data {DEMO}"
DEMO_FILE = "demo.json"  # what a demo remembers: its folder is known by it


def settings(config: Path | None, data: Path | None = None, **overrides: Any) -> "Settings":
    """The settings a command runs with; its options stand above environment and file."""
    from gateway.config import find, load

    if data is not None:
        overrides["data"] = data
    return load(find(config), **overrides)


def near(config: Path | None, data: Path | None) -> "Settings":
    """The settings of what is meant: named, or what runs here, the demo last."""
    from api.cli import runtime

    chosen = settings(config, data)
    if data is None and runtime.read(chosen.data) is None and runtime.read(DEMO) is not None:
        data = DEMO
    folder = data or chosen.data
    if (folder / DEMO_FILE).exists():
        return settings(config, folder, demo=True)
    return chosen
