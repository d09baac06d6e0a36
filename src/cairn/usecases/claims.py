"""Claims: taking a task that is due, keeping it, and what the holder of the data folder may presume."""

from collections.abc import Collection, Sequence

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
        claimed = await self.claim_some([task_id], owner)
        return claimed[0] if claimed else None

    async def claim_some(self, task_ids: Collection[str], owner: str) -> list[Task]:
        """Those of the tasks that were to be had."""
        return await self.store.writer.move(
            "task_claimed",
            lambda connection, told: tasks.claim_some(connection, told, task_ids, owner, self.lease_seconds),
        )

    def renew(self, claims: Sequence[tuple[str, int]]) -> set[tuple[str, int]]:
        """For the lease thread: waits for the database. Those claims that are still ours."""
        with self.store.engines.leases.connect() as connection:
            return tasks.renew(connection, claims, self.lease_seconds)

    async def release_all(self) -> int:
        """Every claim of an earlier process ends now: this one holds the folder's lock."""
        return await self.store.writer.move(
            "claims_released", lambda connection, _: tasks.release_all(connection)
        )
