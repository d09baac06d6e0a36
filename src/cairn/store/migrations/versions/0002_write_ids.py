"""Events tell which write they came with, so that one whose answer was lost is found again."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("task_events", sa.Column("write_id", sa.String(), nullable=True))
    op.add_column("task_events", sa.Column("epoch", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("task_events") as events:
        events.drop_column("epoch")
        events.drop_column("write_id")
