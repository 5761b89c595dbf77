"""A capture being taken: from the network's thread, over a queue, redacted, to the disk."""

import queue
import signal
import threading
from pathlib import Path

from api.cli.printing import Progress, say
from api.cli.recorded.redaction import Redactor
from api.cli.recorded.writing import CaptureFile
from gateway.clock import SystemClock
from gateway.mqtt.listener import Heard
from simulators.recorded.capture import (
    Source,
    Tick,
    end_line,
    gap_line,
    header_line,
    message_line,
    source_line,
    tick_line,
)

WAITING = 20_000  # messages between the network and the disk; then the broker has to wait
LOOK_S = 0.5


class Recorder:
    """From the network's thread, over a queue, to the disk."""

    def __init__(self, redactor: Redactor, topics: tuple[str, ...], protocol: str) -> None:
        self.topics = topics
        self._redactor, self._protocol = redactor, protocol
        self._clock = SystemClock()
        self._heard: queue.Queue[tuple[int, Heard | str]] = queue.Queue(WAITING)
        self._stopping = threading.Event()
        self._messages = self._leftovers = self._gaps = 0
        self._began = self._seconds = 0.0
        self._size = 0

    def hear(self, heard: Heard) -> None:
        """In the network's thread: waits where the disk is slower than the broker."""
        self._put(heard)

    def lost(self, why: str) -> None:
        """The connection is gone; it comes back by itself."""
        self._put(why)

    def run(self, file: CaptureFile, seconds: float | None) -> None:
        """Until the time is over or somebody ends it."""
        before = {n: signal.signal(n, self._end) for n in (signal.SIGINT, signal.SIGTERM)}
        redactor, progress = self._redactor, Progress(every=20)
        try:
            self._began = self._clock.monotonic()
            file.write(
                header_line(
                    self._clock.now() + redactor.shift_ms,
                    redacted=True,
                    raw=redactor.raw,
                    shifted=redactor.shift_ms != 0,
                    protocol=self._protocol,
                    topics=[redactor.filter(one) for one in self.topics],
                    zones=redactor.zones(self.topics),
                )
            )
            file.flush()
            while not self._over(seconds):
                self._drain(file)
                file.flush()
                passed = self._clock.monotonic() - self._began
                rate = self._messages / passed if passed else 0.0
                progress.show(
                    f"{passed:6.0f} s  {self._messages} messages  {rate:.1f}/s  {file.size} bytes"
                )
            self._drain(file)
            dropped = redactor.dropped
            file.write(end_line(self._clock.now() + redactor.shift_ms, self._messages, dropped))
            file.flush()
        finally:
            self._stopping.set()
            for number, handler in before.items():
                signal.signal(number, handler)
        progress.done()
        self._seconds = self._clock.monotonic() - self._began
        self._size = file.size

    def _over(self, seconds: float | None) -> bool:
        """Waits a moment; whether it is over."""
        wait = LOOK_S
        if seconds is not None:
            wait = min(wait, seconds - (self._clock.monotonic() - self._began))
        return wait <= 0 or self._stopping.wait(wait)

    def _drain(self, file: CaptureFile) -> None:

        while True:
            try:
                at, heard = self._heard.get_nowait()
            except queue.Empty:
                return
            if isinstance(heard, str):
                self._gaps += 1
                file.write(gap_line(at + self._redactor.shift_ms, heard))
                continue
            for one in self._redactor.lines(heard, at):
                if isinstance(one, Source):
                    file.write(source_line(one))
                    continue
                if isinstance(one, Tick):
                    file.write(tick_line(one))
                    continue
                self._messages += one.payload is not None
                self._leftovers += one.retained
                file.write(message_line(one))

    def _put(self, what: Heard | str) -> None:
        at = self._clock.now()
        while not self._stopping.is_set():
            try:
                self._heard.put((at, what), timeout=LOOK_S)
            except queue.Full:
                continue
            return

    def _end(self, *_: object) -> None:
        self._stopping.set()

    def tell(self, out: Path, kept_key: Path | None) -> None:
        """What was taken, and what was taken out."""
        made = self._redactor
        say(
            f"{out}: {self._messages} messages in {self._seconds:.0f} s, {self._size} bytes"
            + (f", {self._leftovers} of them leftovers (retained)" if self._leftovers else "")
            + (f"; the connection was lost {self._gaps} times" if self._gaps else "")
            + "."
        )
        names = ", ".join(f"{n} of {_KINDS.get(kind, kind)}" for kind, n in made.names().items())
        key = f"their key is in {kept_key}" if kept_key else "their key is thrown away"
        say(f"Replaced: {names or 'no names'}; {key}.")
        if made.shift_ms:
            say("All times are moved by one constant, which is not in the file.")
        for what, n in sorted(made.counts.items()):
            say(f"{'Kept' if made.raw and 'kept' in what else 'Taken out'}: {n} {what}")
        for why, n in sorted(made.dropped.items()):
            say(f"Not kept: {n} messages, {_WHY[why]}")
        if made.skipped:
            say(f"Left out: {made.skipped} messages of gateway and broker themselves.")
        if not self._messages:
            say("Nothing came. Check the topic's filter, and that devices publish there.")
        say("What may be shared: docs/developers/captures.md")


_KINDS = {
    "site": "sites",
    "home": "homes",
    "device": "devices",
    "place": "places",
    "t": "parts of other topics",
}
_WHY = {
    "dialect": "of a dialect that is not known (topic, length and time are noted)",
    "status": "a status that says neither online nor offline (length and time are noted)",
    "consent": "of somebody whose consent or pause forbids keeping it",
}
