"""Reviews and edits of a tree, the journal of calls, and what an event tells of the write that made it."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TASK_COLUMNS = ("aim", "review_round", "due_at")
EVENT_COLUMNS = ("epoch", "write_id")


def text(name: str, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(), nullable=nullable)


def long_text(name: str, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def number(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=False)


def time(name: str, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    with op.batch_alter_table("roadmap_tasks") as tasks:
        tasks.add_column(text("aim", True))
        tasks.add_column(sa.Column("review_round", sa.Integer(), nullable=False, server_default="0"))
        tasks.add_column(time("due_at", True))
    with op.batch_alter_table("task_events") as events:
        events.add_column(sa.Column("epoch", sa.Integer(), nullable=True))
        events.add_column(text("write_id", True))
    op.create_table(
        "model_calls",
        text("key"), number("sent"), text("task_id"), text("product"), number("epoch"), text("state"),
        long_text("answer", True), long_text("error", True), number("input_tokens"),
        number("output_tokens"), sa.Column("usd", sa.Float(), nullable=True),
        time("started_at"), time("ended_at", True),
        sa.PrimaryKeyConstraint("key", "sent", name="pk_model_calls"),
    )  # fmt: skip
    op.create_index("ix_model_calls_task_id", "model_calls", ["task_id"])
    op.create_table(
        "review_decisions",
        text("task_id"), number("review_round"), number("run"), number("round"), text("decision"),
        long_text("feedback"), long_text("edits"), time("created_at"),
        sa.PrimaryKeyConstraint("task_id", "review_round", name="pk_review_decisions"),
    )  # fmt: skip
    op.create_table(
        "roadmap_edit_metadata",
        text("task_id"), number("run"), number("round"), long_text("content"),
        text("fingerprint"), number("epoch"), number("rev"), text("author"),
        time("created_at"), time("updated_at"),
        sa.PrimaryKeyConstraint("task_id", "run", "round", name="pk_roadmap_edit_metadata"),
    )  # fmt: skip


def downgrade() -> None:
    for table in ("roadmap_edit_metadata", "review_decisions", "model_calls"):
        op.drop_table(table)
    for table, columns in (("task_events", EVENT_COLUMNS), ("roadmap_tasks", TASK_COLUMNS)):
        with op.batch_alter_table(table) as altered:
            for column in columns:
                altered.drop_column(column)
