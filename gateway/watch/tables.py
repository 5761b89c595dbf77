"""Tables of the engine host: how far it is, what it knew then, and when it did not hear."""

import sqlalchemy as sa

from gateway.db import Id, Int64, state_metadata

projection = sa.Table(
    "watch_projection",
    state_metadata,
    sa.Column("name", sa.String(20), primary_key=True),
    sa.Column("offset", Int64, nullable=False),  # of the journal: all before it is settled
    sa.Column("alive_at", Int64, nullable=False),  # wall
)

site_clock = sa.Table(
    "watch_site",
    state_metadata,
    sa.Column("site", sa.String(64), primary_key=True),
    sa.Column("watermark", Int64, nullable=False),  # site's clock: up to it everything was told
)

# A cache, replaced as a whole: it can be rebuilt from the store.
snapshot = sa.Table(
    "watch_snapshot",
    state_metadata,
    sa.Column("site", sa.String(64), primary_key=True),
    sa.Column("offset", Int64, nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

gap = sa.Table(
    "watch_gap",
    state_metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("start_at", Int64),  # wall; null: too short to hide anything
    sa.Column("end_at", Int64),  # wall; null: it lasts
    sa.Column("first_offset", Int64, nullable=False),  # rows from here on waited for the drain
    sa.Column("last_offset", Int64),
)
