"""Taking up where the host stopped: snapshot, silent repetition, and what must agree afterwards.

Rows between the snapshot and the committed offset are fed again with everybody's mouth shut, and
the clocks go to where they were committed: what they would say has been said. A site without a
usable snapshot begins at its committed clock, its rules primed from the past.
"""

from typing import NamedTuple

import sqlalchemy as sa
import structlog

from devices.errors import HomecareError
from gateway import rulebook
from gateway.alerts.past import last_told, open_technical, still_open
from gateway.clock import Clock
from gateway.db import reading
from gateway.intake.journal import Journal
from gateway.intake.rows import Row
from gateway.registry import Directory, Registry
from gateway.watch import keeping
from gateway.watch.calls import UNATTRIBUTED
from gateway.watch.findings import ended, withdrawn_past
from gateway.watch.keeping import Gap, Kept
from gateway.watch.site import SiteWatch
from gateway.watch.sites import Sites

_log = structlog.get_logger("watch")

BATCH_ROWS = 1_000
GAPS_MS = 40 * 86_400_000  # gaps are remembered for as long as anything can be replayed


class TakenUp(NamedTuple):
    """What else the host must know."""

    alive_at: int | None  # wall; None: never before
    revision: int  # of the rulebook that was read


def take_up(
    sites: Sites,
    engine: sa.Engine,
    registry: Registry,
    journal: Journal,
    clock: Clock,
    delay_ms: int,
) -> TakenUp:
    """Bring `sites` to where the last commit was."""
    with reading(engine) as conn:
        kept = keeping.load(conn)
    directory = registry.directory
    first = journal.read(kept.offset, 1)
    now = min([clock.now(), *(row.received_at for row in first)])

    def starts(site: str) -> int:
        return kept.watermarks.get(site) or start_of(directory, site, now, delay_ms)

    sites.gaps = kept.gaps
    sites.use(directory, starts)
    with reading(engine) as conn:
        revision = rulebook.revision(conn)
        sites.read_rulebook(conn)
    shot = _restore(sites, directory, kept)
    fresh = [watch for watch in sites.watches.values() if watch.id not in shot.restored]
    if shot.restored:
        _repeat(sites, journal, shot.offset, kept, delay_ms)
    sites.offset = kept.offset
    for watch in sites.watches.values():
        sites.advance(watch, kept.watermarks.get(watch.id, 0))
        watch.findings.clear()
    for watch in fresh:
        watch.late.clear()
    with reading(engine) as conn:
        for watch in fresh:
            for kind, key in open_technical(conn, watch.id):
                watch.silence.adopt(kind, key)
        sites.settle()
        for watch in sites.watches.values():
            _agree(conn, watch, fresh=watch.id not in shot.restored)
    return TakenUp(kept.alive_at, revision)


def start_of(directory: Directory, site: str, now: int, delay_ms: int) -> int:
    """Where a site's clock begins; a data site's with its first tick."""
    return 0 if directory.sites[site].clock == "data" else now - delay_ms - 1


class _Shot(NamedTuple):
    offset: int
    restored: frozenset[str]


def _restore(sites: Sites, directory: Directory, kept: Kept) -> _Shot:
    restored: set[str] = set()
    offsets = {offset for offset, _ in kept.snapshots.values()}
    for site, (_, data) in kept.snapshots.items():
        watch = sites.watches.get(site)
        if watch is None:
            continue
        try:
            watch.restore(data)
            watch.use(directory)
        except (HomecareError, ValueError, KeyError, TypeError) as error:
            _log.warning("snapshot_refused", site=site, problem=str(error))
            sites.watches[site] = again = SiteWatch(
                watch.site, watch.factor, kept.watermarks.get(site, 0)
            )
            again.use(directory)
        else:
            restored.add(site)
            sites.schedule(watch)
    return _Shot(min(offsets, default=kept.offset), frozenset(restored))


def _repeat(sites: Sites, journal: Journal, after: int, kept: Kept, delay_ms: int) -> None:
    sites.offset = after
    waiting: list[Gap] = [
        gap
        for gap in kept.gaps
        if gap.start_at is not None and (gap.last_offset is None or gap.last_offset > after)
    ]
    while after < kept.offset:
        rows = journal.read(after, min(BATCH_ROWS, kept.offset - after))
        rows = [row for row in rows if row.offset <= kept.offset]
        if not rows:
            break
        for row in rows:
            while waiting and waiting[0].first_offset <= row.offset:
                _tell_gap(sites, waiting.pop(0))
            sites.handle(row, frozen=_stood(row, kept, delay_ms))
            for watch in sites.watches.values():
                watch.findings.clear()
        after = rows[-1].offset
    for gap in waiting:
        _tell_gap(sites, gap)


def _stood(row: Row, kept: Kept, delay_ms: int) -> bool:
    """Whether wall clocks stood when this row was taken the first time.

    They did in every gap, and while the backlog of a start came in: then the clock that was
    committed is behind the row, and what was due in between has not been said yet.
    """
    committed = kept.watermarks.get("".join(row.topic.split("/")[2:3]))
    if committed is not None and row.received_at - delay_ms > committed:
        return True
    return any(gap.holds(row.offset) for gap in kept.gaps)


def _tell_gap(sites: Sites, gap: Gap) -> None:
    for watch in sites.watches.values():
        if not watch.data and gap.start_at is not None:
            watch.gap(gap.start_at, gap.end_at)


def _agree(conn: sa.Connection, watch: SiteWatch, *, fresh: bool) -> None:
    """What is recorded as open is open in the engine too, or is ended."""
    known = {(one.rule.name, one.subject, one.mode): one for one in watch.enrolled.values()}
    if fresh:
        braked = {one.subject for one in watch.enrolled.values() if one.rule.at_most_ms}
        for whose, at in last_told(conn, watch.id, braked, watch.watermark).items():
            if whose in known:
                watch.engine.remember_told(known[whose].key, at)
    for past in still_open(conn, watch.id):
        if past.rule_name == UNATTRIBUTED:
            continue
        enrolment = known.get((past.rule_name, past.subject, past.mode))
        if enrolment is None:
            watch.findings.append(withdrawn_past(watch.id, past, watch.watermark))
            continue
        state = watch.engine.state_of(enrolment.key)
        if fresh:
            watch.engine.hold(enrolment.key, past.onset_at, past.onset_at, untold=not past.told)
        elif state is not None and not state[0]:
            watch.findings.append(ended(watch.id, enrolment, past.onset_at, watch.watermark))
