"""Sequence numbers are remembered as the ranges that were passed over"""

import sqlalchemy as sa
from alembic import op

revision = "journal_0002"
down_revision = "journal_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What was known is not worth converting: a device's next message begins it anew.
    op.drop_table("device_sequence")
    op.create_table(
        "device_sequence",
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("boot", sa.BigInteger(), nullable=False),
        sa.Column("high", sa.BigInteger(), nullable=False),
        sa.Column("holes", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("device", name=op.f("pk_device_sequence")),
    )
