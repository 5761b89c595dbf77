"""The registry as rows: what is in the database, read in one go."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, Table, insert, select, update

from gateway.registry import tables as t

HOME = "home"  # owner of a device that is nobody's own
MONITORING = "monitoring"  # the kind of consent without which no value is kept


@dataclass(frozen=True, slots=True)
class Site:
    """A pilot region or municipality."""

    id: str
    name: str
    zone: str
    languages: tuple[str, ...]
    emergency: tuple[str, ...]
    fallback_phone: str | None
    clock: str
    live: bool
    demo: bool
    holidays: str = ""  # code of its calendar of public holidays; "": none known


@dataclass(frozen=True, slots=True)
class Home:
    """Where devices live."""

    site: str
    id: str
    label: str
    area: str
    drive_minutes: int | None


@dataclass(frozen=True, slots=True)
class Resident:
    """Whom care is for."""

    id: str
    site: str
    name: str
    born: int | None
    language: str
    phone: str | None


@dataclass(frozen=True, slots=True)
class Device:
    """An address at which something reports."""

    key: int
    site: str
    home: str
    id: str
    dialect: str
    hub: str | None
    model: str | None
    interval_ms: int | None
    signals: tuple[str, ...]

    @property
    def login(self) -> str:
        """Under which its messages arrive: the hub's credential, or its own."""
        return login_of(self.site, self.home, self.hub or self.id)


@dataclass(frozen=True, slots=True)
class Span:
    """Something that holds from one moment until, but without, another. Ends may be open."""

    id: int
    from_at: int
    to_at: int | None

    def covers(self, at: int) -> bool:
        """Whether it holds at that moment."""
        return self.from_at <= at and (self.to_at is None or at < self.to_at)


@dataclass(frozen=True, slots=True)
class Occupancy(Span):
    """Who lives where."""

    resident: str
    site: str
    home: str


@dataclass(frozen=True, slots=True)
class Consent(Span):
    """What a resident agreed to."""

    resident: str
    kind: str


@dataclass(frozen=True, slots=True)
class Pause(Span):
    """A resident's pause of monitoring, and, confirmed apart, of alarms."""

    resident: str
    covers_alarms: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Placement(Span):
    """Which thing stands at an address, in which room, and whose it is."""

    site: str
    home: str
    device: str
    place: str | None
    owner: str
    serial: str | None


@dataclass(frozen=True, slots=True)
class Slot(Span):
    """Who uses one user slot of a shared device."""

    site: str
    home: str
    device: str
    slot: int
    resident: str


@dataclass(frozen=True, slots=True)
class Records:
    """Everything, as of one revision."""

    revision: int = 0
    sites: tuple[Site, ...] = ()
    homes: tuple[Home, ...] = ()
    residents: tuple[Resident, ...] = ()
    devices: tuple[Device, ...] = ()
    occupancies: tuple[Occupancy, ...] = ()
    consents: tuple[Consent, ...] = ()
    pauses: tuple[Pause, ...] = ()
    placements: tuple[Placement, ...] = ()
    slots: tuple[Slot, ...] = ()
    logins: frozenset[str] = frozenset()


def login_of(site: str, home: str, name: str) -> str:
    """The broker login of a hub or device."""
    return f"{site}.{home}.{name}"


def load(conn: Connection) -> Records:
    """Read it all; the connection's one moment makes it consistent."""
    return Records(
        revision=revision(conn),
        sites=tuple(_site(row) for row in _rows(conn, t.site)),
        homes=tuple(Home(**row) for row in _rows(conn, t.home)),
        residents=tuple(Resident(**row) for row in _rows(conn, t.resident)),
        devices=tuple(_device(row) for row in _rows(conn, t.device)),
        occupancies=tuple(Occupancy(**row) for row in _rows(conn, t.occupancy)),
        consents=tuple(Consent(**row) for row in _rows(conn, t.consent)),
        pauses=tuple(Pause(**row) for row in _rows(conn, t.pause)),
        placements=tuple(Placement(**row) for row in _rows(conn, t.placement)),
        slots=tuple(Slot(**row) for row in _rows(conn, t.slot)),
        logins=frozenset(conn.execute(select(t.credential.c.login)).scalars()),
    )


def revision(conn: Connection) -> int:
    """How often the registry has been changed."""
    found = conn.execute(select(t.revision.c.number)).scalar()
    return 0 if found is None else int(found)


def bump(conn: Connection) -> None:
    """Every transaction that changes the registry says so, once."""
    changed = conn.execute(update(t.revision).values(number=t.revision.c.number + 1))
    if changed.rowcount == 0:
        conn.execute(insert(t.revision).values(id=1, number=1))


def _rows(conn: Connection, table: Table) -> Sequence[RowMapping]:
    return conn.execute(select(table).order_by(*table.primary_key.columns)).mappings().all()


def _site(row: RowMapping) -> Site:
    fields = dict(row)
    fields["languages"] = tuple(str(fields["languages"]).split())
    fields["emergency"] = tuple(str(fields["emergency"]).split())
    return Site(**fields)


def _device(row: RowMapping) -> Device:
    fields = dict(row)
    fields["signals"] = tuple(str(fields["signals"]).split())
    return Device(**fields)
