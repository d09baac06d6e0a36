"""What a long past costs: the questions that are asked again and again, in a database with 10,000 old courses
and a million old events against the same in one with a handful.

Each question is asked of both in turn; medians are compared. By itself: `./dev bench past`.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager

from tests.databases import Database
from tests.past import fill

from bench.databases import Kind, each_kind
from bench.measure import Result, in_turn, ratio
from cairn.bootstrap import Cairn, open_cairn
from cairn.logs import set_up_logs

FEW, MANY, EVENTS_EACH = 20, 10_000, 100
QUEUED = 50
TIMES, ROUNDS = 20, 7
LIMIT = 1.25
OWNER = "local"
Question = Callable[[Cairn], Awaitable[object]]


def run() -> Iterator[Result]:
    set_up_logs("json", quiet=True)
    for kind in each_kind():
        with filled(kind, FEW) as few, filled(kind, MANY) as many:
            yield from asyncio.run(compared(kind.name, few, many))


@contextmanager
def filled(kind: Kind, courses: int) -> Iterator[Database]:
    """A database with so many old courses."""
    with kind.fresh() as database:
        fill(database, courses, courses * EVENTS_EACH)
        yield database


async def compared(name: str, few: Database, many: Database) -> list[Result]:
    questions: dict[str, Question] = {
        "sweep": lambda cairn: cairn.claims.due(200),
        "first page": lambda cairn: cairn.tasks.list(OWNER, 13),
        "ask and claim": ask_and_claim,
    }
    async with AsyncExitStack() as stack:
        opened = [
            await stack.enter_async_context(open_cairn(database.settings(model="simulated")))
            for database in (few, many)
        ]
        for cairn in opened:
            for _ in range(QUEUED):
                await cairn.tasks.ask(OWNER, {"query": "Learn Go"})
        found: list[Result] = []
        for said, question in questions.items():
            floors, own = await in_turn(*(timed(cairn, question) for cairn in opened), rounds=ROUNDS)
            found.append(ratio(f"past: {said}, {name}", own, floors, limit=LIMIT))
        return found


def timed(cairn: Cairn, question: Question) -> Callable[[], Awaitable[float]]:
    async def ask() -> float:
        begun = time.perf_counter()
        for _ in range(TIMES):
            await question(cairn)
        return time.perf_counter() - begun

    return ask


async def ask_and_claim(cairn: Cairn) -> None:
    """As many leave the queue as come into it."""
    await cairn.tasks.ask(OWNER, {"query": "Learn Go"})
    [(task_id, _)] = await cairn.claims.due(1)
    assert await cairn.claims.claim(task_id, "bench")
