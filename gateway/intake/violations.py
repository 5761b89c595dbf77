"""Refusals of the embedded broker, read from its log.

nats-server acknowledges a publish that it denies and drops the message: only a line in its log
tells. Somebody sent for a home that is not theirs, or a device has a wrong topic; either is said.
"""

import contextlib
import json
import logging
import os
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

log = logging.getLogger(__name__)

LOOK_S = 0.25
_LINE = re.compile(
    r'\[ERR\] (?P<peer>\S+) - mid:\d+ - (?:"(?P<client>[^"]*)" - )?'
    r"(?:(?P<kind>Publish|Subscription) Violation - .*?Subject \"(?P<subject>[^\"]*)\""
    r"|(?P<topic>character not supported for MQTT topics)"
    r"|(?P<user>authentication error))"
)


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that the broker refused a client."""

    kind: Literal["publish", "subscribe", "topic", "sign-in"]
    topic: str  # empty where the log does not name it
    client: str  # MQTT client id, empty before the broker knew it
    peer: str  # address:port


def read(line: str) -> Violation | None:
    """The refusal that a line of the log tells, if any."""
    match = _LINE.search(line)
    if match is None:
        return None
    kind: Literal["publish", "subscribe", "topic", "sign-in"]
    if match["kind"]:
        kind = "publish" if match["kind"] == "Publish" else "subscribe"
    else:
        kind = "topic" if match["topic"] else "sign-in"
    return Violation(
        kind, (match["subject"] or "").replace(".", "/"), match["client"] or "", match["peer"]
    )


class Follower:
    """Reads the log as it grows, through its rotation, in a thread of its own."""

    def __init__(
        self, file: Path, tell: Callable[[Violation], None], mark: Path | None = None
    ) -> None:
        """`mark`: a file that keeps how far was read, so that nothing is missed between lives."""
        self._file, self._tell, self._mark = file, tell, mark
        self._handle: IO[bytes] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="broker-log", daemon=True)

    def start(self) -> None:
        """What is written from now on (or from the mark on) is read."""
        with contextlib.suppress(OSError):  # not there yet: then all of it is new
            self._handle = self._file.open("rb")
            self._handle.seek(self._start(os.fstat(self._handle.fileno())))
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(5)

    def _run(self) -> None:
        handle = self._handle
        while True:
            last = self._stopping.is_set()
            try:
                if handle is None:
                    handle = self._file.open("rb")
                self._read(handle)
                if os.fstat(handle.fileno()).st_ino != self._file.stat().st_ino:
                    self._read(handle)  # the last lines before the rotation
                    handle.close()
                    handle = None
                    continue
            except OSError:
                pass  # not there yet, or between two names
            except Exception:
                log.exception("broker_log.fault")
            if last:
                break
            self._stopping.wait(LOOK_S)
        if handle is not None:
            handle.close()

    def _start(self, stat: os.stat_result) -> int:
        """Where to go on: at the mark, else at the end (what was before is another life's)."""
        if self._mark is None:
            return stat.st_size
        try:
            inode, position = json.loads(self._mark.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return stat.st_size
        return int(position) if inode == stat.st_ino and position <= stat.st_size else 0

    def _read(self, handle: IO[bytes]) -> None:
        moved = False
        while line := handle.readline():
            if not line.endswith(b"\n"):
                handle.seek(-len(line), os.SEEK_CUR)  # still being written
                break
            moved = True
            violation = read(line.decode(errors="replace"))
            if violation is not None:
                self._tell(violation)
        if moved and self._mark is not None:
            with contextlib.suppress(OSError):
                inode = os.fstat(handle.fileno()).st_ino
                self._mark.write_text(json.dumps([inode, handle.tell()]), encoding="utf-8")
