"""Tables of alerts. An alert is changed only through `raising` and `service`; events are appended.

Texts that describe a condition are stored as keys and arguments (JSON), never as prose.
"""

import sqlalchemy as sa

from gateway.db import append_only, state_metadata

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite counts rows only in INTEGER

alert = sa.Table(
    "alert",
    state_metadata,
    sa.Column("id", BIG, primary_key=True, autoincrement=True),
    sa.Column("code", sa.String(8), unique=True),
    sa.Column("site", sa.String(64), nullable=False),
    sa.Column("home", sa.String(64)),
    sa.Column("resident", sa.String(64)),
    sa.Column("subject", sa.String(200), nullable=False),
    sa.Column("technical", sa.Boolean, nullable=False),
    sa.Column("rule_name", sa.String(100), nullable=False),
    sa.Column("version", sa.String(64), nullable=False),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("phrase", sa.Text),
    sa.Column("guidance", sa.Text, nullable=False),
    sa.Column("priority", sa.String(8), nullable=False),
    sa.Column("rank", sa.Integer, nullable=False),  # of the priority, for sorting
    sa.Column("loud", sa.Boolean, nullable=False),
    sa.Column("state", sa.String(32), nullable=False),
    sa.Column("escalation", sa.Integer, nullable=False),  # counts from 0 anew with each loud recur
    sa.Column("owner", sa.Integer),
    sa.Column("owner_name", sa.String(200)),
    sa.Column("acknowledged_at", BIG),
    sa.Column("hold_until", BIG),
    sa.Column("onset_at", BIG, nullable=False),
    sa.Column("noticed_at", BIG, nullable=False),
    sa.Column("since", BIG),
    sa.Column("returned_at", BIG),
    sa.Column("unknown_since", BIG),
    sa.Column("raised_at", BIG, nullable=False),
    sa.Column("settled_at", BIG),  # wall: acknowledged and returned since
    sa.Column("occurrences", sa.Integer, nullable=False),
    sa.Column("late", sa.Boolean, nullable=False),
    sa.Column("yields_to", sa.Text),  # JSON: names of rules and kinds that silence it; null: none
    sa.Column("inhibited_by", BIG),
    sa.Column("closed_at", BIG),
    sa.Column("closed_by", sa.Integer),
    sa.Column("disposition", sa.String(20)),
    sa.Column("response", sa.String(20)),
    sa.Column("minutes", sa.Integer),
    sa.Column("note", sa.Text),
)
sa.Index(
    "uq_alert_open",
    alert.c.site,
    alert.c.rule_name,
    alert.c.subject,
    unique=True,
    sqlite_where=alert.c.closed_at.is_(None),
    postgresql_where=alert.c.closed_at.is_(None),
)
sa.Index("ix_alert_site_closed", alert.c.site, alert.c.closed_at)
sa.Index("ix_alert_subject", alert.c.site, alert.c.subject, alert.c.rule_name)

episode = sa.Table(
    "episode",
    state_metadata,
    sa.Column("id", BIG, primary_key=True, autoincrement=True),
    sa.Column("site", sa.String(64), nullable=False),
    sa.Column("home", sa.String(64), nullable=False),
    sa.Column("resident", sa.String(64)),
    sa.Column("subject", sa.String(200), nullable=False),
    sa.Column("rule_name", sa.String(100), nullable=False),
    sa.Column("version", sa.String(64), nullable=False),
    sa.Column("mode", sa.String(8), nullable=False),
    sa.Column("onset_at", BIG, nullable=False),
    sa.Column("noticed_at", BIG, nullable=False),
    sa.Column("since", BIG),
    sa.Column("ended_at", BIG),
    sa.Column("ending", sa.String(16)),  # "end", "again", "withdrawn"
    sa.Column("unknown_since", BIG),
    sa.Column("late", sa.Boolean, nullable=False),
    sa.Column("evidence", sa.Text, nullable=False),
    sa.Column("phrase", sa.Text),
    sa.Column("told_at", BIG),  # site's clock: its rule spoke; null: over before `held_until`
    sa.Column("held_until", BIG),  # site's clock: told at most once in a while, so not before
    sa.Column("alert_id", sa.ForeignKey("alert.id")),  # None: shadow, held, or too old to tell
    sa.Column("recorded_at", BIG, nullable=False),  # wall
)
_OF = (episode.c.site, episode.c.rule_name, episode.c.subject, episode.c.mode)
sa.Index("uq_episode_onset", *_OF, episode.c.onset_at, unique=True)
sa.Index(
    "uq_episode_open",
    *_OF,
    unique=True,
    sqlite_where=episode.c.ended_at.is_(None),
    postgresql_where=episode.c.ended_at.is_(None),
)
sa.Index("ix_episode_alert", episode.c.alert_id)
sa.Index("ix_episode_site_onset", episode.c.site, episode.c.onset_at)

# The database itself refuses to change or remove what was appended.
alert_event = append_only(
    sa.Table(
        "alert_event",
        state_metadata,
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("alert_id", sa.ForeignKey("alert.id"), nullable=False, index=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("site_at", BIG),
        sa.Column("by_id", sa.Integer),
        sa.Column("by_name", sa.String(200)),
        sa.Column("done_at", BIG),  # an offline action's own time
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("key", sa.String(100), unique=True),  # of idempotent actions
        sqlite_autoincrement=True,  # ids are the event stream's: never given twice
    )
)

outbox = sa.Table(
    "outbox",
    state_metadata,
    sa.Column("id", BIG, primary_key=True, autoincrement=True),
    sa.Column("key", sa.String(120), unique=True, nullable=False),
    sa.Column("alert_id", sa.ForeignKey("alert.id"), nullable=False, index=True),
    sa.Column("event_id", sa.ForeignKey("alert_event.id"), nullable=False),
    sa.Column("site", sa.String(64), nullable=False),
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("purpose", sa.String(20), nullable=False),  # "raised", "again"
    sa.Column("state", sa.String(12), nullable=False),  # waiting, sent, dropped, expired
    sa.Column("due_at", BIG, nullable=False),
    sa.Column("not_after", BIG, nullable=False),
    sa.Column("next_at", BIG, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("unsure", sa.Boolean, nullable=False),  # a try timed out: the next says "repeat"
    sa.Column("finished_at", BIG),
    sa.Column("reason", sa.String(200), nullable=False),
)
sa.Index(
    "ix_outbox_waiting",
    outbox.c.next_at,
    sqlite_where=outbox.c.state == "waiting",
    postgresql_where=outbox.c.state == "waiting",
)

# What the resident whom an alert was about says of it. The newest of one person counts.
voice = append_only(
    sa.Table(
        "alert_voice",
        state_metadata,
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("alert_id", sa.ForeignKey("alert.id"), nullable=False, index=True),
        sa.Column("said", sa.String(20), nullable=False),  # helped, not_needed, dont_know
        sa.Column("words", sa.Text, nullable=False),  # their own, or ''
        sa.Column("by_id", sa.Integer, nullable=False),
        sa.Column("at", BIG, nullable=False),  # wall
    )
)
