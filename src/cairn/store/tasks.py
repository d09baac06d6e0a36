"""The shelf of tasks: their claims, and the moves from one state to the next."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    CursorResult,
    and_,
    bindparam,
    case,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert  # see store/fenced.py
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from cairn.domain.request import LearnerRequest
from cairn.domain.task import LONGEST_LEASE, MOVES, Event, Task, TaskError, TaskStatus, Waiting
from cairn.store.base import table_of
from cairn.store.clock import clock
from cairn.store.columns import Utc
from cairn.store.events import events
from cairn.store.fenced import Told, event_row
from cairn.store.tables import RoadmapTask

tasks = table_of(RoadmapTask)


CREATE = (
    insert(tasks)
    .values(due_at=clock())
    .on_conflict_do_nothing(index_elements=["owner_id", "idempotency_key"])
)


async def create(connection: AsyncConnection, row: dict[str, Any], first: Event, told: Told) -> bool:
    """Insert the task, due now, and its first event. False where the owner's idempotency key has one."""
    result: CursorResult[Any] = await connection.execute(CREATE, row)
    if result.rowcount == 0:
        return False
    await connection.execute(
        events.insert(),
        event_row((row["task_id"], row["epoch"]), 1, first, row["created_at"], told.mark(row["task_id"])),
    )
    return True


async def move(
    connection: AsyncConnection, told: Told, name: str, task_id: str, now: datetime, *conditions: Any,
    event: Event, deleted: bool = False, **values: Any,
) -> int | None:  # fmt: skip
    """One counter-first UPDATE that raises the epoch and ends any claim, and its event. The new epoch, or
    None: not allowed. `deleted`: the move is one of a deleted task."""
    there = tasks.c.deleted_at.is_not(None) if deleted else tasks.c.deleted_at.is_(None)
    status = values.get("status")
    due_at = clock() if isinstance(status, str) and status == TaskStatus.queued.value else None
    allowed = tasks.c.status.in_([status.value for status in MOVES[name]])
    statement = (
        update(tasks)
        .where(tasks.c.task_id == task_id, there, allowed, *conditions)
        .values(
            epoch=tasks.c.epoch + 1, last_seq=tasks.c.last_seq + 1, updated_at=now, attempts=0,
            lease_owner=None, lease_expires_at=None, **{"waiting": None, "due_at": due_at, **values},
        )
        .returning(tasks.c.epoch, tasks.c.last_seq)
    )  # fmt: skip
    moved = (await connection.execute(statement)).one_or_none()
    if moved is None:
        return None
    epoch, seq = moved
    await connection.execute(
        events.insert(), event_row((task_id, epoch), seq, event, now, told.mark(task_id))
    )
    return epoch


def has(status: TaskStatus) -> Any:
    """With the state as a literal: only so does a database see that an index holds the rows asked for."""
    return tasks.c.status == literal_column(f"'{status.value}'")


def free() -> Any:
    """Its lease has run out, or was taken away."""
    ends = tasks.c.lease_expires_at
    # A lease further ahead than any is given was left before the clock stepped back.
    return or_(ends.is_(None), ends <= clock(), ends > clock(LONGEST_LEASE))


def claimable() -> Any:
    """`queued` and due, or `running` with an expired lease or none; never deleted, never waiting for a
    person."""
    due_now = or_(tasks.c.waiting.is_(None), tasks.c.due_at <= clock())
    return and_(
        tasks.c.deleted_at.is_(None),
        or_(
            and_(tasks.c.status == TaskStatus.queued.value, due_now),
            and_(tasks.c.status == TaskStatus.running.value, free()),
        ),
    )


LOST = case((tasks.c.status == TaskStatus.running.value, 1), else_=0)
THESE = tasks.c.task_id.in_(bindparam("these", expanding=True))
FREE = (
    select(tasks.c.task_id)
    .where(THESE, claimable())
    .order_by(tasks.c.task_id)  # as the writer locks
    .with_for_update(skip_locked=True)
)
"""Locks them, on a server. What is in another's hands is left to the next look: one that is claimed alone is
waited for, but it must not hold up the rest."""
CLAIM = (
    update(tasks)
    .where(THESE, claimable())
    .values(
        epoch=tasks.c.epoch + 1, last_seq=tasks.c.last_seq + 1, status=TaskStatus.running.value,
        lease_owner=bindparam("owner"), lease_expires_at=clock(given="seconds"), waiting=None, due_at=None,
        attempts=tasks.c.attempts + LOST, updated_at=clock(),
    )
    .returning(*tasks.c)
)  # fmt: skip


async def claim(
    connection: AsyncConnection, told: Told, task_id: str, owner: str, seconds: float
) -> Task | None:
    """Take the task. None: someone else has it."""
    return next(iter(await claim_some(connection, told, [task_id], owner, seconds)), None)


async def claim_some(
    connection: AsyncConnection, told: Told, task_ids: Collection[str], owner: str, seconds: float
) -> list[Task]:
    """Take those of the tasks that are due and that nobody else has or is about to take: one UPDATE raises
    the epoch and sets the lease of each, and its event tells it. One transaction for many, for a claim alone
    waits in the writer's line behind all that the runs before it write."""
    these = list(task_ids)
    if len(these) > 1:
        these = [task_id for (task_id,) in (await connection.execute(FREE, {"these": these})).all()]
    taken = await connection.execute(CLAIM, {"these": these, "owner": owner, "seconds": seconds})
    claimed = [read_task(row) for row in taken.mappings()]
    if not claimed:
        return []
    await connection.execute(
        events.insert(),
        [
            event_row((task.task_id, task.epoch), task.last_seq, claim_of(task), task.updated_at,
                      told.mark(task.task_id))
            for task in claimed
        ],
    )  # fmt: skip
    return claimed


def claim_of(task: Task) -> Event:
    return Event(kind="task_claimed", data={"run": task.run, "attempts": task.attempts})


async def release_all(connection: AsyncConnection) -> int:
    """Take every lease away: for the holder of the folder's lock, who knows that no one else runs."""
    # None, and not the present: a clock that steps back would make that a lease again.
    statement = update(tasks).where(has(TaskStatus.running)).values(lease_expires_at=None)
    result: CursorResult[Any] = await connection.execute(statement)
    return result.rowcount


async def get(
    connection: AsyncConnection, task_id: str, owner_id: str, *, deleted: bool = False
) -> Task | None:
    """`deleted`: also one that is deleted."""
    return await find(connection, tasks.c.task_id == task_id, owner_id, deleted=deleted)


async def of_roadmap(
    connection: AsyncConnection, roadmap_id: str, owner_id: str, *, deleted: bool = False
) -> Task | None:
    """`deleted`: also one that is deleted."""
    return await find(connection, tasks.c.roadmap_id == roadmap_id, owner_id, deleted=deleted)


async def find(connection: AsyncConnection, which: Any, owner_id: str, *, deleted: bool) -> Task | None:
    statement = select(tasks).where(which, tasks.c.owner_id == owner_id)
    if not deleted:
        statement = statement.where(tasks.c.deleted_at.is_(None))
    row = (await connection.execute(statement)).mappings().one_or_none()
    return None if row is None else read_task(row)


async def by_key(connection: AsyncConnection, owner_id: str, key: str) -> tuple[Task, str] | None:
    """The task made under an idempotency key, and the hash of the body it was made from."""
    statement = select(tasks).where(tasks.c.owner_id == owner_id, tasks.c.idempotency_key == key)
    row = (await connection.execute(statement)).mappings().one_or_none()
    return None if row is None else (read_task(row), row["body_hash"])


async def page(
    connection: AsyncConnection, owner_id: str, limit: int, before: tuple[datetime, str] | None
) -> list[Task]:
    """The newest tasks first, those made before `before` (time, id) where it is given."""
    statement = select(tasks).where(tasks.c.owner_id == owner_id, tasks.c.deleted_at.is_(None))
    if before is not None:
        place = tuple_(bindparam(None, before[0], Utc()), bindparam(None, before[1]))
        statement = statement.where(tuple_(tasks.c.created_at, tasks.c.task_id) < place)
    statement = statement.order_by(tasks.c.created_at.desc(), tasks.c.task_id.desc()).limit(limit)
    return [read_task(row) for row in (await connection.execute(statement)).mappings()]


async def put_away(connection: AsyncConnection, owner_id: str, limit: int) -> list[Task]:
    """The deleted tasks, the last deleted first: nothing moves one after that."""
    statement = select(tasks).where(tasks.c.owner_id == owner_id, tasks.c.deleted_at.is_not(None))
    statement = statement.order_by(tasks.c.deleted_at.desc(), tasks.c.task_id.desc()).limit(limit)
    return [read_task(row) for row in (await connection.execute(statement)).mappings()]


def read_task(row: Mapping[str, Any] | RowMapping) -> Task:
    return Task(
        task_id=row["task_id"],
        roadmap_id=row["roadmap_id"],
        owner_id=row["owner_id"],
        run=row["run"],
        paid_from_run=row["paid_from_run"],
        epoch=row["epoch"],
        status=TaskStatus(row["status"]),
        aim=row["aim"],
        review_round=row["review_round"],
        attempts=row["attempts"],
        last_seq=row["last_seq"],
        request=LearnerRequest.model_validate(row["request"]),
        error=None if row["error"] is None else TaskError.model_validate(row["error"]),
        waiting=None if row["waiting"] is None else Waiting(reason=row["waiting"], until=row["due_at"]),
        queued_at=row["due_at"] if row["waiting"] is None else None,
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


HELD = and_(
    tuple_(tasks.c.task_id, tasks.c.epoch).in_(bindparam("claims", expanding=True)),
    tasks.c.status == TaskStatus.running.value,
)
RENEW = (
    update(tasks)
    .where(
        HELD,
        # Locked in the order of the writer, which may be about to lock the same rows.
        tasks.c.task_id.in_(select(tasks.c.task_id).where(HELD).order_by(tasks.c.task_id).with_for_update()),
    )
    .values(lease_expires_at=clock(given="seconds"))
    .returning(tasks.c.task_id, tasks.c.epoch)
)


def renew(connection: Connection, claims: Sequence[tuple[str, int]], seconds: float) -> set[tuple[str, int]]:
    """Prolong claims (task id, epoch), on the lease thread's own connection: those that are still ours."""
    found = connection.execute(RENEW, {"claims": claims, "seconds": seconds})
    return {(task_id, epoch) for task_id, epoch in found.all()}
