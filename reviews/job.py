"""What a replay needs to know beside the sealed readings; travels to its process as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Protocol

from gateway.watch.sensors import before_ms
from reviews.comparing import Marked, Span
from rules.file.language import parse_rule


class Stay(NamedTuple):
    """Somebody lives in a home from `start` until, but without, `end`."""

    resident: str
    home: str
    start: int
    end: int


class Pause(NamedTuple):
    """Monitoring was paused, `alarms` too where that was confirmed apart."""

    resident: str
    start: int
    end: int
    alarms: bool


class Segment(NamedTuple):
    """A subject in a home with the same values throughout (start, end]."""

    subject: str
    home: str
    start: int
    end: int
    then: dict[str, str]  # parameter -> decimal
    now: dict[str, str]


class Stood(NamedTuple):
    """A device stood at a place from `start` until, but without, `end`."""

    place: str | None
    start: int
    end: int
    heard: bool  # its readings were kept


class Device(NamedTuple):
    """Which readings are one device's, how long each of them covers, and what place."""

    home: str
    name: str
    key: int
    hub: str | None
    signals: tuple[str, ...]
    hold_ms: int
    stood: tuple[Stood, ...]

    @classmethod
    def from_json(cls, raw: Sequence[Any]) -> "Device":
        """From plain values."""
        home, name, key, hub, signals, hold_ms, stood = raw
        return cls(home, name, key, hub, tuple(signals), hold_ms, tuple(Stood(*s) for s in stood))


class Setting(Protocol):
    """What a home's history depends on beside its readings."""

    @property
    def site(self) -> str: ...
    @property
    def end(self) -> int: ...
    @property
    def stays(self) -> "tuple[Stay, ...]": ...
    @property
    def pauses(self) -> "tuple[Pause, ...]": ...
    @property
    def devices(self) -> "tuple[Device, ...]": ...
    @property
    def gaps(self) -> tuple[tuple[int, int], ...]: ...


@dataclass(frozen=True, slots=True)
class Job:
    """Everything a replay needs beside the snapshot; travels to the child as JSON."""

    site: str
    zone: str
    holidays: str  # code of the site's calendar
    start: int  # the history that is counted: (start, end]
    end: int
    then_text: str
    now_text: str
    then_off: bool
    now_off: bool
    segments: tuple[Segment, ...]
    stays: tuple[Stay, ...]
    pauses: tuple[Pause, ...]
    devices: tuple[Device, ...]
    gaps: tuple[tuple[int, int], ...]  # when the gateway itself did not hear
    marked: tuple[Marked, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "marked": [asdict(one) for one in self.marked]}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "Job":
        """The inverse of `to_json`."""
        return cls(
            **{
                **raw,
                "segments": tuple(Segment(*one) for one in raw["segments"]),
                "stays": tuple(Stay(*one) for one in raw["stays"]),
                "pauses": tuple(Pause(*one) for one in raw["pauses"]),
                "devices": tuple(map(Device.from_json, raw["devices"])),
                "gaps": tuple((begin, end) for begin, end in raw["gaps"]),
                "marked": tuple(
                    Marked(Span(**one["span"]), one["useful"], one["minutes"])
                    for one in raw["marked"]
                ),
            }
        )

    @property
    def lookback_ms(self) -> int:
        """How much before `start` the snapshot must hold, so that the rules begin primed."""
        rules = (parse_rule(text) for text in (self.then_text, self.now_text))
        return max(rule.lookback_ms + before_ms(rule) for rule in rules)


@dataclass(frozen=True, slots=True)
class Lived:
    """A site's people and devices over a time: a `Setting`, and where and by which calendar."""

    site: str
    zone: str
    holidays: str
    start: int  # the history that is counted: (start, end]
    end: int
    stays: tuple[Stay, ...]
    pauses: tuple[Pause, ...]
    devices: tuple[Device, ...]
    gaps: tuple[tuple[int, int], ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "Lived":
        """The inverse of `to_json`."""
        return cls(
            **{
                **raw,
                "stays": tuple(Stay(*one) for one in raw["stays"]),
                "pauses": tuple(Pause(*one) for one in raw["pauses"]),
                "devices": tuple(map(Device.from_json, raw["devices"])),
                "gaps": tuple((begin, end) for begin, end in raw["gaps"]),
            }
        )
