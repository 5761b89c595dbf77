"""what holds an alert back"""

import sqlalchemy as sa
from alembic import op

revision = "state_0003"
down_revision = "state_0002"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.add_column(sa.Column("yields_to", sa.Text(), nullable=True))
    with op.batch_alter_table("episode", schema=None) as batch_op:
        batch_op.add_column(sa.Column("told_at", BIG, nullable=True))
        batch_op.add_column(sa.Column("held_until", BIG, nullable=True))
    op.execute("UPDATE episode SET told_at = onset_at")


def downgrade() -> None:
    with op.batch_alter_table("episode", schema=None) as batch_op:
        batch_op.drop_column("held_until")
        batch_op.drop_column("told_at")
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.drop_column("yields_to")
