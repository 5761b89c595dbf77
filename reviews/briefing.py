"""What a replay has to know of a site: who lived where with which values, and what was paused."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

import sqlalchemy as sa

from gateway import rulebook
from gateway.registry import Directory
from gateway.rulebook import Entry, Mode
from gateway.watch import subjects
from gateway.watch import tables as watch
from gateway.watch.sensors import hold_ms
from reviews.dispositions import marked
from reviews.job import Device, Job, Lived, Pause, Segment, Stay, Stood
from reviews.pasts import Watch
from rules.file.language import Rule

FOREVER = 1 << 53

Values = Mapping[str, Decimal]


def build(
    conn: sa.Connection,
    directory: Directory,
    site: str,
    base: Entry,
    rule: Rule,
    values: Values,
    mode: Mode,
    start: int,
    end: int,
    silence_factor: float,
) -> Job:
    """The job that compares `base` with `rule` and `values` over (start, end], site's clock."""
    then = rulebook.rule_of(base.text)
    past = lived(conn, directory, site, start, end, silence_factor)
    changes = _own_values(conn, site, rule.name)
    segments = []
    for subject, home, resident, since, until in _watched(directory, site, rule, start, end):
        cuts = sorted({at for at, _ in changes.get(resident or "", ()) if since < at < until})
        for one, two in zip([since, *cuts], [*cuts, until], strict=True):
            own = _at(changes.get(resident or "", ()), one)
            if rulebook.switched_off(own):
                continue
            segments.append(
                Segment(
                    subject,
                    home,
                    one,
                    two,
                    _texts(rulebook.within(then, base.values, own)),
                    _texts(rulebook.within(rule, values, own)),
                )
            )
    return Job(
        site=site,
        zone=past.zone,
        holidays=past.holidays,
        start=start,
        end=end,
        then_text=base.text,
        now_text=rule.text,
        then_off=base.mode is Mode.OFF,
        now_off=mode is Mode.OFF,
        segments=tuple(segments),
        stays=past.stays,
        pauses=past.pauses,
        devices=past.devices,
        gaps=past.gaps,
        marked=tuple(marked(conn, site, rule.name, start, end)),
    )


def lived(
    conn: sa.Connection,
    directory: Directory,
    site: str,
    start: int,
    end: int,
    silence_factor: float,
) -> Lived:
    """What a history of the site depends on beside its readings."""
    known = directory.sites[site]
    return Lived(
        site,
        known.zone,
        known.holidays,
        start,
        end,
        tuple(
            Stay(stay.resident, stay.home, stay.from_at, stay.to_at or FOREVER)
            for resident in directory.residents(site)
            for stay in resident.occupancies
            if stay.site == site
        ),
        tuple(
            Pause(resident.id, pause.from_at, pause.to_at or FOREVER, pause.covers_alarms)
            for resident in directory.residents(site)
            for pause in resident.pauses
        ),
        tuple(_devices(directory, site, silence_factor)),
        _gaps(conn, start, end) if known.clock == "wall" else (),
    )


def watched(
    conn: sa.Connection,
    directory: Directory,
    side: str,
    rule: Rule,
    values: Values,
    lived: Lived,
    *,
    own: bool = True,
) -> Iterator[Watch]:
    """Everybody whom a rule would have watched; `values` are the site's.

    `own`: residents keep what was set for them, at the times for which it was.
    """
    site = lived.site
    changes = _own_values(conn, site, rule.name) if own else {}
    for subject, home, resident, since, until in _watched(
        directory, site, rule, lived.start, lived.end
    ):
        line = changes.get(resident or "", ())
        cuts = sorted({at for at, _ in line if since < at < until})
        for one, two in zip([since, *cuts], [*cuts, until], strict=True):
            held = _at(line, one)
            if rulebook.switched_off(held):
                continue
            numbers = _texts(rulebook.within(rule, values, held))
            yield Watch(side, rule, subject, home, one, two, numbers)


def _gaps(conn: sa.Connection, start: int, end: int) -> tuple[tuple[int, int], ...]:
    """When the gateway did not hear; of a data site's own clock nothing is known here."""
    of = watch.gap.c
    query = (
        sa.select(of.start_at, sa.func.coalesce(of.end_at, end))
        .where(of.start_at < end, sa.func.coalesce(of.end_at, end) > start)
        .order_by(of.start_at)
    )
    return tuple((begin, until) for begin, until in conn.execute(query))


def _watched(
    directory: Directory, site: str, rule: Rule, start: int, end: int
) -> Iterator[tuple[str, str, str | None, int, int]]:
    """(subject, home, whose values, from, until) of everybody the rule is for who agrees now."""
    if rule.subject == "home":
        for home in directory.homes(site):
            living = [directory.resident(one.resident) for one in home.occupancies]
            if any(one is not None and one.consented(end) for one in living):
                sole = home.sole_occupant(end - 1)
                yield subjects.of_home(site, home.id), home.id, sole, start, end
        return
    for resident in directory.residents(site):
        if not resident.consented(end):
            continue
        for stay in resident.occupancies:
            since, until = max(start, stay.from_at), min(end, stay.to_at or FOREVER)
            if stay.site == site and since < until:
                subject = subjects.of_resident(resident.id)
                yield subject, stay.home, resident.id, since, until


def _own_values(
    conn: sa.Connection, site: str, rule_name: str
) -> dict[str, list[tuple[int, dict[str, Decimal]]]]:
    """Per resident: every change of own values, and what they were from then on."""
    found: dict[str, list[tuple[int, dict[str, Decimal]]]] = {}
    of = rulebook.parameter.c
    query = (
        sa.select(of.resident, of.name, of.value, of.effective_at)
        .where(of.site == site, of.rule_name == rule_name)
        .order_by(of.effective_at, of.id)
    )
    for resident, name, value, at in conn.execute(query):
        line = found.setdefault(resident, [])
        values = dict(line[-1][1]) if line else {}
        if value is None:
            values.pop(name, None)
        else:
            values[name] = Decimal(value)
        line.append((at, values))
    return found


def _at(line: list[tuple[int, dict[str, Decimal]]] | tuple[()], at: int) -> dict[str, Decimal]:
    return next((values for since, values in reversed(line) if since <= at), {})


def _texts(values: Values) -> dict[str, str]:
    return {name: f"{value:f}" for name, value in values.items()}


def _devices(directory: Directory, site: str, silence_factor: float) -> Iterator[Device]:
    for entry in directory.devices(site):
        hold = hold_ms(entry.interval_ms, silence_factor)
        stood = tuple(
            Stood(one.place, one.from_at, one.to_at or FOREVER, one.heard)
            for one in entry.standings
        )
        yield Device(entry.home, entry.device, entry.key, entry.hub, entry.signals, hold, stood)
