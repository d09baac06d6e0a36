"""What an open database is: one writing connection, a few that can only read, one for the lease thread.

One contract, two files: `store/sqlite.py` and `store/postgres.py` open it; above them nobody asks which.
"""

from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncEngine

WRITERS, READERS, LEASES, LISTENERS = 1, 4, 1, 1
"""Connections of one process to a server, at most; those for checkpoints come to them where tasks run."""


@dataclass(frozen=True)
class Engines:
    """`writer` has one connection, held by the writer task alone; `reader` refuses to write; `leases` is for
    the lease thread, apart from the event loop; `listener` hears what other processes commit, on a server."""

    writer: AsyncEngine
    reader: AsyncEngine
    leases: Engine
    listener: AsyncEngine | None = None

    async def close(self) -> None:
        await self.reader.dispose()
        await self.writer.dispose()
        if self.listener is not None:
            await self.listener.dispose()
        self.leases.dispose()
