"""A person's messages in the journal: their bytes go, and so does what could read a copy of them.

Messages of others in the same home are sealed anew first, so that the home's old keys can be
destroyed: then no backup of the journal tells of the person either (ADR 2).
"""

from collections.abc import Iterator
from typing import Any, Protocol

from sqlalchemy import Connection, Engine

from gateway.db import reading, writing
from gateway.intake import topics
from gateway.intake.keyring import Keyring
from gateway.intake.placing import place
from gateway.intake.rows import Flag, Row
from gateway.registry import Directory

AT_ONCE = 1_000  # rows in one transaction
_COLUMNS = "offset, topic, payload, received_at, site_at, flags, first_received_at, part, key_id"
_IN_HOME = (
    f"SELECT {_COLUMNS} FROM journal"  # noqa: S608  # a constant
    " WHERE topic LIKE ? AND offset > ? ORDER BY offset LIMIT ?"
)
_REDACT = "UPDATE journal SET payload = NULL, key_id = NULL, flags = flags | ? WHERE offset = ?"
_RESEAL = "UPDATE journal SET payload = ?, key_id = ? WHERE offset = ?"


class Whose(Protocol):
    """Whose messages: see `gateway.erasure.Person`."""

    @property
    def id(self) -> str: ...
    @property
    def stays(self) -> tuple[Any, ...]: ...
    def lived(self, site: str, home: str, at: int) -> bool:
        """Whether they lived there then."""
        ...

    def lived_alone(self, site: str, home: str, at: int) -> bool:
        """Whether nobody else did."""
        ...


def messages(engine: Engine, keyring: Keyring, directory: Directory, who: Whose) -> list[int]:
    """Offsets of what is the person's, also of what an earlier run has emptied."""
    with reading(engine) as conn:
        return [
            row.offset
            for home in sorted({(stay.site, stay.home) for stay in who.stays})
            for row in _rows(conn, keyring, *home)
            if _is_theirs(row, directory, who)
        ]


def erase(engine: Engine, keyring: Keyring, directory: Directory, who: Whose) -> list[int]:
    """Empty the person's messages, seal the others' anew, destroy the old keys; those offsets."""
    offsets = messages(engine, keyring, directory, who)
    for start in range(0, len(offsets), AT_ONCE):
        values = [(int(Flag.WITHHELD), offset) for offset in offsets[start : start + AT_ONCE]]
        with writing(engine) as conn:
            conn.exec_driver_sql(_REDACT, values)
    for site, home in sorted({(stay.site, stay.home) for stay in who.stays}):
        old = keyring.keys(site, home)
        if old:
            keyring.rotate(site, home)
            _seal_anew(engine, keyring, site, home, set(old))
            for key in old:
                keyring.destroy(key)
    return offsets


def _rows(conn: Connection, keyring: Keyring, site: str, home: str) -> Iterator[Row]:
    for *fields, key_id in _sealed(conn, site, home):
        offset, topic, sealed, received_at, site_at, flags, first, part = fields
        payload = b"" if sealed is None else keyring.open(key_id, topic, sealed)
        if payload is None:
            payload, flags = b"", flags | int(Flag.WITHHELD)  # its key is destroyed already
        yield Row(offset, topic, payload, received_at, site_at, flags, first, part)


def _sealed(conn: Connection, site: str, home: str) -> Iterator[Any]:
    after = 0
    like = f"{topics.ROOT}/{site}/{home}/%"  # ids hold no % and no _
    while rows := conn.exec_driver_sql(_IN_HOME, (like, after, AT_ONCE)).all():
        yield from rows
        after = rows[-1][0]


def _is_theirs(row: Row, directory: Directory, who: Whose) -> bool:
    """What is certainly another's stays; what nobody can tell of the time they lived there goes."""
    topic = topics.parse(row.topic)
    if topic is None or topic.channel == "status":
        return False
    placed = place(row, directory)
    at = row.received_at if row.site_at is None else row.site_at
    if placed.dead or placed.refused_for_consent or placed.refused_for_pause or not placed.readings:
        return who.lived(topic.site, topic.home, at)
    return any(
        one.resident == who.id
        or (one.resident is None and who.lived_alone(one.site, one.home, one.at))
        for one in placed.readings
    )


def _seal_anew(engine: Engine, keyring: Keyring, site: str, home: str, old: set[int]) -> None:
    with reading(engine) as conn:
        rows = [row for row in _sealed(conn, site, home) if row.key_id in old]
    for start in range(0, len(rows), AT_ONCE):
        values = []
        for row in rows[start : start + AT_ONCE]:
            payload = keyring.open(row.key_id, row.topic, row.payload)
            if payload is not None:
                key, sealed = keyring.seal(
                    row.topic, row.topic.encode(errors="surrogatepass"), payload
                )
                values.append((sealed, key, row.offset))
        if values:
            with writing(engine) as conn:
                conn.exec_driver_sql(_RESEAL, values)
