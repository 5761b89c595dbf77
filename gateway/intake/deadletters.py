"""Dead letters: what could not become a reading, why, and how it gets its second chance.

A dead letter names its journal row; the bytes stay there, sealed, for as long as the journal keeps
them. Lists show topic, reason and size to whoever looks after devices; the bytes only to somebody
who may see that home's payloads, and every such look is audited.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, delete, desc, func, or_, select, update
from sqlalchemy import Row as Record

from gateway.access import Action, Viewer, not_found, sites_clause
from gateway.access.audit import Verb, audit
from gateway.intake import topics
from gateway.intake.journal import Journal
from gateway.intake.placing import Dead
from gateway.intake.rows import Flag, Message, Row
from gateway.intake.tables import dead_letter as t
from gateway.registry import tables as places

WHOLE = -1  # `part` of a letter that is about all of its message
MOST = 512  # letters replayed in one call


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One line of the list. `received_at` and `replayed_at` are wall ms UTC."""

    id: int
    offset: int
    index: int | None  # which item of a list; None: all of the message
    site: str | None
    home: str | None
    device: str | None
    topic: str
    code: str
    reason: str
    size: int
    received_at: int
    replayed_at: int | None


@dataclass(frozen=True, slots=True)
class Opened:
    """A dead letter with its bytes; None: the journal no longer keeps them."""

    letter: DeadLetter
    payload: bytes | None


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay did. `gone`: ids whose bytes are not kept (too old, too long, redacted)."""

    replayed: tuple[int, ...]
    gone: tuple[int, ...]


def record(conn: Connection, row: Row, dead: Sequence[Dead]) -> None:
    """In the transaction that carries the consumer's offset; the same letter is never two."""
    topic = topics.parse(row.topic)
    for letter in dead:
        part = WHOLE if letter.index is None else letter.index
        there = select(t.c.id).where(t.c.offset == row.offset, t.c.part == part)
        if conn.execute(there).first() is not None:
            continue
        conn.execute(
            t.insert().values(
                offset=row.offset,
                part=part,
                site=topic.site if topic else topics.tick_site(row.topic),
                home=topic.home if topic else None,
                device=topic.device if topic else None,
                topic=row.topic[:512],
                code=letter.code,
                reason=letter.reason,
                size=_size(row),
                received_at=row.received_at,
            )
        )


def listing(
    conn: Connection,
    viewer: Viewer,
    site: str | None = None,
    limit: int = 50,
    after: int | None = None,
    *,
    code: str | None = None,
    waiting: bool = False,
) -> list[DeadLetter]:
    """Newest first; `after`: the id of the last one seen; `waiting`: only those not replayed.

    Raises NotAllowed.
    """
    viewer.require(Action.SEE_DEAD_LETTERS, site)
    query = select(t).where(sites_clause(viewer, t.c.site, Action.SEE_DEAD_LETTERS))
    if site is not None:
        query = query.where(t.c.site == site)
    if code is not None:
        query = query.where(t.c.code == code)
    if waiting:
        query = query.where(t.c.replayed_at.is_(None))
    if after is not None:
        query = query.where(t.c.id < after)
    return [_letter(row) for row in conn.execute(query.order_by(desc(t.c.id)).limit(limit))]


def counts(conn: Connection, viewer: Viewer) -> dict[tuple[str | None, str], int]:
    """How many wait, by site and code."""
    query = (
        select(t.c.site, t.c.code, func.count())
        .where(t.c.replayed_at.is_(None), sites_clause(viewer, t.c.site, Action.SEE_DEAD_LETTERS))
        .group_by(t.c.site, t.c.code)
    )
    return {(row[0], row[1]): row[2] for row in conn.execute(query)}


def inspect(journal: Journal, conn: Connection, viewer: Viewer, letter: int, now: int) -> Opened:
    """With its bytes. Raises NotFound, also where the viewer may not see that home's payloads."""
    row = conn.execute(select(t).where(t.c.id == letter)).first()
    if row is None or not viewer.may(Action.SEE_PAYLOADS, row.site or ""):
        raise not_found("open the dead letter", str(letter))
    for resident in _living(conn, row.site, row.home, row.received_at) or [None]:
        what = f"dead letter:{letter}"
        audit(conn, viewer, Verb.OPENED_PAYLOAD, what, row.site, now, resident=resident)
    kept = _kept(journal, row.offset)
    return Opened(_letter(row), kept.payload if kept else None)


def replay(
    journal: Journal,
    conn: Connection,
    viewer: Viewer,
    now: int,
    *,
    ids: Sequence[int] | None = None,
    site: str | None = None,
    code: str | None = None,
) -> Replayed:
    """Put letters into the journal again, at most MOST of those not yet replayed: `ids`, or all
    of a site or a code. What is still no reading becomes a new dead letter.

    Raises NotAllowed. A letter outside the viewer's sites is left alone.
    """
    viewer.require(Action.REPLAY_DEAD_LETTERS, site)
    query = select(t).where(
        t.c.replayed_at.is_(None), sites_clause(viewer, t.c.site, Action.REPLAY_DEAD_LETTERS)
    )
    for column, value in ((t.c.site, site), (t.c.code, code)):
        if value is not None:
            query = query.where(column == value)
    if ids is not None:
        query = query.where(t.c.id.in_(ids))
    messages: list[Message] = []
    gone: list[int] = []
    for row in conn.execute(query.order_by(t.c.id).limit(MOST)).all():
        kept = _kept(journal, row.offset)
        if kept is None:
            gone.append(row.id)
        else:
            messages.append(_again(row, kept, now))
    done = tuple(message.replay_of for message in messages if message.replay_of is not None)
    if messages:
        journal.append(messages)
        conn.execute(update(t).where(t.c.id.in_(done)).values(replayed_at=now))
        audit(conn, viewer, Verb.REPLAYED, "dead letters", site, now, f"{len(done)} letters")
    return Replayed(done, tuple(gone))


def _living(conn: Connection, site: str | None, home: str | None, at: int) -> list[str | None]:
    """Whose home it is: a payload may be about each of them, so each finds who opened it."""
    of = places.occupancy.c
    now_or_then = or_(of.to_at.is_(None), and_(of.from_at <= at, of.to_at > at))
    query = select(of.resident).where(of.site == site, of.home == home, now_or_then)
    return list(conn.execute(query.distinct().order_by(of.resident)).scalars())


def forget(conn: Connection, before: int) -> int:
    """Delete letters received before `before` (wall ms): the journal's retention; how many."""
    return conn.execute(delete(t).where(t.c.received_at < before)).rowcount


def _size(row: Row) -> int:
    if row.flags & Flag.OVERSIZED and row.part is not None:
        return row.part
    return len(row.payload)


def _kept(journal: Journal, offset: int) -> Row | None:
    row = journal.one(offset)
    if row is None or row.flags & (Flag.OVERSIZED | Flag.WITHHELD):
        return None
    return row


def _again(letter: Record[tuple[object, ...]], row: Row, now: int) -> Message:
    """It was received when it first came, by the site's clock; one item of a list stays one."""
    first = row.first_received_at
    if first is None:
        first = row.received_at if row.site_at is None else row.site_at
    part = None if letter.part == WHOLE else letter.part
    return Message(
        row.topic,
        row.payload,
        now,
        retained=row.flags & Flag.RETAINED != 0,
        first_received_at=first,
        replay_of=letter.id,
        part=part if part is not None else row.part,
    )


def _letter(row: Record[tuple[object, ...]]) -> DeadLetter:
    fields = dict(row._mapping)  # noqa: SLF001  # SQLAlchemy's public name for it
    part = fields.pop("part")
    return DeadLetter(index=None if part == WHOLE else part, **fields)
