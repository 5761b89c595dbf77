"""A message through the broker and back: the proof that a connection is one."""

import os

EVERY_S = 5.0
DEAD_S = 30.0  # connected, but no probe came back for so long: the connection is not believed


class Probe:
    """Probes of one life; those of an earlier one are not its own. One thread uses it."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.topic = f"{prefix}{os.getpid()}-{os.urandom(3).hex()}/reading"
        self.came_at: float | None = None  # monotonic
        self.caught_up = False  # one that was sent in this epoch came back
        self._count = 0
        self._first = 1  # of this epoch
        self._sent_at: float | None = None
        self._began_at = 0.0

    def begin(self, now: float) -> None:
        """A new epoch: what is sent from now on counts."""
        self._first = self._count + 1
        self._sent_at = None
        self._began_at = now
        self.caught_up = False

    def next(self, now: float) -> bytes | None:
        """What to publish, if it is time."""
        if self._sent_at is not None and now - self._sent_at < EVERY_S:
            return None
        self._count += 1
        self._sent_at = now
        return str(self._count).encode()

    def overdue(self, now: float) -> bool:
        """Whether too long none has come back."""
        return now - max(self._began_at, self.came_at or 0.0) > DEAD_S

    def came(self, topic: str, payload: bytes, now: float) -> None:
        """One came back: all that the broker held before it has come too."""
        if topic != self.topic or not payload.isdigit():
            return  # of an earlier life
        self.came_at = now
        if int(payload) >= self._first:
            self.caught_up = True
