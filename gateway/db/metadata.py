"""The two schemas, and the column types that mean the same on SQLite and PostgreSQL.

Packages declare their tables on these in their own `tables.py`; nothing here knows any of them.
"""

from sqlalchemy import BigInteger, Integer, MetaData

# Constraints have names, so that a migration can name what it changes.
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

state_metadata = MetaData(naming_convention=NAMES)
journal_metadata = MetaData(naming_convention=NAMES)

# Milliseconds UTC, offsets, counts: a plain Integer has 32 bits on PostgreSQL.
Int64 = BigInteger
# A key that counts itself up: SQLite does that only for INTEGER, which has 64 bits there.
Id = BigInteger().with_variant(Integer, "sqlite")
