"""What the intake passes on: a message on its way in, and the journal's row.

The payload of both is the raw bytes; in the database file it lies sealed (see `keyring.py`).
"""

from enum import IntFlag
from typing import NamedTuple


class Flag(IntFlag):
    """What is to be known of a row besides its bytes. Stored as a plain int."""

    RETAINED = 1  # a broker's leftover: state, never an event
    URGENT = 2  # came on the `urgent` topic
    REPEATED = 4  # without time and sequence number: possibly delivered twice
    REPLAY = 8  # a dead letter put in again, once its cause was mended
    CLASH = 16  # (boot, seq) was seen before with other bytes: taken as new
    OVERSIZED = 32  # longer than the limit: only the head was kept
    WITHHELD = 64  # no consent at receipt: no byte of the payload was kept
    UNSURE = 128  # the wall clock stood before an earlier receipt
    BACKLOG = 256  # without time, in the first minute after a gap: it waited, nobody knows how long


class Message(NamedTuple):
    """One message as it arrived, before the journal."""

    topic: str
    payload: bytes
    received_at: int  # wall ms UTC
    retained: bool = False
    backlog: bool = False  # came in the first minute after a gap
    # Only of a replayed dead letter: when it first came, its old identity, the one item wanted.
    first_received_at: int | None = None
    replay_of: int | None = None
    part: int | None = None


class Row(NamedTuple):
    """One row of the journal, its payload opened.

    `received_at` is wall ms UTC and never falls with growing offset. `site_at` is the last tick of
    a data site at receipt (None: no tick yet, or a wall site). `part`, of a replayed item of a
    list: the index that alone is wanted; of an oversized message: its size in bytes.
    """

    offset: int
    topic: str
    payload: bytes
    received_at: int
    site_at: int | None
    flags: int
    first_received_at: int | None = None
    part: int | None = None
