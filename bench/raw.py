"""The drivers without Cairn: the same row in the same table, as safe from a loss of power."""

import asyncio
import random
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Protocol

import aiosqlite
import asyncpg
from tests.databases import Database

from cairn.store.postgres import for_libpq

CONNECTIONS = 32

INSERT = """
INSERT INTO tutorial_metadata
(roadmap_id, concept_id, content, fingerprint, epoch, rev, author, created_at, updated_at)
VALUES ('raw', $1, $2, $3, 1, 1, 'bench', $4, $4)
"""
UPSERT = f"""{INSERT}
ON CONFLICT (roadmap_id, concept_id) DO UPDATE SET content = excluded.content,
fingerprint = excluded.fingerprint, epoch = excluded.epoch, author = excluded.author,
updated_at = excluded.updated_at, rev = tutorial_metadata.rev + 1
RETURNING rev
"""
LOOK = "SELECT rev FROM tutorial_metadata WHERE roadmap_id = 'raw' AND concept_id = $1"
UPDATE = """
UPDATE tutorial_metadata SET content = $2, fingerprint = $3, updated_at = $4, rev = rev + 1
WHERE roadmap_id = 'raw' AND concept_id = $1
"""


class Raw(Protocol):
    connections: list[Any]

    async def save(self, connection: Any, content: str, concept_id: str) -> None:
        """One statement, committed by itself."""
        ...

    async def look_then_write(self, connection: Any, content: str, concept_id: str) -> None:
        """The usual way: a transaction that looks and then inserts or updates, until it succeeds."""
        ...


def raw_driver(database: Database) -> AbstractAsyncContextManager[Raw]:
    return postgres_driver(database.url) if database.url else sqlite_driver(database)


def row(content: str, concept_id: str) -> tuple[Any, ...]:
    return concept_id, f'"{content}"', "f" * 64, datetime.now(UTC)


class RawSqlite:
    """In threads, without transactions but those that are begun."""

    def __init__(self, connections: list[aiosqlite.Connection]) -> None:
        self.connections = connections

    async def save(self, connection: aiosqlite.Connection, content: str, concept_id: str) -> None:
        [[rev]] = await connection.execute_fetchall(in_sqlite(UPSERT), as_text(content, concept_id))
        assert rev == 1

    async def look_then_write(self, connection: aiosqlite.Connection, content: str, concept_id: str) -> None:
        values = as_text(content, concept_id)
        while True:
            try:
                await connection.execute("BEGIN")
                found = list(await connection.execute_fetchall(in_sqlite(LOOK), values[:1]))
                await connection.execute(in_sqlite(UPDATE if found else INSERT), values)
                await connection.commit()
            except (sqlite3.OperationalError, sqlite3.IntegrityError):
                await connection.rollback()
                await asyncio.sleep(random.uniform(0, 0.005))
            else:
                return


class RawPostgres:
    def __init__(self, connections: list[Any]) -> None:
        self.connections = connections

    async def save(self, connection: Any, content: str, concept_id: str) -> None:
        assert await connection.fetchval(UPSERT, *row(content, concept_id)) == 1

    async def look_then_write(self, connection: Any, content: str, concept_id: str) -> None:
        values = row(content, concept_id)
        while True:
            try:
                async with connection.transaction():
                    found = await connection.fetchval(LOOK, concept_id)
                    await connection.execute(UPDATE if found else INSERT, *values)
            except asyncpg.UniqueViolationError:
                continue
            return


def in_sqlite(statement: str) -> str:
    return statement.replace("$", "?")


def as_text(content: str, concept_id: str) -> tuple[str, ...]:
    *values, now = row(content, concept_id)
    return (*values, f"{now:%Y-%m-%d %H:%M:%S.%f}")


@asynccontextmanager
async def sqlite_driver(database: Database) -> AsyncGenerator[Raw]:
    async with AsyncExitStack() as opened:
        connections = [
            await opened.enter_async_context(
                aiosqlite.connect(database.settings().database, isolation_level=None, timeout=30)
            )
            for _ in range(CONNECTIONS)
        ]
        for connection in connections:
            await connection.execute("PRAGMA journal_mode = WAL")
            await connection.execute("PRAGMA synchronous = FULL")
        yield RawSqlite(connections)


@asynccontextmanager
async def postgres_driver(url: str) -> AsyncGenerator[Raw]:
    connections = [await asyncpg.connect(for_libpq(url)) for _ in range(CONNECTIONS)]
    try:
        yield RawPostgres(connections)
    finally:
        for connection in connections:
            await connection.close()
