"""Tables that no task owns and no claim fences. One fact, one row, one writer here too."""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import Index, Text
from sqlmodel import Field

from cairn.store.base import Base
from cairn.store.columns import json_column, time_column


class LinkCheckRow(Base, table=True):
    """What stands at an address, by the last look. `failures` counts the looks in a row that found nothing.
    Written by whoever looked, under no task; `taken_until` by whoever is about to look again."""

    __tablename__ = cast("Any", "link_checks")
    __table_args__ = (Index("ix_link_checks_checked_at", "checked_at"),)

    url: str = Field(primary_key=True)
    state: str
    reason: str
    status: int | None
    title: str
    final_url: str
    failures: int
    checked_at: datetime = time_column()
    taken_until: datetime | None = time_column(nullable=True)


class ProgressRow(Base, table=True):
    """Where a learner stands with a concept. Written by the learner alone."""

    __tablename__ = cast("Any", "progress")

    learner_id: str = Field(primary_key=True)
    roadmap_id: str = Field(primary_key=True)
    concept_id: str = Field(primary_key=True)
    state: str
    updated_at: datetime = time_column()


class QuizAttempt(Base, table=True):
    """What a learner answered, graded when it was given. Written by the learner alone."""

    __tablename__ = cast("Any", "quiz_attempts")
    __table_args__ = (Index("ix_quiz_attempts_roadmap_id_concept_id", "roadmap_id", "concept_id"),)

    attempt_id: str = Field(primary_key=True)
    learner_id: str
    roadmap_id: str
    concept_id: str
    quiz_rev: int
    answers: Any = json_column()
    right: int
    asked: int
    created_at: datetime = time_column()


class ModelMode(Base, table=True):
    """What came of trying a model with a form of answer. Written by the doctor alone."""

    __tablename__ = cast("Any", "model_modes")

    model: str = Field(primary_key=True)
    address: str = Field(primary_key=True)
    form: str = Field(primary_key=True)
    mode: str | None
    """None: it keeps to the form in none."""
    failed: str = Field(sa_type=Text)
    tried_at: datetime = time_column()


class OldestProgram(Base, table=True):
    """The oldest version of Cairn that may work on this database; one row. Written by migrations alone."""

    __tablename__ = cast("Any", "oldest_program")

    id: int = Field(primary_key=True)
    version: str
