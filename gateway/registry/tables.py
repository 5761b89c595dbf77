"""Tables of places, people and things. What changes over time is an interval [from_at, to_at).

An open end is NULL. Rows are ended, never deleted: readings of the past keep their owners.
"""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from gateway.db import Id, Int64, state_metadata

ID = String(64)

site = Table(
    "site",
    state_metadata,
    Column("id", ID, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("zone", String(64), nullable=False),  # IANA
    Column("languages", String(100), nullable=False),  # "en ga", the first is the site's own
    Column("emergency", String(100), nullable=False),  # "112 999"
    Column("fallback_phone", String(32)),  # who is called when nobody answers
    Column("clock", String(8), nullable=False),  # "wall", or "data": advanced by ticks
    Column("live", Boolean, nullable=False),  # false: being set up
    Column("demo", Boolean, nullable=False),  # fictional people only
    Column("holidays", String(16), nullable=False, server_default=""),  # "GB-NIR"; "": none known
)

home = Table(
    "home",
    state_metadata,
    Column("site", ID, ForeignKey("site.id"), primary_key=True),
    Column("id", ID, primary_key=True),
    Column("label", String(200), nullable=False),
    Column("area", String(200), nullable=False),
    Column("drive_minutes", Integer),
)

resident = Table(
    "resident",
    state_metadata,
    Column("id", ID, primary_key=True),
    Column("site", ID, ForeignKey("site.id"), nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("born", Integer),  # year
    Column("language", String(8), nullable=False),
    Column("phone", String(32)),
)

occupancy = Table(
    "occupancy",
    state_metadata,
    Column("id", Id, primary_key=True),
    Column("resident", ID, ForeignKey("resident.id"), nullable=False, index=True),
    Column("site", ID, nullable=False),
    Column("home", ID, nullable=False),
    Column("from_at", Int64, nullable=False),
    Column("to_at", Int64),
    ForeignKeyConstraint(["site", "home"], ["home.site", "home.id"]),
    CheckConstraint("to_at IS NULL OR to_at > from_at", name="order"),
)

consent = Table(
    "consent",
    state_metadata,
    Column("id", Id, primary_key=True),
    Column("resident", ID, ForeignKey("resident.id"), nullable=False, index=True),
    Column("kind", String(20), nullable=False),  # "monitoring"
    Column("from_at", Int64, nullable=False),
    Column("to_at", Int64),
    CheckConstraint("to_at IS NULL OR to_at >= from_at", name="order"),
)

pause = Table(
    "pause",
    state_metadata,
    Column("id", Id, primary_key=True),
    Column("resident", ID, ForeignKey("resident.id"), nullable=False, index=True),
    Column("covers_alarms", Boolean, nullable=False),  # SOS and the like: confirmed apart
    Column("reason", String(200), nullable=False),
    Column("from_at", Int64, nullable=False),
    Column("to_at", Int64),
    CheckConstraint("to_at IS NULL OR to_at >= from_at", name="order"),
)

# A device is an address: homecare/v1/{site}/{home}/{id}. What stands there is a placement.
device = Table(
    "device",
    state_metadata,
    Column("key", Id, primary_key=True),
    Column("site", ID, nullable=False),
    Column("home", ID, nullable=False),
    Column("id", ID, nullable=False),
    Column("dialect", String(32), nullable=False),
    Column("hub", ID),  # through which it speaks, under the hub's credential
    Column("model", String(100)),
    Column("interval_ms", Int64),  # expected at least this often; NULL: speaks only on events
    Column("signals", String(400), nullable=False),  # what it is known to measure
    UniqueConstraint("site", "home", "id"),
    ForeignKeyConstraint(["site", "home"], ["home.site", "home.id"]),
)

placement = Table(
    "placement",
    state_metadata,
    Column("id", Id, primary_key=True),
    Column("site", ID, nullable=False),
    Column("home", ID, nullable=False),
    Column("device", ID, nullable=False),
    Column("place", ID),  # room: "kitchen", "outer"
    Column("owner", ID, nullable=False),  # resident's id, or "home"
    Column("serial", String(64), index=True),  # printed on the thing: by it a move is known
    Column("from_at", Int64, nullable=False),
    Column("to_at", Int64),
    ForeignKeyConstraint(["site", "home", "device"], ["device.site", "device.home", "device.id"]),
    CheckConstraint("to_at IS NULL OR to_at > from_at", name="order"),
)

# User slots of scales and cuffs that several people share.
slot = Table(
    "slot",
    state_metadata,
    Column("id", Id, primary_key=True),
    Column("site", ID, nullable=False),
    Column("home", ID, nullable=False),
    Column("device", ID, nullable=False),
    Column("slot", Integer, nullable=False),
    Column("resident", ID, ForeignKey("resident.id"), nullable=False),
    Column("from_at", Int64, nullable=False),
    Column("to_at", Int64),
    ForeignKeyConstraint(["site", "home", "device"], ["device.site", "device.home", "device.id"]),
    CheckConstraint("to_at IS NULL OR to_at > from_at", name="order"),
)

credential = Table(
    "credential",
    state_metadata,
    Column("login", String(200), primary_key=True),  # {site}.{home}.{hub or device}
    Column("site", ID, ForeignKey("site.id"), nullable=False),
    Column("hash", String(80), nullable=False),  # bcrypt, cost 4: the password is random
    Column("changed_at", Int64, nullable=False),
)

# Counts up with every change, so that other processes see that there was one.
revision = Table(
    "registry_revision",
    state_metadata,
    Column("id", Integer, primary_key=True),  # always 1
    Column("number", Int64, nullable=False),
)
