"""The shelf of events: what happened to a task, in the order of commits. Written with what they tell of."""

from collections.abc import Sequence

from sqlalchemy import bindparam, select
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from cairn.domain.task import StoredEvent
from cairn.store.base import table_of
from cairn.store.tables import TaskEvent

events = table_of(TaskEvent)

RUN_BEGINS = ("task_created", "task_retried", "piece_asked")
"""The events each of which begins a run."""
SNAPSHOT = "snapshot"
"""The event that stands for all those before it, once a task is thinned (`usecases/retention.py`)."""

AFTER = (
    select(events)
    .where(events.c.task_id == bindparam("t"), events.c.seq > bindparam("after"))
    .order_by(events.c.seq)
    .limit(bindparam("most"))
)


async def events_after(
    connection: AsyncConnection, task_id: str, seq: int, limit: int
) -> Sequence[StoredEvent]:
    rows = (await connection.execute(AFTER, {"t": task_id, "after": seq, "most": limit})).mappings()
    return [read_event(row) for row in rows]


async def steps_of(connection: AsyncConnection, task_id: str) -> list[StoredEvent]:
    """The events that start and end steps and runs, in order: what the state of each step is read from."""
    kinds = (*RUN_BEGINS, SNAPSHOT, "step_started", "step_finished")
    statement = (
        select(events).where(events.c.task_id == task_id, events.c.kind.in_(kinds)).order_by(events.c.seq)
    )
    return [read_event(row) for row in (await connection.execute(statement)).mappings()]


def read_event(row: RowMapping) -> StoredEvent:
    return StoredEvent(seq=row["seq"], kind=row["kind"], data=row["data"], created_at=row["created_at"])
