"""Every table that a task owns, on one page. One fact, one row, one writer: see "who writes" beside each.

Apart from the domain values on purpose: `table=True` validates nothing, and a row is not a word.
"""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import Index, Text, UniqueConstraint, text
from sqlmodel import Field

from cairn.store.base import Base
from cairn.store.columns import json_column, time_column


def partial(name: str, where: str, *columns: str) -> Index:
    """Of the rows that `where` names; it serves a query that says the same, with the same literals."""
    return Index(name, *columns, postgresql_where=text(where), sqlite_where=text(where))


class RoadmapTask(Base, table=True):
    """The task row is the queue. Made by `ask`; moved by claims, ends and moves from outside.

    The row is written with every product and every renewal of its lease. So no index may name what changes
    then (`last_seq`, `updated_at`, `attempts`, `lease_expires_at`): each time PostgreSQL would have to make
    new entries in all of them. Measured: 97 % of a course's writes spare the indexes; with one that names
    `updated_at`, 2 %."""

    __tablename__ = cast("Any", "roadmap_tasks")
    __table_args__ = (
        UniqueConstraint("owner_id", "idempotency_key"),
        UniqueConstraint("roadmap_id"),
        partial("ix_roadmap_tasks_queued", "status = 'queued' AND waiting IS NULL", "due_at", "task_id"),
        partial("ix_roadmap_tasks_waiting", "status = 'queued' AND waiting IS NOT NULL", "due_at"),
        partial("ix_roadmap_tasks_running", "status = 'running'", "task_id"),
        partial("ix_roadmap_tasks_shown", "deleted_at IS NULL", "owner_id", "created_at", "task_id"),
        partial("ix_roadmap_tasks_put_away", "deleted_at IS NOT NULL", "owner_id", "deleted_at", "task_id"),
        partial("ix_roadmap_tasks_unthinned", "thinned_run < run", "created_at"),
    )

    task_id: str = Field(primary_key=True)
    roadmap_id: str
    owner_id: str
    deleted_at: datetime | None = time_column(nullable=True)
    idempotency_key: str | None
    body_hash: str | None
    request: Any = json_column()
    run: int
    paid_from_run: int
    """The first of the runs whose cost counts against the ceiling: one that waited at it and goes on under a
    higher one does not begin at nothing."""
    epoch: int
    status: str
    aim: str | None
    """The one piece a regenerate is to make; None: the whole course."""
    review_round: int
    lease_owner: str | None
    lease_expires_at: datetime | None = time_column(nullable=True)
    attempts: int
    last_seq: int
    waiting: str | None = Field(sa_type=Text)
    due_at: datetime | None = time_column(nullable=True)
    """Of a queued one, since when it may be taken; of one that waits, from when on, or None: for a person."""
    thinned_run: int = Field(sa_column_kwargs={"server_default": "0"})
    """Up to this run nothing is kept but what it made and what it cost; 0: nothing was thinned yet."""
    error: Any = json_column(nullable=True)
    created_at: datetime = time_column()
    updated_at: datetime = time_column()


class TaskEvent(Base, table=True):
    """What happened, in commit order without holes. Written with what it tells of, never alone."""

    __tablename__ = cast("Any", "task_events")

    task_id: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    epoch: int | None
    write_id: str | None
    """Of the transaction it was committed with: where the answer to a commit was lost, this is looked for."""
    kind: str
    data: Any = json_column()
    created_at: datetime = time_column()


class ModelCall(Base, table=True):
    """The journal: one row per request sent to a model, and what it cost; until it is answered, what it is
    expected to cost. `key` names the call, `sent` counts the requests made under it. Written before the
    request leaves and after it is answered, by `journal`."""

    __tablename__ = cast("Any", "model_calls")
    __table_args__ = (
        Index("ix_model_calls_task_id", "task_id"),
        Index(
            "ix_model_calls_sent_again", "key", "sent",
            sqlite_where=text("sent > 1"), postgresql_where=text("sent > 1"),
        ),
    )  # fmt: skip

    key: str = Field(primary_key=True)
    sent: int = Field(primary_key=True)
    task_id: str
    run: int
    product: str
    epoch: int
    state: str
    answer: Any = json_column(nullable=True)
    error: str | None = Field(sa_type=Text)
    input_tokens: int
    output_tokens: int
    usd: float | None
    started_at: datetime = time_column()
    ended_at: datetime | None = time_column(nullable=True)


class ReviewDecision(Base, table=True):
    """What a person said of the tree of `round` of a run; one per review, first come. Written by its move."""

    __tablename__ = cast("Any", "review_decisions")

    task_id: str = Field(primary_key=True)
    review_round: int = Field(primary_key=True)
    run: int
    round: int
    decision: str
    feedback: str = Field(sa_type=Text)
    edits: Any = json_column()
    created_at: datetime = time_column()


class ProductVariant(Base, table=True):
    """How often a product was asked for anew, and the last wish; never falls. Raised by the move of a retry
    or regenerate only."""

    __tablename__ = cast("Any", "product_variants")

    task_id: str = Field(primary_key=True)
    product: str = Field(primary_key=True)
    variant: int
    wish: str | None


class ProductRow(Base):
    """What every product carries: of what it was made, under which claim, by whom."""

    fingerprint: str
    epoch: int
    rev: int
    author: str
    created_at: datetime = time_column()
    updated_at: datetime = time_column()


class PieceRow(ProductRow):
    """The piece of a concept that is read now. Written by write_concept."""

    roadmap_id: str = Field(primary_key=True)
    concept_id: str = Field(primary_key=True)
    content: Any = json_column()


class IntentRow(ProductRow, table=True):
    """The one analysis of a task. Written by the step intent_analysis."""

    __tablename__ = cast("Any", "intent_analysis_metadata")

    task_id: str = Field(primary_key=True)
    roadmap_id: str
    parsed_goal: str = Field(sa_type=Text)
    key_technologies: Any = json_column()
    difficulty_profile: str
    time_constraint: str
    recommended_focus: Any = json_column()
    user_profile_summary: str = Field(sa_type=Text)
    skill_gap_analysis: Any = json_column()
    personalized_suggestions: Any = json_column()
    estimated_learning_path_type: str
    content_format_weights: Any = json_column()
    language_preferences: Any = json_column()
    full_analysis_data: Any = json_column()


class CurriculumRow(ProductRow, table=True):
    """The curriculum as designed; edits are rows of their own. Written by curriculum_design."""

    __tablename__ = cast("Any", "curriculum_design_metadata")

    task_id: str = Field(primary_key=True)
    content: Any = json_column()


class ValidationRow(ProductRow, table=True):
    """One structure check of one tree. Written by structure_validation."""

    __tablename__ = cast("Any", "structure_validation_metadata")

    task_id: str = Field(primary_key=True)
    run: int = Field(primary_key=True)
    round: int = Field(primary_key=True)
    content: Any = json_column()


class EditRow(ProductRow, table=True):
    """One edited tree, by a person or the author. Written by roadmap_edit."""

    __tablename__ = cast("Any", "roadmap_edit_metadata")

    task_id: str = Field(primary_key=True)
    run: int = Field(primary_key=True)
    round: int = Field(primary_key=True)
    content: Any = json_column()


class RoadmapRow(ProductRow, table=True):
    """The accepted tree. Its fingerprint is that of the curriculum it was accepted from; `piece_values`
    is what its pieces were given; `archived` keeps the cards of dropped concepts; `report` says how the tree
    was checked. Written by publish."""

    __tablename__ = cast("Any", "roadmaps")

    roadmap_id: str = Field(primary_key=True)
    content: Any = json_column()
    piece_values: Any = json_column()
    archived: Any = json_column()
    report: Any = json_column(nullable=True)


class TutorialRow(PieceRow, table=True):
    __tablename__ = cast("Any", "tutorial_metadata")


class ResourcesRow(PieceRow, table=True):
    __tablename__ = cast("Any", "resource_recommendation_metadata")


class QuizRow(PieceRow, table=True):
    __tablename__ = cast("Any", "quiz_metadata")


class PieceVersion(Base, table=True):
    """A replaced piece, copied in the transaction that replaced it."""

    __tablename__ = cast("Any", "piece_versions")

    roadmap_id: str = Field(primary_key=True)
    concept_id: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    rev: int = Field(primary_key=True)
    content: Any = json_column()
    fingerprint: str
    epoch: int
    author: str
    created_at: datetime = time_column()
    updated_at: datetime = time_column()


class PieceFailure(Base, table=True):
    """A piece that could not be made; goes in the transaction that stores the piece."""

    __tablename__ = cast("Any", "piece_failures")

    roadmap_id: str = Field(primary_key=True)
    concept_id: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    fingerprint: str
    epoch: int
    code: str
    cause: str = Field(sa_type=Text)
    hint: str = Field(sa_type=Text)
    created_at: datetime = time_column()
