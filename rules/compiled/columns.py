"""What one subject's sources said, as columns."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Place = tuple[str, str | None]  # signal, and where it was measured

Row = tuple[str, str | None, int, int, int]  # signal, place, at, x, order


@dataclass(frozen=True, slots=True)
class Channel:
    """One signal at one place, in order of (at, order). Whole numbers of any width."""

    at: Ints
    x: Ints
    order: Ints

    def __len__(self) -> int:
        return len(self.at)


Channels = Mapping[Place, Channel]  # of one subject


def channels(rows: Iterable[Row]) -> dict[Place, Channel]:
    """From rows, as tests and small histories have them."""
    sorted_: dict[Place, list[tuple[int, int, int]]] = {}
    for signal, place, at, x, order in rows:
        sorted_.setdefault((signal, place), []).append((at, order, x))
    found = {}
    for key, own in sorted_.items():
        own.sort(key=lambda row: row[:2])
        table = np.array(own, dtype=np.int64)
        found[key] = Channel(table[:, 0].copy(), table[:, 2].copy(), table[:, 1].copy())
    return found


def first_at(known: Channels) -> int | None:
    """When the first of all readings was made; None: there is none."""
    return min((int(one.at[0]) for one in known.values() if len(one)), default=None)
