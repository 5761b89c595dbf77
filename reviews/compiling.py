"""The compiled rules engine of this process, and where it is kept on disk.

Beside the package where that can be written, so that an installation compiles once; else in the
user's own cache; else nowhere, and each process compiles anew. Everything is named after what it
was compiled from, so two processes that compile at once write the same. Without numba the plain
Python driver does the same work, slowly.
"""

import os
import shutil
import tempfile
import threading
from pathlib import Path

import structlog

import rules.compiled
from rules.compiled import Kernel

KEPT = 300  # compiled loops, the newest; what is deleted is compiled again when it is used

log = structlog.get_logger("reviews")
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
