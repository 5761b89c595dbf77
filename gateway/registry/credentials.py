"""Who may speak to the broker, and about what.

One credential per hub; devices behind it share it. A device without a hub has its own. Passwords
are random, so that a cheap hash (bcrypt, cost 4) serves: a storm of reconnections stays a storm of
milliseconds. A password is shown once, when it is made; a lost one is replaced.
"""

import secrets
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import bcrypt
from sqlalchemy import Connection, insert, select, update

from gateway.access import Action, Viewer, not_found
from gateway.access.audit import Verb, audit
from gateway.registry import tables as t
from gateway.registry.records import Device, Records, bump, load, login_of

__all__ = [
    "Credential",
    "NewPassword",
    "clock_topic",
    "create",
    "credentials",
    "driver_login",
    "gateway_credential",
    "hashed",
    "login_of",
    "logins_in_use",
    "prepared",
    "rotate",
]

ROOT = "homecare/v1"
COST = 4
GATEWAY = "gateway"
LEAVES = ("reading", "urgent", "status")


@dataclass(frozen=True, slots=True)
class Credential:
    """One login of the broker. Topics are MQTT filters."""

    login: str
    bcrypt_hash: str = field(repr=False)
    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A password at the only moment at which it can be read."""

    login: str
    password: str = field(repr=False)
    bcrypt_hash: str = field(repr=False)


def gateway_credential(password: str, login: str = GATEWAY) -> Credential:
    """The gateway's own: hears everything, sends its probes and the homes' alerts.

    Whoever starts the embedded broker makes the password anew each time; it is stored nowhere.
    """
    return Credential(
        login,
        hashed(password),
        publish=(f"{ROOT}/_gateway/#", f"{ROOT}/+/+/alert"),
        subscribe=(f"{ROOT}/#",),
    )


def driver_login(site: str) -> str:
    """The login that advances the clock of a data site, and does nothing else."""
    return f"{site}._site.clock"


def clock_topic(site: str) -> str:
    """Where a data site's driver publishes its ticks."""
    return f"{ROOT}/{site}/_site/clock/reading"


def credentials(conn: Connection, now: int) -> list[Credential]:
    """Everyone but the gateway itself. Who has no device placed now or later is not among them."""
    return _of(
        load(conn),
        _hashes(conn),
        now,
    )


def _hashes(conn: Connection) -> dict[str, str]:
    query = select(t.credential.c.login, t.credential.c.hash)
    return {row.login: row.hash for row in conn.execute(query)}


def logins_in_use(records: Records, now: int) -> dict[str, str]:
    """Every login that is needed now or later, with its site."""
    logins = {login: behind[0].site for login, behind in _behind(records, now).items()}
    return logins | {
        driver_login(site.id): site.id for site in records.sites if site.clock == "data"
    }


def _behind(records: Records, now: int) -> dict[str, list[Device]]:
    """The devices that stand somewhere, by the login they speak under.

    What has ended on a data site has ended, whatever the wall clock says.
    """
    data = {site.id for site in records.sites if site.clock == "data"}
    placed = {
        (found.site, found.home, found.device)
        for found in records.placements
        if found.to_at is None or (found.to_at > now and found.site not in data)
    }
    devices: defaultdict[str, list[Device]] = defaultdict(list)
    for device in records.devices:
        if (device.site, device.home, device.id) in placed:
            devices[device.login].append(device)
    return devices


def _of(records: Records, hashes: dict[str, str], now: int) -> list[Credential]:
    found = [
        Credential(login, hashes[login], _publish(behind), _subscribe(behind))
        for login, behind in sorted(_behind(records, now).items())
        if login in hashes
    ]
    for site in records.sites:
        login = driver_login(site.id)
        if site.clock == "data" and login in hashes:
            found.append(Credential(login, hashes[login], (clock_topic(site.id),), ()))
    return found


def prepared(logins: Iterable[str]) -> tuple[NewPassword, ...]:
    """Passwords with their hashes, a millisecond each: made before the write lock is asked for."""
    return tuple(_new(login) for login in logins)


def create(
    conn: Connection, logins: Mapping[str, str], now: int, ready: Iterable[NewPassword] = ()
) -> list[NewPassword]:
    """Credentials for logins that have none. `logins`: login → site; `ready`: what `prepared` made.

    A login that nobody prepared gets its password here.
    """
    known = {new.login: new for new in ready}
    made = [known.get(login) or _new(login) for login in sorted(logins)]
    rows = [
        {
            "login": new.login,
            "site": logins[new.login],
            "hash": new.bcrypt_hash,
            "changed_at": now,
        }
        for new in made
    ]
    if rows:
        conn.execute(insert(t.credential), rows)
    return made


def rotate(conn: Connection, viewer: Viewer, login: str, now: int) -> NewPassword:
    """A new password for a hub, device or driver; the old one is worth nothing from then on.

    Raises NotFound. The broker has to be told afterwards (`EmbeddedBroker.reload`).
    """
    row = conn.execute(select(t.credential).where(t.credential.c.login == login)).first()
    if row is None or not viewer.may(Action.MANAGE_DEVICES, row.site):
        raise not_found("change credential", login)
    made = _new(login)
    conn.execute(
        update(t.credential)
        .where(t.credential.c.login == login)
        .values(hash=made.bcrypt_hash, changed_at=now)
    )
    bump(conn)  # so that whoever keeps the broker's users sees it
    audit(conn, viewer, Verb.CHANGED_CREDENTIAL, f"credential:{login}", row.site, now)
    return made


def _new(login: str) -> NewPassword:
    password = secrets.token_urlsafe(18)
    return NewPassword(login, password, hashed(password))


def hashed(password: str) -> str:
    """What the broker's configuration holds."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(COST)).decode()


def _publish(devices: list[Device]) -> tuple[str, ...]:
    return tuple(
        f"{ROOT}/{device.site}/{device.home}/{device.id}/{leaf}"
        for device in devices
        for leaf in LEAVES
    )


def _subscribe(devices: list[Device]) -> tuple[str, ...]:
    homes = sorted({(device.site, device.home) for device in devices})
    return tuple(f"{ROOT}/{site}/{home}/alert" for site, home in homes)
