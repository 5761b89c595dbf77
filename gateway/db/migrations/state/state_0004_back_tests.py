"""back-tests"""

import sqlalchemy as sa
from alembic import op

revision = "state_0004"
down_revision = "state_0003"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "backtest",
        sa.Column("id", BIG, nullable=False),
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("snapshot", sa.String(length=64), nullable=True),
        sa.Column("engine", sa.String(length=64), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("by_user", BIG, nullable=True),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed')", name=op.f("ck_backtest_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backtest")),
    )
    op.create_index(op.f("ix_backtest_site"), "backtest", ["site"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_backtest_site"), table_name="backtest")
    op.drop_table("backtest")
