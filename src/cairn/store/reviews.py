"""The shelf of decisions: what a person said of a tree, once per review."""

from datetime import datetime

from sqlalchemy import RowMapping, bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import CursorResult
from sqlalchemy.ext.asyncio import AsyncConnection

from cairn.domain.review import Decision
from cairn.store.base import table_of
from cairn.store.tables import ReviewDecision

decisions = table_of(ReviewDecision)


async def decide(
    connection: AsyncConnection, task_id: str, run: int, decision: Decision, now: datetime
) -> bool:
    """One atomic insert; False where someone was first."""
    row = {"task_id": task_id, "run": run, "created_at": now, **decision.model_dump()}
    statement = (
        insert(decisions).values(row).on_conflict_do_nothing(index_elements=["task_id", "review_round"])
    )
    result: CursorResult[tuple[()]] = await connection.execute(statement)
    return result.rowcount == 1


async def of_run(connection: AsyncConnection, task_id: str, run: int) -> dict[int, Decision]:
    """The decisions of a run, by the round whose tree they are about."""
    rows = (await connection.execute(OF_RUN, {"t": task_id, "r": run})).mappings()
    return {decision.round: decision for decision in map(read_decision, rows)}


OF_RUN = select(decisions).where(decisions.c.task_id == bindparam("t"), decisions.c.run == bindparam("r"))


async def of_round(connection: AsyncConnection, task_id: str, review_round: int) -> Decision | None:
    statement = select(decisions).where(
        decisions.c.task_id == task_id, decisions.c.review_round == review_round
    )
    row = (await connection.execute(statement)).mappings().one_or_none()
    return None if row is None else read_decision(row)


def read_decision(row: RowMapping) -> Decision:
    return Decision.model_validate({name: row[name] for name in Decision.model_fields})
