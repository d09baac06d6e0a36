"""A connection to read by, which outlives a restart of the server: each statement is tried anew by itself."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from cairn.store.trouble import lost, patiently

PATIENCE = 10.0
"""Seconds. Longer than a server takes to restart, shorter than a person waits for a page."""


class ReadingConnection(AsyncConnection):
    """For an engine in autocommit: nothing is lost with a connection but the statement it was lost in."""

    async def start(self, is_ctxmanager: bool = False) -> AsyncConnection:
        return await patiently(lambda: super(ReadingConnection, self).start(is_ctxmanager), PATIENCE)

    async def execute(self, *statement: Any, **options: Any) -> Any:
        async def attempt() -> Any:
            try:
                return await super(ReadingConnection, self).execute(*statement, **options)
            except Exception as error:
                if lost(error):
                    await self.start_over()
                raise

        return await patiently(attempt, PATIENCE)

    async def start_over(self) -> None:
        """Let a broken connection go; the next statement takes another from the pool."""
        if not self.invalidated:
            await self.invalidate()
        await self.rollback()
