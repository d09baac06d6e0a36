"""The first tables: tasks and events, products, pieces and their versions, what a learner did."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def text(name: str, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(), nullable=nullable)


def long_text(name: str, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def number(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=False)


def time(name: str, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def product() -> list[sa.Column[Any]]:
    return [
        text("fingerprint"), number("epoch"), number("rev"), text("author"),
        time("created_at"), time("updated_at"),
    ]  # fmt: skip


def primary(table: str, *names: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*names, name=f"pk_{table}")


def upgrade() -> None:
    op.create_table(
        "roadmap_tasks",
        text("task_id"), text("roadmap_id"), text("owner_id"), time("deleted_at", True),
        text("idempotency_key", True), text("body_hash", True), long_text("request"),
        number("run"), number("epoch"), text("status"),
        text("lease_owner", True), time("lease_expires_at", True),
        number("attempts"), number("last_seq"), long_text("waiting", True), long_text("error", True),
        time("created_at"), time("updated_at"),
        primary("roadmap_tasks", "task_id"),
        sa.UniqueConstraint("owner_id", "idempotency_key", name="uq_roadmap_tasks_owner_id_idempotency_key"),
        sa.UniqueConstraint("roadmap_id", name="uq_roadmap_tasks_roadmap_id"),
    )  # fmt: skip
    op.create_index(
        "ix_roadmap_tasks_status_lease_expires_at", "roadmap_tasks", ["status", "lease_expires_at"]
    )
    op.create_table(
        "task_events",
        text("task_id"), number("seq"), text("kind"), long_text("data"), time("created_at"),
        primary("task_events", "task_id", "seq"),
    )  # fmt: skip
    op.create_table(
        "product_variants",
        text("task_id"), text("product"), number("variant"), text("wish", True),
        primary("product_variants", "task_id", "product"),
    )  # fmt: skip
    op.create_table(
        "intent_analysis_metadata",
        text("task_id"), text("roadmap_id"), long_text("parsed_goal"), long_text("key_technologies"),
        text("difficulty_profile"), text("time_constraint"), long_text("recommended_focus"),
        long_text("user_profile_summary"), long_text("skill_gap_analysis"),
        long_text("personalized_suggestions"), text("estimated_learning_path_type"),
        long_text("content_format_weights"), long_text("language_preferences"),
        long_text("full_analysis_data"), *product(),
        primary("intent_analysis_metadata", "task_id"),
    )  # fmt: skip
    op.create_table(
        "curriculum_design_metadata",
        text("task_id"), long_text("content"), *product(),
        primary("curriculum_design_metadata", "task_id"),
    )  # fmt: skip
    op.create_table(
        "structure_validation_metadata",
        text("task_id"), number("run"), number("round"), long_text("content"), *product(),
        primary("structure_validation_metadata", "task_id", "run", "round"),
    )  # fmt: skip
    op.create_table(
        "roadmaps",
        text("roadmap_id"), long_text("content"), long_text("piece_values"), long_text("archived"),
        *product(),
        primary("roadmaps", "roadmap_id"),
    )  # fmt: skip
    for table in ("tutorial_metadata", "resource_recommendation_metadata", "quiz_metadata"):
        op.create_table(
            table,
            text("roadmap_id"), text("concept_id"), long_text("content"), *product(),
            primary(table, "roadmap_id", "concept_id"),
        )  # fmt: skip
    op.create_table(
        "piece_versions",
        text("roadmap_id"), text("concept_id"), text("kind"), number("rev"), long_text("content"),
        text("fingerprint"), number("epoch"), text("author"), time("created_at"), time("updated_at"),
        primary("piece_versions", "roadmap_id", "concept_id", "kind", "rev"),
    )  # fmt: skip
    op.create_table(
        "piece_failures",
        text("roadmap_id"), text("concept_id"), text("kind"), text("fingerprint"), number("epoch"),
        text("code"), long_text("cause"), long_text("hint"), time("created_at"),
        primary("piece_failures", "roadmap_id", "concept_id", "kind"),
    )  # fmt: skip
    op.create_table(
        "progress",
        text("learner_id"), text("roadmap_id"), text("concept_id"), text("state"), time("updated_at"),
        primary("progress", "learner_id", "roadmap_id", "concept_id"),
    )  # fmt: skip
    op.create_table(
        "quiz_attempts",
        text("attempt_id"), text("learner_id"), text("roadmap_id"), text("concept_id"),
        number("quiz_rev"), long_text("answers"), number("right"), number("asked"), time("created_at"),
        primary("quiz_attempts", "attempt_id"),
    )  # fmt: skip
    op.create_index("ix_quiz_attempts_roadmap_id_concept_id", "quiz_attempts", ["roadmap_id", "concept_id"])


def downgrade() -> None:
    for table in (
        "quiz_attempts", "progress", "piece_failures", "piece_versions", "quiz_metadata",
        "resource_recommendation_metadata", "tutorial_metadata", "roadmaps",
        "structure_validation_metadata", "curriculum_design_metadata", "intent_analysis_metadata",
        "product_variants", "task_events", "roadmap_tasks",
    ):  # fmt: skip
        op.drop_table(table)
