"""Four worker processes against one, on work that waits: eight calls at a time each, a second a call.

Throughput is counted where it is stored: the calls answered within some seconds, from when every worker has
answered its first ones and while there is more in the queue than can be done.
"""

import asyncio
import time
from collections.abc import Iterator

from tests.databases import Database
from tests.scale.team import crew

from bench.databases import on_postgres
from bench.makespan import GOAL, logs_to_nowhere
from bench.measure import Result
from cairn.bootstrap import open_cairn

FEW, MANY = 1, 4
SLOTS, DELAY, CONCEPTS = 8, 1, 3
RUNS = 2 * SLOTS
"""Courses at once in each: enough that none of its slots waits for a course's only call."""
WINDOW = 12
COURSES = 40
"""For each worker: more than it can make meanwhile."""
LOOK_SECONDS = 0.25
PATIENCE = 60
SETTINGS = {
    "CAIRN_MODEL": "simulated", "CAIRN_SIMULATED_DELAY": str(DELAY), "CAIRN_WORKER_RUNS": str(RUNS),
    "CAIRN_SIMULATED_CONCEPTS": str(CONCEPTS), "CAIRN_MODEL_CONCURRENCY": str(SLOTS),
}  # fmt: skip

AT_WORK = """
SELECT count(DISTINCT lease_owner) FROM roadmap_tasks t WHERE status = 'running'
AND EXISTS (SELECT 1 FROM model_calls c WHERE c.task_id = t.task_id AND c.state = 'answered')
"""
ANSWERED = "SELECT count(*) FROM model_calls WHERE state = 'answered'"
QUEUED = "SELECT count(*) FROM roadmap_tasks WHERE status = 'queued'"


def run() -> Iterator[Result]:
    few, many = (throughput(number) for number in (FEW, MANY))
    detail = f"{many:.1f} calls a second against {few:.1f}, {SLOTS} at a time each, {DELAY} s a call"
    yield Result(f"{MANY} workers against {FEW}", round(many / few, 2), "×", 3.5, detail, "at least")


def throughput(number: int) -> float:
    """Calls a second."""
    with on_postgres() as database:
        with logs_to_nowhere():
            asyncio.run(queue(database, COURSES * number))
        with crew(number, database, **SETTINGS):
            given_up = time.monotonic() + PATIENCE
            while database.rows(AT_WORK)[0][0] < number:
                assert time.monotonic() < given_up, "not every worker found work"
                time.sleep(LOOK_SECONDS)
            begun, before = time.perf_counter(), database.rows(ANSWERED)[0][0]
            time.sleep(WINDOW)
            after, span = database.rows(ANSWERED)[0][0], time.perf_counter() - begun
            assert database.rows(QUEUED)[0][0], "the queue ran dry"
    return (after - before) / span


async def queue(database: Database, courses: int) -> None:
    async with open_cairn(database.settings(model="simulated")) as cairn:
        await asyncio.gather(*(cairn.tasks.ask("local", {"query": GOAL}) for _ in range(courses)))
