"""Indexes that keep the queue and the lists as quick as they were, however many tasks have ended; up to which
run a task is thinned."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLE = "roadmap_tasks"
INDEXES = {
    "ix_roadmap_tasks_queued": (["due_at", "task_id"], "status = 'queued' AND waiting IS NULL"),
    "ix_roadmap_tasks_waiting": (["due_at"], "status = 'queued' AND waiting IS NOT NULL"),
    "ix_roadmap_tasks_running": (["task_id"], "status = 'running'"),
    "ix_roadmap_tasks_shown": (["owner_id", "created_at", "task_id"], "deleted_at IS NULL"),
    "ix_roadmap_tasks_put_away": (["owner_id", "deleted_at", "task_id"], "deleted_at IS NOT NULL"),
    "ix_roadmap_tasks_unthinned": (["created_at"], "thinned_run < run"),
}
BY_LEASE = "ix_roadmap_tasks_status_lease_expires_at"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("thinned_run", sa.Integer(), nullable=False, server_default="0"))
    op.execute("UPDATE roadmap_tasks SET due_at = updated_at WHERE status = 'queued' AND waiting IS NULL")
    op.drop_index(BY_LEASE, TABLE)
    for name, (columns, where) in INDEXES.items():
        op.create_index(name, TABLE, columns, postgresql_where=sa.text(where), sqlite_where=sa.text(where))
    op.create_index("ix_link_checks_checked_at", "link_checks", ["checked_at"])


def downgrade() -> None:
    op.drop_index("ix_link_checks_checked_at", "link_checks")
    for name in INDEXES:
        op.drop_index(name, TABLE)
    op.create_index(BY_LEASE, TABLE, ["status", "lease_expires_at"])
    with op.batch_alter_table(TABLE) as tasks:
        tasks.drop_column("thinned_run")
