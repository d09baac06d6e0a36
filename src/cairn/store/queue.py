"""The queue: which tasks may be taken, and a task's place among them.

Each question is answered by an index that a task leaves when its run ends: what has ended does not slow it.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import bindparam, func, literal_column, select, tuple_, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from cairn.domain.task import Task, TaskStatus
from cairn.store.clock import clock
from cairn.store.columns import Utc
from cairn.store.tasks import LOST, claimable, free, has, tasks

WAITS = tasks.c.waiting.is_not(None)
"""For a time or for a person; what does not is due."""


def all_due() -> Any:
    """What is `claimable`, each part of it by an index of its own: first what was begun and lost, then by the
    time since when it is due."""
    found = union_all(
        part(0, tasks.c.attempts + 1, tasks.c.lease_expires_at, has(TaskStatus.running), free()),
        part(1, tasks.c.attempts, tasks.c.due_at, has(TaskStatus.queued), ~WAITS),
        part(1, tasks.c.attempts, tasks.c.due_at, has(TaskStatus.queued), WAITS, tasks.c.due_at <= clock()),
    ).subquery()
    ordered: Any = select(found.c.task_id, found.c.lost).order_by(found.c.rank, found.c.since)
    return ordered.limit(bindparam("most"))


def part(rank: int, lost: Any, since: Any, *conditions: Any) -> Any:
    """`lost`: how many claims will have been lost in a row."""
    ranked = literal_column(str(rank)).label("rank")
    columns: list[Any] = [tasks.c.task_id, lost.label("lost"), ranked, since.label("since")]
    chosen = select(*columns).where(*conditions, tasks.c.deleted_at.is_(None)).order_by(since)
    first: Any = chosen.limit(bindparam("most")).subquery()
    return select(first)


DUE = all_due()
DUE_OF: Any = select(tasks.c.task_id, (tasks.c.attempts + LOST).label("lost")).where(
    tasks.c.task_id.in_(bindparam("these", expanding=True)), claimable()
)
MINE = tuple_(bindparam("due", type_=Utc()), bindparam("t"))
BEFORE = (
    select(func.count())
    .select_from(tasks)
    .where(has(TaskStatus.queued), ~WAITS, tuple_(tasks.c.due_at, tasks.c.task_id) < MINE)
)


async def due(connection: AsyncConnection, limit: int, only: Collection[str] | None) -> list[tuple[str, int]]:
    """Claimable tasks, those that were lost first, then the ones due for longest, each with the number of its
    claims that will have been lost in a row; `only` narrows it to these tasks."""
    found = await (
        connection.execute(DUE, {"most": limit})
        if only is None
        else connection.execute(DUE_OF.limit(limit), {"these": list(only)})
    )
    return [(row["task_id"], row["lost"]) for row in found.mappings()]


async def before(connection: AsyncConnection, task: Task) -> int | None:
    """How many tasks are to be taken before this one; None where it is not in the queue."""
    if task.queued_at is None:
        return None
    return (await connection.execute(BEFORE, {"due": task.queued_at, "t": task.task_id})).scalar_one()
