"""A whole course by the stand-in against `asyncio.gather` of the same calls in the same order."""

import asyncio
import contextlib
import os
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.databases import Database

from bench.measure import Result, compare
from cairn.authors.author import Answer, ValidationGiven, curriculum_given, piece_given
from cairn.authors.simulated import SimulatedAuthor
from cairn.bootstrap import Workshop, open_workshop, settle
from cairn.domain.request import LearnerRequest
from cairn.domain.task import TaskStatus
from cairn.logs import set_up_logs
from cairn.usecases.journal import Journals, open_journal
from cairn.usecases.run import Runner
from cairn.worker.worker import Worker

DELAY = 0.05
SIZES = {10: (9, 1.4), 100: (7, 1.9), 500: (5, 3.5)}
GOAL = "Learn Redis"


async def ask(request: Mapping[str, Any], send: Callable[[str], Awaitable[Answer]]) -> Any:
    return (await send("bench")).content


def standin(concepts: int, delay: float = DELAY) -> SimulatedAuthor:
    return SimulatedAuthor(concepts=concepts, delay=delay, log=None, today=lambda: datetime.now(UTC).date())


async def bare(concepts: int) -> float:
    """The floor: the author's calls and nothing else."""
    author = standin(concepts)
    request = LearnerRequest(query=GOAL)
    begun = time.perf_counter()
    analysis = await author.analyse_intent(request, ask)
    roadmap = await author.design_curriculum(curriculum_given(analysis), ask)
    await author.validate_structure(ValidationGiven(roadmap=roadmap), ask)
    weights = analysis.content_format_weights

    async def concept_of(card):
        given = piece_given(card, roadmap.language, weights)
        await author.write_tutorial(given, ask)
        await asyncio.gather(author.recommend_resources(given, ask), author.write_quiz(given, ask))

    await asyncio.gather(*(concept_of(card) for card in roadmap.concepts()))
    return time.perf_counter() - begun


@contextlib.asynccontextmanager
async def serving(
    database: Database, concepts: int, journals: Journals = open_journal
) -> AsyncGenerator[Workshop]:
    """Cairn at work on a fresh database, as `serve` has it."""
    settings = database.settings(
        model="simulated", model_concurrency=0, simulated_delay=DELAY, simulated_concepts=concepts
    )
    async with open_workshop(settings) as cairn:
        usual = cairn.runner
        runner = Runner(
            usual.store,
            usual.graph,
            usual.author,
            usual.links,
            usual.providers,
            usual.timeout,
            journals=journals,
        )
        worker = Worker(settings, cairn.claims, runner, cairn.nudge)
        async with worker.at_work():
            await worker.ready.wait()
            settle()
            yield cairn


async def durable(cairn: Workshop) -> float:
    """The same through Cairn, from the request to `completed`."""
    begun = time.perf_counter()
    task = await cairn.tasks.ask("local", {"query": GOAL})
    async for _ in cairn.tasks.follow("local", task.task_id):
        pass
    span = time.perf_counter() - begun
    ended = await cairn.tasks.get("local", task.task_id)
    assert ended.status is TaskStatus.completed, ended
    return span


async def ratio_of(concepts: int, pairs: int, limit: float) -> Result:
    """A program that has been serving: each course is new, the process and its folder are not."""
    with tempfile.TemporaryDirectory() as folder:
        async with serving(Database(Path(folder)), concepts) as cairn:
            return await compare(
                f"makespan N={concepts}",
                lambda: durable(cairn),
                lambda: bare(concepts),
                pairs=pairs,
                limit=limit,
            )


@contextlib.contextmanager
def logs_to_nowhere() -> Iterator[None]:
    """Logs are written as `serve` writes them, but to nowhere: only their text would be noise."""
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):
        set_up_logs("json")
        yield


def run() -> list[Result]:
    async def all_sizes() -> list[Result]:
        return [await ratio_of(size, pairs, limit) for size, (pairs, limit) in SIZES.items()]

    with logs_to_nowhere():
        return asyncio.run(all_sizes())
