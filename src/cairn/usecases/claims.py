"""Claims: taking a task that is due, and what the holder of the data folder may presume."""

from datetime import UTC, datetime, timedelta

from cairn.domain.task import Task
from cairn.store import tasks
from cairn.usecases.store import Store


class Claims:
    def __init__(self, store: Store, lease_seconds: float) -> None:
        self.store = store
        self.lease = timedelta(seconds=lease_seconds)

    async def due(self, limit: int, only: str | None = None) -> list[tuple[str, int]]:
        """Each with the number of its claims lost in a row."""
        async with self.store.reading() as connection:
            return await tasks.due(connection, datetime.now(UTC), limit, only)

    async def claim(self, task_id: str, owner: str) -> Task | None:
        now = datetime.now(UTC)
        return await self.store.writer.move(
            "task_claimed",
            lambda connection, write_id: tasks.claim(
                connection, write_id, task_id, owner, now, now + self.lease
            ),
        )

    async def release_all(self) -> int:
        """Every claim of an earlier process ends now: this one holds the folder's lock."""
        now = datetime.now(UTC)
        return await self.store.writer.move(
            "claims_released", lambda connection, _: tasks.release_all(connection, now)
        )
