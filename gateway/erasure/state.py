"""A person's part of the state database: one transaction, last of all that forgets."""

import json
from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa

from gateway.access import tables as access
from gateway.access.audit import Verb, audit
from gateway.access.viewer import Viewer
from gateway.alerts import tables as alerts
from gateway.db import state_metadata
from gateway.db.append_only import lifted
from gateway.erasure.columns import GONE, OWN, SAID, WHO
from gateway.erasure.person import Person
from gateway.intake.tables import dead_letter
from gateway.registry import tables as places
from gateway.registry.records import bump
from gateway.rulebook import tables as rulebook
from gateway.watch import tables as watch

# Packages below whose tables are swept by name; those above are known with `Parts.more`.
SWEPT = (access, alerts, places, rulebook, watch)
TYPED = "text"  # the key of an alert event's detail under which people's own words stand

Forget = Callable[[sa.Connection, Person], int]  # a package's own part; how many rows it touched


def counts(conn: sa.Connection, person: Person) -> dict[str, int]:
    """How many rows are about the person, by table."""
    found = {name: _count(conn, name, _about(name, person)) for name in OWN}
    for name in GONE:
        found[name] = _count(conn, name, _theirs(name, person))
    return found


def open_alerts(conn: sa.Connection, person: Person) -> list[str]:
    """Codes of alerts about the person that nobody has closed; a silent device is no person."""
    of = alerts.alert
    still = of.c.closed_at.is_(None), of.c.technical.is_(False)
    query = sa.select(of.c.code).where(_about("alert", person), *still)
    return list(conn.execute(query).scalars())


def forget(
    conn: sa.Connection,
    person: Person,
    offsets: Iterable[int],
    viewer: Viewer,
    now: int,
    more: Iterable[Forget],
) -> None:
    """Everything in one transaction. `offsets`: of the person's messages in the journal."""
    _dead_letters(conn, person, offsets)
    conn.execute(sa.delete(watch.snapshot).where(watch.snapshot.c.site == person.site))
    for name in GONE:
        conn.execute(sa.delete(_table(name)).where(_theirs(name, person)))
    _end_intervals(conn, person, now)
    _close_accounts(conn, person, now)
    with (
        lifted(conn, access.audit_entry),
        lifted(conn, alerts.alert_event),
        lifted(conn, alerts.voice),
    ):
        _empty_events(conn, person)
        for name, emptied in OWN.items():
            conn.execute(sa.update(_table(name)).where(_about(name, person)).values(**emptied))
        for part in more:
            part(conn, person)
    _new_name(conn, person)
    for name in sorted(SAID.keys() | OWN.keys()):
        _sweep(conn, person, name, (*SAID.get(name, ()), *OWN.get(name, {})))
    bump(conn)
    audit(conn, viewer, Verb.ERASED, f"resident:{person.pseudonym}", person.site, now)


def _table(name: str) -> sa.Table:
    return state_metadata.tables[name]


def _about(name: str, person: Person) -> sa.ColumnElement[bool]:
    """Rows that name the person, and those of a home in which nobody else lived then."""
    of = _table(name).c
    alone = [
        sa.and_(
            of.site == stay.site,
            of.home == stay.home,
            of.onset_at >= stay.start,
            of.onset_at < stay.end,
        )
        for stay in person.alone
        if "onset_at" in of
    ]
    return sa.or_(of.resident == person.id, *alone)


def _theirs(name: str, person: Person) -> sa.ColumnElement[bool]:
    return _table(name).c.resident == person.id


def _count(conn: sa.Connection, name: str, where: sa.ColumnElement[bool]) -> int:
    query = sa.select(sa.func.count()).select_from(_table(name)).where(where)
    return int(conn.execute(query).scalar_one())


def _dead_letters(conn: sa.Connection, person: Person, offsets: Iterable[int]) -> None:
    of = dead_letter.c
    for offset in offsets:
        conn.execute(sa.delete(dead_letter).where(of.offset == offset))
    for stay in person.alone:  # whose messages the journal no longer keeps
        conn.execute(
            sa.delete(dead_letter).where(
                of.site == stay.site,
                of.home == stay.home,
                of.received_at >= stay.start,
                of.received_at < stay.end,
            )
        )


def _end_intervals(conn: sa.Connection, person: Person, now: int) -> None:
    for table, column in (
        (places.occupancy, "resident"),
        (places.consent, "resident"),
        (places.placement, "owner"),
    ):
        theirs = table.c[column] == person.id
        conn.execute(sa.delete(table).where(theirs, table.c.from_at >= now))
        still = sa.or_(table.c.to_at.is_(None), table.c.to_at > now)
        conn.execute(sa.update(table).where(theirs, still).values(to_at=now))


def _close_accounts(conn: sa.Connection, person: Person, now: int) -> None:
    """The account's number stays, for the audit names it; nobody signs in with it."""
    for number in person.accounts:
        for table in (access.session, access.link, access.sharing):
            conn.execute(sa.delete(table).where(table.c.user_id == number))
        conn.execute(
            sa.update(access.user)
            .where(access.user.c.id == number)
            .values(
                login=f"{person.pseudonym}-{number}",
                name=person.pseudonym,
                password_hash=None,
                disabled_at=sa.func.coalesce(access.user.c.disabled_at, now),
            )
        )


def _empty_events(conn: sa.Connection, person: Person) -> None:
    """What people typed about the person's alerts; that they acted, and when, stays."""
    event = alerts.alert_event
    query = (
        sa.select(event.c.id, event.c.detail)
        .join(alerts.alert, alerts.alert.c.id == event.c.alert_id)
        .where(_about("alert", person), event.c.detail.contains(f'"{TYPED}"'))
    )
    for number, stored in conn.execute(query).all():
        detail: dict[str, Any] = json.loads(stored)
        if detail.get(TYPED):
            emptied = json.dumps({**detail, TYPED: ""}, ensure_ascii=False)
            conn.execute(sa.update(event).where(event.c.id == number).values(detail=emptied))
    theirs = sa.select(alerts.alert.c.id).where(_about("alert", person))
    voice = alerts.voice
    conn.execute(sa.update(voice).where(voice.c.alert_id.in_(theirs)).values(words=""))


def _new_name(conn: sa.Connection, person: Person) -> None:
    """A row without a name takes the old one's place, and every id is the pseudonym."""
    of = places.resident
    values = {"id": person.pseudonym, "site": person.site, "name": person.pseudonym}
    conn.execute(sa.insert(of).values(**values, language="en"))
    for name, columns in WHO.items():
        table = _table(name)
        with lifted(conn, table):
            for column in columns:
                where = table.c[column] == person.id
                conn.execute(sa.update(table).where(where).values({column: person.pseudonym}))
    conn.execute(sa.delete(of).where(of.c.id == person.id))


def _sweep(conn: sa.Connection, person: Person, name: str, columns: Iterable[str]) -> None:
    table = _table(name)
    keys = list(table.primary_key.columns)
    with lifted(conn, table):
        for column in columns:
            held = table.c[column]
            like = sa.or_(*(held.icontains(word, autoescape=True) for word in person.words))
            for *key, text in conn.execute(sa.select(*keys, held).where(like)).all():
                swept = person.pattern.sub(person.pseudonym, text)
                if swept != text:
                    where = [one == value for one, value in zip(keys, key, strict=True)]
                    conn.execute(sa.update(table).where(*where).values({column: swept}))
