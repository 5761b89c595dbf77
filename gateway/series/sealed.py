"""A sealed snapshot: one site's readings over a time, in the form that is fastest to fold.

One file. Each home is one block, each column of a block lies together, and within a home the
readings of one *channel* (signal, place, whose they are, whether rules may use them) do, in order
of (at, offset, index). So what a rule reads of a home is a slice of two columns, mapped and never
decoded. The file ends with its manifest as JSON: every home with its channels, its place in the
file and the sha256 of its block. The sha256 of the manifest is the snapshot's, and a block is held
against its own when it is first looked at. ADR 9 says what else was measured.
"""

import hashlib
import json
import mmap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from devices.errors import Failed, Refused
from devices.reading import Quality
from gateway.series.store import Ints

FORM = 1
MAGIC = b"HCSEAL01"
TRAILER = len(MAGIC) + 8  # after the manifest: its length and what this is
ALIGNED = 8
ORDER_BITS = 16  # the index within a message; the journal's offset stands above it
IGNORED = int(Quality.IMPLAUSIBLE | Quality.RETAINED | Quality.BACKLOG)  # no rule uses these
COLUMNS = (  # in the order in which they lie; x is int64 where a home needs it
    ("at", np.dtype("<i8")),
    ("order", np.dtype("<i8")),
    ("x", np.dtype("<i4")),
    ("device", np.dtype("<u2")),
    ("quality", np.dtype("<u2")),
)
WIDE = np.dtype("<i8")

_READ, _AGAIN = "read a snapshot", "Seal it again"


@dataclass(frozen=True, slots=True)
class Channel:
    """One signal at one place of one owner, in order of (at, order)."""

    signal: str
    place: str | None
    resident: str | None
    ignored: bool  # implausible, retained or backlog: kept, and used by no rule
    at: Ints
    x: Ints
    order: Ints  # offset << ORDER_BITS | index
    device: Ints  # position in `SealedHome.devices`
    quality: Ints

    def __len__(self) -> int:
        return len(self.at)


@dataclass(frozen=True, slots=True)
class SealedHome:
    """One home's block."""

    home: str
    devices: tuple[str, ...]
    channels: tuple[Channel, ...]

    def __len__(self) -> int:
        return sum(len(channel) for channel in self.channels)


def place_of(rows: int, at: int, *, wide: bool) -> tuple[dict[str, tuple[int, np.dtype[Any]]], int]:
    """Where each column of a block of `rows` begins in the file, and where the block ends."""
    found: dict[str, tuple[int, np.dtype[Any]]] = {}
    for name, narrow in COLUMNS:
        kind = WIDE if name == "x" and wide else narrow
        found[name] = at, kind
        at += rows * kind.itemsize
        at += -at % ALIGNED
    return found, at


class Sealed:
    """An open snapshot. Any number of threads may read it at once; `close` when none does."""

    def __init__(self, path: Path, digest: str) -> None:
        """Raises Refused where it is not the snapshot of this digest, Failed where it is not
        there.
        """
        self._path = path
        try:
            with path.open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise Failed(_READ, str(path), str(error), _AGAIN) from error
        raw = self._manifest()
        found = hashlib.sha256(raw).hexdigest()
        if found != digest:
            raise Refused(_READ, str(path), f"its sha256 is {found}, not {digest}", _AGAIN)
        manifest = json.loads(raw)
        if manifest["form"] != FORM:
            raise Refused(_READ, str(path), f"form {manifest['form']}, not {FORM}", _AGAIN)
        self.site: str = manifest["site"]
        self.start: int = manifest["start"]
        self.end: int = manifest["end"]
        self._homes: Mapping[str, dict[str, Any]] = {one["home"]: one for one in manifest["homes"]}
        self._checked: set[str] = set()

    def _manifest(self) -> bytes:
        data = self._map
        size = int.from_bytes(data[-len(MAGIC) - 8 : -len(MAGIC)], "little")
        if data[-len(MAGIC) :] != MAGIC or size > len(data) - TRAILER:
            raise Refused(_READ, str(self._path), "it is no snapshot, or its end is lost", _AGAIN)
        return bytes(data[len(data) - TRAILER - size : len(data) - TRAILER])

    @property
    def homes(self) -> tuple[str, ...]:
        """All homes of which there are readings, in order."""
        return tuple(self._homes)

    def __len__(self) -> int:
        return sum(one["rows"] for one in self._homes.values())

    def rows(self, home: str) -> int:
        """How many readings of a home there are."""
        known = self._homes.get(home)
        return 0 if known is None else int(known["rows"])

    def home(self, home: str) -> SealedHome:
        """Its readings; of an unknown home there are none. Raises Refused for altered bytes."""
        known = self._homes.get(home)
        if known is None:
            return SealedHome(home, (), ())
        places, end = place_of(known["rows"], known["at"], wide=known["wide"])
        if home not in self._checked:
            self._check(known, end)
            self._checked.add(home)
        columns = {
            name: np.frombuffer(self._map, kind, known["rows"], at)
            for name, (at, kind) in places.items()
        }
        channels = []
        first = 0
        for signal, place, resident, ignored, count in known["channels"]:
            own = {name: column[first : first + count] for name, column in columns.items()}
            channels.append(Channel(signal, place, resident, ignored, **own))
            first += count
        return SealedHome(home, tuple(known["devices"]), tuple(channels))

    def _check(self, known: Mapping[str, Any], end: int) -> None:
        view = memoryview(self._map)
        try:
            found = hashlib.sha256(view[known["at"] : end]).hexdigest()
        finally:
            view.release()
        if found != known["sha256"]:
            problem = f"the readings of {known['home']} are not those that were sealed"
            raise Refused(_READ, str(self._path), problem, _AGAIN)

    def __iter__(self) -> Iterator[SealedHome]:
        return (self.home(name) for name in self._homes)

    def close(self) -> None:
        """Lets go of the file; arrays that are still held keep it mapped."""
        try:
            self._map.close()
        except BufferError:
            return  # somebody holds a slice: it goes with the last of them
