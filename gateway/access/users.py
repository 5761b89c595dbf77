"""Accounts: made, granted roles, disabled, and signed in with a password."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from devices.errors import Refused
from gateway.access import passwords, throttle
from gateway.access.audit import Verb, audit
from gateway.access.errors import not_found
from gateway.access.people import viewer_of
from gateway.access.roles import OWN_ONLY, Action, Role
from gateway.access.tables import grant, session, user
from gateway.access.viewer import EVERYWHERE, SYSTEM, Viewer
from gateway.db import reading, writing

LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")

Grant = tuple[str, Role]


@dataclass(frozen=True, slots=True)
class Account:
    """One user as administrators see them: no password, no health."""

    id: int
    login: str
    name: str
    language: str
    resident: str | None
    grants: frozenset[Grant]
    disabled: bool


def create(
    conn: Connection,
    login: str,
    name: str,
    password: str | None,
    grants: Iterable[Grant],
    now: int,
    resident: str | None = None,
    language: str = "en",
    by: Viewer = SYSTEM,
) -> int:
    """A new account; its id. Without a password it signs in by links. Raises Refused.

    `resident`: whom a user of role resident is or represents. A relative's residents come from
    `sharing`. Who creates it must have MANAGE_USERS at every site it grants.
    """
    login = normal_login(login)
    grants = frozenset(grants)
    _check_grants("create user", login, grants, resident, by)
    if password is not None:
        passwords.check_strength(password, login)
    try:
        made = conn.execute(
            insert(user).values(
                login=login,
                name=name,
                language=language,
                password_hash=None if password is None else passwords.hash_password(password),
                resident=resident,
                created_at=now,
            )
        )
    except IntegrityError as error:
        raise Refused("create user", login, "this login exists", "Take another one") from error
    assert made.inserted_primary_key is not None
    user_id = int(made.inserted_primary_key[0])
    _insert_grants(conn, user_id, grants)
    audit(conn, by, Verb.CREATED_USER, f"user:{user_id}", None, now, _as_text(grants), resident)
    return user_id


def authenticate(
    engine: Engine, login: str, password: str, now: int, address: str = ""
) -> Viewer | None:
    """Whose login and password these are, or None, which tells nothing more.

    Takes the engine, not a connection: the slow hash is computed outside any transaction. Raises
    Throttled after too many failures of this login or network `address`.
    """
    try:
        login = normal_login(login)
    except Refused:
        login = "\x00"  # no login can be this: counted and answered as any other wrong one
    with writing(engine) as conn:
        throttle.count(conn, login, address, now)
    with reading(engine) as conn:
        row = conn.execute(select(user).where(user.c.login == login)).first()
    stored = row.password_hash if row is not None and row.disabled_at is None else None
    if not passwords.verify(stored, password) or row is None or stored is None:
        return None
    renewed = passwords.hash_password(password) if passwords.outdated(stored) else None
    with writing(engine) as conn:
        throttle.forgive(conn, login, address)
        if renewed is not None:
            conn.execute(update(user).where(user.c.id == row.id).values(password_hash=renewed))
        viewer = viewer_of(conn, row.id, now)
        if viewer is not None:
            audit(conn, viewer, Verb.SIGNED_IN, f"user:{row.id}", None, now, "with a password")
    return viewer


def set_password(conn: Connection, user_id: int, password: str, now: int, by: Viewer) -> None:
    """A new password, by its owner or by who manages users; every open session ends."""
    account = find(conn, user_id)
    if by.user_id != user_id:
        _require_management(by, account.grants)
    passwords.check_strength(password, account.login)
    conn.execute(
        update(user)
        .where(user.c.id == user_id)
        .values(password_hash=passwords.hash_password(password))
    )
    _end_sessions(conn, user_id, now)
    audit(conn, by, Verb.CHANGED_USER, f"user:{user_id}", None, now, "password")


def set_language(conn: Connection, viewer: Viewer, language: str) -> None:
    """The viewer's own language for pages."""
    conn.execute(update(user).where(user.c.id == viewer.user_id).values(language=language))


def disable(conn: Connection, user_id: int, now: int, by: Viewer) -> None:
    """The account stays for the audit; sessions end, and nothing signs it in any more."""
    _require_management(by, find(conn, user_id).grants)
    conn.execute(update(user).where(user.c.id == user_id).values(disabled_at=now))
    _end_sessions(conn, user_id, now)
    audit(conn, by, Verb.DISABLED_USER, f"user:{user_id}", None, now)


def set_grants(
    conn: Connection, user_id: int, grants: Iterable[Grant], now: int, by: Viewer
) -> None:
    """Exactly these roles from now on. Raises Refused; nobody changes their own."""
    account = find(conn, user_id)
    if by.user_id == user_id:
        raise Refused(
            "grant roles", account.login, "these are your own", "Ask another administrator"
        )
    wanted = frozenset(grants)
    added, taken = wanted - account.grants, account.grants - wanted
    _check_grants("grant roles", account.login, added | taken, account.resident, by)
    conn.execute(delete(grant).where(grant.c.user_id == user_id))
    _insert_grants(conn, user_id, wanted)
    if added:
        audit(conn, by, Verb.GRANTED, f"user:{user_id}", None, now, _as_text(added))
    if taken:
        audit(conn, by, Verb.TOOK_GRANT, f"user:{user_id}", None, now, _as_text(taken))


def find(conn: Connection, user_id: int) -> Account:
    """Raises NotFound."""
    found = _accounts(conn, user_id)
    if not found:
        raise not_found("find user", "user")
    return found[0]


def by_login(conn: Connection, login: str) -> Account | None:
    """For the command line and set-up; no page tells whether a login exists."""
    user_id = conn.execute(select(user.c.id).where(user.c.login == normal_login(login))).scalar()
    return None if user_id is None else find(conn, user_id)


def listing(conn: Connection, viewer: Viewer) -> list[Account]:
    """Accounts with a role at a site whose users this viewer manages."""
    viewer.require(Action.MANAGE_USERS)
    return [account for account in _accounts(conn) if _manages_any(viewer, account.grants)]


def names(conn: Connection, user_ids: Iterable[int]) -> dict[int, str]:
    """Names of colleagues for pages ("Bjarni has it")."""
    query = select(user.c.id, user.c.name).where(user.c.id.in_(sorted(set(user_ids))))
    return {row.id: row.name for row in conn.execute(query)}


def normal_login(login: str) -> str:
    """Lower case, without surrounding space. Raises Refused."""
    plain = unicodedata.normalize("NFKC", login).strip().casefold()
    if not LOGIN.fullmatch(plain):
        raise Refused(
            "read login",
            login[:70],
            "not a login",
            "Use 1 to 64 of the letters a-z, digits and . _ @ -",
        )
    return plain


def _accounts(conn: Connection, user_id: int | None = None) -> list[Account]:
    people, roles = select(user).order_by(user.c.login), select(grant)
    if user_id is not None:
        people = people.where(user.c.id == user_id)
        roles = roles.where(grant.c.user_id == user_id)
    by_user: dict[int, set[Grant]] = {}
    for row in conn.execute(roles):
        by_user.setdefault(row.user_id, set()).add((row.site, Role(row.role)))
    return [
        Account(
            id=row.id,
            login=row.login,
            name=row.name,
            language=row.language,
            resident=row.resident,
            grants=frozenset(by_user.get(row.id, ())),
            disabled=row.disabled_at is not None,
        )
        for row in conn.execute(people)
    ]


def _check_grants(
    operation: str, login: str, grants: frozenset[Grant], resident: str | None, by: Viewer
) -> None:
    for site, role in grants:
        if role in OWN_ONLY and site == EVERYWHERE:
            raise Refused(
                operation, login, f"role {role} at every site", "Name the one site they live at"
            )
        if role is Role.RESIDENT and resident is None:
            raise Refused(
                operation, login, "role resident without a resident", "Say which resident it is"
            )
    _require_management(by, grants)


def _require_management(by: Viewer, grants: frozenset[Grant]) -> None:
    """Nobody makes, changes or disables who has rights beyond the manager's own sites."""
    by.require(Action.MANAGE_USERS)
    for site, _ in grants:
        if site == EVERYWHERE and EVERYWHERE not in by.sites(Action.MANAGE_USERS):
            by.require(Action.MANAGE_USERS, EVERYWHERE)
        elif site != EVERYWHERE:
            by.require(Action.MANAGE_USERS, site)


def _manages_any(viewer: Viewer, grants: frozenset[Grant]) -> bool:
    return not grants or any(viewer.may(Action.MANAGE_USERS, site) for site, _ in grants)


def _insert_grants(conn: Connection, user_id: int, grants: frozenset[Grant]) -> None:
    if grants:
        rows = [{"user_id": user_id, "site": site, "role": role.value} for site, role in grants]
        conn.execute(insert(grant), rows)


def _end_sessions(conn: Connection, user_id: int, now: int) -> None:
    conn.execute(
        update(session)
        .where(session.c.user_id == user_id, session.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def _as_text(grants: Iterable[Grant]) -> str:
    return ", ".join(sorted(f"{role} at {site}" for site, role in grants))
