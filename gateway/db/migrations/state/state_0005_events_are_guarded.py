"""events of alerts are only added: the first revision forgot their guard"""

from alembic import op

revision = "state_0005"
down_revision = "state_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_append_only("alert_event")


def downgrade() -> None:
    op.drop_append_only("alert_event")
