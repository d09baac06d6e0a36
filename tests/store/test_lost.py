"""What the writer does where the database falls silent: nothing is lost, nothing is written twice."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from cairn.domain.errors import OutOfReach
from cairn.domain.task import Event
from cairn.store import tasks
from cairn.store.fenced import Write
from cairn.store.postgres import open_postgres
from cairn.store.writer import Writer
from tests.databases import Database
from tests.postgres import Postgres
from tests.proxy import Proxy
from tests.store.test_fenced import claim, claimed, save, task_row

T = TypeVar("T")


@asynccontextmanager
async def behind_proxy(
    database: Database, postgres: Postgres, folder: Path
) -> AsyncGenerator[tuple[Writer, Proxy]]:
    assert database.url
    async with Proxy(folder, postgres.folder) as proxy:
        engines = open_postgres(database.url.replace(str(postgres.folder), str(folder)), 30)
        writer = Writer(engines.writer)
        writer.start()
        try:
            yield writer, proxy
        finally:
            await writer.close()
            await engines.close()


@pytest.mark.parametrize("late", [False, True], ids=["at once", "while the writer looks"])
def test_a_commit_whose_answer_was_lost_is_written_once(
    on_postgres: Database, postgres: Postgres, tmp_path: Path, late: bool
) -> None:
    """`late`: the server gets to the commit only when the writer already asks for it anew."""

    async def scenario() -> None:
        async with behind_proxy(on_postgres, postgres, tmp_path) as (writer, proxy):

            async def unheard(work: Awaitable[T]) -> T:
                proxy.swallow = 1
                if late:
                    proxy.hold = asyncio.Event()
                    asyncio.get_running_loop().call_later(0.3, proxy.hold.set)
                return await work

            made = Event(kind="task_created")
            assert (
                await unheard(writer.move("ask", lambda c, t: tasks.create(c, task_row(), made, t))) is True
            )
            task = await claim(writer)
            assert await unheard(writer.write(save(task, 1))) == [1]
            both = asyncio.gather(writer.write(save(task, 2)), writer.write(save(task, 3, concept="d")))
            assert await unheard(both) == [[2], [1]]
            ended = Event(kind="task_ended")
            cancelled = writer.move(
                "cancel",
                lambda c, told: tasks.move(
                    c, told, "cancel", "t", task.created_at, event=ended, status="cancelled"
                ),
            )
            assert await unheard(cancelled) == task.epoch + 1
            assert proxy.swallowed == 4

    asyncio.run(scenario())
    assert on_postgres.rows("SELECT concept_id, rev FROM tutorial_metadata ORDER BY 1") == [
        ("c", 2), ("d", 1),
    ]  # fmt: skip
    told = on_postgres.rows("SELECT kind FROM task_events WHERE kind <> 'task_claimed' ORDER BY seq")
    assert [kind for [kind] in told] == ["task_created", "saved", "saved", "saved", "task_ended"]


@pytest.mark.parametrize("how", ["cut", "fast", "immediate"])
def test_sessions_cut_or_a_server_restarted_lose_no_write(
    on_postgres: Database, postgres: Postgres, how: str
) -> None:
    def disturb() -> None:
        if how == "cut":
            postgres.cut_connections(on_postgres.name)
        else:
            postgres.restart(how)

    async def scenario() -> None:
        async with on_postgres.writers(1) as (_, [writer]):
            task = await claimed(writer)
            disturbed = asyncio.create_task(asyncio.to_thread(disturb))
            written = 0
            while not disturbed.done() or written < 500:
                revs = await asyncio.gather(
                    *(writer.write(save(task, n, concept=f"c{written + n}")) for n in range(20))
                )
                assert revs == [[1]] * 20
                written += 20
            await disturbed
        rows = on_postgres.rows("SELECT count(*), max(rev) FROM tutorial_metadata")
        assert rows == [(written, 1)]
        assert on_postgres.rows("SELECT count(*) FROM task_events WHERE kind = 'saved'") == [(written,)]

    asyncio.run(scenario())


def test_a_row_held_by_another_holds_up_its_own_task_alone(on_postgres: Database, postgres: Postgres) -> None:
    async def scenario() -> None:
        async with on_postgres.writers(1) as (_, [writer]):
            task = await claimed(writer)
            other = {**task_row(), "task_id": "u", "roadmap_id": "s"}
            await writer.move("ask", lambda c, t: tasks.create(c, other, Event(kind="task_created"), t))
            free = await claim(writer, task_id="u")
            held = postgres.hold_row(
                on_postgres.name, "UPDATE roadmap_tasks SET epoch = epoch WHERE task_id = 't'"
            )
            with closing(held):
                stuck = [asyncio.ensure_future(writer.write(save(task, n))) for n in range(3)]
                for n in range(3):
                    assert await writer.write(save(free, n, concept="d")) == [n + 1]
                assert not any(one.done() for one in stuck)
            assert await asyncio.gather(*stuck) == [[1], [2], [3]]
            assert on_postgres.rows("SELECT content FROM tutorial_metadata WHERE concept_id = 'c'") == [
                ("2",)
            ], "in the order they came"

    asyncio.run(scenario())


def test_a_file_locked_by_another_process_is_waited_for(tmp_path: Path) -> None:
    database = Database(tmp_path)

    async def scenario() -> None:
        async with database.writers(1) as (engines, [writer]):
            task = await claimed(writer)
            async with engines.writer.connect() as connection:
                await connection.exec_driver_sql("PRAGMA busy_timeout = 50")  # kept by the one connection
            with closing(sqlite3.connect(tmp_path / "cairn.db", isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                going = asyncio.ensure_future(writer.write(save(task, 1)))
                await asyncio.wait([going], timeout=1)
                assert not going.done()
            assert await going == [1]

    asyncio.run(scenario())


def test_a_write_that_waited_as_long_as_its_lease_is_given_up(tmp_path: Path) -> None:
    missing = f"postgresql+asyncpg://cairn@/none?host={tmp_path}"

    async def scenario() -> None:
        engines = open_postgres(missing, 30)
        writer = Writer(engines.writer, patience=0.5)
        writer.start()
        with pytest.raises(OutOfReach):
            await writer.write(Write("never", "t", 1, lambda revs: [Event(kind="never")], 1))
        await writer.close()
        await engines.close()

    asyncio.run(scenario())


async def last_seq(connection: AsyncConnection) -> int:
    task = await tasks.get(connection, "t", "local")
    assert task
    return task.last_seq


def test_reading_goes_on_after_its_session_was_cut(on_postgres: Database, postgres: Postgres) -> None:
    """Between two statements, within one, and with no server for a while."""

    async def scenario() -> None:
        async with on_postgres.store() as store:
            await claimed(store.writer)
            async with store.reading() as connection:
                assert await last_seq(connection) >= 1
                postgres.cut_connections(on_postgres.name)
                assert await last_seq(connection) >= 1
                sleeping = asyncio.create_task(connection.execute(text("SELECT pg_sleep(0.5)")))
                while not on_postgres.rows("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'"):
                    await asyncio.sleep(0)
                postgres.cut_connections(on_postgres.name)
                await sleeping
                postgres.stop("immediate")
                looking = asyncio.create_task(last_seq(connection))
                await asyncio.wait([looking], timeout=0.3)
                assert not looking.done()
                postgres.start()
                assert await looking >= 1

    asyncio.run(scenario())
