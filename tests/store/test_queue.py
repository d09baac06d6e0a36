"""What the queue and the lists ask of a database with a long past: every question by an index."""

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import event, update

from cairn.bootstrap import Workshop, open_workshop
from cairn.domain.task import Event
from cairn.store import queue, tasks
from cairn.store.links import any_due, take
from cairn.store.thinning import long_ended
from cairn.usecases.store import Store
from tests.databases import Database
from tests.past import COPIED, fill

OWNER = "local"
HOUR = timedelta(hours=1)
WHOLE = re.compile(r"(?:Seq Scan on|^SCAN) (\w+)(?: USING (?:COVERING )?INDEX (\w+))?", re.MULTILINE)
"""A table read from end to end, as PostgreSQL and SQLite put it, or a whole index of it."""
OF_THE_ACTIVE = {"ix_roadmap_tasks_queued", "ix_roadmap_tasks_running"}
"""Indexes that hold nothing of what has ended."""

Asked = list[tuple[str, Any]]


@asynccontextmanager
async def watched(cairn: Workshop) -> AsyncGenerator[Asked]:
    """Every statement that the program sends, with its values."""
    asked: Asked = []

    def note(_: Any, __: Any, statement: str, values: Any, *___: Any) -> None:
        asked.append((statement, values))

    engines = cairn.tasks.store.engines
    for engine in (engines.reader.sync_engine, engines.writer.sync_engine):
        event.listen(engine, "before_cursor_execute", note)
    yield asked
    for engine in (engines.reader.sync_engine, engines.writer.sync_engine):
        event.remove(engine, "before_cursor_execute", note)


async def plans_of(cairn: Workshop, asked: Asked, explain: str) -> dict[str, str]:
    """How the database goes about each of them."""
    found: dict[str, str] = {}
    async with cairn.tasks.store.engines.writer.connect() as connection:
        for statement, values in asked:
            rows = await connection.exec_driver_sql(f"{explain} {statement}", values)
            found[statement] = "\n".join(str(row[-1]) for row in rows)
    return found


async def everyday(cairn: Workshop, task_id: str) -> None:
    """What is asked again and again by whoever works and whoever looks."""
    waits = await cairn.tasks.ask(OWNER, {"query": "Learn Go"})
    found, more = await cairn.tasks.list(OWNER, 12), await cairn.tasks.list(OWNER, 1)
    last = found[-1].task
    await cairn.tasks.list(OWNER, 12, (last.created_at, last.task_id))
    await cairn.roadmaps.list(OWNER, 12)
    await cairn.tasks.put_away(OWNER)
    await cairn.tasks.view(OWNER, waits.task_id)
    await cairn.tasks.view(OWNER, task_id)
    await cairn.tasks.steps(OWNER, task_id)
    await cairn.tasks.costs(OWNER, task_id)
    async for _ in cairn.tasks.follow(OWNER, task_id):
        pass
    await cairn.claims.due(200)
    await cairn.claims.due(1, waits.task_id)
    await cairn.claims.claim(waits.task_id, "w")
    async with cairn.tasks.store.reading() as connection:
        await any_due(connection)
        assert await long_ended(connection, timedelta(days=1), 10)
    await cairn.tasks.store.writer.move("links taken", lambda c, _: take(c, 3))
    assert more


def test_nothing_that_is_asked_every_day_reads_a_whole_table(database: Database) -> None:
    database.migrate()
    task_id = fill(database, courses=2_000, events=40_000)
    explain = "EXPLAIN" if database.url else "EXPLAIN QUERY PLAN"

    async def ask() -> dict[str, str]:
        async with open_workshop(database.settings(model="simulated")) as cairn:
            async with watched(cairn) as asked:
                await everyday(cairn, task_id)
            return await plans_of(cairn, asked, explain)

    plans = asyncio.run(ask())
    assert len(plans) > 15
    whole = {
        statement: found
        for statement, plan in plans.items()
        if (
            found := [
                table
                for table, index in WHOLE.findall(plan)
                if table in COPIED and index not in OF_THE_ACTIVE
            ]
        )
    }
    assert whole == {}


def numbered(number: int) -> str:
    return f"t{number}"


async def asked_for(store: Store, number: int, **values: Any) -> None:
    now = datetime.now(UTC)
    row = {
        "task_id": numbered(number), "roadmap_id": f"r{number}", "owner_id": OWNER, "deleted_at": None,
        "idempotency_key": None, "body_hash": None, "request": {"query": "Learn Rust"}, "run": 1,
        "paid_from_run": 1, "epoch": 0, "status": "queued", "aim": None, "review_round": 0,
        "lease_owner": None, "lease_expires_at": None, "attempts": 0, "last_seq": 1, "waiting": None,
        "error": None, "created_at": now, "updated_at": now,
    }  # fmt: skip
    first = Event(kind="task_created", data={"run": 1})
    await store.writer.move("asked", lambda c, told: tasks.create(c, row, first, told))
    if values:
        change = update(tasks.tasks).where(tasks.tasks.c.task_id == numbered(number)).values(**values)
        await store.writer.move("changed", lambda c, _: c.execute(change))


async def due(store: Store, most: int = 10) -> list[tuple[str, int]]:
    async with store.reading() as connection:
        return await queue.due(connection, most, None)


async def place(store: Store, number: int) -> int | None:
    async with store.reading() as connection:
        task = await tasks.get(connection, numbered(number), OWNER)
        assert task
        return await queue.before(connection, task)


def on(database: Database, scenario: Callable[[Store], Awaitable[None]]) -> None:
    async def once() -> None:
        async with database.store() as store:
            await scenario(store)

    asyncio.run(once())


def test_what_was_lost_comes_first_then_who_came_first(database: Database) -> None:
    async def scenario(store: Store) -> None:
        now = datetime.now(UTC)
        await asked_for(store, 0)
        await asked_for(store, 1, due_at=now - HOUR, waiting="a quota")
        await asked_for(store, 2, due_at=now + HOUR, waiting="a quota")
        await asked_for(store, 3, due_at=None, waiting="a person")
        await asked_for(store, 4, status="running", due_at=None, lease_expires_at=now - HOUR, attempts=2)
        await asked_for(store, 5, status="running", due_at=None, lease_expires_at=now + HOUR / 60)
        await asked_for(store, 6, due_at=now + HOUR)  # a clock that stepped back holds nothing up
        await asked_for(store, 7, deleted_at=now)
        await asked_for(store, 8, status="completed", due_at=None)
        assert await due(store) == [("t4", 3), ("t1", 0), ("t0", 0), ("t6", 0)]
        assert await due(store, 2) == [("t4", 3), ("t1", 0)]

    on(database, scenario)


def test_a_task_of_an_older_program_is_due_though_it_says_not_since_when(database: Database) -> None:
    async def scenario(store: Store) -> None:
        await asked_for(store, 0, due_at=None)
        assert await due(store) == [("t0", 0)]
        assert await place(store, 0) is None

    on(database, scenario)


def test_the_place_in_the_queue_is_how_many_came_before(database: Database) -> None:
    async def scenario(store: Store) -> None:
        for number in range(4):
            await asked_for(store, number)
        assert [await place(store, number) for number in range(4)] == [0, 1, 2, 3]
        assert await store.writer.move("claimed", lambda c, told: tasks.claim(c, told, "t1", "w", 30))
        assert [await place(store, number) for number in range(4)] == [0, None, 1, 2]

    on(database, scenario)
