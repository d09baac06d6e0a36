"""Cairn at work in one process, its author the stand-in made to fail, to wait or to count as a test says."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from cairn.authors.author import PieceGiven
from cairn.authors.simulated import SimulatedAuthor
from cairn.bootstrap import Workshop, open_workshop
from cairn.domain.errors import AuthorFailed
from cairn.domain.lesson import Quiz
from cairn.domain.task import Task, TaskStatus
from cairn.worker.worker import Worker
from tests.databases import Database

OWNER = "local"


class Scripted(SimulatedAuthor):
    """Counts its calls; quizzes of concepts whose name starts with a word of `failing` cannot be made."""

    def __init__(self, concepts: int = 4) -> None:
        super().__init__(concepts=concepts, delay=0, log=None, today=lambda: datetime.now(UTC).date())
        self.calls: Counter[str] = Counter()
        self.failing: tuple[str, ...] = ()
        self.gate: asyncio.Event | None = None
        self.reached = asyncio.Event()

    def open_gate(self) -> None:
        assert self.gate is not None
        self.gate.set()

    async def call(self, key: str) -> None:
        self.calls[key.split("/")[1]] += 1
        if self.gate:
            self.reached.set()
            await self.gate.wait()

    async def write_quiz(self, given: PieceGiven, ask: Callable[..., Awaitable[Any]]) -> Quiz:
        if given.name.startswith(self.failing or "\0"):
            raise AuthorFailed("No quiz today.", code="no_quiz")
        return await super().write_quiz(given, ask)


@asynccontextmanager
async def working(database: Database, author: Scripted, **values: Any) -> AsyncGenerator[Workshop]:
    """`values`: further settings."""
    async with working_with(database, author, **values) as (cairn, _):
        yield cairn


@asynccontextmanager
async def working_with(
    database: Database, author: Scripted, **values: Any
) -> AsyncGenerator[tuple[Workshop, Worker]]:
    settings = database.settings(model="simulated", model_concurrency=0, **values)
    async with open_workshop(settings, author) as cairn:
        worker = Worker(settings, cairn.claims, cairn.runner, cairn.nudge)
        async with worker.at_work():
            yield cairn, worker


async def stopped_at_its_first_call(cairn: Workshop, author: Scripted) -> Task:
    """A task whose author waits in its first call until the gate is opened."""
    author.gate = asyncio.Event()
    asked = await cairn.tasks.ask(OWNER, {"query": "Learn Rust"})
    await author.reached.wait()
    return asked


async def to_the_end(cairn: Workshop, task: Task) -> Task:
    async for _ in cairn.tasks.follow(OWNER, task.task_id, task.last_seq):
        pass
    return await cairn.tasks.get(OWNER, task.task_id)


async def until_told(cairn: Workshop, task: Task, kind: str) -> Task:
    """The task as it stands once it has told of `kind`, after what it had told of already."""
    async for event in cairn.tasks.follow(OWNER, task.task_id, task.last_seq):
        if event.kind == kind:
            break
    return await cairn.tasks.get(OWNER, task.task_id)


async def made(cairn: Workshop, **asked: Any) -> Task:
    """A whole course, made to its end."""
    task = await to_the_end(cairn, await cairn.tasks.ask(OWNER, {"query": "Learn Rust", **asked}))
    assert task.status is TaskStatus.completed
    return task


def run(scenario: Awaitable[None]) -> None:
    async def within_a_minute() -> None:
        async with asyncio.timeout(60):
            await scenario

    asyncio.run(within_a_minute())
