"""Which run a call was made for, from which run a ceiling counts, and the quality report of a tree."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("model_calls") as calls:
        calls.add_column(sa.Column("run", sa.Integer(), nullable=False, server_default="1"))
    with op.batch_alter_table("roadmap_tasks") as tasks:
        tasks.add_column(sa.Column("paid_from_run", sa.Integer(), nullable=False, server_default="1"))
    with op.batch_alter_table("roadmaps") as roadmaps:
        roadmaps.add_column(sa.Column("report", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("roadmaps") as roadmaps:
        roadmaps.drop_column("report")
    with op.batch_alter_table("roadmap_tasks") as tasks:
        tasks.drop_column("paid_from_run")
    with op.batch_alter_table("model_calls") as calls:
        calls.drop_column("run")
