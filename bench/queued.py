"""How many courses a worker makes in a second: with ten in the queue and with a thousand, in a new database
and in one with a past. The author answers at once, so that nothing is measured but Cairn."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from statistics import median
from typing import Any

from tests.databases import Database

from bench.databases import on_postgres
from bench.history import fill
from bench.makespan import GOAL, logs_to_nowhere
from bench.measure import Result, in_turn
from cairn.bootstrap import Workshop, open_workshop, settle
from cairn.worker.worker import Worker

FEW, SOME, MANY = 10, 100, 1000
CONCEPTS = 3
OLD_COURSES, OLD_EVENTS = 10_000, 1_000_000
ROUNDS_OF_FEW, ROUNDS = 9, 5


def run() -> Iterator[Result]:
    with logs_to_nowhere(), on_postgres() as new, on_postgres() as old:
        fill(old, OLD_COURSES, OLD_EVENTS)
        yield from asyncio.run(measure(new, old))


async def measure(new: Database, old: Database) -> list[Result]:
    async with AsyncExitStack() as opened:
        young, aged = [await opened.enter_async_context(open_workshop(settings_of(d))) for d in (new, old)]
        settle()
        [few] = await in_turn(lambda: rate(young, FEW), rounds=ROUNDS_OF_FEW)
        many = await rate(young, MANY)
        without, with_it = await in_turn(lambda: rate(young, SOME), lambda: rate(aged, SOME), rounds=ROUNDS)
    past = f"{OLD_EVENTS:,} old events and {OLD_COURSES:,} old courses"
    return [
        share(f"{MANY} queued, of {FEW} queued", many, median(few), f"{CONCEPTS} concepts each"),
        share(f"{SOME} queued, of a new database", median(with_it), median(without), f"with {past}"),
    ]


def share(name: str, now: float, before: float, detail: str) -> Result:
    detail = f"{now:.1f} courses a second against {before:.1f}; {detail}"
    return Result(name, round(now / before, 2), "×", 0.75, detail, "at least")


def settings_of(database: Database) -> Any:
    return database.settings(model="simulated", model_concurrency=0, simulated_concepts=CONCEPTS)


class Counting(Worker):
    """Tells when it has made so many."""

    def expect(self, courses: int) -> asyncio.Event:
        self.left, self.all_made = courses, asyncio.Event()
        return self.all_made

    def ended(self, *given: Any) -> None:
        super().ended(*given)
        self.left -= 1
        if not self.left:
            self.all_made.set()


async def rate(cairn: Workshop, courses: int) -> float:
    """Courses a second, of so many that wait when the worker comes."""
    await asyncio.gather(*(cairn.tasks.ask("local", {"query": GOAL}) for _ in range(courses)))
    worker = Counting(cairn.settings, cairn.claims, cairn.runner, cairn.nudge)
    made, begun = worker.expect(courses), time.perf_counter()
    async with worker.at_work():
        await made.wait()
        return courses / (time.perf_counter() - begun)
