"""Sunrise and sunset at a place, and what light and season do to people and houses.

The sun by the equations of NOAA's solar calculator (Global Monitoring Laboratory; after Meeus,
"Astronomical Algorithms"): within two minutes of almanacs in the six regions. What follows from it
for people and houses is modest and ours. Homes that stand nowhere (`Home.where` is None) know no
season at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulators.columns import Ints
from simulators.randomness import Floats

Where = tuple[float, float]  # degrees north, degrees east

_ZENITH = np.radians(90.833)  # of the sun's middle at rise and set: refraction and its own radius
_DAYS_TO_J2000 = -10_957.5  # noon of 1 January 2000
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
    declination, equation = _sun_at_noon(days - east / 360)
    latitude = np.radians(np.clip(north, -89.9, 89.9))
    cosine = np.cos(_ZENITH) / (np.cos(latitude) * np.cos(declination)) - np.tan(latitude) * np.tan(
        declination
    )
    half = np.degrees(np.arccos(np.clip(cosine, -1, 1))) / 15  # hours from noon to sunset
    noon = 12 - east / 15 - equation / 60
    return noon - half, noon + half


def _sun_at_noon(days: Floats) -> tuple[Floats, Floats]:
    """Declination (radians) and equation of time (minutes) at noon of a day since 1970."""
    century = (days + 0.5 + _DAYS_TO_J2000) / 36_525
    longitude = np.radians((280.46646 + century * (36_000.76983 + century * 0.0003032)) % 360)
    anomaly = np.radians(357.52911 + century * (35_999.05029 - 0.0001537 * century))
    eccentric = 0.016708634 - century * (0.000042037 + 0.0000001267 * century)
    centre = (
        np.sin(anomaly) * (1.914602 - century * (0.004817 + 0.000014 * century))
        + np.sin(2 * anomaly) * (0.019993 - 0.000101 * century)
        + np.sin(3 * anomaly) * 0.000289
    )
    node = np.radians(125.04 - 1_934.136 * century)
    apparent = longitude + np.radians(centre - 0.00569 - 0.00478 * np.sin(node))
    tilt = np.radians(23.439291 - 0.0130042 * century + 0.00256 * np.cos(node))
    declination: Floats = np.arcsin(np.sin(tilt) * np.sin(apparent))
    y = np.tan(tilt / 2) ** 2
    equation: Floats = 4 * np.degrees(
        y * np.sin(2 * longitude)
        - 2 * eccentric * np.sin(anomaly)
        + 4 * eccentric * y * np.sin(anomaly) * np.cos(2 * longitude)
        - 0.5 * y**2 * np.sin(4 * longitude)
        - 1.25 * eccentric**2 * np.sin(2 * anomaly)
    )
    return declination, equation


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
