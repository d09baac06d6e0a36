"""Claims: taking a task that is due, keeping it, and what the holder of the data folder may presume."""

from collections.abc import Collection

from cairn.domain.task import Task
from cairn.store import queue, tasks
from cairn.usecases.store import Store


class Claims:
    def __init__(self, store: Store, lease_seconds: float) -> None:
        self.store = store
        self.lease_seconds = lease_seconds

    async def due(self, limit: int, only: Collection[str] | None = None) -> list[tuple[str, int]]:
        """Each with the number of its claims lost in a row; `only` of these tasks."""
        async with self.store.reading() as connection:
            return await queue.due(connection, limit, only)

    async def claim(self, task_id: str, owner: str) -> Task | None:
        return await self.store.writer.move(
            "task_claimed",
            lambda connection, told: tasks.claim(connection, told, task_id, owner, self.lease_seconds),
        )

    def renew(self, task_id: str, epoch: int) -> bool:
        """For the lease thread: waits for the database. False: the claim is no longer ours."""
        with self.store.engines.leases.connect() as connection:
            return tasks.renew(connection, task_id, epoch, self.lease_seconds)

    async def release_all(self) -> int:
        """Every claim of an earlier process ends now: this one holds the folder's lock."""
        return await self.store.writer.move(
            "claims_released", lambda connection, _: tasks.release_all(connection)
        )
