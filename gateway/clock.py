"""Time as an argument: the one place where the machine's clock is read."""

import time
from typing import Protocol


class Clock(Protocol):
    """Wall time for records, monotonic time for delays (a host's clock may step)."""

    def now(self) -> int:
        """Milliseconds since 1970-01-01 UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds; never goes back."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()


class ManualClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now: int = 1_762_000_000_000) -> None:
        self._now = now
        self._monotonic = 0.0

    def now(self) -> int:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, milliseconds: int) -> None:
        """Both clocks go on together."""
        self._now += milliseconds
        self._monotonic += milliseconds / 1000

    def step(self, milliseconds: int) -> None:
        """Only the wall clock jumps, as after a bad time server."""
        self._now += milliseconds
