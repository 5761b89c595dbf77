"""The sun against almanacs, and what light does to people and houses: something, and not much."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.columns import SIGNAL_INDEX, Columns
from simulators.homes.batch import EPOCH, batch
from simulators.homes.day import on_days
from simulators.homes.home import Home
from simulators.homes.household import household
from simulators.homes.regions import sites
from simulators.people.daylight import lively, out, retires_h, sun, wakes_h
from simulators.people.persona import REGIONS
from tests.simulators.builders import SEED


def number(day: date) -> int:
    return (day - EPOCH).days


def hours(north: float, east: float, day: date) -> tuple[float, float]:
    rise, down = sun(np.array([north]), np.array([east]), np.array([number(day)]))
    return float(rise[0]), float(down[0])


def clock(text: str) -> float:
    hour, minute = text.split(":")
    return int(hour) + int(minute) / 60


@pytest.mark.parametrize(
    ("place", "day", "rise", "down"),
    [  # UTC, as almanacs print them
        ((53.35, -6.26), date(2026, 6, 21), "03:57", "20:57"),  # Dublin
        ((53.35, -6.26), date(2026, 12, 21), "08:38", "16:08"),
        ((51.51, -0.13), date(2026, 3, 20), "06:02", "18:13"),
        ((51.51, -0.13), date(2026, 6, 21), "03:43", "20:21"),  # London
        ((51.51, -0.13), date(2026, 12, 21), "08:04", "15:53"),
        ((60.17, 24.94), date(2026, 12, 21), "07:24", "13:13"),  # Helsinki
        ((60.17, 24.94), date(2026, 6, 21), "00:54", "19:50"),
        ((64.15, -21.94), date(2026, 12, 21), "11:22", "15:30"),  # Reykjavik
        ((64.15, -21.94), date(2026, 6, 21), "02:55", "24:03"),
    ],
)
def test_the_sun_rises_when_almanacs_say(place, day, rise, down) -> None:
    found = hours(*place, day)
    assert abs(found[0] - clock(rise)) * 60 < 2
    assert abs(found[1] - clock(down)) * 60 < 2


def test_beyond_the_polar_circle_there_are_days_without_night_and_nights_without_day() -> None:
    rise, down = hours(69.65, 18.96, date(2026, 6, 21))
    assert down - rise == pytest.approx(24)
    rise, down = hours(69.65, 18.96, date(2026, 12, 21))
    assert down == rise


@given(st.floats(-90, 90), st.floats(-180, 180), st.integers(0, 40_000))
def test_everywhere_and_always_there_is_an_answer(north: float, east: float, day: int) -> None:
    rise, down = sun(np.array([north]), np.array([east]), np.array([day]))
    assert 0 <= down[0] - rise[0] <= 24 + 1e-9
    assert abs((rise[0] + down[0]) / 2 - (12 - east / 15)) < 0.3  # noon, but for the equation


def lived(home: Home, first: date, days: int = 28) -> Columns:
    return on_days([home], range(number(first), number(first) + days), SEED)


def of(columns: Columns, signal: str) -> Columns:
    return columns.where(columns.signal == SIGNAL_INDEX[signal])


def test_borgarbyggds_june_is_not_donegals() -> None:
    days = [number(date(2026, 6, 21)), number(date(2026, 12, 21))]
    light = {
        site.id: batch(site.homes[:1], days, SEED).sky.light.tolist()
        for site in sites()
        if site.id in {"borgarbyggd", "donegal"}
    }
    assert light["borgarbyggd"][0] > light["donegal"][0] + 0.25
    assert light["borgarbyggd"][1] < light["donegal"][1] - 0.2


def test_the_sun_is_told_in_the_homes_own_hours() -> None:
    for site, rise in (("borgarbyggd", "02:46"), ("north-karelia", "03:17")):
        home = next(one for one in sites() if one.id == site).homes[0]
        found = batch([home], [number(date(2026, 6, 21))], SEED).sky.rise_h[0]
        assert abs(found - clock(rise)) < 0.4


def test_people_follow_the_light_a_little() -> None:
    home = household(["frail"], region="borgarbyggd")
    mornings = []
    for first in (date(2026, 6, 7), date(2026, 12, 7)):
        bed = of(lived(home, first), "bed").ordered()
        up = bed.at[1:][(bed.x[1:] == 0) & (bed.x[:-1] == 1)]
        hour = up / 3_600_000 % 24  # Iceland has no other clock than UTC
        mornings.append(np.median(hour[(hour > 5) & (hour < 11)]))
    assert 0.2 < mornings[1] - mornings[0] < 1.2


def test_a_heated_house_is_cooler_and_drier_in_winter() -> None:
    home = household(["well"], region="north-karelia")
    summer, winter = (lived(home, first) for first in (date(2026, 7, 10), date(2026, 1, 10)))
    warm = [of(c, "room_temperature").x.mean() / 10 for c in (summer, winter)]
    assert 0.8 < warm[0] - warm[1] < 2.5
    damp = [of(c, "humidity").x.mean() for c in (summer, winter)]
    assert 5 < damp[0] - damp[1] < 16


@pytest.mark.parametrize("region", REGIONS)
def test_no_season_shouts(region: str) -> None:
    home = next(one for one in sites() if one.id == region).homes[0]
    year = range(number(date(2026, 1, 1)), number(date(2026, 12, 31)))
    above = batch([home], list(year)[::7], SEED).sky
    assert np.abs(wakes_h(above)).max() <= 0.5
    assert np.abs(retires_h(above)).max() <= 0.4
    assert np.abs(lively(above)).max() < 0.07
    assert out(above).max() / out(above).min() < 2


def test_a_home_that_stands_nowhere_knows_no_season() -> None:
    home = replace(household(["frail"], region="borgarbyggd"), where=None)
    sky = batch([home], [number(date(2026, 6, 21)), number(date(2026, 12, 21))], SEED).sky
    for effect in (wakes_h(sky), retires_h(sky), lively(sky), sky.before, out(sky) - 1):
        assert not effect.any()
