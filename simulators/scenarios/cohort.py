"""Homes in which a scenario plays: each another region, another life, the devices that it needs."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from devices.errors import Refused
from simulators.homes.home import Device, Home, Person
from simulators.homes.models import model
from simulators.homes.regions import Site, kit, sites
from simulators.people.persona import persona
from simulators.randomness import key
from simulators.scenarios.course import Course

YEAR = date(2026, 1, 1)  # scenarios begin on a drawn day of it, so that clocks change in some


def cohort(course: Course, seed: int, homes: int) -> tuple[tuple[Home, Site], ...]:
    """Homes of that household, round the six regions. Raises Refused for fewer than one."""
    if homes < 1:
        raise Refused("score", course.name, f"{homes} homes are too few", "Ask for at least one")
    regions = sites()
    turn = key(seed, "cohort", course.name) % len(regions)
    where = [regions[(turn + number) % len(regions)] for number in range(homes)]
    return tuple((_home(course, site, number), site) for number, site in enumerate(where))


def first_day(course: Course, seed: int) -> int:
    """Noon of the date on which it begins, ms UTC: the same date in every region."""
    drawn = YEAR + timedelta(days=60 + key(seed, "begins", course.name) % 280)
    day = course.first_day(drawn)
    return int(datetime(day.year, day.month, day.day, 11, tzinfo=UTC).timestamp()) * 1000


def _home(course: Course, region: Site, number: int) -> Home:
    people = tuple(
        Person(
            f"{region.id}-{course.name}-{number}{'abcd'[index]}",
            f"{course.title} {number + 1}",
            1940,
            region.languages[0],
            persona(name),
        )
        for index, name in enumerate(course.people)
    )
    usual = kit(tuple(one.persona for one in people))
    have = {device.model for device in usual}
    added = tuple(
        Device(name, name, model(name).place or "lounge", None if name == "stove-plug" else 0)
        for name in course.needs
        if name not in have
    )
    like = region.homes[number % len(region.homes)]
    return replace(like, id=f"{course.name}-{number + 1}", people=people, devices=(*usual, *added))
