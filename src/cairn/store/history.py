"""Reads all that is stored of one task, for whoever checks its history. Reads only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cairn.domain.thought import PIECES, Thought
from cairn.store.base import table_of
from cairn.store.events import SNAPSHOT
from cairn.store.products import BY_ROUND, SHELVES, STEPS, roadmaps, versions
from cairn.store.tables import ModelCall, RoadmapTask, TaskEvent

tasks = table_of(RoadmapTask)
events = table_of(TaskEvent)
calls = table_of(ModelCall)


@dataclass(frozen=True)
class History:
    """`products`: the rows of each step's and the tree's table, of the pieces those of each kind."""

    task: RowMapping
    events: Sequence[RowMapping]
    products: Mapping[str, Sequence[RowMapping]]
    pieces: Mapping[Thought, Sequence[RowMapping]]
    versions: Sequence[RowMapping]
    calls: Sequence[RowMapping]

    @property
    def snapshot(self) -> Mapping[str, Any] | None:
        """What the first event says, where it stands for those that were let go."""
        return self.events[0]["data"] if self.events and self.events[0]["kind"] == SNAPSHOT else None


async def of_task(connection: AsyncConnection, task_id: str) -> History | None:
    async def rows(statement: Any) -> Sequence[RowMapping]:
        return (await connection.execute(statement)).mappings().all()

    found = await rows(select(tasks).where(tasks.c.task_id == task_id))
    if not found:
        return None
    roadmap_id = found[0]["roadmap_id"]
    products: dict[str, Sequence[RowMapping]] = {}
    for thought in STEPS:
        table, _ = SHELVES[thought]
        order = [table.c.run, table.c.round] if thought in BY_ROUND else []
        products[thought.table] = await rows(select(table).where(table.c.task_id == task_id).order_by(*order))
    products["roadmaps"] = await rows(select(roadmaps).where(roadmaps.c.roadmap_id == roadmap_id))
    pieces: dict[Thought, Sequence[RowMapping]] = {}
    for thought in PIECES:
        table, _ = SHELVES[thought]
        here = select(table).where(table.c.roadmap_id == roadmap_id).order_by(table.c.concept_id)
        pieces[thought] = await rows(here)
    return History(
        task=found[0],
        events=await rows(select(events).where(events.c.task_id == task_id).order_by(events.c.seq)),
        products=products,
        pieces=pieces,
        versions=await rows(
            select(versions)
            .where(versions.c.roadmap_id == roadmap_id)
            .order_by(versions.c.concept_id, versions.c.kind, versions.c.rev)
        ),
        calls=await rows(select(calls).where(calls.c.task_id == task_id).order_by(calls.c.key, calls.c.sent)),
    )
