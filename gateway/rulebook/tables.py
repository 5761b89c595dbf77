"""The rulebook's tables. Rows are only added (residents' own values can be erased as well).

Records (created, expires, due) are dated in wall time; `effective_at` is the SITE's clock, which at
a data site (replay, simulation) is another one.
"""

import sqlalchemy as sa

from gateway.db import Id, Int64, append_only, state_metadata

# A version is known by the hash of tree, operator versions and catalogue entries
# (rules.file.language); its words (why, guidance) may be mended without making it another rule, so
# the text has its own.
rule_version = sa.Table(
    "rule_version",
    state_metadata,
    sa.Column("text_hash", sa.String(64), primary_key=True),
    sa.Column("version", sa.String(64), nullable=False, index=True),
    sa.Column("rule_name", sa.String(64), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("created_at", Int64, nullable=False),
)

mandate = sa.Table(
    "mandate",
    state_metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("site", sa.String(64), nullable=False),
    sa.Column("rule_name", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    # decision.id of reviews: no foreign key, because tables know only those below them
    sa.Column("decision_id", Id, nullable=True, unique=True),
    sa.Column("by_user", Id, nullable=True),
    sa.Column("by_name", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("created_at", Int64, nullable=False),
    sa.Column("expires_at", Int64, nullable=True),
    sa.Column("review_due_at", Int64, nullable=True),
    sa.CheckConstraint("kind IN ('founding', 'adopted', 'stop')", name="kind"),
    sa.CheckConstraint("(kind = 'adopted') = (decision_id IS NOT NULL)", name="decision"),
    sa.CheckConstraint("(kind = 'founding') = (expires_at IS NOT NULL)", name="expiry"),
    sa.CheckConstraint("(kind = 'stop') = (review_due_at IS NOT NULL)", name="review"),
)

entry = sa.Table(
    "rulebook_entry",
    state_metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("site", sa.String(64), nullable=False),
    sa.Column("rule_name", sa.String(64), nullable=False),
    sa.Column("lane", sa.String(8), nullable=False),
    sa.Column("mode", sa.String(8), nullable=False),
    sa.Column("text_hash", sa.ForeignKey("rule_version.text_hash"), nullable=False),
    sa.Column("values", sa.Text, nullable=False),  # JSON: parameter -> decimal as a string
    sa.Column("mandate_id", sa.ForeignKey("mandate.id"), nullable=True),
    sa.Column("effective_at", Int64, nullable=False),  # site's clock
    # what a stop goes back to: one step, and the next stop one step further
    sa.Column("previous_id", sa.ForeignKey("rulebook_entry.id"), nullable=True),
    sa.CheckConstraint("lane IN ('live', 'shadow')", name="lane"),
    sa.CheckConstraint("mode = 'off' OR mode = lane", name="mode"),
    sa.CheckConstraint("lane = 'shadow' OR mandate_id IS NOT NULL", name="mandate"),
    sa.Index("ix_rulebook_entry_site", "site", "rule_name", "lane", "effective_at"),
)

# Scheduled, but overtaken by a later decision or a stop before its instant came.
withdrawal = sa.Table(
    "rulebook_withdrawal",
    state_metadata,
    sa.Column("entry_id", sa.ForeignKey("rulebook_entry.id"), primary_key=True),
    sa.Column("mandate_id", sa.ForeignKey("mandate.id"), nullable=False),
)

# Who did what and why. Its highest id is the rulebook's revision.
change = sa.Table(
    "rulebook_change",
    state_metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("site", sa.String(64), nullable=False),
    sa.Column("rule_name", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("entry_id", sa.ForeignKey("rulebook_entry.id"), nullable=True),
    sa.Column("mandate_id", sa.ForeignKey("mandate.id"), nullable=True),
    sa.Column("before", sa.Text, nullable=True),
    sa.Column("after", sa.Text, nullable=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("by_user", Id, nullable=True),
    sa.Column("by_name", sa.Text, nullable=False),
    sa.Column("at", Int64, nullable=False),  # wall
    sa.Column("effective_at", Int64, nullable=False),  # site's clock
    sa.Index("ix_rulebook_change_rule", "site", "rule_name"),
    sqlite_autoincrement=True,
)

# What is a person's own stands here alone, so that erasing a person can delete it.
parameter = sa.Table(
    "resident_parameter",
    state_metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("change_id", sa.ForeignKey("rulebook_change.id"), nullable=False, unique=True),
    sa.Column("site", sa.String(64), nullable=False),
    sa.Column("resident", sa.String(64), nullable=False),
    sa.Column("rule_name", sa.String(64), nullable=False),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("before", sa.String(32), nullable=True),
    sa.Column("value", sa.String(32), nullable=True),  # decimal; null: back to the site's value
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("effective_at", Int64, nullable=False),  # site's clock
    sa.Index("ix_resident_parameter_whose", "site", "rule_name", "resident"),
)

for table in (rule_version, mandate, entry, withdrawal, change):
    append_only(table)
