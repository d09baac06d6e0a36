"""A socket between a client and PostgreSQL that swallows the answer to a COMMIT, as a broken network does."""

import asyncio
from pathlib import Path

COMMIT = b"COMMIT\x00", b"COMMIT;\x00"
"""As the writer and as asyncpg's own transactions send it: the end of a simple query."""


class Proxy:
    """Listens in `folder`, hands everything on to the server whose socket lies in `server`."""

    def __init__(self, folder: Path, server: Path) -> None:
        self.folder = folder
        self.server = server
        self.swallow = 0
        """How many answers to come are lost, each with its connection."""
        self.swallowed = 0
        self.hold: asyncio.Event | None = None
        """Where set, a COMMIT whose answer is lost reaches the server only when this is: after the client has
        seen its connection break."""
        self.late: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Proxy":
        self.listening = await asyncio.start_unix_server(self.serve, self.folder / ".s.PGSQL.5432")
        return self

    async def __aexit__(self, *_: object) -> None:
        self.listening.close()
        await asyncio.gather(*self.late)

    async def serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        server, to_server = await asyncio.open_unix_connection(self.server / ".s.PGSQL.5432")
        answers = asyncio.create_task(hand_on(server, to_client))
        while said := await client.read(65536):
            if said.endswith(COMMIT) and self.swallow:
                self.swallow -= 1
                answers.cancel()
                to_client.transport.abort()
                self.late.append(asyncio.create_task(self.commit_unheard(said, server, to_server)))
                return
            to_server.write(said)
        to_server.close()

    async def commit_unheard(
        self, said: bytes, server: asyncio.StreamReader, to_server: asyncio.StreamWriter
    ) -> None:
        if self.hold:
            await self.hold.wait()
        to_server.write(said)
        await server.read(65536)
        to_server.close()
        self.swallowed += 1


async def hand_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while said := await source.read(65536):
        target.write(said)
    target.close()
