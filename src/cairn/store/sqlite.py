"""Opens a SQLite file. Each pragma stands with its reason."""

from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from cairn.store.aiosqlite_once import connect
from cairn.store.engines import READERS, Engines

BUSY_SECONDS = 10


def open_sqlite(path: Path) -> Engines:
    """Two engines on the file `path`, which migrations have made."""

    def engine(size: int, **options: Any) -> AsyncEngine:
        return create_async_engine(
            "sqlite+aiosqlite://", async_creator=lambda: connect(path),
            poolclass=AsyncAdaptedQueuePool, pool_size=size, max_overflow=0,
            hide_parameters=True,  # an error is logged, and what a learner or model wrote is not for a log
            **options,
        )  # fmt: skip

    writer = engine(1)
    # Each read is a statement of its own: nothing to begin, to roll back or to reset on a read connection.
    reader = engine(READERS, isolation_level="AUTOCOMMIT", pool_reset_on_return=None)
    event.listen(writer.sync_engine, "connect", set_up_writer)
    event.listen(writer.sync_engine, "begin", begin_immediate)
    event.listen(reader.sync_engine, "connect", set_up_reader)
    leases = create_engine(
        f"sqlite:///{path}", isolation_level="AUTOCOMMIT", pool_size=1, max_overflow=0,
        connect_args={"timeout": BUSY_SECONDS},
    )  # fmt: skip
    event.listen(leases, "connect", set_up_leases)
    return Engines(writer=writer, reader=reader, leases=leases)


def set_up_writer(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")  # readers go on while a commit is written
    cursor.execute("PRAGMA synchronous = FULL")  # a commit told to a caller survives a loss of power
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")  # the lease thread also writes
    cursor.close()


def begin_immediate(connection: Any) -> None:
    """Take the write lock at the start: a lock taken in the middle fails at once instead of waiting."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def set_up_reader(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA query_only = ON")  # one writer: a write from here is a mistake of ours
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")  # a checkpoint of the WAL may block
    cursor.close()


def set_up_leases(connection: Any, _: object) -> None:
    connection.execute("PRAGMA synchronous = NORMAL")  # a lost renewal costs a takeover, never a fact
