"""How far the host is, in the database: offset, watermarks, snapshots, gaps."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from gateway.watch import tables

NAME = "watch"


class Gap(NamedTuple):
    """A time in which the gateway did not hear, and the rows that came while clocks stood."""

    id: int
    start_at: int | None  # wall; None: too short to be one
    end_at: int | None  # None: it lasts
    first_offset: int
    last_offset: int | None  # None: clocks still stand

    def holds(self, offset: int) -> bool:
        """Whether clocks stood when this row came."""
        return self.first_offset <= offset and (
            self.last_offset is None or offset <= self.last_offset
        )


class Kept(NamedTuple):
    """Where the host stopped."""

    offset: int
    alive_at: int | None  # wall
    watermarks: Mapping[str, int]
    snapshots: Mapping[str, tuple[int, bytes]]  # site -> offset, data
    gaps: Sequence[Gap]


def load(conn: sa.Connection) -> Kept:
    """After a start."""
    row = conn.execute(
        sa.select(tables.projection).where(tables.projection.c.name == NAME)
    ).one_or_none()
    clocks = conn.execute(sa.select(tables.site_clock.c.site, tables.site_clock.c.watermark))
    shots = conn.execute(
        sa.select(tables.snapshot.c.site, tables.snapshot.c.offset, tables.snapshot.c.data)
    )
    return Kept(
        row.offset if row else 0,
        row.alive_at if row else None,
        {site: at for site, at in clocks},  # noqa: C416  # rows are no pairs to the type checker
        {site: (offset, data) for site, offset, data in shots},
        gaps(conn),
    )


def gaps(conn: sa.Connection) -> list[Gap]:
    """All of them, oldest first."""
    g = tables.gap.c
    rows = conn.execute(
        sa.select(g.id, g.start_at, g.end_at, g.first_offset, g.last_offset).order_by(g.id)
    )
    return [Gap(*row) for row in rows]


def keep(conn: sa.Connection, offset: int, alive_at: int, watermarks: Mapping[str, int]) -> None:
    """In the transaction that carries what was found up to here."""
    values = {"offset": offset, "alive_at": alive_at}
    updated = conn.execute(
        sa.update(tables.projection).where(tables.projection.c.name == NAME).values(**values)
    )
    if updated.rowcount == 0:
        conn.execute(sa.insert(tables.projection).values(name=NAME, **values))
    for site, watermark in watermarks.items():
        moved = conn.execute(
            sa.update(tables.site_clock)
            .where(tables.site_clock.c.site == site)
            .values(watermark=watermark)
        )
        if moved.rowcount == 0:
            conn.execute(sa.insert(tables.site_clock).values(site=site, watermark=watermark))


def keep_snapshots(conn: sa.Connection, offset: int, shots: Mapping[str, bytes]) -> None:
    """Replace the snapshots; `offset` is the one committed beside them."""
    conn.execute(sa.delete(tables.snapshot))
    for site, data in shots.items():
        conn.execute(sa.insert(tables.snapshot).values(site=site, offset=offset, data=data))


def open_gap(conn: sa.Connection, start_at: int | None, first_offset: int) -> int:
    """Clocks stand from this row on, or a gap began."""
    made = conn.execute(sa.insert(tables.gap).values(start_at=start_at, first_offset=first_offset))
    assert made.inserted_primary_key is not None
    number: int = made.inserted_primary_key[0]
    return number


def change_gap(conn: sa.Connection, gap: Gap) -> None:
    """What is known of it now."""
    conn.execute(
        sa.update(tables.gap)
        .where(tables.gap.c.id == gap.id)
        .values(start_at=gap.start_at, end_at=gap.end_at, last_offset=gap.last_offset)
    )


def forget_gaps(conn: sa.Connection, before: int) -> None:
    """Gaps older than anything that could be replayed."""
    conn.execute(sa.delete(tables.gap).where(tables.gap.c.end_at < before))
