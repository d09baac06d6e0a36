"""Claims of many tasks at once: taken once, renewed together, and never held up by a row in other hands."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from cairn.bootstrap import open_workshop
from cairn.domain.task import Event, Task, TaskStatus
from cairn.store import tasks
from cairn.store.crossing import AFTER
from cairn.usecases.claims import Claims
from cairn.usecases.store import Store
from cairn.worker.lease import Leases
from cairn.worker.worker import Worker
from tests.databases import Database
from tests.postgres import Postgres
from tests.store.test_fenced import task_row

TASKS = [f"t{number:02}" for number in range(30)]
OWNER = "local"
CREATED = Event(kind="task_created")


@asynccontextmanager
async def several(database: Database, number: int) -> AsyncGenerator[list[Claims]]:
    """Claims of so many processes, on a database with tasks in its queue."""
    async with database.writers(number) as (engines, writers):
        for task_id in TASKS:
            row = {**task_row(), "task_id": task_id, "roadmap_id": f"r{task_id}"}
            await writers[0].move("ask", lambda c, told, row=row: tasks.create(c, row, CREATED, told))
        yield [Claims(Store(engines, writer), 30) for writer in writers]


def claims_of(mine: list[Task]) -> list[tuple[str, int]]:
    return [(task.task_id, task.epoch) for task in mine]


def test_of_many_tasks_asked_for_at_once_each_is_taken_once(database: Database) -> None:
    async def race() -> None:
        async with several(database, 4) as rivals:
            taken = await asyncio.gather(*(rival.claim_some(TASKS, "w") for rival in rivals))
            assert sorted(task.task_id for mine in taken for task in mine) == TASKS
            assert await rivals[0].due(100) == []

    asyncio.run(race())
    events = database.rows(
        "SELECT task_id, seq FROM task_events WHERE kind = 'task_claimed' ORDER BY task_id"
    )
    assert events == [(task_id, 2) for task_id in TASKS]


def test_a_task_in_other_hands_does_not_hold_up_the_claims_beside_it(
    on_postgres: Database, postgres: Postgres
) -> None:
    async def claim() -> list[Task]:
        async with several(on_postgres, 1) as [claims]:
            query = f"SELECT 1 FROM roadmap_tasks WHERE task_id = '{TASKS[3]}' FOR UPDATE"
            with postgres.hold_row(on_postgres.name, query):
                return await claims.claim_some(TASKS[:5], "w")

    assert sorted(task.task_id for task in asyncio.run(claim())) == [*TASKS[:3], TASKS[4]]


def test_renewing_tells_which_claims_are_ours(database: Database) -> None:
    async def renew() -> None:
        async with several(database, 1) as [claims]:
            ours = claims_of(await claims.claim_some(TASKS[:4], "w"))
            older = [(task_id, epoch - 1) for task_id, epoch in ours[:2]]
            queued = [(TASKS[9], 0)]
            assert claims.renew([*older, *ours[2:], *queued]) == set(ours[2:])
            assert await claims.due(100) == [(task_id, 0) for task_id in TASKS[4:]]

    asyncio.run(renew())
    leased = database.rows("SELECT task_id FROM roadmap_tasks WHERE lease_expires_at IS NOT NULL")
    assert sorted(leased) == [(task_id,) for task_id in TASKS[:4]]


def test_a_row_that_is_held_costs_no_other_claim_its_lease(on_postgres: Database, postgres: Postgres) -> None:
    """And the claim on it is not taken for lost."""

    async def renew() -> None:
        async with several(on_postgres, 1) as [claims]:
            ours = claims_of(await claims.claim_some(TASKS[:4], "w"))
            lost: list[str] = []
            leases = Leases(claims.renew, claims.lease_seconds, lost.append)
            for claim in ours:
                leases.hold(*claim)
                leases.deadlines[claim] = 0.0
            query = f"SELECT 1 FROM roadmap_tasks WHERE task_id = '{TASKS[1]}' FOR UPDATE"
            with postgres.hold_row(on_postgres.name, query):
                leases.renew_some(ours)
            assert [claim for claim in ours if leases.deadlines[claim] == 0.0] == [(TASKS[1], 1)]
            leases.renew_some(ours)
            assert 0.0 not in leases.deadlines.values()
            assert lost == []

    asyncio.run(renew())


def test_a_claim_that_ends_in_order_is_not_taken_for_a_lost_one(database: Database) -> None:
    """The leases are renewed at the moment the end is committed, before the run knows of it."""
    lost: list[str] = []
    looked: list[str] = []

    async def learn() -> TaskStatus:
        settings = database.settings(model="simulated", simulated_concepts=3)

        def cross(name: str, when: str) -> None:
            if (name, when) == ("commit task_ended", AFTER):
                looked.append(name)
                worker.leases.renew_some(sorted(worker.leases.deadlines))

        async with open_workshop(settings, cross=cross) as cairn:
            worker = Worker(settings, cairn.claims, cairn.runner, cairn.nudge)
            worker.leases.lost = lost.append
            async with worker.at_work():
                task = await cairn.tasks.ask(OWNER, {"query": "Learn Redis"})
                async for _ in cairn.tasks.follow(OWNER, task.task_id):
                    pass
            return (await cairn.tasks.get(OWNER, task.task_id)).status

    assert asyncio.run(learn()) is TaskStatus.completed
    assert looked
    assert lost == []
