"""The sealed history that was asked last, and the child process that has it open.

Both are kept for a while, so that the next number that somebody tries is answered at once. Used by
one thread; `cut_short` by any.
"""

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gateway.clock import Clock
from gateway.series.store import Store

KEPT_S = 300.0  # a history stays on disk, and its process alive
CHILD_SECONDS = 900
EARLY = "The replay's process ended early. Ask again."


class _History:
    """One sealed file in a folder of its own."""

    def __init__(self, store: Store, site: str, start: int, end: int) -> None:
        self.of = site, start, end
        self._folder = tempfile.TemporaryDirectory(prefix="homecare-replay-")
        self.path = Path(self._folder.name) / "history.sealed"
        try:
            self.digest = store.seal(site, start, end, self.path)
        except BaseException:
            self._folder.cleanup()
            raise

    def delete(self) -> None:
        self._folder.cleanup()


class Worker:
    """Seals, asks, forgets."""

    def __init__(self, store: Store, clock: Clock, memory_mib: int) -> None:
        self._store = store
        self._clock = clock
        self._memory_mib = memory_mib
        self._history: _History | None = None
        self._sealed_at = self._used_at = 0.0
        self._child: subprocess.Popen[bytes] | None = None

    def pinned(self, site: str, at: int) -> int:
        """Up to when a history is asked for now: numbers that are tried one after another are held
        against the same readings.
        """
        history = self._history
        fresh = self._clock.monotonic() - self._sealed_at < KEPT_S
        if history is not None and fresh and history.of[0] == site:
            return min(at, history.of[2] - 1)
        return at

    def sealed(self, site: str, start: int, end: int) -> tuple[Path, str]:
        """A site's readings of [start, end), and their sha256. Raises Failed."""
        history = self._history
        fresh = self._clock.monotonic() - self._sealed_at < KEPT_S
        if history is None or not fresh or history.of != (site, start, end):
            self.forget()
            history = self._history = _History(self._store, site, start, end)
            self._sealed_at = self._clock.monotonic()
        return history.path, history.digest

    def ask(
        self, work: dict[str, Any], path: Path, digest: str, tell: Callable[[int], None]
    ) -> dict[str, Any]:
        """`result` and `engine`, or `problem`; `tell` hears of progress, in percent."""
        task = {
            **work,
            "snapshot": str(path),
            "sha256": digest,
            "memory_mib": self._memory_mib,
        }
        child = self._alive()
        assert child.stdin is not None
        assert child.stdout is not None
        timer = threading.Timer(CHILD_SECONDS, child.kill)
        timer.daemon = True
        timer.start()
        try:
            child.stdin.write(json.dumps(task).encode() + b"\n")
            child.stdin.flush()
            for line in child.stdout:
                said: dict[str, Any] = json.loads(line)
                if "progress" not in said:
                    return said
                tell(int(said["progress"]))
        except BrokenPipeError:
            pass  # as when it says nothing more
        finally:
            timer.cancel()
            self._used_at = self._clock.monotonic()
        self._end()
        return {"problem": EARLY}

    def _alive(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self._end()
            self._child = subprocess.Popen(
                [sys.executable, "-m", "reviews.child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # it could name a reading; what matters is on stdout
            )
        return self._child

    def cut_short(self) -> None:
        """End the child, whatever it is at; its question has then failed."""
        child = self._child
        if child is not None:
            child.terminate()

    def tidy(self) -> None:
        """Forget what nobody has asked for a while."""
        if self._clock.monotonic() - self._used_at >= KEPT_S:
            self.forget()

    def forget(self) -> None:
        """The history goes from the disk, the process ends."""
        self._end()
        if self._history is not None:
            self._history.delete()
            self._history = None

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue
        try:
            child.wait(timeout=5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
