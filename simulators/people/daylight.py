"""Sunrise and sunset at a place, and what light and season do to people and houses.

The sun by NOAA's "General Solar Position Calculations" (Global Monitoring Division): right within
two minutes up to 60 degrees of latitude and within some ten near midsummer at 65, where refraction
and the horizon decide. What follows from it is modest and ours: a quarter of what a clock of light
alone would do. Homes that stand nowhere (`Home.where` is None) know no season at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulators.columns import Ints
from simulators.randomness import Floats

Where = tuple[float, float]  # degrees north, degrees east

_ZENITH = np.radians(90.833)  # of the sun's middle at rise and set: refraction and its own radius
_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_HOUSE_LAGS = 30  # days: walls, ground and heating follow the light


@dataclass(frozen=True, slots=True)
class Sky:
    """Light over home-days, one value a pair. Without a place: equinox, and no effect."""

    known: Floats  # 1 where the home has a place, else 0
    rise_h: Floats  # local hours after the date's midnight
    set_h: Floats
    light: Floats  # (hours of daylight - 12) / 12: from -1 (none) to 1 (midnight sun)
    before: Floats  # the same a month ago: the season of a house


def sun(north: Floats, east: Floats, days: Ints) -> tuple[Floats, Floats]:
    """Sunrise and sunset in hours UTC of each date (days since 1970), beyond 24 the day after.

    Where the sun does not set they are twelve hours before and after noon; where it does not rise,
    both are noon.
    """
    date = days.astype("datetime64[D]")
    of_year = (date - date.astype("datetime64[Y]")).astype(np.int64)  # 1 January is 0
    year = 2 * np.pi * of_year / 365
    equation = 229.18 * (
        0.000075
        + 0.001868 * np.cos(year)
        - 0.032077 * np.sin(year)
        - 0.014615 * np.cos(2 * year)
        - 0.040849 * np.sin(2 * year)
    )  # minutes
    declination = (
        0.006918
        - 0.399912 * np.cos(year)
        + 0.070257 * np.sin(year)
        - 0.006758 * np.cos(2 * year)
        + 0.000907 * np.sin(2 * year)
        - 0.002697 * np.cos(3 * year)
        + 0.00148 * np.sin(3 * year)
    )
    latitude = np.radians(np.clip(north, -89.9, 89.9))
    cosine = np.cos(_ZENITH) / (np.cos(latitude) * np.cos(declination)) - np.tan(latitude) * np.tan(
        declination
    )
    half = np.degrees(np.arccos(np.clip(cosine, -1, 1))) / 15  # hours from noon to sunset
    noon = 12 - east / 15 - equation / 60
    return noon - half, noon + half


def sky(where: Sequence[Where | None], home: Ints, days: Ints, midnight_at: Ints) -> Sky:
    """Light over each home-day.

    where: of each home; home: index of each home-day's; midnight_at: 00:00 local, ms UTC.
    """
    known = np.array([one is not None for one in where], np.float64)[home]
    north = np.array([one[0] if one else 0.0 for one in where])[home]
    east = np.array([one[1] if one else 0.0 for one in where])[home]
    rise, down = sun(north, east, days)
    first, last = sun(north, east, days - _HOUSE_LAGS)
    ahead = (midnight_at - days * _DAY_MS) / _HOUR_MS  # of local midnight after UTC's
    return Sky(
        known,
        np.where(known > 0, rise - ahead, 6.0),
        np.where(known > 0, down - ahead, 18.0),
        known * ((down - rise) / 12 - 1),
        known * ((last - first) / 12 - 1),
    )


def wakes_h(above: Sky) -> Floats:
    """How much later people get up, hours: light in the bedroom wakes, a dark morning does not."""
    shift: Floats = above.known * np.clip(0.12 * (above.rise_h - 6.5), -0.4, 0.5)
    return shift


def retires_h(above: Sky) -> Floats:
    """How much later they go to bed, hours: a light evening is longer."""
    shift: Floats = above.known * np.clip(0.08 * (above.set_h - 19.5), -0.3, 0.4)
    return shift


def lively(above: Sky) -> Floats:
    """Added to the log weight of short gaps between events: more is done in the light half."""
    return 0.06 * above.light


def out(above: Sky) -> Floats:
    """The weight of the outer doors: a quarter more in a light summer, a quarter less in winter."""
    weight: Floats = np.exp(0.3 * above.light)
    return weight


def indoors(above: Sky) -> tuple[Floats, Floats, Floats]:
    """Degrees, per cent humidity and ppm CO2 added by the season to a heated house."""
    return 1.2 * above.before, 7.0 * above.before, -60.0 * above.before
