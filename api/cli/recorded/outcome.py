"""What became of a replay: counted where it lies, in the journal and the state database."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import sqlalchemy as sa

from api.cli.printing import say, table
from gateway.alerts.tables import alert, episode
from gateway.config import Settings
from gateway.db import open_journal, open_state, reading
from gateway.intake.tables import dead_letter, journal
from simulators.recorded.labels import Match, Raised, compare
from simulators.recorded.tihm import SITE, Label


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


def gathered(
    settings: Settings,
    labels: Sequence[Label],
    *,
    published: int,
    readings: int,
    stored: int,
    seconds: float,
    dropped: dict[str, int],
) -> Outcome:
    """Count what lies there; the gateway may run or not."""
    rows = open_journal(settings.journal_file)
    state = open_state(settings.state_place)
    try:
        with reading(rows) as conn:
            like = journal.c.topic.like(f"homecare/v1/{SITE}/tihm-%")
            status = journal.c.topic.like("%/status")
            query = sa.select(sa.func.count()).where(like, ~status)
            journalled = int(conn.execute(query).scalar_one())
        with reading(state) as conn:
            return _outcome(conn, labels, published, journalled, readings, stored, seconds, dropped)
    finally:
        rows.dispose()
        state.dispose()


def _outcome(
    conn: sa.Connection,
    labels: Sequence[Label],
    published: int,
    journalled: int,
    readings: int,
    stored: int,
    seconds: float,
    dropped: dict[str, int],
) -> Outcome:
    dead = conn.execute(sa.select(dead_letter.c.code, sa.func.count()).group_by(dead_letter.c.code))
    raised = conn.execute(
        sa.select(alert.c.rule_name, alert.c.technical, sa.func.count())
        .where(alert.c.site == SITE)
        .group_by(alert.c.rule_name, alert.c.technical)
    ).all()
    onsets = conn.execute(
        sa.select(
            episode.c.rule_name,
            episode.c.resident,
            episode.c.home,
            episode.c.onset_at,
            episode.c.ended_at,
        )
        .where(episode.c.site == SITE)
        .order_by(episode.c.rule_name, episode.c.home, episode.c.onset_at)
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
        matches=compare(labels, found),
        digest=_digest([tuple(row) for row in onsets]),
        seconds=seconds,
        dropped=dropped,
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
    say()
    table(
        ("label of the data set", "labels", "found", "recall", "occurrences", "right", "precision"),
        [
            (m.kind, m.labels, m.labels_matched, m.recall, m.onsets, m.onsets_matched, m.precision)
            for m in outcome.matches
        ],
    )
    say("(matched within the hour; no starter rule watches agitation or body water)")
    say()
    say(f"outcome {outcome.digest}, {outcome.seconds:.0f} s")
