"""The shelf of what is let go: of tasks that ended long ago the events and the answers of models, never a
row of what was made or of what it cost.

Each of these is part of a transaction that first takes hold of the task: one that has moved on is left alone.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, bindparam, delete, func, null, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cairn.domain.task import ENDED, Event, Task, TaskStatus
from cairn.store.calls import calls
from cairn.store.clock import clock
from cairn.store.events import events
from cairn.store.fenced import Told, event_row
from cairn.store.tasks import read_task, tasks

UNTHINNED = tasks.c.thinned_run < tasks.c.run
LONG_ENDED = (
    select(tasks)
    .where(
        UNTHINNED,
        tasks.c.created_at < clock(given="ago"),  # no later than its end, and in the index
        tasks.c.updated_at < clock(given="ago"),
        tasks.c.status.in_([status.value for status in ENDED]),
    )
    .order_by(tasks.c.created_at)
    .limit(bindparam("most"))
)
"""Nothing writes a task after its end but a move, which opens it again or tells of itself."""
HOLD = (
    select(tasks.c.task_id)
    .where(tasks.c.task_id == bindparam("t"), tasks.c.epoch == bindparam("e"), UNTHINNED)
    .with_for_update(skip_locked=True)
)
"""Who has it in hand moves it on, or thins it: it is not waited for."""
NUMBERS = select(func.min(events.c.seq), func.count()).where(events.c.task_id == bindparam("t"))
WITH_ANSWERS = select(calls.c.product).distinct().where(
    calls.c.task_id == bindparam("t"), calls.c.answer.is_not(None)
)  # fmt: skip


async def long_ended(connection: AsyncConnection, age: timedelta, most: int) -> list[Task]:
    """Some that ended longer ago than `age` and are not thinned since, deleted ones too."""
    rows = await connection.execute(LONG_ENDED, {"ago": -age.total_seconds(), "most": most})
    return [read_task(row) for row in rows.mappings()]


async def has_all_events(connection: AsyncConnection, task: Task, first: int) -> bool:
    """Whether they are numbered without a hole from `first` up to what the task counts."""
    found = (await connection.execute(NUMBERS, {"t": task.task_id})).one()
    return tuple(found) == (first, task.last_seq - first + 1)


async def with_answers(connection: AsyncConnection, task_id: str) -> set[str]:
    """The products of whose calls answers are kept."""
    return set((await connection.execute(WITH_ANSWERS, {"t": task_id})).scalars())


async def let_answers_go(connection: AsyncConnection, task: Task, products: Collection[str]) -> bool:
    """Keep of the calls for these products all but what was answered. False: the task has moved."""
    if not await held(connection, task):
        return False
    mine = and_(calls.c.task_id == task.task_id, calls.c.answer.is_not(None))
    statement = update(calls).where(mine, calls.c.product.in_(sorted(products))).values(answer=null())
    await connection.execute(statement)
    return True


async def replace_events(connection: AsyncConnection, task: Task, told: Told, snapshot: Event) -> bool:
    """One event instead of all, with the number and the time of the last. False: the task has moved."""
    if not await held(connection, task):
        return False
    await connection.execute(delete(events).where(events.c.task_id == task.task_id))
    claim, mark = (task.task_id, task.epoch), told.mark(task.task_id)
    row = event_row(claim, task.last_seq, snapshot, task.updated_at, mark)
    await connection.execute(events.insert(), row)
    await connection.execute(thinned(task))
    return True


async def leave_events(connection: AsyncConnection, task: Task) -> bool:
    """They stay for good: until the task has another run, it is not looked at again."""
    if not await held(connection, task):
        return False
    await connection.execute(thinned(task))
    return True


async def held(connection: AsyncConnection, task: Task) -> bool:
    return (await connection.execute(HOLD, {"t": task.task_id, "e": task.epoch})).first() is not None


def thinned(task: Task) -> Any:
    return update(tasks).where(tasks.c.task_id == task.task_id).values(thinned_run=tasks.c.run)


async def runs_at_work(connection: AsyncConnection, task_ids: Collection[str]) -> dict[str, int]:
    """Of these tasks the active ones, each with its run."""
    ended = [status.value for status in TaskStatus if status in ENDED]
    chosen = select(tasks.c.task_id, tasks.c.run).where(tasks.c.task_id.in_(sorted(task_ids)))
    rows = await connection.execute(chosen.where(tasks.c.status.not_in(ended)))
    return {row["task_id"]: row["run"] for row in rows.mappings()}
