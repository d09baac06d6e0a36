"""Cairn at work in one process with a model as its author."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from cairn.bootstrap import Workshop, open_workshop
from cairn.domain.task import Task, TaskStatus
from cairn.domain.thought import Thought
from cairn.store.calls import Spent
from cairn.worker.worker import Worker
from tests.databases import Database
from tests.models.answers import STEPS
from tests.models.server import Server
from tests.workflow.scripted import OWNER, to_the_end

T = TypeVar("T")
FIRST_PAUSE = 0.01
"""Before a failed call is tried again."""
TIMEOUT = 2.0
"""Of a call; the server answers at once, where it answers."""


def calls_of(concepts: int) -> int:
    """Of a course without further reading: its steps, and four of each concept."""
    return 3 + 4 * concepts


CALLS = calls_of(len(STEPS))


def taught(database: Database, use: Callable[[Workshop], Awaitable[T]], **knobs: Any) -> T:
    """What `use` does with it, within a minute. `knobs`: settings; the model is else the one the environment
    names."""

    model = os.environ.get("CAIRN_MODEL", "openai-chat:x")
    settings = database.settings(**{"model": model, "model_timeout": TIMEOUT, **knobs})

    async def within_a_minute() -> T:
        async with asyncio.timeout(60), open_workshop(settings) as cairn:
            cairn.runner.providers.of(Thought.intent).guard.first_pause = FIRST_PAUSE
            async with Worker(settings, cairn.claims, cairn.runner, cairn.nudge).at_work():
                return await use(cairn)

    return asyncio.run(within_a_minute())


async def learn(cairn: Workshop, **asked: Any) -> Task:
    asked = {"query": "Learn to bake bread", **asked}
    return await to_the_end(cairn, await cairn.tasks.ask(OWNER, asked))


async def again(cairn: Workshop, task: Task, **changes: Any) -> Task:
    return await to_the_end(cairn, await cairn.moves.retry(OWNER, task.task_id, changes))


@dataclass(frozen=True)
class Seen:
    """Of a course, once nothing moves: how it stands, what the learner is told, and what it cost."""

    task: Task
    told: str
    pieces: int
    spent: Spent


async def learn_as_far_as_it_goes(cairn: Workshop) -> Seen:
    """To its end, or to where it waits."""
    asked = await cairn.tasks.ask(OWNER, {"query": "Learn to bake bread"})
    async for event in cairn.tasks.follow(OWNER, asked.task_id):
        if event.kind in ("task_waits", "task_ended"):
            break
    view = await cairn.tasks.view(OWNER, asked.task_id)
    task = view.task
    told = f"{task.error.cause} {task.error.hint}" if task.error else str(task.waiting or "")
    if task.status is TaskStatus.completed_with_gaps:
        failures = (await cairn.roadmaps.get(OWNER, task.roadmap_id)).failures
        told = "\n".join(failure.cause for failure in failures)
    return Seen(task, told, view.pieces.ready, view.spent)


def states(database: Database) -> dict[str, int]:
    """How many rows of the journal are in each."""
    return dict(database.rows("SELECT state, count(*) FROM model_calls GROUP BY state"))


def accounted_for(server: Server, database: Database, seen: Seen) -> None:
    """The server counted as many requests as there are rows; each answer cost what it said, and each row that
    is lost what was expected of it. A price is nobody's to say: the address is no vendor's."""
    counted = states(database)
    assert sum(counted.values()) == len(server.asked) == seen.spent.calls
    assert "started" not in counted
    lost = database.rows("SELECT input_tokens, output_tokens FROM model_calls WHERE state = 'lost'")
    assert all(input_tokens > 0 and output_tokens > 0 for input_tokens, output_tokens in lost)
    answered = counted.get("answered", 0)
    assert seen.spent.input_tokens == 100 * answered + sum(given for given, _ in lost)
    assert seen.spent.output_tokens == 50 * answered + sum(made for _, made in lost)
    assert seen.spent.usd is None or not answered
