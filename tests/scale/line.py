"""A line between a process and PostgreSQL that a test can cut, silence and heal."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.databases import Database
from tests.loopback import listening
from tests.postgres import Postgres

End = tuple[asyncio.AbstractEventLoop, asyncio.StreamWriter]


@dataclass
class Line:
    server: str
    open: threading.Event = field(default_factory=threading.Event)
    """Cleared: no connection stands, and none is made."""
    speaking: threading.Event = field(default_factory=threading.Event)
    """Cleared: connections stand, and nothing passes, as where a wall between two networks has fallen."""
    ends: list[End] = field(default_factory=list[End])

    def cut(self) -> None:
        self.open.clear()
        for loop, end in self.ends:
            loop.call_soon_threadsafe(end.transport.abort)
        self.ends.clear()

    def silence(self) -> None:
        self.speaking.clear()

    def heal(self) -> None:
        self.open.set()
        self.speaking.set()

    async def serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        if not self.open.is_set():
            to_client.transport.abort()
            return
        server, to_server = await asyncio.open_unix_connection(self.server)
        loop = asyncio.get_running_loop()
        self.ends += [(loop, to_client), (loop, to_server)]
        ways = [self.carry(client, to_server), self.carry(server, to_client)]
        with contextlib.suppress(asyncio.CancelledError):  # at the end of the test
            await asyncio.wait(map(asyncio.ensure_future, ways), return_when=asyncio.FIRST_COMPLETED)
        for end in (to_client, to_server):
            end.transport.abort()

    async def carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while said := await source.read(65536):
                if not self.speaking.is_set():
                    await asyncio.to_thread(self.speaking.wait)
                target.write(said)


@contextmanager
def line_to(server: Postgres, database: Database) -> Iterator[tuple[Line, Database]]:
    """The line, and the database as whoever uses it sees it."""
    line = Line(f"{server.folder}/.s.PGSQL.5432")
    line.heal()
    with listening(line.serve) as port:
        url = f"postgresql+asyncpg://cairn@127.0.0.1:{port}/{database.name}"
        try:
            yield line, Database(database.folder, url)
        finally:
            line.heal()
