"""What comes into alerts and what goes out: records without behaviour.

Times are ms UTC. `onset_at`, `noticed_at`, `since`, `ended_at` are on the SITE's clock (data sites:
the simulated one); everything that people do is on the wall clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Priority(StrEnum):
    """How soon a person is needed. DEVICE: a technical alert, it is about our sight."""

    NOW = "now"
    SOON = "soon"
    TODAY = "today"
    DEVICE = "device"

    @property
    def rank(self) -> int:
        """0 is the most urgent."""
        return list(Priority).index(self)


class ChangeKind(StrEnum):
    """What a rule or a watchdog found."""

    ONSET = "onset"  # the condition began
    END = "end"  # it is over
    UNKNOWN = "unknown"  # held, but not measured since
    KNOWN = "known"  # measured again
    REVISED = "revised"  # late readings showed another course of the same episode
    UNFOUNDED = "unfounded"  # with late readings the rule would not have spoken
    WITHDRAWN = "withdrawn"  # consent or rule ended: nothing is watched any more
    TOLD = "told"  # it was held back, the time for that is over, and it still holds


class Mode(StrEnum):
    """Shadow episodes are kept and never reach a channel."""

    LIVE = "live"
    SHADOW = "shadow"


class Disposition(StrEnum):
    """What a person says of an alert afterwards."""

    USEFUL = "useful"
    FALSE = "false"
    NOTHING_TO_DO = "nothing_to_do"
    DEVICE = "device"
    DONT_KNOW = "dont_know"


class Response(StrEnum):
    """What was done."""

    PHONED = "phoned"
    DROVE = "drove"
    RELATIVE = "relative"
    NOTHING = "nothing"


class EventKind(StrEnum):
    """The closed vocabulary of an alert's timeline."""

    RAISED = "raised"
    AGAIN = "again"  # a new occurrence on the open alert
    AGAIN_LOUD = "again-loud"  # the same, and nobody has it any more
    MOVED = "moved"  # began earlier or later than first known
    RETURNED = "returned"
    UNKNOWN = "unknown"  # not measured since
    KNOWN = "known"
    ACKNOWLEDGED = "acknowledged"
    STILL_ON_IT = "still-on-it"
    TAKEN_OVER = "taken-over"
    RAN_OUT = "ran-out"  # the acknowledgement's time
    NOTE = "note"
    CLOSED = "closed"
    CLOSED_ITSELF = "closed-itself"
    WITHDRAWN = "withdrawn"
    UNDONE = "undone"
    INHIBITED = "inhibited"  # a broader cause explains it
    FREED = "freed"  # the broader cause is over, this is not
    TOLD = "told"
    NOBODY_TOLD = "nobody-told"
    KEPT_NOTE = "kept-note"  # an offline action that came second
    UNFOUNDED = "unfounded"  # late readings: it would not have been raised; it stays raised
    HELD_BACK = "held-back"  # it happened again, and is told at most once in a while
    SHADOW = "shadow"  # a rule on trial saw it, and no live one told it


@dataclass(frozen=True, slots=True)
class Evidence:
    """One value that an operator saw. `x` counts the signal's resolution; None: unknown."""

    node: str
    signal: str
    place: str | None
    at: int
    x: int | None
    order: int = 0  # journal offset << 16 | index


@dataclass(frozen=True, slots=True)
class EpisodeChange:
    """One change of one episode, as watch hands it over.

    `phrase` is the sentence why, as keys and arguments (`rules.sentences`), rendered when
    shown.
    """

    site: str
    home: str
    resident: str | None
    subject: str  # "resident:…", "home:site/home"
    rule_name: str
    version: str
    mode: Mode
    priority: Priority
    kind: ChangeKind
    onset_at: int
    noticed_at: int
    since: int | None = None  # when what lasted began; of UNKNOWN, KNOWN, TOLD: the moment itself
    ended_at: int | None = None
    evidence: tuple[Evidence, ...] = ()
    title: str = ""
    phrase: Mapping[str, Any] | None = None
    guidance: tuple[str, ...] = ()
    loud: bool = False  # SOS and fall: a recurrence is always new
    late: bool = False  # found by a replay of late readings
    # END returns the alert, WITHDRAWN closes it; False: it stays as it stands (an event is over but
    # that is no return to usual; a rule was stopped, but somebody has still to say what it was).
    settles: bool = True
    revises: int | None = None  # REVISED, UNFOUNDED: the onset by which the episode is known
    tell_late_ms: int = 86_400_000
    # ONSET: nobody is told before then, and only if it still holds (site's clock)
    held_until: int | None = None
    told_at: int | None = None  # ONSET found late: it was held back, and its rule spoke then
    yields_to: tuple[str, ...] = ()  # rules, or kinds of technical alerts, that silence its alert


@dataclass(frozen=True, slots=True)
class Technical:
    """A technical finding raised or cleared by a watchdog.

    `key` says of whom: a device, hub, home or site; one open alert per (site, kind, key).
    `detail` holds words and numbers for the sentence, never a health value.
    """

    kind: str
    site: str
    key: str
    at: int  # site's clock
    active: bool = True
    home: str | None = None
    since: int | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    cause: str | None = None  # "kind|key" of the broader finding that explains it


@dataclass(frozen=True, slots=True)
class Missed:
    """A rule on trial saw a protected situation; by `at` (site's clock) a live one should have."""

    site: str
    rule_name: str
    subject: str
    onset_at: int
    at: int


@dataclass(frozen=True, slots=True)
class News:
    """One event of one alert, committed: what goes on the event stream. Nothing clinical."""

    id: int  # of the alert event; grows in the order of commit
    alert_id: int
    code: str
    site: str
    home: str | None
    resident: str | None
    kind: EventKind
    priority: Priority
    at: int  # wall


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a person's action. `news` goes on the bulletin after the commit."""

    alert_id: int
    code: str
    result: str  # "done", "already" (same key or already so), "someone-else" (they have it)
    state: str
    owner_id: int | None
    owner_name: str | None
    hold_until: int | None
    owner_since: int | None
    event_id: int | None = None
    news: tuple[News, ...] = ()


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One line of the worklist. Names are those of the registry now."""

    id: int
    code: str
    site: str
    site_name: str
    zone: str
    home: str | None
    home_name: str | None
    area: str | None
    drive_minutes: int | None
    resident_id: str | None
    resident_name: str | None
    born: int | None
    priority: Priority
    state: str
    active: bool
    technical: bool
    rule_name: str  # of a technical alert: its kind
    version: str
    title: str  # English, through gettext when shown
    phrase: Mapping[str, Any] | None  # of a technical alert: its detail
    guidance: tuple[str, ...]
    owner_id: int | None
    owner_name: str | None
    mine: bool
    hold_until: int | None  # wall
    acknowledged_at: int | None  # wall
    onset_at: int  # site's clock
    noticed_at: int  # site's clock
    since: int | None  # site's clock
    raised_at: int  # wall
    returned_at: int | None  # site's clock
    unknown_since: int | None  # site's clock
    closed_at: int | None  # wall
    occurrences: int
    late: bool
    inhibited_by: int | None
    held_by: str | None  # code of the alert of the broader cause that holds it back
    holds_back: int  # open alerts that it holds back
    disposition: str | None
    response: str | None


@dataclass(frozen=True, slots=True)
class Worklist:
    """A page of alerts. `counts` by priority of all open alerts the viewer may see."""

    rows: tuple[AlertRow, ...]
    counts: Mapping[Priority, int]
    hidden: int  # open alerts that the filter or a broader cause keeps out of `rows`
    next: str | None  # pass as `after` for more
    last_event_id: int


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One appended fact. `done_at`: when an offline action was really done."""

    id: int
    kind: EventKind
    at: int  # wall
    site_at: int | None  # site's clock, where the fact has one
    by_id: int | None
    by_name: str | None
    done_at: int | None
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EvidencePoint:
    """Evidence with what a page needs to show it: decimals as text, unit in UCUM."""

    node: str
    signal: str
    place: str | None
    at: int
    x: int | None
    value: str | None
    unit: str
    offset: int
    index: int


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One episode of the alert."""

    id: int
    onset_at: int
    noticed_at: int
    since: int | None
    ended_at: int | None
    version: str
    late: bool
    evidence: tuple[EvidencePoint, ...]
    phrase: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class AlertDetail:
    """Everything that one alert's page shows."""

    row: AlertRow
    timeline: tuple[TimelineEntry, ...]  # oldest first
    occurrences: tuple[Occurrence, ...]  # newest first
    evidence: tuple[EvidencePoint, ...]  # of the newest occurrence
    signals: tuple[str, ...]  # what a chart around the moment shows
    emergency: str
    fallback_phone: str | None
    before: Mapping[str, int]  # dispositions of this rule and subject in the 30 days before
    note: str | None  # of the close
    minutes: int | None
    can: frozenset[str]  # "acknowledge", "still-on-it", "take-over", "note", "close", "undo"
    undo_event_id: int | None  # what `undo` would take back
    held_back: tuple[AlertRow, ...] = ()  # what it explains, as far as the viewer may see it
