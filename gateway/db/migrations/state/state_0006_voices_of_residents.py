"""what residents say of the alerts about them"""

import sqlalchemy as sa
from alembic import op

revision = "state_0006"
down_revision = "state_0005"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "alert_voice",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("alert_id", BIG, nullable=False),
        sa.Column("said", sa.String(length=20), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alert.id"], name=op.f("fk_alert_voice_alert_id_alert")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_voice")),
        info={"append_only": True},
    )
    op.create_index(op.f("ix_alert_voice_alert_id"), "alert_voice", ["alert_id"], unique=False)
    op.create_append_only("alert_voice")


def downgrade() -> None:
    op.drop_append_only("alert_voice")
    op.drop_index(op.f("ix_alert_voice_alert_id"), table_name="alert_voice")
    op.drop_table("alert_voice")
