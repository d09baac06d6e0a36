"""What an operator asks of the database as a whole: few and cheap statements, asked again and again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import case, exists, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from cairn.domain.task import TaskStatus
from cairn.store.admission import Standing
from cairn.store.apart import OldestProgram
from cairn.store.base import table_of
from cairn.store.calls import ANSWERED, calls
from cairn.store.clock import clock
from cairn.store.migrate import is_newer
from cairn.store.tables import ModelCall
from cairn.store.tasks import claimable, tasks

earlier = table_of(ModelCall).alias("earlier")


@dataclass(frozen=True)
class Facts:
    """`tasks`: by status, without the deleted; `oldest`: how many seconds the oldest due task has been due;
    `repaid`: requests sent although an answer to the same call stood."""

    tasks: dict[str, int]
    due: int
    oldest: float
    repaid: int


BY_STATUS = select(tasks.c.status, func.count()).where(tasks.c.deleted_at.is_(None)).group_by(tasks.c.status)

SINCE = func.coalesce(
    case((tasks.c.status == TaskStatus.running.value, tasks.c.lease_expires_at), else_=tasks.c.due_at),
    tasks.c.updated_at,
)
"""When a claimable task became so: its lease ran out, its waiting was over, or it was queued."""
DUE: Any = select(func.count(), func.min(SINCE), clock()).where(claimable())

# Nearly no call is sent twice, and those are all an index holds: none of the others is looked at.
REPAID = (
    select(func.count())
    .select_from(calls)
    .where(
        calls.c.sent > text("1"),
        exists().where(
            earlier.c.key == calls.c.key,
            earlier.c.sent < calls.c.sent,
            earlier.c.state == ANSWERED,
            earlier.c.answer.is_not(None),  # one that was let go on purpose is asked for anew
        ),
    )
)


async def facts(connection: AsyncConnection) -> Facts:
    counted = {status: number for status, number in (await connection.execute(BY_STATUS)).all()}  # noqa: C416 - rows are no pairs to a type checker
    due, since, now = cast("tuple[int, datetime | None, datetime]", (await connection.execute(DUE)).one())
    repaid = (await connection.execute(REPAID)).scalar_one()
    return Facts(
        tasks={status.value: counted.get(status.value, 0) for status in TaskStatus},
        due=due,
        oldest=max(0.0, (now - since).total_seconds()) if since else 0.0,
        repaid=repaid,
    )


async def standing(connection: AsyncConnection) -> Standing:
    """Where the database stands; which programs it admits is asked where its schema is newer than ours."""
    found = await connection.execute(text("SELECT max(version_num) FROM alembic_version"))
    stands = Standing(found.scalar_one())
    if not is_newer(stands):
        return stands
    oldest = await connection.execute(select(table_of(OldestProgram).c.version))
    return Standing(stands.schema, oldest.scalar_one_or_none())
