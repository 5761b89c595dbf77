"""Does the gateway hear? Its own outage is not the residents' silence.

    deaf      not connected: wall sites' clocks wait a minute for it to pass, then a gap begins and
              time goes on without coverage ("we cannot see")
    draining  connected; what waited at the broker comes in, after an outage or because more comes
              than is taken. The clocks stand, so that a reading of the time before is not late and
              no absence is said; for half a minute at most
    hearing   everything that waited is here

However the link comes and goes, the clocks never stand for longer than a minute and a half.

Pure: told what the intake says and what time it is, asked what to do.
"""

from dataclasses import dataclass
from enum import StrEnum

WAIT_S = 60.0  # so long without a link is a gap
DRAIN_S = 30.0  # so long the clocks stand for a backlog
GAP_MS = 120_000  # a shorter outage, whose messages the broker kept, hides nothing


class Phase(StrEnum):
    """Where it stands."""

    DEAF = "deaf"
    DRAINING = "draining"
    HEARING = "hearing"


@dataclass(slots=True)
class Hearing:
    """`heard_at`: wall time at which all was last heard; None: never, so nothing is missed."""

    heard_at: int | None
    phase: Phase = Phase.DEAF
    gap_since: int | None = None  # a gap was begun and lasts
    _since: float | None = None  # monotonic: of the phase
    _unheard: float | None = None  # monotonic: when it last ceased to hear
    _epoch: int | None = None

    @property
    def frozen(self) -> bool:
        """Whether wall sites' clocks stand."""
        return self.phase is not Phase.HEARING and self.gap_since is None

    def look(
        self, *, connected: bool, drained: bool, epoch: int, now: int, monotonic: float
    ) -> "tuple[Ended | None, int | None]":
        """What ended, and since when a gap begins now. Call often; it costs nothing."""
        if self._since is None:
            self._since = self._unheard = monotonic
        if not connected:
            self._enter(Phase.DEAF, monotonic)
        elif (
            self.phase is Phase.DEAF
            or (epoch != self._epoch and self._epoch is not None)
            or (self.phase is Phase.HEARING and not drained)
        ):
            self._enter(Phase.DRAINING, monotonic)
        self._epoch = epoch
        if self.phase is Phase.HEARING:
            self.heard_at = now
            return None, None
        if self.phase is Phase.DRAINING and drained:
            return self._end(now, monotonic), None
        return None, self._begin(now, monotonic)

    def _enter(self, phase: Phase, monotonic: float) -> None:
        if self.phase is not phase:
            if self.phase is Phase.HEARING:
                self._unheard = monotonic
            self.phase, self._since = phase, monotonic

    def _end(self, now: int, monotonic: float) -> "Ended":
        began, self.gap_since = self.gap_since, None
        since = self.heard_at if began is None else began
        self._enter(Phase.HEARING, monotonic)
        self.heard_at = now
        long_enough = began is not None or (since is not None and now - since >= GAP_MS)
        return Ended(since if long_enough else None, now, begun=began is not None)

    def _begin(self, now: int, monotonic: float) -> int | None:
        if self.gap_since is not None or self._since is None or self._unheard is None:
            return None
        patience = WAIT_S if self.phase is Phase.DEAF else DRAIN_S
        # A link that flaps begins a new phase each time, so the whole of it is counted as well.
        lasted = monotonic - self._unheard >= WAIT_S + DRAIN_S
        if monotonic - self._since < patience and not lasted:
            return None
        self.gap_since = now if self.heard_at is None else self.heard_at
        return self.gap_since


@dataclass(frozen=True, slots=True)
class Ended:
    """It hears again. `since` None: it was too short to hide anything."""

    since: int | None
    at: int
    begun: bool  # the gap had been begun before
