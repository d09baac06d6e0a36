"""A whole course with the journal of model calls on, against the same with one that stores nothing."""

import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from tests.databases import Database

from bench.databases import Kind
from bench.makespan import durable, serving
from bench.measure import Result, in_turn, ratio
from cairn.authors.author import Answer
from cairn.bootstrap import Cairn
from cairn.store.calls import Begun
from cairn.usecases.claimed import Claimed
from cairn.usecases.journal import Journal, Journals, open_journal

CONCEPTS = 100
PAIRS = 15


class Forgetful(Journal):
    """What a run would be without one: calls leave at once, and what they answered is kept by nobody."""

    async def begin(self, product: str, key: str) -> Begun:
        return {}

    def answered(self, request: Begun, answer: Answer) -> None:
        pass

    def failed(self, request: Begun, error: Exception) -> None:
        pass


async def forgetful(claimed: Claimed) -> Journal:
    return Forgetful(claimed, {})


async def measure(kind: Kind) -> list[Result]:
    async with AsyncExitStack() as opened:

        async def course(journals: Journals) -> Callable[[], Awaitable[tuple[float, float]]]:
            database: Database = opened.enter_context(kind.fresh())
            cairn = await opened.enter_async_context(serving(database, CONCEPTS, journals))
            return lambda: spans(cairn)

        without, with_it = await in_turn(await course(forgetful), await course(open_journal), rounds=PAIRS)
    name = f"{kind.name}: journal, N={CONCEPTS}"
    return [
        ratio(f"{name}, makespan", [on for on, _ in with_it], [off for off, _ in without], limit=1.25),
        ratio(f"{name}, CPU", [on for _, on in with_it], [off for _, off in without], limit=1.15),
    ]


async def spans(cairn: Cairn) -> tuple[float, float]:
    """Seconds on the clock, and of the processor."""
    begun = time.process_time()
    makespan = await durable(cairn)
    return makespan, time.process_time() - begun
