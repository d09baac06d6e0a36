"""Cairn at work in one process with a model as its author."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from cairn.bootstrap import Workshop, open_workshop
from cairn.domain.task import Task
from cairn.worker.worker import Worker
from tests.databases import Database
from tests.workflow.scripted import OWNER, to_the_end

T = TypeVar("T")
FIRST_PAUSE = 0.01
"""Before a failed call is tried again."""
TIMEOUT = 2.0
"""Of a call; the server answers at once, where it answers."""


def taught(database: Database, use: Callable[[Workshop], Awaitable[T]], **more: Any) -> T:
    """What `use` does with it, within a minute. `more`: further settings."""

    settings = database.settings(model="openai-chat:x", model_timeout=TIMEOUT, **more)

    async def within_a_minute() -> T:
        async with asyncio.timeout(60), open_workshop(settings) as cairn:
            cairn.runner.guard.first_pause = FIRST_PAUSE
            async with Worker(settings, cairn.claims, cairn.runner, cairn.nudge).at_work():
                return await use(cairn)

    return asyncio.run(within_a_minute())


async def learn(cairn: Workshop, **asked: Any) -> Task:
    asked = {"query": "Learn to bake bread", **asked}
    return await to_the_end(cairn, await cairn.tasks.ask(OWNER, asked))


async def again(cairn: Workshop, task: Task, **changes: Any) -> Task:
    return await to_the_end(cairn, await cairn.moves.retry(OWNER, task.task_id, changes))
