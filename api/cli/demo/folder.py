"""What the demo remembers between two starts: its seed, its clock, what was staged, passwords.

One file in the data folder, readable by its owner only.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from api.cli.options import DEMO_FILE
from devices.errors import Refused

NAME = DEMO_FILE
PANEL = "try-it.json"


@dataclass(frozen=True, slots=True)
class Play:
    """A scenario staged in a home."""

    scenario: str
    site: str
    home: str
    start: int  # ms UTC of the site's clock


@dataclass
class Memory:
    """The demo's own state."""

    seed: int
    began_at: int  # where the sites' clock stood when people first could look
    at: int  # where it stands
    starts: int = 0
    plays: list[Play] = field(default_factory=list)
    passwords: dict[str, str] = field(default_factory=dict)  # by login, of hubs and drivers


def read(data: Path) -> Memory | None:
    """What an earlier demo left here, or None. Raises Refused for what is no demo's file."""
    file = data / NAME
    if not file.exists():
        return None
    try:
        table = json.loads(file.read_text(encoding="utf-8"))
        table["plays"] = [Play(**play) for play in table["plays"]]
        return Memory(**table)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise Refused(
            "go on with the demo", str(file), str(error), "Begin anew: homecare demo --fresh"
        ) from error


def write(data: Path, memory: Memory) -> None:
    """In one step."""
    private(data / NAME, json.dumps(asdict(memory)))


def private(file: Path, text: str) -> None:
    """A file that only its owner can read, written in one step."""
    part = file.with_name(file.name + ".part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    part.write_text(text, encoding="utf-8")
    part.replace(file)
