"""The compiled rules engine of this process, and where it is kept on disk.

Beside the package where that can be written, so that an installation compiles once; else in the
user's own cache; else nowhere, and each process compiles anew. Everything is named after what it
was compiled from, so two processes that compile at once write the same. Without numba the plain
Python driver does the same work, slowly.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import structlog

import rules.compiled
from rules.compiled import Kernel
from rules.compiled.nodes import Stepper, compile_step

LOOK_S = 0.5
NICE = 10  # who compiles gives way to who listens
KEPT = 300  # compiled loops, the newest; what is deleted is compiled again when it is used

log = structlog.get_logger("watch")
_lock = threading.Lock()
_compiling = threading.RLock()
_made: list[Kernel | None] = []


def kernel() -> Kernel | None:
    """What has been compiled is read; an operator that has not, when a rule first uses it: about a
    second each, once an installation.

    None: numba is not installed here.
    """
    with _lock:
        if not _made:
            if rules.compiled.available():
                _made.append(rules.compiled.compile_kernel(folder(), guard=_compiling))
            else:
                log.warning("numba is not installed: back-tests run a hundred times slower")
                _made.append(None)
        return _made[0]


def stepper() -> Stepper | None:
    """The live engine's compiled form. None: numba is not installed here."""
    if not rules.compiled.available():
        return None
    with _compiling:
        return compile_step(folder())


class Preparing:
    """Makes the live engine's compiled form beside a gateway that already runs, where there are
    people enough for it: it is quicker, and takes some 100 MiB of memory.
    """

    def __init__(self, residents_from: int) -> None:
        self._from = residents_from
        self._thread: threading.Thread | None = None
        self._made: Stepper | None = None

    def look(self, residents: int) -> Stepper | None:
        """Asked now and then by one thread: the form, once, when it is ready."""
        if self._thread is None and residents >= self._from:
            self._thread = threading.Thread(target=self._make, name="compiling", daemon=True)
            self._thread.start()
        made, self._made = self._made, None
        return made

    def _make(self) -> None:
        try:
            if folder() is not None and rules.compiled.available():
                # The first time it takes most of a minute, in which this process would stutter.
                command = [sys.executable, "-m", __name__, str(os.getpid())]
                subprocess.run(command, check=True)  # noqa: S603  # this module
            self._made = stepper()
        except Exception:  # the plain form does the same, more slowly
            log.exception("rules_not_compiled")
        else:
            log.info("rules_compiled", by="numba" if self._made else "nobody: it is not installed")


def folder() -> Path | None:
    """Where what is compiled is kept; made if need be."""
    beside = Path(rules.compiled.__file__).parent / "__pycache__"
    own = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "homecare-gateway"
    for place in (beside, own):
        found = place / "engine"
        if _writable(found):
            _forget_old(found)
            return found
    return None


def _writable(place: Path) -> bool:
    try:
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place):
            return True
    except OSError:
        return False


def _forget_old(place: Path) -> None:
    """Many versions of an operator pile up where one is written; a machine that runs has one."""

    def age(one: Path) -> float:
        try:
            return one.stat().st_mtime
        except OSError:  # another process was quicker
            return 0

    for one in sorted(place.iterdir(), key=age)[:-KEPT]:
        shutil.rmtree(one, ignore_errors=True)


def in_child(parent: int) -> None:
    """Compiles for `parent`, giving way to everybody, and ends with it. Where another process is
    at it already, waits for that: gateways that are killed and started again make no crowd.
    """
    os.nice(NICE)
    threading.Thread(target=_end_with, args=[parent], daemon=True).start()
    place = folder()
    if place is not None:
        with (place / "compiling.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            stepper()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_S)
    os._exit(1)


if __name__ == "__main__":
    in_child(int(sys.argv[1]))
