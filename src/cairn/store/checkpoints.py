"""LangGraph's checkpoints: a file of their own beside a SQLite database, tables beside ours in PostgreSQL.

Of a step under way nothing is kept: what it has finished lies in the ledger, where it is found by itself.
"""

import sqlite3
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import structlog
from langgraph.checkpoint.base import BaseCheckpointSaver

from cairn.store.aiosqlite_once import connect
from cairn.store.connections import CHECKPOINTS, at_work_name
from cairn.store.postgres import CONNECT_SECONDS, STATEMENT_SECONDS, for_libpq, milliseconds
from cairn.store.trouble import patiently

log = structlog.get_logger()


THREADS = "SELECT DISTINCT thread_id FROM checkpoints WHERE thread_id > {0} ORDER BY thread_id LIMIT {0}"
Listing = Callable[[Any, str, int], Awaitable[list[str]]]


def position_only(saver: Any, patience: float, threads: Listing) -> Any:
    """The saver as we use it. `patience`: how many seconds a call waits for a database that is out of reach;
    its writes are upserts, so tried again they change nothing twice."""

    class PositionSaver(saver):
        async def aget_tuple(self, *given: Any, **options: Any) -> Any:
            usual: Any = super()
            return await patiently(lambda: usual.aget_tuple(*given, **options), patience)

        async def aput(self, *given: Any, **options: Any) -> Any:
            usual: Any = super()
            return await patiently(lambda: usual.aput(*given, **options), patience)

        async def aput_writes(self, *given: Any, **options: Any) -> None:
            """Two rows a concept, each with more keys than content."""

        async def adelete_thread(self, *given: Any, **options: Any) -> None:
            usual: Any = super()
            await patiently(lambda: usual.adelete_thread(*given, **options), patience)

        async def athreads(self, after: str, most: int) -> list[str]:
            """The first names after this one, in order, of threads of which something is kept."""
            return await patiently(lambda: threads(self, after, most), patience)

    return PositionSaver


async def threads_in_file(saver: Any, after: str, most: int) -> list[str]:
    async with saver.conn.cursor() as cursor:
        await cursor.execute(THREADS.format("?"), (after, most))
        return [thread for (thread,) in await cursor.fetchall()]


async def threads_in_postgres(saver: Any, after: str, most: int) -> list[str]:
    async with saver._cursor() as cursor:  # pyright: ignore[reportPrivateUsage]
        await cursor.execute(THREADS.format("%s"), (after, most))
        return [row["thread_id"] for row in await cursor.fetchall()]


@asynccontextmanager
async def checkpoints_in_file(path: Path, patience: float) -> AsyncGenerator[BaseCheckpointSaver[Any]]:
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

    if not sound(path):  # positions only: to go on without costs a walk, to stop would cost the program
        log.warning("checkpoints_spoilt", path=str(path))
        for part in ("", "-wal", "-shm"):
            path.with_name(f"{path.name}{part}").unlink(missing_ok=True)
    connection = await connect(path)
    try:
        await connection.execute("PRAGMA synchronous = OFF")  # a lost position costs a walk, no product
        saver = position_only(AsyncSqliteSaver, patience, threads_in_file)(connection)
        # To forget a thread, unlike to read one, does not make the tables. Of two that turn a new file to WAL
        # one is told at once that it is locked, whatever its timeout.
        await patiently(saver.setup, patience)
        yield saver
    finally:
        await connection.close()


def sound(path: Path) -> bool:
    """Whether the file is a whole database, or none yet. One that is only locked is taken for whole."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            return connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
    except sqlite3.DatabaseError as error:
        return not error.sqlite_errorname.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT"))


@asynccontextmanager
async def checkpoints_in_postgres(url: str, patience: float) -> AsyncGenerator[BaseCheckpointSaver[Any]]:
    from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
    from psycopg import AsyncConnection
    from psycopg.rows import DictRow, dict_row
    from psycopg_pool import AsyncConnectionPool

    pool = AsyncConnectionPool[AsyncConnection[DictRow]](
        for_libpq(url), min_size=1, max_size=CHECKPOINTS, open=False,
        timeout=CONNECT_SECONDS,
        kwargs={
            "autocommit": True, "prepare_threshold": 0, "row_factory": dict_row,  # as the saver asks
            "connect_timeout": CONNECT_SECONDS, "application_name": at_work_name(),
            # A lost position costs a walk, no product: nobody waits for the disk.
            "options": f"-c statement_timeout={milliseconds(STATEMENT_SECONDS)} -c synchronous_commit=off",
        },
    )  # fmt: skip
    try:
        await pool.open()
        yield position_only(AsyncPostgresSaver, patience, threads_in_postgres)(pool)
    finally:
        await pool.close()
