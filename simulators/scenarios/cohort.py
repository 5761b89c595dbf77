"""Homes in which a scenario plays: each another region, another life, the devices that it needs."""

from datetime import UTC, date, datetime, timedelta

from devices.errors import Refused
from simulators.homes.home import Home
from simulators.homes.household import household
from simulators.homes.regions import Site, sites
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
    return household(
        course.people,
        course.needs,
        region=region,
        name=f"{course.name}-{number + 1}",
        person=f"{region.id}-{course.name}-{number}",
        title=course.title,
        like=number,
        catalogue=course.catalogue,
    )
