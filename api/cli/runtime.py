"""What a running gateway leaves in its data folder, so that commands on this machine find it.

The file holds a bearer token and is readable by its owner only, as the databases beside it are.
"""

import contextlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

NAME = "runtime.json"


@dataclass(frozen=True, slots=True)
class Runtime:
    """One running gateway."""

    url: str  # of the web, for this machine
    pid: int
    token: str
    certificate: str | None = None  # the web speaks TLS with this one


def write(data: Path, runtime: Runtime) -> None:
    """In one step, readable by its owner only."""
    part = data / f"{NAME}.part"
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    part.write_text(json.dumps(asdict(runtime)), encoding="utf-8")
    part.replace(data / NAME)


def read(data: Path) -> Runtime | None:
    """The gateway that runs on this data folder, or None."""
    try:
        found = Runtime(**json.loads((data / NAME).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return found if _is_gateway(found.pid) else None


def remove(data: Path) -> None:
    """Taken away by the gateway that ends."""
    with contextlib.suppress(OSError):
        (data / NAME).unlink()


def _is_gateway(pid: int) -> bool:
    """Whether the process lives and is a gateway, not a later owner of the number."""
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        if Path("/proc/self").exists():
            return False
        return _lives(pid)
    return b"api.cli.gateway" in line


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
