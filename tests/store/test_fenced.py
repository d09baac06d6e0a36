"""The fence: first saves at once never fail, and no write of an old claim lands."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from cairn.domain.errors import Superseded
from cairn.domain.request import LearnerRequest
from cairn.domain.task import Event, Task
from cairn.store import tasks
from cairn.store.base import table_of
from cairn.store.events import events_after
from cairn.store.fenced import Row, Write
from cairn.store.tables import TutorialRow
from cairn.store.writer import Writer
from tests.databases import Database

tutorials = table_of(TutorialRow)


async def claimed(writer: Writer, seconds: float = 30) -> Task:
    """A new task, claimed for so many seconds; none: its lease has run out at once."""
    await writer.move("ask", lambda c, told: tasks.create(c, task_row(), Event(kind="task_created"), told))
    return await claim(writer, seconds)


def task_row() -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "task_id": "t", "roadmap_id": "r", "owner_id": "local", "request": LearnerRequest(query="Redis"),
        "run": 1, "epoch": 0, "status": "queued", "attempts": 0, "last_seq": 1, "idempotency_key": None,
        "created_at": now, "updated_at": now,
    }  # fmt: skip


async def claim(writer: Writer, seconds: float = 30, task_id: str = "t") -> Task:
    task = await writer.move("claim", lambda c, told: tasks.claim(c, told, task_id, "w", seconds))
    assert task is not None
    return task


def save(task: Task, content: Any, concept: str = "c") -> Write:
    row = Row(
        tutorials,
        {"roadmap_id": "r", "concept_id": concept},
        {"content": content, "fingerprint": "f", "author": "a"},
    )
    return Write(
        "save", task.task_id, task.epoch, lambda revs: [Event(kind="saved", data={"rev": revs[0]})], 1, [row]
    )


@pytest.mark.parametrize("number", [2, 10, 100])
def test_concurrent_first_saves_make_one_row(database: Database, number: int) -> None:
    async def race() -> None:
        async with database.writers(min(number, 10)) as (engines, several):
            task = await claimed(several[0])
            saves = [several[at % len(several)].write(save(task, at)) for at in range(number)]
            revs = await asyncio.gather(*saves)
            async with engines.reader.connect() as connection:
                rows = (await connection.execute(tutorials.select())).mappings().all()
                told = await events_after(connection, "t", 0, 1000)
            assert len(rows) == 1
            assert rows[0]["rev"] == number
            assert sorted(rev for [rev] in revs) == list(range(1, number + 1)), (
                "one created, the others updated"
            )
            assert [event.seq for event in told] == list(range(1, number + 3)), "no hole, no repeat"

    asyncio.run(race())


def test_a_write_of_an_old_claim_is_refused_for_old_and_new_keys(database: Database) -> None:
    async def takeover() -> None:
        async with database.writers(2) as (engines, (old, new)):
            zombie = await claimed(old, seconds=0)
            await old.write(save(zombie, "first"))
            successor = await claim(new)
            assert successor.epoch == zombie.epoch + 1
            await new.write(save(successor, "newer"))
            for concept in ("c", "never seen"):
                with pytest.raises(Superseded):
                    await old.write(save(zombie, "late", concept))
            async with engines.reader.connect() as connection:
                rows = (await connection.execute(tutorials.select())).mappings().all()
            assert [(row["concept_id"], row["content"], row["rev"]) for row in rows] == [("c", "newer", 2)]

    asyncio.run(takeover())


def test_one_of_many_claims_takes_the_task(database: Database) -> None:
    async def race() -> None:
        async with database.writers(8) as (_, several):
            task = await claimed(several[0], seconds=0)
            taken = await asyncio.gather(
                *(w.move("claim", lambda c, told: tasks.claim(c, told, "t", "w", 30)) for w in several)
            )
            winners = [one for one in taken if one is not None]
            assert [one.epoch for one in winners] == [task.epoch + 1]

    asyncio.run(race())
