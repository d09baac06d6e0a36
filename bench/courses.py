"""How long courses take that a slow provider writes: five at once against the best order of their calls, and
until there is something to read.

How the limits are read:

- Makespan: from the moment all five are asked for until the last has ended, against the shortest order that
  `bench.schedule` finds in knowledge of how long each call took. Cairn does not know that, and some of the
  calls that end a round are slow: its order, if nothing else took time, loses 1.086 in the mean of many
  rounds, and from 1.0 to 1.17 in one. So the sums of the rounds are compared.
- First concept: from the moment a course is asked for until its follower is told of a tutorial that can be
  read (there the course is cancelled), against what the calls it needs took, one after another: intent,
  curriculum, validation and that tutorial. The quotient is taken course by course, for the median of a sum is
  not the sum of the medians; the limits are on its median and its 95th percentile. With five at once, waiting
  for a slot counts.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

from tests.databases import Database

from bench.measure import Result
from bench.provider import Call, Provider, goal, provider
from bench.schedule import STEPS, Key, best
from cairn.bootstrap import Workshop, open_workshop, settle
from cairn.domain.task import TaskStatus
from cairn.worker.worker import Worker

FIRST_PACE, WHOLE_PACE = 0.5, 0.2
"""So much of the time a real provider takes, to the first concept and for whole courses. What Cairn itself
takes is not scaled: it weighs two and five times as much here as in life, and more where the machine is busy
with something else."""
SLOTS = 8
AT_ONCE, ROUNDS, ALONE, STARTS = 5, 2, 6, 3


@dataclass(frozen=True)
class Course:
    """`asked`, `readable`, `ended`: when, by the clock of the provider's calls; `concept`: the one that could
    be read first."""

    number: int
    asked: float
    readable: float
    concept: str
    ended: float


def measure() -> list[Result]:
    with tempfile.TemporaryDirectory() as folder, provider() as asked:
        rounds, alone, together = asyncio.run(taught(Database(Path(folder)), asked))
        calls = {(call.course, call.thought, call.concept): call for call in asked.until(0)}
    return [
        of_makespans(rounds, calls),
        *of_first_concepts("alone", alone, calls),
        *of_first_concepts(f"{AT_ONCE} at once", together, calls),
    ]


async def taught(
    database: Database, asked: Provider
) -> tuple[list[list[Course]], list[Course], list[Course]]:
    """Rounds of whole courses at once; courses that are begun one by one, and several at once."""
    numbers = count(1)
    settings = database.settings(model="openai-chat:x", model_concurrency=SLOTS)
    async with open_workshop(settings) as cairn:
        worker = Worker(settings, cairn.claims, cairn.runner, cairn.nudge)
        async with worker.at_work():
            await worker.ready.wait()
            settle()
            await learn(cairn, 0)  # which also waits for what is done once in a process
            asked.pace(FIRST_PACE)
            alone = [await begin(cairn, worker, numbers, 1) for _ in range(ALONE)]
            together = [await begin(cairn, worker, numbers, AT_ONCE) for _ in range(STARTS)]
            asked.pace(WHOLE_PACE)
            rounds = [
                await asyncio.gather(*(learn(cairn, next(numbers)) for _ in range(AT_ONCE)))
                for _ in range(ROUNDS)
            ]
    return rounds, list(chain(*alone)), list(chain(*together))


async def learn(cairn: Workshop, number: int, *, whole: bool = True) -> Course:
    """A course to its end; not `whole`: until there is something to read, and then cancelled."""
    asked, readable, first = time.monotonic(), 0.0, ""
    task = await cairn.tasks.ask("local", {"query": goal(number)})
    async for event in cairn.tasks.follow("local", task.task_id):
        if not readable and event.kind == "piece_ready" and event.data["kind"] == "tutorial":
            readable, first = time.monotonic(), event.data["concept_id"]
            if not whole:
                await cairn.moves.cancel("local", task.task_id)
    ended = time.monotonic()
    status = (await cairn.tasks.get("local", task.task_id)).status
    assert status is (TaskStatus.completed if whole else TaskStatus.cancelled)
    tree = (await cairn.roadmaps.get("local", task.roadmap_id)).roadmap
    [concept] = (c.name.partition(" of ")[0] for c in tree.concepts() if c.concept_id == first)
    return Course(number, asked, readable, concept, ended)


async def begin(cairn: Workshop, worker: Worker, numbers: Iterator[int], several: int) -> list[Course]:
    """So many at once, and nothing of those before is under way."""
    begun = await asyncio.gather(*(learn(cairn, next(numbers), whole=False) for _ in range(several)))
    await asyncio.gather(*worker.running.values(), return_exceptions=True)
    return begun


def of_makespans(rounds: Iterable[Iterable[Course]], calls: dict[Key, Call]) -> Result:
    taken, shortest, ratios = 0.0, 0.0, list[float]()
    for courses in rounds:
        span = max(course.ended for course in courses) - min(course.asked for course in courses)
        numbers = {course.number for course in courses}
        latencies = {key: call.latency for key, call in calls.items() if key[0] in numbers}
        found, _ = best(latencies, SLOTS)
        taken, shortest = taken + span, shortest + found
        ratios.append(span / found)
    each = ", ".join(f"{ratio:.2f}" for ratio in ratios)
    return Result(
        f"model: {AT_ONCE} courses at once", round(taken / shortest, 3), "×", 1.10,
        f"of the best order, {SLOTS} slots; {len(ratios)} rounds: {each}",
    )  # fmt: skip


def of_first_concepts(name: str, courses: list[Course], calls: dict[Key, Call]) -> list[Result]:
    ratios = sorted((course.readable - course.asked) / needed(course, calls) for course in courses)
    *_, p95 = statistics.quantiles(ratios, n=20, method="inclusive")
    detail = f"of the calls it needs, {len(ratios)} courses"
    return [
        Result(f"model: first concept, {name}", round(statistics.median(ratios), 3), "×", 1.2, detail),
        Result(f"model: the same, p95, {name}", round(p95, 3), "×", 1.4, detail),
    ]


def needed(course: Course, calls: dict[Key, Call]) -> float:
    """Seconds."""
    keys = [(thought, "") for thought in STEPS] + [("tutorial", course.concept)]
    return sum(calls[course.number, thought, concept].latency for thought, concept in keys)
