"""Whom to erase: every word by which the files know them, and where they lived."""

import re
import secrets
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from sqlalchemy import Connection, select

from gateway.access.tables import user
from gateway.registry import Directory
from gateway.registry.entries import HomeEntry
from gateway.series.store import FOREVER, Stay

PREFIX = "erased-"


@dataclass(frozen=True)
class Person:
    """One resident, as the registry knows them before it forgets."""

    id: str
    site: str
    words: tuple[str, ...]  # id, name, telephone, and the names of their own account
    stays: tuple[Stay, ...]
    alone: tuple[Stay, ...]  # when the home's own readings were about nobody else
    accounts: tuple[int, ...]  # theirs; a relative's account is the relative's
    pseudonym: str

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Any of their words, standing by itself: "anna" is not in "savanna" nor in "anna-2"."""
        words = sorted(self.words, key=len, reverse=True)
        return re.compile(
            rf"(?<![\w-])(?:{'|'.join(map(re.escape, words))})(?![\w-])", re.IGNORECASE
        )

    def lived(self, site: str, home: str, at: int) -> bool:
        """Whether they lived there then."""
        return _within(self.stays, site, home, at)

    def lived_alone(self, site: str, home: str, at: int) -> bool:
        """Whether nobody else did."""
        return _within(self.alone, site, home, at)


def find(conn: Connection, directory: Directory, resident: str) -> Person | None:
    """Who that is; None where the registry knows nobody of that id."""
    entry = directory.resident(resident)
    if entry is None:
        return None
    accounts = conn.execute(
        select(user.c.id, user.c.login, user.c.name).where(user.c.resident == resident)
    ).all()
    words = [resident, entry.name, entry.phone, *(word for one in accounts for word in one[1:])]
    stays = tuple(
        Stay(stay.site, stay.home, stay.from_at, FOREVER if stay.to_at is None else stay.to_at)
        for stay in entry.occupancies
    )
    alone = []
    for stay in stays:
        home = directory.home(stay.site, stay.home)
        assert home is not None  # a stay is in a home
        alone += _alone(stay, home, resident)
    return Person(
        resident,
        entry.site,
        tuple(dict.fromkeys(word for word in words if word)),
        stays,
        tuple(alone),
        tuple(one.id for one in accounts),
        PREFIX + secrets.token_hex(4),
    )


def _alone(stay: Stay, home: HomeEntry, resident: str) -> list[Stay]:
    """The parts of a stay in which nobody else lived there."""
    moments = {stay.start, stay.end}
    for other in home.occupancies:
        moments |= {other.from_at, FOREVER if other.to_at is None else other.to_at}
    marks = sorted(at for at in moments if stay.start <= at <= stay.end)
    return [
        Stay(stay.site, stay.home, start, end)
        for start, end in pairwise(marks)
        if home.sole_occupant(start) == resident
    ]


def _within(stays: tuple[Stay, ...], site: str, home: str, at: int) -> bool:
    return any((one.site, one.home) == (site, home) and one.start <= at < one.end for one in stays)
