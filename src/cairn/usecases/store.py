"""The database as the use cases hold it: the one writer, and reading on connections of their own."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from cairn.store.engines import Engines
from cairn.store.reader import ReadingConnection
from cairn.store.writer import Writer


@dataclass(frozen=True)
class Store:
    engines: Engines
    writer: Writer

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[AsyncConnection]:
        async with ReadingConnection(self.engines.reader) as connection:
            yield connection
