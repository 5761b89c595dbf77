"""The journal's tables, and the one of dead letters beside alerts and people.

journal.db: `journal` is the truth of the last days; the others are what its writer must know after
a restart. A dead letter (state.db) names its journal row and holds no byte of it: the bytes have
one home, one seal and one end.
"""

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from gateway.db import Id, Int64, journal_metadata, state_metadata

journal = Table(
    "journal",
    journal_metadata,
    # An Integer key is SQLite's own row number: no second index.
    Column("offset", Integer, primary_key=True, autoincrement=False),
    Column("topic", Text, nullable=False),
    Column("payload", LargeBinary),  # sealed; null: withheld, redacted
    Column("received_at", Int64, nullable=False),  # wall ms UTC, never falls with the offset
    Column("site_at", Int64),
    Column("flags", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("key_id", Int64),
    Column("first_received_at", Int64),
    Column("part", Integer),
)

claim = Table(  # up to where each projection has consumed
    "claim",
    journal_metadata,
    Column("name", Text, primary_key=True),
    Column("offset", Int64, nullable=False),
)

redaction = Table(  # rows whose bytes go as soon as every projection has passed them
    "redaction",
    journal_metadata,
    Column("offset", Int64, primary_key=True, autoincrement=False),
)

site_clock = Table(  # the last tick of each data site
    "site_clock",
    journal_metadata,
    Column("site", Text, primary_key=True),
    Column("at", Int64, nullable=False),
)

device_sequence = Table(  # which sequence numbers of a device were seen
    "device_sequence",
    journal_metadata,
    Column("device", Text, primary_key=True),  # site/home/device
    Column("boot", Int64, nullable=False),
    Column("high", Int64, nullable=False),
    Column("holes", Text, nullable=False),  # ranges passed over, JSON; empty: none
)

contact = Table(  # brokers that once knew this gateway's session: losing it is then a gap
    "contact",
    journal_metadata,
    Column("broker", Text, primary_key=True),
    Column("at", Int64, nullable=False),
)

dead_letter = Table(
    "dead_letter",
    state_metadata,
    Column("id", Id, primary_key=True),
    Column("offset", Int64, nullable=False),
    Column("part", Integer, nullable=False),  # index in the message; -1: all of it
    Column("site", Text),  # null: the topic names none
    Column("home", Text),
    Column("device", Text),
    Column("topic", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("size", Integer, nullable=False),  # bytes of the message
    Column("received_at", Int64, nullable=False),
    Column("replayed_at", Int64),
    UniqueConstraint("offset", "part"),
    Index("ix_dead_letter_site", "site", "id"),
)
