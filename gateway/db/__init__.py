"""Databases: two schemas, how each is opened, written, read and migrated."""

from gateway.db.append_only import append_only
from gateway.db.engine import compact, open_journal, open_state, reading, writing
from gateway.db.metadata import Id, Int64, journal_metadata, state_metadata
from gateway.db.migrating import Branch, differences, is_current, migrate, revise

__all__ = [
    "Branch",
    "Id",
    "Int64",
    "append_only",
    "compact",
    "differences",
    "is_current",
    "journal_metadata",
    "migrate",
    "open_journal",
    "open_state",
    "reading",
    "revise",
    "state_metadata",
    "writing",
]
