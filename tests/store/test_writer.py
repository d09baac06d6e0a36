"""The one writer: a group lands whole, a bad item alone fails, a caller that goes away harms nothing."""

import asyncio

import pytest
from sqlalchemy import text

from cairn.domain.errors import Superseded
from cairn.domain.task import Event
from cairn.store.fenced import Row, Statement, Write
from tests.databases import Database
from tests.store.test_fenced import claimed, save, tutorials


def test_a_bad_item_fails_alone(database: Database) -> None:
    async def mixed() -> None:
        async with database.writers(1) as (engines, [writer]):
            task = await claimed(writer)
            broken = Write(
                "broken", "t", task.epoch, lambda revs: [Event(kind="never")], 1, (),
                [Statement(text("INSERT INTO nowhere VALUES (1)"), {})],
            )  # fmt: skip
            stale = Write("late", "t", task.epoch - 1, lambda revs: [Event(kind="late")], 1)
            good = [save(task, n, concept=f"c{n}") for n in range(5)]
            outcomes = await asyncio.gather(
                *(writer.write(item) for item in [*good[:2], broken, stale, *good[2:]]),
                return_exceptions=True,
            )
            assert [o for o in outcomes if not isinstance(o, Exception)] == [[1]] * 5
            assert "nowhere" in str(outcomes[2]), "as the database said it"
            assert isinstance(outcomes[3], Superseded)
            async with engines.reader.connect() as connection:
                rows = (await connection.execute(tutorials.select())).all()
                told = (
                    await connection.execute(text("SELECT seq, kind FROM task_events ORDER BY seq"))
                ).all()
            assert len(rows) == 5
            assert [tuple(row) for row in told] == [
                (1, "task_created"),
                (2, "task_claimed"),
                *((n, "saved") for n in range(3, 8)),
            ]

    asyncio.run(mixed())


def test_a_move_that_raises_leaves_nothing(database: Database) -> None:
    async def fail() -> None:
        async with database.writers(1) as (_, [writer]):
            task = await claimed(writer)

            async def half(connection: object, write_id: str) -> None:
                await connection.execute(text("DELETE FROM roadmap_tasks"))  # type: ignore[attr-defined]
                raise ValueError("no")

            with pytest.raises(ValueError, match="no"):
                await writer.move("half", half)
            assert await writer.write(save(task, 1)) == [1], "the task is still there, and claimed"

    asyncio.run(fail())


def test_a_cancelled_caller_leaves_no_lock(database: Database) -> None:
    async def cancel() -> None:
        async with database.writers(2) as (_, [one, two]):
            task = await claimed(one)
            going = [asyncio.create_task(one.write(save(task, n, concept=f"c{n}"))) for n in range(40)]
            await asyncio.sleep(0)
            for caller in going:
                caller.cancel()
            await asyncio.gather(*going, return_exceptions=True)
            row = Row(
                tutorials, {"roadmap_id": "r", "concept_id": "z"},
                {"content": 1, "fingerprint": "f", "author": "a"},
            )  # fmt: skip
            await two.write(Write("z", "t", task.epoch, lambda revs: [Event(kind="saved")], 1, [row]))

    asyncio.run(cancel())
