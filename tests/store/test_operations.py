"""What an operator asks of the whole database: the right numbers, by few rows."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, null, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cairn.store import operations
from cairn.store.calls import ANSWERED, FAILED, calls
from cairn.store.operations import Facts
from cairn.store.tasks import tasks
from cairn.usecases.store import Store
from tests.databases import Database

NOW = datetime.now(UTC)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def task(name: str, **values: Any) -> dict[str, Any]:
    usual = {
        "task_id": name, "roadmap_id": f"r_{name}", "owner_id": "local", "request": {}, "run": 1,
        "paid_from_run": 1, "epoch": 1, "status": "queued", "review_round": 0, "attempts": 0, "last_seq": 1,
        "created_at": ago(9000), "updated_at": ago(9000), "deleted_at": None, "due_at": None,
        "waiting": None, "lease_expires_at": None,
    }  # fmt: skip
    return usual | values


def call(key: str, sent: int, state: str) -> dict[str, Any]:
    return {
        "key": key, "sent": sent, "task_id": "t", "run": 1, "product": "quiz:c", "epoch": 1, "state": state,
        "input_tokens": 0, "output_tokens": 0, "usd": 0.0, "started_at": NOW,
        "answer": {"said": key} if state == ANSWERED else None,
    }  # fmt: skip


async def stored(store: Store, *statements: tuple[Any, list[dict[str, Any]]]) -> None:
    async def work(connection: AsyncConnection, _: object) -> None:
        for statement, rows in statements:
            await connection.execute(statement, rows or None)

    await store.writer.move("stored by hand", work)


async def facts(store: Store) -> Facts:
    async with store.reading() as connection:
        return await operations.facts(connection)


def test_what_is_due_and_for_how_long(database: Database) -> None:
    async def scenario() -> None:
        async with database.store() as store:
            assert await facts(store) == Facts(
                dict.fromkeys((await facts(store)).tasks, 0), due=0, oldest=0.0, repaid=0
            )
            soon = datetime.now(UTC) + timedelta(seconds=60)
            nobody = [
                task("waits for a person", waiting="the ceiling"),
                task("waits", waiting="the provider rests", due_at=NOW + timedelta(hours=1)),
                task("deleted", deleted_at=NOW),
                task("in good hands", status="running", lease_expires_at=soon),
                task("done", status="completed"), task("failed", status="failed"),
            ]  # fmt: skip
            await stored(store, (insert(tasks), nobody))
            found = await facts(store)
            assert (found.due, found.oldest) == (0, 0.0)
            assert found.tasks["queued"] == 2
            assert (found.tasks["running"], found.tasks["completed"], found.tasks["failed"]) == (1, 1, 1)

            due = [
                task("waited", waiting="the provider rests", due_at=ago(100)),
                task("lost", status="running", lease_expires_at=ago(200)),
            ]
            await stored(store, (insert(tasks), due))
            found = await facts(store)
            assert found.due == 2
            assert 200 <= found.oldest < 8000, "from when it was due, not from when it was made"

            released = update(tasks).where(tasks.c.task_id == "lost").values(lease_expires_at=None)
            await stored(store, (released, []))
            assert (await facts(store)).oldest >= 9000

    asyncio.run(scenario())


def test_a_call_is_repaid_where_an_answer_stood_before_it(database: Database) -> None:
    async def scenario() -> None:
        async with database.store() as store:
            sound = [call("a", 1, ANSWERED), call("b", 1, FAILED), call("b", 2, ANSWERED)]
            await stored(store, (insert(calls), sound))
            assert (await facts(store)).repaid == 0
            again = [call("a", 2, ANSWERED), call("b", 3, FAILED), call("b", 4, "started")]
            await stored(store, (insert(calls), again))
            assert (await facts(store)).repaid == 3
            let_go = update(calls).where(calls.c.key == "a", calls.c.sent == 1).values(answer=null())
            await stored(store, (let_go, []))
            assert (await facts(store)).repaid == 2, "its answer was let go; to ask anew is no mistake"

            async with store.reading() as connection:
                dialect = store.engines.reader.sync_engine.dialect
                asked = operations.REPAID.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
                if database.url:  # of so few rows it would read them all
                    await connection.exec_driver_sql("SET enable_seqscan = off")
                explain = "EXPLAIN" if database.url else "EXPLAIN QUERY PLAN"
                plan = (await connection.exec_driver_sql(f"{explain} {asked}")).all()
                assert "ix_model_calls_sent_again" in str(plan)

    asyncio.run(scenario())
