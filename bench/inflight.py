"""A thousand courses in flight in one worker process, and the same on LangGraph alone with its saver.

Each side is a process of its own, alone on its database: memory that one has left behind is not counted for
the other. A call takes as long as a quick model; so all courses are under way before the first ends.

- Wall: from the first request until all have ended.
- Memory: the most that the process had, beyond what it had idle after one course, over the courses.
- Leases lost: claims of a task beyond its first, and runs the lease thread has stopped.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import psutil
from tests.databases import Database

from bench.databases import on_postgres
from bench.langgraph_course import draw, run_course, saver_on
from bench.makespan import GOAL, logs_to_nowhere
from bench.measure import Result
from cairn.bootstrap import Workshop, open_workshop, settle
from cairn.worker.worker import Worker

COURSES = 1000
CONCEPTS = 10
DELAY = 1.0
ROUNDS = 1
SAMPLE_SECONDS = 0.1
LOOK_SECONDS = 0.2


@dataclass(frozen=True)
class Flight:
    """`grown`: bytes beyond those of the idle process; `most`: courses under way at once."""

    wall: float
    cpu: float
    grown: int
    most: int
    errors: int
    lost: int


def run() -> Iterator[Result]:
    ours, plain = list[Flight](), list[Flight]()
    for _ in range(ROUNDS):
        for side, flights in (("langgraph", plain), ("cairn", ours)):
            with on_postgres() as database:
                flights.append(flown(side, database))
    yield from rows(ours, plain)


def rows(ours: list[Flight], plain: list[Flight]) -> list[Result]:
    wall, bare = median(f.wall for f in ours), median(f.wall for f in plain)
    cpu, bare_cpu = median(f.cpu for f in ours), median(f.cpu for f in plain)
    each = [median(f.grown for f in flights) / COURSES / 1e6 for flights in (ours, plain)]
    name, most = f"{COURSES} courses of {CONCEPTS}", min(f.most for f in ours)
    return [
        Result(f"{name}: errors", sum(f.errors for f in ours), "", 0, f"{most} under way at once"),
        Result(f"{name}: leases lost", sum(f.lost for f in ours), "", 0, f"{len(ours)} rounds"),
        Result(f"{name}: memory each", round(each[0], 3), "MB", 0.5, f"LangGraph alone {each[1]:.3f} MB"),
        Result(
            f"{name}: wall", round(wall / bare, 2), "×", 1.6,
            f"of LangGraph alone: {wall:.1f} s against {bare:.1f} s (CPU {cpu:.1f} s, {bare_cpu:.1f} s)",
        ),
    ]  # fmt: skip


def flown(side: str, database: Database) -> Flight:
    """In a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.inflight", side], env={**os.environ, **database.environment},
        stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return Flight(**json.loads(done.stdout))


class Weighing:
    """What this process weighs at most while it works, and what it takes of the processor."""

    def __init__(self) -> None:
        self.process = psutil.Process()
        self.idle = self.most = self.process.memory_info().rss
        self.cpu, self.begun = time.process_time(), time.perf_counter()
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.look, daemon=True)
        self.thread.start()

    def look(self) -> None:
        while not self.ended.wait(SAMPLE_SECONDS):
            self.most = max(self.most, self.process.memory_info().rss)

    def end(self, most: int, errors: int, lost: int) -> Flight:
        wall, cpu = time.perf_counter() - self.begun, time.process_time() - self.cpu
        self.ended.set()
        self.thread.join()
        return Flight(wall, cpu, self.most - self.idle, most, errors, lost)


class Counting(Worker):
    """Counts the runs it was told to stop because their lease was gone, and how many it had at once."""

    stopped = 0
    most = 0

    def lost(self, task_id: str) -> None:
        self.stopped += task_id in self.running
        super().lost(task_id)

    def start(self, *given: object) -> None:
        super().start(*given)  # type: ignore[arg-type]
        self.most = max(self.most, len(self.running))


async def through_cairn(database: Database) -> Flight:
    settings = database.settings(
        model="simulated",
        model_concurrency=0,
        simulated_delay=DELAY,
        simulated_concepts=CONCEPTS,
        worker_runs=COURSES,
    )
    async with open_workshop(settings) as cairn:
        worker = Counting(settings, cairn.claims, cairn.runner, cairn.nudge)
        async with worker.at_work():
            await worker.ready.wait()
            await learn(cairn, 1)
            settle()
            weighing = Weighing()
            await learn(cairn, COURSES)
            [(completed, claims)] = database.rows(
                "SELECT count(*) FILTER (WHERE status = 'completed'),"
                " (SELECT count(*) FROM task_events WHERE kind = 'task_claimed') FROM roadmap_tasks"
            )
            errors, again = COURSES + 1 - completed, claims - (COURSES + 1)
            return weighing.end(worker.most, errors, max(worker.stopped, again))


async def learn(cairn: Workshop, courses: int) -> None:
    """So many at once, to their end."""
    await asyncio.gather(*(cairn.tasks.ask("local", {"query": GOAL}) for _ in range(courses)))
    while await active(cairn):
        await asyncio.sleep(LOOK_SECONDS)


async def active(cairn: Workshop) -> bool:
    from sqlalchemy import text

    async with cairn.tasks.store.reading() as connection:
        found = await connection.execute(
            text("SELECT 1 FROM roadmap_tasks WHERE status IN ('queued', 'running') LIMIT 1")
        )
        return found.first() is not None


async def through_langgraph(database: Database) -> Flight:
    async with saver_on(database) as saver:
        graph = draw(saver, CONCEPTS, DELAY)
        await run_course(graph, CONCEPTS)
        settle()
        weighing = Weighing()
        ends = await asyncio.gather(
            *(run_course(graph, CONCEPTS) for _ in range(COURSES)), return_exceptions=True
        )
        return weighing.end(COURSES, sum(isinstance(end, BaseException) for end in ends), 0)


SIDES: dict[str, Callable[[Database], Awaitable[Flight]]] = {
    "cairn": through_cairn,
    "langgraph": through_langgraph,
}


async def fly(side: str) -> Flight:
    with tempfile.TemporaryDirectory() as folder:
        return await SIDES[side](Database(Path(folder) / "data", os.environ["CAIRN_DATABASE_URL"]))


if __name__ == "__main__":
    with logs_to_nowhere():
        flight = asyncio.run(fly(sys.argv[1]))
    print(json.dumps(asdict(flight)))
