"""The reviews' tables. Times are wall time, ms UTC, unless the comment says site's clock.

A review's people, positions and decisions are kept as they were; what changes is a review's phase
and an evidence's progress. Evidence holds aggregates only, never a reading.
"""

import sqlalchemy as sa

from gateway.db import Id, Int64, append_only, state_metadata

review = sa.Table(
    "review",
    state_metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("site", sa.String(64), nullable=False, index=True),
    sa.Column("rule_name", sa.String(64), nullable=False),
    sa.Column("question", sa.Text, nullable=False),  # what troubles us
    sa.Column("cause", sa.String(16), nullable=False),  # people, stop
    sa.Column("stop_mandate_id", Id, nullable=True, unique=True),
    sa.Column("phase", sa.String(16), nullable=False),
    sa.Column("phase_since", Int64, nullable=False),
    sa.Column("opened_by", Id, nullable=True),
    sa.Column("opened_name", sa.Text, nullable=False),
    sa.Column("opened_at", Int64, nullable=False),
    sa.Column("due_at", Int64, nullable=False),  # a review is time-boxed
)

step = sa.Table(  # how the review went through its phases, and what people told it
    "review_step",
    state_metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("review_id", sa.ForeignKey("review.id"), nullable=False, index=True),
    sa.Column("kind", sa.String(16), nullable=False),  # opened, moved, said
    sa.Column("phase", sa.String(16), nullable=False),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("words", sa.Text, nullable=False),
    sa.Column("by_user", Id, nullable=True),
    sa.Column("by_name", sa.Text, nullable=False),
    sa.Column("at", Int64, nullable=False),
)

proposal = sa.Table(
    "proposal",
    state_metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("review_id", sa.ForeignKey("review.id"), nullable=False, index=True),
    sa.Column("text_hash", sa.ForeignKey("rule_version.text_hash"), nullable=False),
    sa.Column("values", sa.Text, nullable=False),  # JSON: parameter -> decimal as a string
    sa.Column("mode", sa.String(8), nullable=False),  # live, or off: "we do without it"
    sa.Column("base_entry_id", sa.ForeignKey("rulebook_entry.id"), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("by_user", Id, nullable=True),
    sa.Column("by_name", sa.Text, nullable=False),
    sa.Column("at", Int64, nullable=False),
)

evidence = sa.Table(
    "evidence",
    state_metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("review_id", sa.ForeignKey("review.id"), nullable=False, index=True),
    sa.Column("purpose", sa.String(8), nullable=False),  # compare, outcome
    sa.Column("base_entry_id", sa.ForeignKey("rulebook_entry.id"), nullable=False),  # "then"
    sa.Column("text_hash", sa.ForeignKey("rule_version.text_hash"), nullable=False),  # "now"
    sa.Column("values", sa.Text, nullable=False),
    sa.Column("mode", sa.String(8), nullable=False),
    sa.Column("state", sa.String(8), nullable=False),  # queued, running, done, failed
    sa.Column("progress", sa.Integer, nullable=False),  # percent
    sa.Column("start_at", Int64, nullable=False),  # site's clock: [start, end)
    sa.Column("end_at", Int64, nullable=False),  # site's clock
    sa.Column("snapshot", sa.String(64), nullable=True),  # sha256 of the sealed history
    sa.Column("engine", sa.String(64), nullable=True),  # hash of the engine's own sources
    sa.Column("result", sa.Text, nullable=True),  # JSON of comparing.Comparison
    sa.Column("problem", sa.Text, nullable=True),
    sa.Column("asked_at", Int64, nullable=False),
    sa.Column("finished_at", Int64, nullable=True),
    sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="state"),
    sa.CheckConstraint(
        "state <> 'done' OR (result IS NOT NULL AND snapshot IS NOT NULL)", name="sealed"
    ),
)

backtest = sa.Table(  # asked for by people beside any review; its result names residents
    "backtest",
    state_metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("site", sa.String(64), nullable=False, index=True),
    sa.Column("question", sa.Text, nullable=False),  # JSON of backtests.Question
    sa.Column("state", sa.String(8), nullable=False),  # queued, running, done, failed
    sa.Column("progress", sa.Integer, nullable=False),  # percent
    sa.Column("snapshot", sa.String(64), nullable=True),  # sha256 of the sealed history
    sa.Column("engine", sa.String(64), nullable=True),  # hash of the engine's own sources
    sa.Column("result", sa.Text, nullable=True),  # JSON of the report
    sa.Column("problem", sa.Text, nullable=True),
    sa.Column("by_user", Id, nullable=True),
    sa.Column("by_name", sa.Text, nullable=False),
    sa.Column("asked_at", Int64, nullable=False),
    sa.Column("finished_at", Int64, nullable=True),
    sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="state"),
)

position = sa.Table(
    "position",
    state_metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("proposal_id", sa.ForeignKey("proposal.id"), nullable=False, index=True),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("stance", sa.String(16), nullable=False),  # support, live-with, object
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("interest", sa.Text, nullable=False),  # a declared conflict of interest; '' is none
    sa.Column("by_user", Id, nullable=False),
    sa.Column("by_name", sa.Text, nullable=False),
    sa.Column("at", Int64, nullable=False),
    sa.CheckConstraint("stance IN ('support', 'live-with', 'object')", name="stance"),
    sa.CheckConstraint("stance <> 'object' OR reason <> ''", name="objection"),
)

decision = sa.Table(
    "decision",
    state_metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("review_id", sa.ForeignKey("review.id"), nullable=False, index=True),
    sa.Column("proposal_id", sa.ForeignKey("proposal.id"), nullable=True),
    sa.Column("evidence_id", sa.ForeignKey("evidence.id"), nullable=True),
    sa.Column("outcome", sa.String(8), nullable=False),  # adopt, reject, defer, keep
    sa.Column("reasons", sa.Text, nullable=False),
    sa.Column("dissent", sa.Text, nullable=False),  # '' is "none voiced"
    sa.Column("present", sa.Text, nullable=False),  # who was there, as people wrote it
    sa.Column("floors", sa.Text, nullable=False),  # JSON: names of the safety floors that held
    sa.Column("effective_at", Int64, nullable=True),  # site's clock
    sa.Column("by_user", Id, nullable=False),
    sa.Column("by_name", sa.Text, nullable=False),
    sa.Column("at", Int64, nullable=False),
    sa.CheckConstraint("reasons <> ''", name="reasons"),
    sa.CheckConstraint("outcome <> 'adopt' OR evidence_id IS NOT NULL", name="replayed"),
)

forecast = sa.Table(  # frozen with the decision; nothing updates it
    "forecast",
    state_metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("decision_id", sa.ForeignKey("decision.id"), nullable=False, index=True),
    sa.Column("measure", sa.String(16), nullable=False),  # alerts, nights
    sa.Column("count", sa.Integer, nullable=False),  # in the replay
    sa.Column("covered_days", sa.Float, nullable=False),  # resident-days behind that count
    sa.Column("dispersion", sa.Float, nullable=False),  # variance over mean of weekly counts, >= 1
    sa.Column("low", sa.Float, nullable=False),  # 80 % interval per 100 covered resident-days
    sa.Column("high", sa.Float, nullable=False),
    sa.UniqueConstraint("decision_id", "measure"),
)

for table in (step, proposal, position, decision, forecast):
    append_only(table)
