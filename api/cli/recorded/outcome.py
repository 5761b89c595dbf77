"""What became of a replay: counted where it lies, in the journal and the state database."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

import sqlalchemy as sa

from api.cli.printing import say, table
from gateway.alerts.tables import alert, episode
from gateway.config import Settings
from gateway.db import open_journal, open_state, reading
from gateway.intake.tables import dead_letter, journal
from simulators.recorded.labels import Match, Raised, compare
from simulators.recorded.recording import Recording, Wanted

SHOWN = 60  # occurrences in the list for people


@dataclass(frozen=True, slots=True)
class Onset:
    """One occurrence of a rule. Times are ms UTC of the site's clock."""

    rule: str
    who: str
    at: int
    end: int | None


@dataclass
class Outcome:
    """The end of a replay. `digest` is the same for the same outcome at any speed."""

    published: int
    journalled: int
    stored: int
    readings: int
    dead_lettered: dict[str, int]
    alerts: dict[str, int]
    occurrences: dict[str, int]
    technical: dict[str, int]
    matches: list[Match]
    digest: str
    seconds: float
    dropped: dict[str, int] = field(default_factory=dict)
    told: list[Onset] = field(default_factory=list)
    wanted: tuple[Wanted, ...] = ()  # of a scenario: what somebody should have been told
    zone: str = "UTC"  # of the first site


def gathered(
    settings: Settings,
    recording: Recording,
    *,
    published: int,
    readings: int,
    stored: int,
    seconds: float,
) -> Outcome:
    """Count what lies there; the gateway may run or not."""
    rows = open_journal(settings.journal_file)
    state = open_state(settings.state_place)
    try:
        with reading(rows) as conn:
            topic = journal.c.topic
            said = topic.like("%/reading") | topic.like("%/urgent")
            query = sa.select(sa.func.count()).where(said, ~topic.like("%/_site/clock/%"))
            journalled = int(conn.execute(query).scalar_one())
        with reading(state) as conn:
            return _outcome(conn, recording, published, journalled, readings, stored, seconds)
    finally:
        rows.dispose()
        state.dispose()


def _outcome(
    conn: sa.Connection,
    recording: Recording,
    published: int,
    journalled: int,
    readings: int,
    stored: int,
    seconds: float,
) -> Outcome:
    dead = conn.execute(sa.select(dead_letter.c.code, sa.func.count()).group_by(dead_letter.c.code))
    raised = conn.execute(
        sa.select(alert.c.rule_name, alert.c.technical, sa.func.count()).group_by(
            alert.c.rule_name, alert.c.technical
        )
    ).all()
    onsets = conn.execute(
        sa.select(
            episode.c.rule_name,
            episode.c.resident,
            episode.c.home,
            episode.c.onset_at,
            episode.c.ended_at,
        ).order_by(episode.c.rule_name, episode.c.home, episode.c.onset_at)
    ).all()
    found = [Raised(row.rule_name, row.resident or row.home, row.onset_at) for row in onsets]
    return Outcome(
        published=published,
        journalled=journalled,
        stored=stored,
        readings=readings,
        dead_lettered={str(code): int(count) for code, count in dead},
        alerts={row.rule_name: row[2] for row in raised if not row.technical},
        occurrences=dict(sorted(Counter(one.rule for one in found).items())),
        technical={row.rule_name: row[2] for row in raised if row.technical},
        matches=compare(recording.labels, found) if recording.labels else [],
        digest=_digest([(r.rule_name, r.resident, r.home, r.onset_at, r.ended_at) for r in onsets]),
        seconds=seconds,
        dropped=dict(recording.dropped),
        told=sorted(
            (Onset(r.rule_name, r.resident or r.home, r.onset_at, r.ended_at) for r in onsets),
            key=lambda one: (one.at, one.rule, one.who),
        ),
        wanted=recording.wanted,
        zone=recording.sites[0].zone,
    )


def _digest(rows: list[tuple[Any, ...]]) -> str:
    """Of every episode's rule, home, onset and end: two equal ones are two equal outcomes."""
    import hashlib

    return hashlib.blake2b(repr(rows).encode(), digest_size=16).hexdigest()


def as_json(outcome: Outcome) -> dict[str, Any]:
    """For programs, with recall and precision worked out."""
    told = asdict(outcome)
    told["matches"] = [
        {**asdict(match), "recall": match.recall, "precision": match.precision}
        for match in outcome.matches
    ]
    return told


def show(outcome: Outcome) -> None:
    """For people."""
    say()
    table(
        ("", "messages", "readings"),
        [
            ("published", outcome.published, outcome.readings),
            ("journalled", outcome.journalled, None),
            ("stored", None, outcome.stored),
        ],
    )
    for reason, count in outcome.dropped.items():
        say(f"not sent: {count} rows, {reason}")
    say()
    if outcome.dead_lettered:
        table(("dead-lettered, because", "count"), sorted(outcome.dead_lettered.items()))
    else:
        say("dead-lettered: none")
    say()
    rules = sorted({*outcome.alerts, *outcome.occurrences})
    rows = [(rule, outcome.alerts.get(rule, 0), outcome.occurrences.get(rule, 0)) for rule in rules]
    table(("rule", "alerts", "occurrences"), rows)
    say("(one alert stays open per rule and person; each later occurrence is appended to it)")
    if outcome.technical:
        say()
        table(("technical alert", "count"), sorted(outcome.technical.items()))
    if outcome.matches:
        _labels(outcome)
    else:
        _told(outcome)
    say()
    say(f"outcome {outcome.digest}, {outcome.seconds:.0f} s")


def _labels(outcome: Outcome) -> None:
    say()
    table(
        ("label of the data set", "labels", "found", "recall", "occurrences", "right", "precision"),
        [
            (m.kind, m.labels, m.labels_matched, m.recall, m.onsets, m.onsets_matched, m.precision)
            for m in outcome.matches
        ],
    )
    say("(matched within the hour; no starter rule watches agitation or body water)")


def _told(outcome: Outcome) -> None:
    """When, in the site's zone; beside it what should have been told, where that is known."""
    from api.moments import wall_time

    zone = outcome.zone
    lines: list[tuple[int, tuple[str, str, str]]] = [
        (one.at, (one.rule, one.who, _until(one.end, zone))) for one in outcome.told[:SHOWN]
    ]
    for wish in outcome.wanted:
        words = f"SHOULD BE TOLD ({wish.how_soon}): {wish.situation}"
        lines.append((wish.start, (words, wish.who, _until(wish.end, zone))))
    if not lines:
        say("\nNobody was told anything.")
        return
    say()
    rows = [(wall_time(at, zone).replace("T", " "), *cells) for at, cells in sorted(lines)]
    table((f"when ({zone})", "rule", "who", "until"), rows)
    if len(outcome.told) > SHOWN:
        say(f"… and {len(outcome.told) - SHOWN} more: --json has all")


def _until(end: int | None, zone: str) -> str:
    from api.moments import wall_time

    return "-" if end is None else wall_time(end, zone).replace("T", " ")
