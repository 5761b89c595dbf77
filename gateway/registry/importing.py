"""Importing the registry from a file: a plan first, then all of it or nothing.

plan = importing.plan(text, "homes.yaml", registry.directory, now)
if not plan.problems:
    ready = credentials.prepared(plan.new_logins)  # hashes take long: before the lock
    with writing(engine) as conn:
        passwords = importing.apply(conn, plan, viewer, now, ready)
    registry.reload()
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, insert, update

from devices.errors import Refused
from gateway.access import Action, Viewer
from gateway.access.audit import Verb, audit
from gateway.db import state_metadata
from gateway.registry import credentials
from gateway.registry import tables as t
from gateway.registry.csv_source import read_csv
from gateway.registry.directory import Directory
from gateway.registry.lookup import Lookup
from gateway.registry.plan_devices import plan_device
from gateway.registry.plan_people import plan_residents
from gateway.registry.plan_places import SITE_DEFAULTS, plan_home, plan_site
from gateway.registry.plans import Change, Draft, Plan, What
from gateway.registry.records import Records, bump, load
from gateway.registry.sources import Problem, Sheet
from gateway.registry.wanted import Wanted, understand
from gateway.registry.yaml_source import read_yaml

LARGEST = 20_000_000  # bytes
READERS = {".csv": read_csv, ".yaml": read_yaml, ".yml": read_yaml}


def read(path: Path) -> str:
    """A file's text. Raises Refused."""
    try:
        if path.stat().st_size > LARGEST:
            raise Refused("import", str(path), "larger than 20 MB", "Split it by site")
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise Refused(
            "import", str(path), f"line {line} is not UTF-8", "Save it as UTF-8 and try again"
        ) from error
    except OSError as error:
        raise Refused("import", str(path), error.strerror or str(error)) from error


def plan(text: str, file: str, directory: Directory, now: int) -> Plan:
    """What a file would change; writes nothing. `file`: its name, which tells the format."""
    reader = READERS.get(Path(file).suffix.casefold())
    if reader is None:
        problem = Problem(1, f"{file} is neither .yaml nor .csv: name it for what it is")
        return Plan(file, problems=(problem,))
    sheet: Sheet = reader(text)
    wanted = understand(sheet, directory)
    made = _plan(file, wanted, directory.records, now)
    problems = sorted({*sheet.problems, *made.problems})
    if not wanted and not problems:
        problems = [Problem(1, "nothing to import: no site in it")]
    named = frozenset(raw.path()[0] for raw in sheet.rows) - {""}
    if problems:
        return Plan(file, problems=tuple(problems), named=named)
    return replace(made, named=named)


def apply(
    conn: Connection,
    plan: Plan,
    viewer: Viewer,
    now: int,
    ready: Sequence[credentials.NewPassword] = (),
) -> list[credentials.NewPassword]:
    """Make it so, in the caller's writing transaction. Passwords are returned once, here.

    `ready`: those of `plan.new_logins`, made before the transaction began. After the commit:
    `Registry.reload`, and the broker's `reload`. Raises NotAllowed, and Refused where the plan has
    problems or the registry was changed since it was made.
    """
    if plan.problems:
        raise Refused("import", plan.file, str(plan.problems[0]), "Mend the file and try again")
    fresh = _plan(plan.file, plan.wanted, load(conn), now)
    for site in sorted(plan.sites | fresh.sites):  # also one that a device is taken away from
        viewer.require(Action.IMPORT_REGISTRY, site)
    if fresh.problems or _told(fresh) != _told(plan):
        raise Refused(
            "import", plan.file, "the registry was changed meanwhile", "Look at a new dry run first"
        )
    if fresh.empty:
        return []
    _write(conn, fresh)
    bump(conn)
    _audit(conn, fresh, viewer, now)
    conn.execute(delete(t.credential).where(t.credential.c.login.in_(fresh.new_logins)))
    return _renew_credentials(conn, now, ready)


def _write(conn: Connection, made: Plan) -> None:
    """New rows table by table, parents first: the write lock must not be held row by row."""
    inserts: dict[str, list[dict[str, Any]]] = {}
    for write in (write for change in made.changes for write in change.writes):
        if write.where is None:
            inserts.setdefault(write.table.name, []).append(dict(write.values))
        else:
            where = [write.table.c[key] == value for key, value in write.where.items()]
            conn.execute(update(write.table).where(*where).values(**write.values))
    for table in state_metadata.sorted_tables:
        if rows := inserts.get(table.name):
            conn.execute(insert(table), rows)


def _plan(file: str, wanted: Sequence[Wanted], records: Records, now: int) -> Plan:
    draft = Draft(Lookup(records), now)
    wanted = tuple(wanted)
    sites = _sites(records, wanted)
    people = _people(records, wanted)
    for row in wanted:
        if row.kind == "site":
            plan_site(draft, row)
        elif row.path[0] in sites and row.kind == "home":
            plan_home(draft, row)
    residents = [row for row in wanted if row.kind == "resident" and row.path[0] in sites]
    plan_residents(draft, residents, sites)
    for row in wanted:
        if row.kind == "device" and row.path[0] in sites:
            plan_device(draft, row, sites[row.path[0]], people)
    return Plan(
        file,
        tuple(draft.changes),
        tuple(draft.problems),
        tuple(draft.notes),
        _left(records, wanted),
        _new_logins(records, wanted, sites, _renewed(draft.changes)),
        wanted,
    )


def _sites(records: Records, wanted: Sequence[Wanted]) -> dict[str, dict[str, Any]]:
    """Each site as it will be; what is missing in a new one is told by `plan_site`."""
    sites = {site.id: {"clock": site.clock, "languages": site.languages} for site in records.sites}
    for row in wanted:
        if row.kind == "site":
            before = sites.get(row.path[0], {**SITE_DEFAULTS, "languages": ("en",)})
            sites[row.path[0]] = {**before, **row.values}
    return sites


def _people(records: Records, wanted: Sequence[Wanted]) -> dict[tuple[str, str], set[str]]:
    people: dict[tuple[str, str], set[str]] = {}
    for stay in records.occupancies:
        people.setdefault((stay.site, stay.home), set()).add(stay.resident)
    for row in wanted:
        if row.kind == "resident":
            people.setdefault((row.path[0], row.path[1]), set()).add(row.path[2])
    return people


def _left(records: Records, wanted: Sequence[Wanted]) -> tuple[str, ...]:
    """What is registered at the file's sites and not in the file."""
    said = {(row.kind, row.path) for row in wanted}
    people = {row.path[-1] for row in wanted if row.kind == "resident"}
    sites = {row.path[0] for row in wanted}
    left = [
        f"home {home.site}/{home.id}"
        for home in records.homes
        if home.site in sites and ("home", (home.site, home.id)) not in said
    ]
    left += [
        f"resident {stay.site}/{stay.home}/{stay.resident}"
        for stay in records.occupancies
        if stay.to_at is None and stay.site in sites and stay.resident not in people
    ]
    serials = {row.values.get("serial") for row in wanted} - {None}
    left += [
        f"device {placed.site}/{placed.home}/{placed.device}"
        for placed in records.placements
        if placed.to_at is None
        and placed.site in sites
        and ("device", (placed.site, placed.home, placed.device)) not in said
        and placed.serial not in serials
    ]
    return tuple(sorted(left))


def _new_logins(
    records: Records,
    wanted: Sequence[Wanted],
    sites: dict[str, dict[str, Any]],
    renewed: frozenset[str],
) -> tuple[str, ...]:
    by_address = Lookup(records).devices
    logins = set()
    for row in wanted:
        if row.kind == "device":
            before = by_address.get(row.path)
            hub = row.values.get("hub", before.hub if before else None)
            login = credentials.login_of(row.path[0], row.path[1], hub or row.path[2])
            logins.add(login)
        elif row.kind == "site" and sites[row.path[0]]["clock"] == "data":
            logins.add(credentials.driver_login(row.path[0]))
    return tuple(sorted((logins - records.logins) | (logins & renewed)))


def _renewed(changes: Sequence[Change]) -> frozenset[str]:
    """Logins of addresses at which another thing stands now; a hub's stays, being the hub's."""
    return frozenset(
        credentials.login_of(*change.id.split("/")) for change in changes if change.renew
    )


def _renew_credentials(
    conn: Connection, now: int, ready: Sequence[credentials.NewPassword]
) -> list[credentials.NewPassword]:
    """One for each hub and device that stands somewhere; none for what stands nowhere.

    A thing that was moved away knows its old password: the address it left must not keep it.
    """
    records = load(conn)
    needed = credentials.logins_in_use(records, now)
    for login in sorted(records.logins - needed.keys()):
        conn.execute(delete(t.credential).where(t.credential.c.login == login))
    missing = {login: site for login, site in needed.items() if login not in records.logins}
    return credentials.create(conn, missing, now, ready)


def _audit(conn: Connection, made: Plan, viewer: Viewer, now: int) -> None:
    by_site: dict[str, list[Change]] = {}
    for change in made.changes:
        if change.action is not What.UNCHANGED:
            by_site.setdefault(change.id.split("/")[0], []).append(change)
    for site, changes in sorted(by_site.items()):
        detail = f"{len(changes)} changes from {Path(made.file).name}"
        audit(conn, viewer, Verb.IMPORTED, f"site:{site}", site, now, detail[:500])
        for change in changes:
            for write in change.writes:
                if write.table is t.consent:
                    given = "from_at" in write.values
                    verb = Verb.RECORDED_CONSENT if given else Verb.WITHDREW_CONSENT
                    who = f"resident:{change.id.split('/')[-1]}"
                    audit(conn, viewer, verb, who, site, now, detail[:500])


def _told(made: Plan) -> list[tuple[str, str, str]]:
    return [(change.action.value, change.kind, change.id) for change in made.changes]
