"""LangGraph's checkpoints: a file of their own beside a SQLite database, tables beside ours in PostgreSQL.

Of a step under way nothing is kept: what it has finished lies in the ledger, where it is found by itself.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver

from cairn.store.aiosqlite_once import connect
from cairn.store.postgres import CONNECT_SECONDS, STATEMENT_SECONDS, for_libpq, milliseconds
from cairn.store.trouble import patiently

CONNECTIONS = 4


@asynccontextmanager
async def checkpoints_in_file(path: Path) -> AsyncGenerator[BaseCheckpointSaver[Any]]:
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

    class PositionSaver(AsyncSqliteSaver):
        async def aput_writes(self, *given: Any, **options: Any) -> None:
            """Two rows a concept, each with more keys than content."""

    connection = await connect(path)
    try:
        await connection.execute("PRAGMA synchronous = OFF")  # a lost position costs a walk, no product
        yield PositionSaver(connection)
    finally:
        await connection.close()


@asynccontextmanager
async def checkpoints_in_postgres(url: str, patience: float) -> AsyncGenerator[BaseCheckpointSaver[Any]]:
    """`patience`: how many seconds a call waits for a server that is out of reach."""
    from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
    from psycopg import AsyncConnection
    from psycopg.rows import DictRow, dict_row
    from psycopg_pool import AsyncConnectionPool

    async def check(connection: AsyncConnection[DictRow]) -> None:
        """After a restart of the server, a dead connection is replaced before its use."""
        await connection.execute("")

    class PatientPositionSaver(AsyncPostgresSaver):
        """Its writes are upserts: tried again after a lost connection they change nothing twice."""

        async def aget_tuple(self, *given: Any, **options: Any) -> Any:
            return await patiently(
                lambda: super(PatientPositionSaver, self).aget_tuple(*given, **options), patience
            )

        async def aput(self, *given: Any, **options: Any) -> Any:
            return await patiently(
                lambda: super(PatientPositionSaver, self).aput(*given, **options), patience
            )

        async def aput_writes(self, *given: Any, **options: Any) -> None:
            """Two rows a concept, each with more keys than content."""

        async def adelete_thread(self, *given: Any, **options: Any) -> None:
            await patiently(
                lambda: super(PatientPositionSaver, self).adelete_thread(*given, **options), patience
            )

    pool = AsyncConnectionPool[AsyncConnection[DictRow]](
        for_libpq(url), min_size=1, max_size=CONNECTIONS, open=False,
        timeout=CONNECT_SECONDS,
        check=check,
        kwargs={
            "autocommit": True, "prepare_threshold": 0, "row_factory": dict_row,  # as the saver asks
            "connect_timeout": CONNECT_SECONDS, "application_name": "cairn checkpoints",
            # A lost position costs a walk, no product: nobody waits for the disk.
            "options": f"-c statement_timeout={milliseconds(STATEMENT_SECONDS)} -c synchronous_commit=off",
        },
    )  # fmt: skip
    try:
        await pool.open()
        yield PatientPositionSaver(pool)
    finally:
        await pool.close()
