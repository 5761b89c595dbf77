"""What is wrong with a device, as its messages tell: impossible values, clocks, counters. Pure."""

from typing import Any

from devices.reading import Quality
from gateway.alerts.episodes import Technical
from gateway.intake.placing import Placed
from gateway.registry import DeviceEntry

IMPLAUSIBLE_IN_A_ROW = 3

_IMPLAUSIBLE = int(Quality.IMPLAUSIBLE)


class Doubts:
    """Of all devices of one site."""

    def __init__(self, site: str) -> None:
        self.site = site
        self._implausible: dict[tuple[int, str], int] = {}
        self._future: set[int] = set()

    def plausible(self, device: DeviceEntry, signal: str, at: int) -> list[Technical]:
        """One good value ends a row of impossible ones. Called only where `doubted`."""
        count = self._implausible.pop((device.key, signal), 0)
        if count < IMPLAUSIBLE_IN_A_ROW:
            return []
        return [self._finding("implausible", device, at, signal, active=False)]

    @property
    def doubted(self) -> bool:
        """Whether any device's values are in doubt: else good values need not be told."""
        return bool(self._implausible)

    def implausible(self, device: DeviceEntry, signal: str, at: int) -> list[Technical]:
        """One more impossible value."""
        count = self._implausible.get((device.key, signal), 0) + 1
        self._implausible[device.key, signal] = count
        if count != IMPLAUSIBLE_IN_A_ROW:
            return []
        return [self._finding("implausible", device, at, signal)]

    def of_message(self, placed: Placed, at: int) -> list[Technical]:
        """Its clock and its counter."""
        device = placed.device
        if device is None:
            return []
        found: list[Technical] = []
        if placed.future is not (device.key in self._future) and placed.readings:
            (self._future.add if placed.future else self._future.discard)(device.key)
            found.append(self._finding("clock-future", device, at, active=placed.future))
        if placed.clash:
            # It happened; there is nothing that could end it. It stays until somebody has seen it.
            found.append(self._finding("counter-reset", device, at))
            found.append(self._finding("counter-reset", device, at, active=False))
        if placed.refused_call:
            found.append(self._finding("call-refused", device, at))
            found.append(self._finding("call-refused", device, at, active=False))
        return found

    def unusual(self, placed: Placed) -> bool:
        """Whether `of_message` has anything to say: asked for every message, so it is cheap."""
        return placed.future or placed.clash or placed.refused_call or bool(self._future)

    def _finding(
        self,
        kind: str,
        device: DeviceEntry,
        at: int,
        signal: str | None = None,
        *,
        active: bool = True,
    ) -> Technical:
        key = f"{device.home}/{device.device}"
        detail: dict[str, Any] = {"device": device.device}
        if signal is not None:
            key, detail = f"{key}/{signal}", {**detail, "signal": signal}
        return Technical(
            kind, self.site, key, at, active=active, home=device.home, since=at, detail=detail
        )

    def dump(self) -> dict[str, Any]:
        """For a snapshot."""
        return {
            "implausible": [(*of, count) for of, count in self._implausible.items()],
            "future": sorted(self._future),
        }

    def restore(self, dumped: dict[str, Any]) -> None:
        """From a snapshot."""
        self._implausible = {(key, signal): n for key, signal, n in dumped["implausible"]}
        self._future = set(dumped["future"])
