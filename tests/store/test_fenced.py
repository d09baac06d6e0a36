"""The fence: first saves at once never fail, and no write of an old claim lands."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cairn.domain.errors import Superseded
from cairn.domain.request import LearnerRequest
from cairn.domain.task import Event, Task
from cairn.store import tasks
from cairn.store.engines import Engines, open_sqlite
from cairn.store.fenced import Row, Write
from cairn.store.migrate import upgrade_sqlite
from cairn.store.tables import TutorialRow, table_of
from cairn.store.writer import Writer

tutorials = table_of(TutorialRow)


@asynccontextmanager
async def writers(folder: Path, number: int) -> AsyncGenerator[tuple[Engines, list[Writer]]]:
    """Several writers with connections of their own on one file, as several processes would have."""
    upgrade_sqlite(folder / "cairn.db")
    opened = [open_sqlite(folder / "cairn.db") for _ in range(number)]
    all_of_them = [Writer(engines.writer) for engines in opened]
    for writer in all_of_them:
        writer.start()
    try:
        yield opened[0], all_of_them
    finally:
        for writer, engines in zip(all_of_them, opened, strict=True):
            await writer.close()
            await engines.close()


async def claimed(writer: Writer, seconds: float = 30) -> Task:
    """A new task, claimed for so many seconds; none: its lease has run out at once."""
    now = datetime.now(UTC)
    row = {
        "task_id": "t", "roadmap_id": "r", "owner_id": "local", "request": LearnerRequest(query="Redis"),
        "run": 1, "epoch": 0, "status": "queued", "attempts": 0, "last_seq": 1, "idempotency_key": None,
        "created_at": now, "updated_at": now,
    }  # fmt: skip
    await writer.move(lambda c: tasks.create(c, row, Event(kind="task_created")))
    return await claim(writer, seconds)


async def claim(writer: Writer, seconds: float = 30) -> Task:
    task = await writer.move(lambda c: tasks.claim(c, "t", "w", seconds))
    assert task is not None
    return task


def save(task: Task, content: Any, concept: str = "c") -> Write:
    row = Row(
        tutorials,
        {"roadmap_id": "r", "concept_id": concept},
        {"content": content, "fingerprint": "f", "author": "a"},
    )
    return Write(
        task.task_id, task.epoch, lambda revs: [Event(kind="saved", data={"rev": revs[0]})], 1, [row]
    )


@pytest.mark.parametrize("number", [2, 10, 100])
def test_concurrent_first_saves_make_one_row(tmp_path: Path, number: int) -> None:
    async def race() -> None:
        async with writers(tmp_path, min(number, 10)) as (engines, several):
            task = await claimed(several[0])
            saves = [several[at % len(several)].write(save(task, at)) for at in range(number)]
            revs = await asyncio.gather(*saves)
            async with engines.reader.connect() as connection:
                rows = (await connection.execute(tutorials.select())).mappings().all()
                told = await tasks.events_after(connection, "t", 0, 1000)
            assert len(rows) == 1
            assert rows[0]["rev"] == number
            assert sorted(rev for [rev] in revs) == list(range(1, number + 1)), (
                "one created, the others updated"
            )
            assert [event.seq for event in told] == list(range(1, number + 2)), "no hole, no repeat"

    asyncio.run(race())


def test_a_write_of_an_old_claim_is_refused_for_old_and_new_keys(tmp_path: Path) -> None:
    async def takeover() -> None:
        async with writers(tmp_path, 2) as (engines, (old, new)):
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


def test_one_of_many_claims_takes_the_task(tmp_path: Path) -> None:
    async def race() -> None:
        async with writers(tmp_path, 8) as (_, several):
            task = await claimed(several[0], seconds=0)
            taken = await asyncio.gather(*(w.move(lambda c: tasks.claim(c, "t", "w", 30)) for w in several))
            winners = [one for one in taken if one is not None]
            assert [one.epoch for one in winners] == [task.epoch + 1]

    asyncio.run(race())
