"""All sites under watch: which rules and devices each has, and how its clock is moved.

Rows are taken in journal order. A wall site's clock stands `delay` behind the receipt of the row
that is taken; a data site's clock is moved by its ticks alone. Whatever takes force at an instant
(a rulebook entry, a consent, a move) is in force exactly from there: the clock stops just before.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import sqlalchemy as sa
import structlog

from devices.errors import Failed, HomecareError
from gateway import rulebook
from gateway.alerts.episodes import Technical
from gateway.alerts.past import last_told, overlapping
from gateway.intake.placing import Placed, place
from gateway.intake.rows import Row
from gateway.registry import Directory
from gateway.watch import replaying
from gateway.watch.enrolments import Enrolment, Overrides, desired, next_boundary
from gateway.watch.history import History
from gateway.watch.keeping import Gap  # noqa: TC001  # beside the others of its kind
from gateway.watch.site import SiteWatch
from rules.engine.nodes import Maker, PlainNodes

_log = structlog.get_logger("watch")


class Sites:
    """Owned by the host's thread."""

    def __init__(self, history: History, delay_ms: int, factor: float) -> None:
        self.watches: dict[str, SiteWatch] = {}
        self._make: Maker = PlainNodes
        self.offset = 0  # of the journal: consumed
        self.gaps: Sequence[Gap] = ()
        self._history = history
        self._delay = delay_ms
        self._factor = factor
        self._directory: Directory | None = None
        self._entries: dict[str, list[rulebook.Entry]] = {}
        self._overrides: dict[str, Overrides] = {}
        self._next: dict[str, int | None] = {}  # site -> when something takes force
        self._broken: dict[str, set[str]] = {}

    # -- what is known of the world

    def use(self, directory: Directory, starts: Callable[[str], int]) -> None:
        """A new registry. `starts(site)`: where the clock of a site begins that is new here."""
        self._directory = directory
        for site, entry in directory.sites.items():
            if site not in self.watches:
                self.watches[site] = SiteWatch(entry, self._factor, starts(site), self._make)
            self.watches[site].use(directory)
        for site in [site for site in self.watches if site not in directory.sites]:
            del self.watches[site]

    def use_nodes(self, make: Maker) -> None:
        """From now on the engines' nodes are of this kind, and know what they knew."""
        self._make = make
        for watch in self.watches.values():
            watch.engine.use(make)

    @property
    def residents(self) -> int:
        """How many live at all sites together."""
        directory = self._directory
        return sum(len(directory.residents(site)) for site in self.watches) if directory else 0

    def read_rulebook(self, conn: sa.Connection) -> None:
        """The rulebook as it stands now."""
        for site in self.watches:
            self._entries[site] = rulebook.entries(conn, site)
            self._overrides[site] = rulebook.overrides(conn, site)

    def settle(self) -> None:
        """Enrol, at every site, what is in force from its next instant on."""
        for watch in self.watches.values():
            if watch.started:
                self._enrol(watch, watch.watermark + 1)
                watch.say_who_lives_alone(watch.watermark + 1)

    def _enrol(self, watch: SiteWatch, at: int) -> None:
        assert self._directory is not None
        entries = self._entries.get(watch.id, [])
        wanted, broken = desired(
            rulebook.running(entries, at),
            self._overrides.get(watch.id, {}),
            self._directory,
            watch.id,
            at,
        )
        watch.enrol(wanted, lambda changed, before: self._prime(watch, changed, before))
        names = {one.rule_name for one in broken}
        before = self._broken.get(watch.id, set())
        watch.findings += [
            Technical("rule-broken", watch.id, one.rule_name, at, detail={"problem": one.problem})
            for one in broken
            if one.rule_name not in before
        ]
        watch.findings += [
            Technical("rule-broken", watch.id, name, at, active=False) for name in before - names
        ]
        self._broken[watch.id] = names
        self.schedule(watch, at)

    def schedule(self, watch: SiteWatch, at: int | None = None) -> None:
        """Find out when something takes force next, after `at` (the watermark)."""
        assert self._directory is not None
        after = watch.watermark if at is None else at
        moments = [
            rulebook.next_change(self._entries.get(watch.id, []), after),
            next_boundary(self._directory, watch.id, after),
        ]
        self._next[watch.id] = min((one for one in moments if one is not None), default=None)

    def _prime(
        self,
        watch: SiteWatch,
        changed: Mapping[str, Enrolment],
        before: Mapping[str, Enrolment],
    ) -> None:
        assert self._directory is not None
        gaps = self._spans(watch)
        try:
            replaying.prime(
                watch, self._directory, self._history, changed, before, self.offset, gaps
            )
        except HomecareError as error:
            # A rule that begins with empty hands is better than one that does not begin.
            _log.warning("rules_begin_without_past", site=watch.id, problem=str(error))
            replaying.prime(watch, self._directory, None, changed, before, self.offset, gaps)

    def _spans(self, watch: SiteWatch) -> list[replaying.Span]:
        if watch.data:
            return []  # its clock stood still with us
        return [(gap.start_at, gap.end_at) for gap in self.gaps if gap.start_at is not None]

    # -- rows and time

    def handle(self, row: Row, *, frozen: bool) -> Placed:
        """Take one row; `frozen`: wall sites' clocks stand."""
        assert self._directory is not None
        placed = place(row, self._directory)
        if placed.tick is not None:
            self._tick(*placed.tick)
        elif placed.device is not None:
            watch = self.watches[placed.device.site]
            if watch.data:
                watch.take(placed, row.site_at or 0)
            else:
                if not frozen:
                    self.advance(watch, row.received_at - self._delay)
                watch.take(placed, row.received_at)
        self.offset = row.offset
        return placed

    def _tick(self, site: str, at: int) -> None:
        watch = self.watches[site]
        if not watch.started:
            watch.begin(at)
            self._enrol(watch, watch.watermark + 1)
            watch.say_who_lives_alone(watch.watermark + 1)
        self.advance(watch, at)

    def needs_replay(self, row: Row) -> bool:
        """Whether a tick is about to close instants of a site that was heard late."""
        if not row.topic.endswith("/_site/clock/reading"):
            return False
        watch = self.watches.get(row.topic.split("/")[2])
        return watch is not None and bool(watch.late)

    def advance(self, watch: SiteWatch, to: int) -> None:
        """Move a site's clock, stopping where something takes force."""
        while (change := self._next.get(watch.id)) is not None and change <= to:
            watch.advance(change - 1)
            assert self._directory is not None
            watch.use(self._directory, change)
            self._enrol(watch, change)
            watch.say_who_lives_alone(change)
        watch.advance(to)

    def advance_walls(self, received_at: int) -> None:
        """No later row was received before `received_at`: every wall site may go on."""
        for watch in self.watches.values():
            if not watch.data:
                self.advance(watch, received_at - self._delay)

    def everywhere(self, found: Technical) -> None:
        """Something of the gateway's own happened: it stays until a site's people have seen it."""
        for watch in self.watches.values():
            at = watch.known_at
            watch.findings.append(replace(found, site=watch.id, at=at))
            watch.findings.append(replace(found, site=watch.id, at=at, active=False))

    # -- late readings

    def late(self) -> Iterator[tuple[SiteWatch, str]]:
        """Homes that were heard late and have not been replayed."""
        for watch in self.watches.values():
            for home in list(watch.late):
                yield watch, home

    def replay(self, conn: sa.Connection, watch: SiteWatch, home: str) -> bool:
        """Replay one home; False: its past cannot be read now. Commit findings before."""
        assert self._directory is not None
        whom = {one.subject for one in watch.enrolled.values() if one.home == home}
        told = replaying.Told(
            overlapping(conn, watch.id, whom, replaying.back_to(watch, home)),
            lambda at: last_told(conn, watch.id, whom, at),
        )
        try:
            found = replaying.replay(
                watch, self._directory, self._history, home, told, self.offset, self._spans(watch)
            )
        except Failed as error:
            _log.warning("replay_waits", site=watch.id, home=home, problem=str(error))
            return False
        del watch.late[home]
        if found is not None:
            watch.engine.graft(found.subjects, found.engine)
            watch.coverage.adopt(home, found.coverage)
            watch.states.adopt(found.states)
            watch.findings += found.findings
        return True

    # -- our own outage

    def gap_begins(self, at: int) -> None:
        """Wall sites are not covered from `at` on (wall time)."""
        for watch in self._walls():
            watch.gap(at, None)
            watch.findings.append(_gap_finding(watch.id, at, since=at, active=True))

    def gap_ends(self, since: int | None, at: int, *, begun: bool) -> None:
        """It hears again; `since` None: it was too short to hide anything."""
        for watch in self._walls():
            if begun:
                watch.hears_again(at)
            elif since is not None:
                watch.gap(since, at)
                watch.findings.append(_gap_finding(watch.id, at, since=since, active=True))
            else:
                watch.silence.floor = max(watch.silence.floor, at)
            if since is not None:
                watch.findings.append(_gap_finding(watch.id, at, since=since, active=False))

    def _walls(self) -> Sequence[SiteWatch]:
        return [watch for watch in self.watches.values() if not watch.data]


def _gap_finding(site: str, at: int, *, since: int, active: bool) -> Technical:
    return Technical("gateway-gap", site, "gateway", at, active=active, since=since)
