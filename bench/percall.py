"""What a call costs the processor: through Cairn, with all that is stored of it and of what it makes, but
without somebody who follows, against the bare library."""

import asyncio
import tempfile
import time
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from pydantic_ai import Agent, ToolOutput
from pydantic_ai.models import Model
from tests.databases import Database

from bench.measure import Result, in_turn
from bench.provider import goal, provider
from cairn.authors.model.author import ModelAuthor
from cairn.authors.model.prompting import DATA
from cairn.authors.model.thinking import Thinker
from cairn.bootstrap import Workshop, open_workshop, settle
from cairn.domain.task import TaskStatus

PAIRS = 15
"""Of one course each: short ones, so that a slow moment hits both sides."""
SLOTS = 8


@dataclass
class Listening:
    """A thinker that keeps what it was asked: form, answer, prompt."""

    thinker: Thinker
    heard: list[tuple[str, Any, str]] = field(default_factory=list[tuple[str, Any, str]])

    def __getattr__(self, name: str) -> Any:
        return getattr(self.thinker, name)

    async def think(self, form: str, answer: Any, prompt: str, *more: Any) -> Any:
        self.heard.append((form, answer, prompt))
        return await self.thinker.think(form, answer, prompt, *more)


class Bare:
    """The calls of a course and nothing else, on the same client."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.agents: dict[str, Agent[None, Any]] = {}

    async def run(self, heard: list[tuple[str, Any, str]]) -> None:
        slots = asyncio.Semaphore(SLOTS)

        async def call(form: str, answer: Any, prompt: str) -> None:
            if form not in self.agents:
                form_of_answer = ToolOutput(answer, name=form)
                self.agents[form] = Agent(self.model, output_type=form_of_answer, instructions=DATA)
            async with slots:
                await self.agents[form].run(prompt)

        await asyncio.gather(*(call(*asked) for asked in heard))


def measure() -> list[Result]:
    with tempfile.TemporaryDirectory() as folder, provider():
        floors, own = asyncio.run(cpu_per_call(Database(Path(folder))))
    ours, floor = 1000 * median(own), 1000 * median(floors)
    detail = f"{ours:.2f} ms against {floor:.2f} ms, {PAIRS} pairs"
    return [Result("model: CPU per call", round(ours / floor, 2), "×", 1.5, detail)]


async def cpu_per_call(database: Database) -> list[list[float]]:
    """Seconds of this process: of the bare library, and of Cairn."""
    settings, numbers = database.settings(model="openai-chat:x", model_concurrency=SLOTS), count(1)
    async with open_workshop(settings) as cairn:
        author = cairn.tasks.author
        assert isinstance(author, ModelAuthor)
        thinkers: dict[Any, Any] = author.thinkers
        thinker = next(iter(thinkers.values()))
        bare, listening = Bare(thinker.model), Listening(thinker)
        thinkers.update(dict.fromkeys(thinkers, listening))

        async def through_cairn() -> float:
            listening.heard.clear()
            begun = time.process_time()
            await learn(cairn, next(numbers))
            return (time.process_time() - begun) / len(listening.heard)

        async def through_the_library() -> float:
            begun = time.process_time()
            await bare.run(listening.heard)
            return (time.process_time() - begun) / len(listening.heard)

        settle()
        await through_cairn()
        return await in_turn(through_the_library, through_cairn, rounds=PAIRS)


async def learn(cairn: Workshop, number: int) -> None:
    asked = await cairn.tasks.ask("local", {"query": goal(number)})
    task = await cairn.claims.claim(asked.task_id, "bench")
    assert task
    await cairn.runner.run(task, held=lambda: True)
    assert (await cairn.tasks.get("local", asked.task_id)).status is TaskStatus.completed
