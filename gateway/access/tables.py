"""Tables of people and their rights. Of passwords, tokens and links only hashes are stored."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table

from gateway.db import Id, Int64, append_only, state_metadata

user = Table(
    "user_account",
    state_metadata,
    Column("id", Id, primary_key=True),
    Column("login", String(64), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("language", String(8), nullable=False),
    Column("password_hash", String(300)),  # None: signs in by links only
    Column("resident", String(64)),  # whom a user of role resident is, or represents
    Column("created_at", Int64, nullable=False),
    Column("disabled_at", Int64),
)

grant = Table(
    "user_grant",
    state_metadata,
    Column("user_id", Id, ForeignKey("user_account.id"), primary_key=True),
    Column("site", String(64), primary_key=True),  # "*": every site
    Column("role", String(20), primary_key=True),
)

# A resident's consented, revocable sharing with one relative.
sharing = Table(
    "sharing",
    state_metadata,
    Column("id", Id, primary_key=True),
    Column("resident", String(64), nullable=False),
    Column("user_id", Id, ForeignKey("user_account.id"), nullable=False, index=True),
    Column("from_at", Int64, nullable=False),
    Column("to_at", Int64),
    Column("agreed_by", Id, nullable=False),  # who recorded it
)

session = Table(
    "session",
    state_metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", Id, ForeignKey("user_account.id"), nullable=False, index=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("opened_at", Int64, nullable=False),
    Column("expires_at", Int64, nullable=False),
    Column("revoked_at", Int64),
    Column("agent", String(200), nullable=False),  # what the browser calls itself, for "where?"
)

link = Table(
    "sign_in_link",
    state_metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", Id, ForeignKey("user_account.id"), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("purpose", String(20), nullable=False),
    Column("issued_at", Int64, nullable=False),
    Column("expires_at", Int64, nullable=False),
    Column("used_at", Int64),
)

token = Table(
    "program_token",
    state_metadata,
    Column("id", Id, primary_key=True),
    Column("label", String(100), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("issued_by", Id, nullable=False),  # 0: the operator, at the machine itself
    Column("issued_at", Int64, nullable=False),
    Column("expires_at", Int64),
    Column("revoked_at", Int64),
)

token_scope = Table(
    "program_token_scope",
    state_metadata,
    Column("token_id", Id, ForeignKey("program_token.id"), primary_key=True),
    Column("site", String(64), primary_key=True),
    Column("role", String(20), primary_key=True),
)

# Counted before a password is looked at; the key is a hash, for logins exist or not.
attempt = Table(
    "sign_in_attempt",
    state_metadata,
    Column("key", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", Int64, nullable=False),
)

audit_entry = append_only(
    Table(
        "audit",
        state_metadata,
        Column("id", Id, primary_key=True),
        Column("at", Int64, nullable=False),
        Column("user_id", Id, nullable=False),  # no foreign key: an entry outlives everything
        Column("login", String(120), nullable=False),
        Column("roles", String(200), nullable=False),
        Column("verb", String(40), nullable=False),
        Column("object", String(200), nullable=False),  # "alert:17", "resident:anna"
        Column("site", String(64)),
        Column("resident", String(64)),
        Column("detail", String(500), nullable=False),
        Index("ix_audit_resident_at", "resident", "at"),
        Index("ix_audit_site_at", "site", "at"),
        Index("ix_audit_user_id_object_at", "user_id", "object", "at"),
    )
)

__all__ = [
    "attempt",
    "audit_entry",
    "grant",
    "link",
    "session",
    "sharing",
    "token",
    "token_scope",
    "user",
]
