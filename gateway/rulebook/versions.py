"""Rule versions as they were decided on: stored once by the hash of their text, never changed."""

import hashlib

import sqlalchemy as sa

from gateway.rulebook import tables
from rules.file.language import Rule


def text_hash(text: str) -> str:
    """SHA-256 of the canonical text, hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def keep(conn: sa.Connection, rule: Rule, now: int) -> str:
    """Store a rule's text if it is new; returns its hash."""
    digest = text_hash(rule.text)
    known = sa.select(tables.rule_version.c.text_hash).where(
        tables.rule_version.c.text_hash == digest
    )
    if conn.execute(known).scalar() is None:
        conn.execute(
            tables.rule_version.insert().values(
                text_hash=digest,
                version=rule.version,
                rule_name=rule.name,
                text=rule.text,
                created_at=now,
            )
        )
    return digest
