"""Which run a call was made for, and from which run a ceiling counts."""

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


def downgrade() -> None:
    with op.batch_alter_table("roadmap_tasks") as tasks:
        tasks.drop_column("paid_from_run")
    with op.batch_alter_table("model_calls") as calls:
        calls.drop_column("run")
