"""Moments at which a device speaks: what most devices need, in five words.

    def emit(work, which):
        beat = every(work, which, 2 * MINUTE_MS)
        beat = beat.where((beat.hour() >= 22) | (beat.hour() < 7))
        return beat.says("spo2", beat.own("spo2") + 0.5 * beat.noise("ring"))

Draws have names, so that any day of any home can be made alone and is always the same.
"""

from dataclasses import dataclass

import numpy as np

from simulators.columns import Columns, Ints, Mask, rows
from simulators.homes.batch import HOUR_MS, Batch, Fitted, grid
from simulators.homes.body import counts, own_level
from simulators.randomness import Floats, Keys, joined, normal, stream, uniform


@dataclass(frozen=True, slots=True)
class Beat:
    """Moments of all devices of one model, over all homes and days at once."""

    work: Batch
    which: Fitted
    row: Ints  # index into `which` of each moment
    at: Ints  # ms UTC

    def hour(self) -> Floats:
        """Hours after local midnight, from 0 to below 24."""
        pair = self.which.pair[self.row]
        hours: Floats = (self.at - self.work.midnight_at[pair]) / HOUR_MS % 24
        return hours

    def own(self, signal: str) -> Floats:
        """The person's own mean of a vital sign, in its unit: the same for all their devices."""
        if not len(self.which.pair):
            return np.empty(0)
        level: Floats = own_level(self.which, signal)[self.row]
        return level

    def spread(self, signal: str) -> Floats:
        """How far the person's values vary from day to day, as a standard deviation."""
        within = np.array([one.level(signal).within for one in self.which.personas])
        return within[self.row] if len(within) else np.empty(0)

    def noise(self, name: str) -> Floats:
        """A standard normal draw for each moment."""
        return normal(self._keys(), stream(name)) if len(self.at) else np.empty(0)

    def chance(self, name: str) -> Floats:
        """A draw from 0 to below 1 for each moment."""
        return uniform(self._keys(), stream(name)) if len(self.at) else np.empty(0)

    def where(self, mask: Mask) -> "Beat":
        """Only these moments."""
        return Beat(self.work, self.which, self.row[mask], self.at[mask])

    def says(self, signal: str, value: Floats) -> Columns:
        """A reading of the signal at each moment, in its unit, kept inside what is plausible."""
        pair = self.which.pair[self.row]
        device, home = self.which.device[self.row], self.work.home[pair]
        return rows(self.at, device, signal, counts(signal, value), home=home)

    def _keys(self) -> Keys:
        return joined(self.which.keys[self.row], self.at)


def every(work: Batch, which: Fitted, interval_ms: int) -> Beat:
    """At regular moments, each device with its own offset, day after day."""
    if not len(which.pair):
        return Beat(work, which, np.empty(0, np.int64), np.empty(0, np.int64))
    return Beat(work, which, *grid(work, which, interval_ms))
