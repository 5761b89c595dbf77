"""Whether what waited at the broker is in: what was there when the session began, or lagged.

While messages come all the time there is no moment at which nothing waits, and none is needed: a
mark is set, and everything before it has to be in. Three things go before the mark: what the
broker sends by itself (it came before the probe did), what it had sent to a gateway that was
killed (it sends that again after `ack_wait`), and what of either waits for the journal.
"""

from collections.abc import Callable
from dataclasses import dataclass

from devices.errors import Failed
from gateway.intake.broker_config import ACK_WAIT_S
from gateway.intake.broker_stream import Stored
from gateway.mqtt import Link

LAG_S = 1.0  # a broker that takes longer holds a backlog
STRANDED_S = ACK_WAIT_S + 2.0  # after so long it has sent everything again


@dataclass(slots=True)
class _Mark:
    """Of one session, or of one lag in it."""

    epoch: int
    taken: int  # messages that the gateway had taken: they have to be journalled
    stored: int | None = None  # the broker's newest message


class Draining:
    """Looked at now and then, by one thread."""

    def __init__(self, look: Callable[[], Stored | None] | None) -> None:
        """`look`: at the embedded broker, may raise Failed; None: it is another one."""
        self._look = look
        self._mark: _Mark | None = None
        self._drained_epoch = -1

    def done(self, link: Link) -> bool:
        """Whether it is, as of the last look; a new session is not."""
        return link.connected and self._drained_epoch == link.epoch

    def look(
        self, link: Link, *, taken: int, settled: int, session_s: float, stranded: bool
    ) -> bool:
        """Whether all is in now for the first time.

        `taken`, `settled`: messages since the start, and how many of them are journalled;
        `session_s`: how long the session lasts; `stranded`: an earlier life may have left some
        unacknowledged.
        """
        if link.lag_s > LAG_S:
            self._drained_epoch, self._mark = -1, None  # what comes now has waited there
            return False
        if self._drained_epoch == link.epoch or not link.caught_up:
            return False
        if self._mark is None or self._mark.epoch != link.epoch:
            self._mark = _Mark(link.epoch, taken)
        if settled < self._mark.taken:
            return False
        if stranded and session_s <= STRANDED_S and not self._had(self._mark):
            return False
        self._drained_epoch = link.epoch
        return True

    def _had(self, mark: _Mark) -> bool:
        """Whether the broker knows of nothing before the mark that it still has to send."""
        if self._look is None:
            return True
        try:
            stored = self._look()
        except Failed:
            return False
        if stored is None:
            return True
        if mark.stored is None:
            mark.stored = stored.last
        return all(one.has_had(mark.stored) for one in stored.of_gateway())
