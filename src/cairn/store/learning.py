"""The shelf of what learners did: progress and quiz attempts. Written by the learner, never by a run."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert  # see store/fenced.py
from sqlalchemy.ext.asyncio import AsyncConnection

from cairn.store.apart import ProgressRow, QuizAttempt
from cairn.store.base import table_of

progress = table_of(ProgressRow)
attempts = table_of(QuizAttempt)


async def set_progress(
    connection: AsyncConnection, learner_id: str, roadmap_id: str, concept_id: str, state: str, now: datetime
) -> None:
    statement = insert(progress).values(
        learner_id=learner_id, roadmap_id=roadmap_id, concept_id=concept_id, state=state, updated_at=now
    )
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["learner_id", "roadmap_id", "concept_id"],
            set_={"state": statement.excluded.state, "updated_at": statement.excluded.updated_at},
        )
    )


async def progress_of(
    connection: AsyncConnection, learner_id: str, roadmap_ids: list[str]
) -> dict[tuple[str, str], str]:
    """States keyed (roadmap id, concept id); what is not there is `not_started`."""
    statement = select(progress.c.roadmap_id, progress.c.concept_id, progress.c.state).where(
        progress.c.learner_id == learner_id, progress.c.roadmap_id.in_(roadmap_ids)
    )
    return {(r, c): state for r, c, state in (await connection.execute(statement)).all()}


async def add_attempt(connection: AsyncConnection, row: dict[str, Any]) -> None:
    # The same attempt twice is one: the answer to its commit may have been lost.
    statement = insert(attempts).values(row).on_conflict_do_nothing(index_elements=["attempt_id"])
    await connection.execute(statement)


async def answers_of(
    connection: AsyncConnection, learner_id: str, roadmap_id: str, concept_id: str
) -> list[dict[str, list[str]]]:
    """What was answered in each attempt, oldest first."""
    statement = (
        select(attempts.c.answers)
        .where(
            attempts.c.roadmap_id == roadmap_id,
            attempts.c.concept_id == concept_id,
            attempts.c.learner_id == learner_id,
        )
        .order_by(attempts.c.created_at, attempts.c.attempt_id)
    )
    return list((await connection.execute(statement)).scalars())
