"""Seven days of movement as strips, a sentence each. A home's, so only where one lives alone."""

from dataclasses import dataclass
from typing import Any

from api.pages import strips
from api.pages.sentences import place_name
from api.pages.words import Words
from devices.reading import Quality
from gateway.access import Viewer
from gateway.registry.entries import HomeEntry, ResidentEntry
from gateway.series.store import Query

SIGNALS = ("motion", "door", "room_temperature", "battery", "link_quality", "plug_power")


@dataclass(frozen=True, slots=True)
class Day:
    """One strip and what it says."""

    strip: strips.Strip
    name: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Room:
    """One texture of the legend."""

    name: str
    texture: str


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Newest day last."""

    days: tuple[Day, ...]
    rooms: tuple[Room, ...]


def week(
    gateway: Any,
    viewer: Viewer,
    person: ResidentEntry,
    home: HomeEntry | None,
    at: int,
    zone: str,
) -> Rhythm | None:
    """None where there is no home, or where movement could be another person's."""
    if home is None or home.sole_occupant(at) != person.id:
        return None
    days = strips.local_days(at, zone)
    moves = gateway.reading_room.columns(viewer, _query(person, home, ("motion",), days[0][0], at))
    heard = gateway.reading_room.buckets(
        viewer, _query(person, home, SIGNALS, days[0][0], at), strips.CELL_MS
    )
    if not len(moves):
        return None
    pairs = [(int(when), place) for when, place in zip(moves.at, moves.place, strict=True)]
    drawn = strips.strips(pairs, [bucket.start for bucket in heard], days, at)
    words = Words(viewer.language)
    return Rhythm(
        days=tuple(
            Day(day, words.day(day.start, zone), words.movement(day, zone)) for day in drawn.days
        ),
        rooms=tuple(
            Room(place_name(place, viewer.language) if place else "?", texture)
            for place, texture in drawn.rooms
        ),
    )


def _query(
    person: ResidentEntry, home: HomeEntry, signals: tuple[str, ...], start: int, at: int
) -> Query:
    return Query(
        person.site,
        home=home.id,
        signals=signals,
        start=start,
        end=at + 1,
        without=int(Quality.RETAINED),
    )
