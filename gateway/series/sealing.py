"""Files that appear whole or not at all, and the writing of sealed snapshots (`sealed.py`)."""

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from devices.errors import Failed
from gateway.series.sealed import COLUMNS, FORM, IGNORED, MAGIC, ORDER_BITS, place_of
from gateway.series.store import Columns, Ints

_NARROW = np.iinfo(np.int32)


def publish(part: Path, path: Path) -> None:
    """Make a finished file durable under its name, in one step."""
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class Group(NamedTuple):
    """Readings that share all of this."""

    home: str
    signal: str
    place: str | None
    resident: str | None
    ignored: bool
    device: str

    @property
    def channel(self) -> tuple[str, str, str, str, bool]:
        """What sorts them; a missing place or owner first."""
        return self.home, self.signal, self.place or "", self.resident or "", self.ignored


class Rows(NamedTuple):
    """Readings of some whole homes, in any order; `group` is a position in a list of groups."""

    group: Ints
    at: Ints
    x: Ints
    order: Ints
    quality: Ints


class Sealer:
    """Writes one snapshot, some homes at a time, homes in order. A context manager."""

    def __init__(self, path: Path, site: str, start: int, end: int) -> None:
        self._path = path
        self._part = path.with_name(path.name + ".part")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._part.open("wb")
        self._manifest: dict[str, Any] = {
            "form": FORM,
            "site": site,
            "start": start,
            "end": end,
            "homes": [],
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._file.close()
        if kind is not None:
            self._part.unlink(missing_ok=True)

    def add(self, groups: Sequence[Group], rows: Rows) -> None:
        """All readings of the homes in `groups`."""
        ranked = sorted(range(len(groups)), key=lambda i: (groups[i].channel, groups[i].device))
        channels = sorted({group.channel for group in groups})
        position = {channel: i for i, channel in enumerate(channels)}
        of_group = np.array([position[group.channel] for group in groups], np.uint32)
        channel = of_group[rows.group]
        order = _sorted(channel, rows)
        sorted_ = Rows(*(column[order] for column in rows))
        bounds = np.searchsorted(channel[order], np.arange(len(channels) + 1))
        begin = 0
        while begin < len(channels):
            end = begin
            while end < len(channels) and channels[end][0] == channels[begin][0]:
                end += 1
            own = [groups[i] for i in ranked if groups[i].home == channels[begin][0]]
            part = Rows(*(column[bounds[begin] : bounds[end]] for column in sorted_))
            counts = np.diff(bounds[begin : end + 1]).tolist()
            self._write(groups, own, part, counts)
            begin = end

    def _write(
        self, groups: Sequence[Group], own: Sequence[Group], rows: Rows, counts: Sequence[int]
    ) -> None:
        """One home's block."""
        devices = sorted({group.device for group in own})
        number = {device: i for i, device in enumerate(devices)}
        home = own[0].home
        device_of = np.array([number[g.device] if g.home == home else 0 for g in groups])
        begin, count = self._file.tell(), len(rows.at)
        wide = bool(count) and not (_NARROW.min <= rows.x.min() and rows.x.max() <= _NARROW.max)
        held = {
            "at": rows.at,
            "order": rows.order,
            "x": rows.x,
            "device": device_of[rows.group],
            "quality": rows.quality,
        }
        digest = hashlib.sha256()
        places, end = place_of(count, begin, wide=wide)
        for name, _ in COLUMNS:
            at, kind = places[name]
            raw = bytes(at - self._file.tell()) + held[name].astype(kind).tobytes()
            digest.update(raw)
            self._file.write(raw)
        last = bytes(end - self._file.tell())
        digest.update(last)
        self._file.write(last)
        seen = sorted({(g.channel, g.signal, g.place, g.resident, g.ignored) for g in own})
        self._manifest["homes"].append(
            {
                "home": home,
                "at": begin,
                "rows": count,
                "wide": wide,
                "devices": devices,
                "channels": [[*one[1:], n] for one, n in zip(seen, counts, strict=True)],
                "sha256": digest.hexdigest(),
            }
        )

    def finish(self) -> str:
        """Durable under its name; the snapshot's sha256 in hex."""
        raw = json.dumps(self._manifest, separators=(",", ":"), sort_keys=True).encode()
        self._file.write(raw + len(raw).to_bytes(8, "little") + MAGIC)
        self._file.close()
        publish(self._part, self._path)
        return hashlib.sha256(raw).hexdigest()


def _sorted(channel: npt.NDArray[np.uint32], rows: Rows) -> Ints:
    """The order of (channel, at, order). Stores hold readings nearly in order of time, so a stable
    sort by channel alone is nearly it; what is not, is sorted in full.
    """
    small = channel.astype(np.uint16) if len(channel) and channel.max() < 1 << 16 else channel
    order: Ints = np.argsort(small, kind="stable")
    same = channel[order[1:]] == channel[order[:-1]]
    at, tie = rows.at[order], rows.order[order]
    wrong = same & ((at[1:] < at[:-1]) | ((at[1:] == at[:-1]) & (tie[1:] < tie[:-1])))
    if wrong.any():
        order = np.lexsort((rows.order, rows.at, channel))
    return order


def seal_columns(
    site: str, start: int, end: int, homes: Iterable[tuple[str, Columns]], path: Path
) -> str:
    """From columns, home by home in order; the sha256. Raises Failed."""
    try:
        with Sealer(path, site, start, end) as sealer:
            for home, columns in homes:
                if len(columns):
                    sealer.add(*_coded(home, columns))
            return sealer.finish()
    except OSError as error:
        raise Failed("seal a snapshot", str(path), str(error), "Free disk, try again") from error


def _coded(home: str, columns: Columns) -> tuple[list[Group], Rows]:
    known: dict[Group, int] = {}
    group = np.fromiter(
        (
            known.setdefault(
                Group(home, signal, place, resident, bool(quality & IGNORED), device), len(known)
            )
            for signal, place, resident, quality, device in zip(
                columns.signal.tolist(),
                columns.place.tolist(),
                columns.resident.tolist(),
                columns.quality.tolist(),
                columns.device.tolist(),
                strict=True,
            )
        ),
        np.int64,
        len(columns),
    )
    order = (columns.offset << ORDER_BITS) | columns.index
    return list(known), Rows(group, columns.at, columns.x, order, columns.quality)
