"""What several devices said of one state, as columns: what `rules.places.Words` lets through. Pure.

The same rule, over all of a subject's readings of the state at once instead of one after another; a
property test holds the two against each other.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from gateway.series.store import Ints
from reviews.job import Stood
from rules.compiled import Channel
from rules.places import ALONE, MEMORY_MS


class Part(NamedTuple):
    """Some of the readings of one state that were made at one place, in order."""

    place: str | None
    at: Ints
    x: Ints
    order: Ints
    device: Ints  # index of names


def heard(
    parts: Sequence[Part], stood: Mapping[int, Sequence[Stood]]
) -> Iterator[tuple[str | None, Channel]]:
    """Of one subject and one state: the readings that are heard, at each place as
    `rules.places.hears` takes it. `stood`: where each device was, by its index.
    """
    if len({device for part in parts for device in np.unique(part.device).tolist()}) <= 1:
        for part in parts:
            yield part.place, Channel(part.at, part.x, part.order)
        return
    places = list(dict.fromkeys(part.place for part in parts))
    at, x, order, device = (
        np.concatenate([np.asarray(part[n], np.int64) for part in parts]) for n in (1, 2, 3, 4)
    )
    place = np.repeat(
        [places.index(part.place) for part in parts], [len(part.at) for part in parts]
    )
    by_time = np.lexsort((order, at))
    table = _Table(at[by_time], x[by_time], device[by_time], place[by_time])
    here, anywhere = _said_otherwise(table, places, stood)
    for index, name in enumerate(places):
        own = table.place == index
        everywhere = own & ~anywhere
        yield name, _taken(table, order[by_time], everywhere)
        if name is not None:
            yield ALONE + name, _taken(table, order[by_time], own & anywhere & ~here)


class _Table(NamedTuple):
    """All readings, in the order of time."""

    at: Ints
    x: Ints
    device: Ints
    place: Ints


def _said_otherwise(
    table: _Table, places: Sequence[str | None], stood: Mapping[int, Sequence[Stood]]
) -> tuple[np.ndarray, np.ndarray]:
    """For each reading, whether another device then says what prevails: at its place, anywhere."""
    here, anywhere = (np.zeros(len(table.at), bool) for _ in range(2))
    rows = np.arange(len(table.at))
    for other in np.unique(table.device).tolist():
        own = np.flatnonzero(table.device == other)
        last = own.searchsorted(rows) - 1  # its last word before each reading
        known = (last >= 0) & (table.device != other)
        word = own[np.maximum(last, 0)]
        stands = np.zeros(len(rows), bool)
        for one in stood.get(other, ()):
            inside = (table.at >= one.start) & (table.at < one.end)
            if one.place in places:
                stands |= inside & (table.place[word] == places.index(one.place))
        prevails = (
            known & stands & (table.x[word] > table.x) & (table.at[word] > table.at - MEMORY_MS)
        )
        anywhere |= prevails
        here |= prevails & (table.place[word] == table.place)
    return here, anywhere


def _taken(table: _Table, order: Ints, which: np.ndarray) -> Channel:
    return Channel(table.at[which], table.x[which], order[which])
