"""Whose is it, and when: from a journal row to readings and dead letters. Pure.

Which quality and which time a reading gets is decided here and nowhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from devices.reading import Reading
from gateway.intake.rows import Row

if TYPE_CHECKING:
    from gateway.registry.directory import DeviceEntry, Directory


@dataclass(frozen=True, slots=True)
class Dead:
    """One part of a message (index None: all of it) that is no reading, and why."""

    index: int | None
    code: str  # short stable word
    reason: str  # a sentence that names the object and what to do


@dataclass(frozen=True, slots=True)
class Placed:
    """All that one row holds."""

    readings: list[Reading] = field(default_factory=list)
    dead: list[Dead] = field(default_factory=list)
    heard: "DeviceEntry | None" = None  # a known device was heard now (never by a retained message)
    status: Mapping[str, Any] | None = None  # of a `status` message: {"online": bool, ...}
    tick: tuple[str, int] | None = None  # a data site's clock stands at (site, ms)
    refused_for_consent: int = 0  # values of which nothing may be kept
    refused_for_pause: int = 0
    refused_call: bool = False  # among them an SOS or a fall: somebody should look
    clash: bool = False  # (boot, seq) seen before with other bytes: the counter was reset
    future: bool = False  # device clock more than 5 min ahead
    unknown_keys: int = 0


def place(row: Row, directory: "Directory") -> Placed:
    """Settle a row by what the registry said at the time of measuring."""
    raise NotImplementedError
