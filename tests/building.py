"""Builders for stories: a registry in memory or in a database, viewers, an engine.

    home = a_home("home-1", residents=["anna"], devices=[a_device("scale", owner="anna")])
    site = a_site("donegal", homes=[home])
    directory = directory_of(site)                  # no database
    engine = state_engine(tmp_path)                 # all imported packages' tables
    registry = registry_with(engine, site)          # stored, and read back

Everything holds from `since` (0: always), everyone has consented, sites are live with a fallback
phone, unless the story says otherwise.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import Engine, Table, insert

from gateway.access import Role, Viewer
from gateway.clock import Clock, ManualClock
from gateway.db import open_state, state_metadata, writing
from gateway.registry import Directory, Registry
from gateway.registry import records as r
from gateway.registry import tables as t
from gateway.registry.credentials import hashed

PASSWORD = "the same for every device of a test"


@dataclass(frozen=True)
class ADevice:
    id: str
    dialect: str = "homecare"
    hub: str | None = None
    place: str | None = None
    owner: str = "home"
    serial: str | None = None
    model: str | None = None
    interval_ms: int | None = None
    signals: tuple[str, ...] = ()
    slots: Mapping[int, str] = field(default_factory=dict)
    since: int = 0
    until: int | None = None
    moves: Sequence[tuple[int, str | None]] = ()  # after `since`: when, and to which place


@dataclass(frozen=True)
class AResident:
    id: str
    name: str = ""
    born: int | None = 1942
    language: str = "en"
    phone: str | None = "+353 74 000 0001"
    consent: int | None = 0  # since when; None: never given
    consent_until: int | None = None
    since: int = 0
    until: int | None = None
    pauses: Sequence[tuple[int, int | None, bool]] = ()  # from, to, covers alarms


@dataclass(frozen=True)
class AHome:
    id: str
    residents: tuple[AResident, ...] = ()
    devices: tuple[ADevice, ...] = ()
    label: str = ""
    area: str = "Gaoth Dobhair"
    drive_minutes: int | None = 25


@dataclass(frozen=True)
class ASite:
    id: str
    homes: tuple[AHome, ...] = ()
    name: str = ""
    zone: str = "Europe/Dublin"
    languages: tuple[str, ...] = ("en",)
    emergency: tuple[str, ...] = ("112",)
    fallback_phone: str | None = "+353 74 000 0000"
    clock: str = "wall"
    live: bool = True
    demo: bool = False
    holidays: str = ""


def a_device(name="motion", /, **fields) -> ADevice:
    """A homecare-dialect device of the home itself, placed since ever."""
    return ADevice(name, **fields)


def a_resident(name="anna", /, **fields) -> AResident:
    """A resident who has consented and lives there since ever."""
    return AResident(name, **fields)


def a_home(
    name="home-1",
    /,
    residents: Iterable[AResident | str] = ("anna",),
    devices: Iterable[ADevice | str] = ("motion",),
    **fields,
) -> AHome:
    """A home with one resident, anna, and one device, motion."""
    return AHome(
        name,
        residents=tuple(a_resident(who) if isinstance(who, str) else who for who in residents),
        devices=tuple(a_device(what) if isinstance(what, str) else what for what in devices),
        **fields,
    )


def a_site(name="donegal", /, homes: Iterable[AHome] | None = None, **fields) -> ASite:
    """A live wall-clock site; without `homes`, with the one of `a_home()`."""
    return ASite(name, homes=tuple([a_home()] if homes is None else homes), **fields)


def directory_of(*sites: ASite) -> Directory:
    """A directory without a database."""
    return Directory(_records(sites or (a_site(),)))


def registry_with(engine: Engine, *sites: ASite, clock: Clock | None = None) -> Registry:
    """The sites stored in the database, with a credential for every hub and device."""
    records = _records(sites or (a_site(),))
    with writing(engine) as conn:
        for table, rows in _rows(records):
            if rows:
                conn.execute(insert(table), rows)
        r.bump(conn)
    return Registry(engine, clock or ManualClock())


def state_engine(tmp_path: Path) -> Engine:
    """A new state.db with the tables of every package that the test has imported."""
    engine = open_state(tmp_path / "state.db")
    state_metadata.create_all(engine)
    return engine


def viewer(
    role: Role | str | Iterable[Role | str] = Role.CARER,
    site: str = "donegal",
    *,
    user_id: int = 7,
    login: str = "",
    resident: str | None = None,
    residents: Iterable[str] = (),
) -> Viewer:
    """A viewer with one role (or several) at one site ("*": everywhere).

    `resident`: whom a resident is; `residents`: who shares with a relative.
    """
    roles = [role] if isinstance(role, str) else list(role)
    own = {*residents, *([resident] if resident else [])}
    return Viewer(
        user_id=user_id,
        login=login or str(roles[0] if roles else "nobody"),
        name=(login or str(roles[0] if roles else "nobody")).title(),
        grants=frozenset((site, Role(one)) for one in roles),
        resident_id=resident or (min(own) if own else None),
        residents=frozenset(own),
    )


def _records(sites: Sequence[ASite]) -> r.Records:
    records = r.Records(revision=1)
    for site in sites:
        records = replace(
            records,
            sites=(
                *records.sites,
                r.Site(
                    id=site.id,
                    name=site.name or site.id.title(),
                    zone=site.zone,
                    languages=site.languages,
                    emergency=site.emergency,
                    fallback_phone=site.fallback_phone,
                    clock=site.clock,
                    live=site.live,
                    demo=site.demo,
                    holidays=site.holidays,
                ),
            ),
        )
        for home in site.homes:
            records = _with_home(records, site.id, home)
    return replace(records, logins=frozenset(device.login for device in records.devices))


def _with_home(records: r.Records, site: str, home: AHome) -> r.Records:
    record = r.Home(site, home.id, home.label or home.id.title(), home.area, home.drive_minutes)
    records = replace(records, homes=(*records.homes, record))
    for resident in home.residents:
        records = _with_resident(records, site, home.id, resident)
    for device in home.devices:
        records = _with_device(records, site, home.id, device)
    return records


def _with_resident(records: r.Records, site: str, home: str, who: AResident) -> r.Records:
    name = who.name or f"{who.id.title()} J."
    record = r.Resident(who.id, site, name, who.born, who.language, who.phone)
    known = any(found.id == who.id for found in records.residents)
    consents = records.consents
    if who.consent is not None and not known:
        number = len(consents) + 1
        consent = r.Consent(number, who.consent, who.consent_until, who.id, r.MONITORING)
        consents = (*consents, consent)
    pauses = records.pauses
    for start, end, alarms in () if known else who.pauses:
        pauses = (*pauses, r.Pause(len(pauses) + 1, start, end, who.id, alarms, "away"))
    stay = r.Occupancy(len(records.occupancies) + 1, who.since, who.until, who.id, site, home)
    return replace(
        records,
        residents=records.residents if known else (*records.residents, record),
        occupancies=(*records.occupancies, stay),
        consents=consents,
        pauses=pauses,
    )


def _with_device(records: r.Records, site: str, home: str, what: ADevice) -> r.Records:
    record = r.Device(
        key=len(records.devices) + 1,
        site=site,
        home=home,
        id=what.id,
        dialect=what.dialect,
        hub=what.hub,
        model=what.model,
        interval_ms=what.interval_ms,
        signals=what.signals,
    )
    stays = [(what.since, what.place), *what.moves]
    ends = [*(at for at, _ in what.moves), what.until]
    placements = records.placements
    for (since, place), until in zip(stays, ends, strict=True):
        placement = r.Placement(
            len(placements) + 1,
            since,
            until,
            site,
            home,
            what.id,
            place,
            what.owner,
            what.serial,
        )
        placements = (*placements, placement)
    slots = records.slots
    for number, who in what.slots.items():
        slot = r.Slot(len(slots) + 1, what.since, what.until, site, home, what.id, number, who)
        slots = (*slots, slot)
    return replace(
        records,
        devices=(*records.devices, record),
        placements=placements,
        slots=slots,
    )


def _rows(records: r.Records) -> list[tuple[Table, list[dict[str, object]]]]:
    joined = {"languages", "emergency", "signals"}
    counted = {r.Device: "key"}  # the database counts these, and the intervals' ids, itself

    def rows(found: Sequence[object]) -> list[dict[str, object]]:
        return [
            {
                name: " ".join(getattr(one, name)) if name in joined else getattr(one, name)
                for name in one.__dataclass_fields__
                if name != counted.get(type(one), "id" if isinstance(one, r.Span) else None)
            }
            for one in found
        ]

    hash_of_all = hashed(PASSWORD)
    credentials = {
        device.login: {
            "login": device.login,
            "site": device.site,
            "hash": hash_of_all,
            "changed_at": 0,
        }
        for device in records.devices
    }
    return [
        (t.site, rows(records.sites)),
        (t.home, rows(records.homes)),
        (t.resident, rows(records.residents)),
        (t.device, rows(records.devices)),
        (t.occupancy, rows(records.occupancies)),
        (t.consent, rows(records.consents)),
        (t.pause, rows(records.pauses)),
        (t.placement, rows(records.placements)),
        (t.slot, rows(records.slots)),
        (t.credential, list(credentials.values())),
    ]
