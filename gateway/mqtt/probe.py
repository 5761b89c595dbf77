"""A message through the broker and back: the proof that a connection is one."""

import os

EVERY_S = 1.0  # so that a lag is noticed before anybody is called late for it
DEAD_S = 30.0  # connected, but nothing came for so long: the connection is not believed


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
        self._away: dict[int, float] = {}  # number: when it was sent
        self._oldest: float | None = None  # of those away; read by other threads
        self._took = 0.0  # the last one's way
        self._heard_at = 0.0

    def begin(self, now: float) -> None:
        """A new epoch: what is sent from now on counts."""
        self._first = self._count + 1
        self._sent_at = None
        self._away.clear()
        self._oldest = None
        self._took = 0.0
        self._heard_at = now
        self.caught_up = False

    def next(self, now: float) -> bytes | None:
        """What to publish, if it is time."""
        if self._sent_at is not None and now - self._sent_at < EVERY_S:
            return None
        self._count += 1
        self._sent_at = self._away[self._count] = now
        if self._oldest is None:
            self._oldest = now
        return str(self._count).encode()

    def heard(self, now: float) -> None:
        """Other messages came: it lives, however many are before the probe."""
        self._heard_at = now

    def overdue(self, now: float) -> bool:
        """Whether too long nothing has come, not even the probe."""
        return now - max(self._heard_at, self.came_at or 0.0) > DEAD_S

    def came(self, topic: str, payload: bytes, now: float) -> None:
        """One came back: all that the broker held before it has come too."""
        if topic != self.topic or not payload.isdigit():
            return  # of an earlier life
        self.came_at = now
        number = int(payload)
        if number >= self._first:
            self.caught_up = True
        sent_at = self._away.get(number)
        if sent_at is not None:
            self._took = now - sent_at
            for earlier in [one for one in self._away if one <= number]:
                del self._away[earlier]
            self._oldest = next(iter(self._away.values()), None)

    def lag(self, now: float) -> float:
        """Seconds that a message now takes through the broker, as far as is known."""
        oldest = self._oldest
        return self._took if oldest is None else max(self._took, now - oldest)
