"""What is new of many tasks at once: one statement, and so one moment, for all that a process follows."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic_core import to_json
from sqlalchemy import Integer, Text, and_, bindparam, cast, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from cairn.domain.task import StoredEvent, TaskStatus
from cairn.store.base import table_of
from cairn.store.events import events, read_event
from cairn.store.tables import RoadmapTask

tasks = table_of(RoadmapTask)


class News(NamedTuple):
    task_id: str
    status: TaskStatus
    event: StoredEvent | None
    """None where nothing is new of the task."""


class each_of(FunctionElement[Any]):  # noqa: N801 - read as a function of SQL
    """The members of a JSON object as rows of `key` and `value`: parameters of any number, one statement."""

    inherit_cache = True


@compiles(each_of, "postgresql")
def on_postgres(element: each_of, compiler: Any, **options: Any) -> str:
    return f"json_each_text(CAST({compiler.process(element.clauses, **options)} AS JSON))"


@compiles(each_of, "sqlite")
def on_sqlite(element: each_of, compiler: Any, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


place = each_of(bindparam("places", type_=Text())).table_valued("key", "value", name="place")
new = and_(events.c.task_id == tasks.c.task_id, events.c.seq > cast(place.c.value, Integer))
NEWS = (
    select(tasks.c.task_id, tasks.c.status, events.c.seq, events.c.kind, events.c.data, events.c.created_at)
    .select_from(place.join(tasks, tasks.c.task_id == cast(place.c.key, Text)).outerjoin(events, new))
    .order_by(tasks.c.task_id, events.c.seq)
    .limit(bindparam("most"))
)


async def news_of(connection: AsyncConnection, places: Mapping[str, int], limit: int) -> list[News]:
    """For each task its status and its events beyond the `seq` given, in order; of all tasks at most `limit`
    rows, so the last task may have more. A task that is not there is not told of."""
    given = {"places": to_json(places).decode(), "most": limit}
    return [
        News(
            row["task_id"],
            TaskStatus(row["status"]),
            None if row["seq"] is None else read_event(row),
        )
        for row in (await connection.execute(NEWS, given)).mappings()
    ]
