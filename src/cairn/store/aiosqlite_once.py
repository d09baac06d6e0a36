"""An aiosqlite connection that visits its thread once per statement instead of four times.

aiosqlite sends each of cursor, execute, fetchall and close to the connection's thread as an errand of its
own; the way there and back costs more than most of our statements. Rows are read in the same errand here, and
a commit or rollback with nothing to end makes no way at all.
"""

import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Self, cast

import aiosqlite


class OnceCursor:
    """What SQLAlchemy and LangGraph's saver use of an aiosqlite cursor; rows wait in memory."""

    def __init__(self, connection: "OnceConnection") -> None:
        self.connection = connection
        self.cursor: sqlite3.Cursor | None = None
        self.rows: deque[Any] = deque()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def execute(self, sql: str, parameters: Iterable[Any] = ()) -> Self:
        return await self.visit(lambda cursor: cursor.execute(sql, cast("Any", parameters)))

    async def executemany(self, sql: str, parameters: Iterable[Iterable[Any]]) -> Self:
        return await self.visit(lambda cursor: run_whole(cursor, sql, parameters))

    async def visit(self, run: Callable[[sqlite3.Cursor], sqlite3.Cursor]) -> Self:
        self.cursor, self.rows = await self.connection.run(lambda sqlite: read_all(run(sqlite.cursor())))
        return self

    async def fetchone(self) -> Any:
        return self.rows.popleft() if self.rows else None

    async def fetchall(self) -> Sequence[Any]:
        rows, self.rows = self.rows, deque()
        return list(rows)

    async def __aiter__(self) -> Any:
        while self.rows:
            yield self.rows.popleft()

    async def close(self) -> None:
        self.rows.clear()

    @property
    def description(self) -> Any:
        return self.cursor.description if self.cursor else None

    @property
    def rowcount(self) -> int:
        return self.cursor.rowcount if self.cursor else -1

    @property
    def lastrowid(self) -> int | None:
        return self.cursor.lastrowid if self.cursor else None


def read_all(cursor: sqlite3.Cursor) -> tuple[sqlite3.Cursor, deque[Any]]:
    rows = deque(cursor) if cursor.description else deque[Any]()
    return cursor, rows


def run_whole(cursor: sqlite3.Cursor, sql: str, parameters: Iterable[Iterable[Any]]) -> sqlite3.Cursor:
    """All of the rows or none, also where no transaction is open."""
    if cursor.connection.in_transaction:
        return cursor.executemany(sql, cast("Any", parameters))
    with cursor.connection:
        cursor.execute("BEGIN")
        return cursor.executemany(sql, cast("Any", parameters))


class OnceConnection(aiosqlite.Connection):
    def cursor(self) -> Any:
        return OnceCursor(self)

    async def commit(self) -> None:
        if self.in_transaction:
            await super().commit()

    async def rollback(self) -> None:
        if self.in_transaction:
            await super().rollback()

    async def run(self, errand: Callable[[sqlite3.Connection], Any]) -> Any:
        return await self._execute(lambda: errand(self._conn))


async def connect(path: Path) -> OnceConnection:
    """Open the file, without transactions but those that are begun. Its thread does not keep the process
    alive."""
    connection = OnceConnection(lambda: sqlite3.connect(path, isolation_level=None), iter_chunk_size=64)
    connection._thread.daemon = True  # pyright: ignore[reportPrivateUsage]
    await connection
    return connection
