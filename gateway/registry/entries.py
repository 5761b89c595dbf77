"""What the directory answers with. Immutable; shared between threads."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from gateway.registry.records import Consent, Occupancy, Pause, Resident, Site

# What a pause of monitoring leaves running: a pressed button, a fall and a burning kitchen are no
# monitoring. Stopping them too has its own confirmation (`Pause.covers_alarms`).
ALARMS = frozenset({"sos", "fall", "smoke", "water"})

SiteEntry = Site


@dataclass(frozen=True, slots=True)
class Holding:
    """Whose a device's readings are, during one interval."""

    home: str
    place: str | None
    resident: str | None  # None: the home's own, or not attributable
    sole_resident: str | None  # the only occupant then: whom home signals may speak for
    consent: bool  # False: no value is kept anywhere
    paused: bool
    alarms_paused: bool = False
    unattributed: bool = False  # somebody's, but nobody knows whose: never alerts as somebody
    slots: Mapping[int, "Holding"] | None = None  # of a device that several people share

    def of(self, slot: int | None) -> "Holding":
        """The holding for a reading's user slot; on a device without slots, this one."""
        if self.slots is None:
            return self
        return self.slots.get(-1 if slot is None else slot, self.slots[-1])

    def silences(self, signal: str) -> bool:
        """Whether a pause covers this signal: alarms only where that was confirmed apart."""
        return self.paused and (self.alarms_paused or signal not in ALARMS)


class Standing(NamedTuple):
    """A device at one place, over an interval: `heard` while its readings are kept."""

    place: str | None
    from_at: int
    to_at: int | None  # None: still
    heard: bool  # agreed to, and not paused


class DeviceEntry:
    """One device address and its holdings over time."""

    __slots__ = (
        "_holdings",
        "_last",
        "_last_start",
        "_starts",
        "device",
        "dialect",
        "home",
        "hub",
        "interval_ms",
        "key",
        "login",
        "model",
        "signals",
        "site",
        "standings",
    )

    def __init__(
        self,
        *,
        key: int,
        site: str,
        home: str,
        device: str,
        dialect: str,
        hub: str | None,
        model: str | None,
        interval_ms: int | None,
        signals: tuple[str, ...],
        login: str,
        history: Sequence[tuple[int, Holding | None]],
    ) -> None:
        self.key = key
        self.site = site
        self.home = home
        self.device = device
        self.dialect = dialect
        self.hub = hub
        self.model = model
        self.interval_ms = interval_ms
        self.signals = signals
        self.login = login
        self._starts = [start for start, _ in history]
        self._holdings = [None, *(holding for _, holding in history)]
        self._last = self._holdings[-1]
        self._last_start = self._starts[-1] if self._starts else 0
        self.standings = _standings(history)

    def holding(self, at: int) -> Holding | None:
        """Whose it is at that moment (ms UTC); None while it is placed nowhere."""
        if at >= self._last_start:
            return self._last
        return self._holdings[bisect_right(self._starts, at)]

    def standing(self, at: int) -> Standing | None:
        """Where it stands at that moment; None: nowhere."""
        for index in range(len(self.standings) - 1, -1, -1):
            one = self.standings[index]
            if one.from_at <= at:
                return one if one.to_at is None or at < one.to_at else None
        return None

    def stands(self, place: str | None, at: int) -> bool:
        """Whether it stands at that place at that moment."""
        now = self.standing(at)
        return now is not None and now.place == place

    @property
    def history(self) -> list[tuple[int, Holding | None]]:
        """Every change: from when on, and what holds then."""
        return list(zip(self._starts, self._holdings[1:], strict=True))

    def __repr__(self) -> str:
        return f"DeviceEntry({self.site}/{self.home}/{self.device})"


def _standings(history: Sequence[tuple[int, Holding | None]]) -> tuple[Standing, ...]:
    """In order; neighbours that differ in other things are one."""
    found: list[Standing] = []
    ends = [start for start, _ in history[1:]]
    for (start, holding), end in zip(history, [*ends, None], strict=False):
        if holding is None:
            continue
        now = Standing(holding.place, start, end, holding.consent and not holding.paused)
        before = found[-1] if found else None
        if before is not None and (before.place, before.to_at, before.heard) == (
            now.place,
            now.from_at,
            now.heard,
        ):
            now = now._replace(from_at=found.pop().from_at)
        found.append(now)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class HomeEntry:
    """A home and who lives there."""

    site: str
    id: str
    label: str
    area: str
    drive_minutes: int | None
    occupancies: tuple[Occupancy, ...] = ()

    def occupants(self, at: int) -> tuple[str, ...]:
        """Ids of the residents who live there then."""
        return tuple(stay.resident for stay in self.occupancies if stay.covers(at))

    def sole_occupant(self, at: int) -> str | None:
        """The only one who lives there then, if there is exactly one."""
        living = self.occupants(at)
        return living[0] if len(living) == 1 else None


@dataclass(frozen=True, slots=True)
class ResidentEntry:
    """A resident, where they live, what they agreed to."""

    id: str
    site: str
    name: str
    born: int | None
    language: str
    phone: str | None
    occupancies: tuple[Occupancy, ...] = ()
    consents: tuple[Consent, ...] = ()
    pauses: tuple[Pause, ...] = ()

    @classmethod
    def of(
        cls,
        record: Resident,
        occupancies: tuple[Occupancy, ...],
        consents: tuple[Consent, ...],
        pauses: tuple[Pause, ...],
    ) -> "ResidentEntry":
        """The record with its intervals."""
        return cls(
            record.id,
            record.site,
            record.name,
            record.born,
            record.language,
            record.phone,
            occupancies,
            consents,
            pauses,
        )

    def home(self, at: int) -> str | None:
        """The id of the home they live in then."""
        for stay in self.occupancies:
            if stay.covers(at):
                return stay.home
        return None

    def consented(self, at: int) -> bool:
        """Whether monitoring was agreed to then."""
        return any(agreed.covers(at) for agreed in self.consents)

    def paused(self, at: int) -> bool:
        """Whether monitoring is paused then."""
        return any(pause.covers(at) for pause in self.pauses)

    def alarms_paused(self, at: int) -> bool:
        """Whether alarms are paused too, by their own confirmation."""
        return any(pause.covers_alarms and pause.covers(at) for pause in self.pauses)
