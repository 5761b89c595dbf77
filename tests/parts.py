"""Real parts that a test may need, and what it says where they are missing.

On a machine of one's own a missing part skips the test and names the command that brings it; in CI
(CI=true) nothing may be skipped for that reason, so it fails.
"""

import os
import shutil
import socket
from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def need_program(name: str, how: str) -> str:
    """The path of a program, or a skip that says how to get it."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin:/sbin")
    if found:
        return found
    reason = f"needs the program {name!r}; get it with: {how}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def shared_data(name: str) -> Path:
    """A file or folder of the shared data, or a skip: it is never part of this repository."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"needs the data set {name!r} in ../shared/data, which is not there")
    return path


def free_port() -> int:
    """A port on loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
