"""LangGraph's checkpoints: a file of their own beside a SQLite database, tables beside ours in PostgreSQL.

Of a step under way nothing is kept: what it has finished lies in the ledger, where it is found by itself.
"""

import sqlite3
from collections.abc import AsyncGenerator
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


def position_only(saver: Any, patience: float) -> Any:
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

    return PositionSaver


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
        saver = position_only(AsyncSqliteSaver, patience)(connection)
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

    async def check(connection: AsyncConnection[DictRow]) -> None:
        """After a restart of the server, a dead connection is replaced before its use."""
        await connection.execute("")

    pool = AsyncConnectionPool[AsyncConnection[DictRow]](
        for_libpq(url), min_size=1, max_size=CHECKPOINTS, open=False,
        timeout=CONNECT_SECONDS,
        check=check,
        kwargs={
            "autocommit": True, "prepare_threshold": 0, "row_factory": dict_row,  # as the saver asks
            "connect_timeout": CONNECT_SECONDS, "application_name": at_work_name(),
            # A lost position costs a walk, no product: nobody waits for the disk.
            "options": f"-c statement_timeout={milliseconds(STATEMENT_SECONDS)} -c synchronous_commit=off",
        },
    )  # fmt: skip
    try:
        await pool.open()
        yield position_only(AsyncPostgresSaver, patience)(pool)
    finally:
        await pool.close()
