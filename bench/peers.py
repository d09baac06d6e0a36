"""One course through Cairn, DBOS, LangGraph alone and `asyncio.gather`: the same calls of the same author, in
the same order, with the same answers, on the same database, in turn.

- Makespan: from the request until the course has ended, in a program that has been serving.
- Overhead per call: makespan minus the floor's in the same round, over the calls of the course.

What each keeps: Cairn every call, every product, its events, and positions; DBOS every call; LangGraph alone
the state at the end of each step, with what was made in it, and of the concepts each that has ended.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from statistics import median

from bench.databases import Kind, each_kind
from bench.dbos_course import course, dbos_on
from bench.langgraph_course import draw, run_course, saver_on
from bench.makespan import DELAY, bare, durable, logs_to_nowhere, serving
from bench.measure import Result, in_turn, ratio

CONCEPTS = 100
CALLS = 3 + 3 * CONCEPTS
ROUNDS = 9


async def measure(kind: Kind) -> list[Result]:
    async with AsyncExitStack() as opened:
        ours, plain, theirs = (opened.enter_context(kind.fresh()) for _ in range(3))
        cairn = await opened.enter_async_context(serving(ours, CONCEPTS))
        graph = draw(await opened.enter_async_context(saver_on(plain)), CONCEPTS, DELAY)
        await opened.enter_async_context(dbos_on(theirs))

        async def on_langgraph() -> float:
            begun = time.perf_counter()
            await run_course(graph, CONCEPTS)
            return time.perf_counter() - begun

        async def on_dbos() -> float:
            begun = time.perf_counter()
            await course(CONCEPTS)
            return time.perf_counter() - begun

        works = (lambda: bare(CONCEPTS), lambda: durable(cairn), on_langgraph, on_dbos)
        floor, own, langgraph, dbos = await in_turn(*works, rounds=ROUNDS)
    name = f"{kind.name}: N={CONCEPTS}"
    return [
        ratio(f"{name}, of DBOS", own, dbos, limit=0.4),
        ratio(f"{name}, of LangGraph alone", own, langgraph, limit=1.25),
        overhead(f"{name}, overhead per call", own, dbos, floor),
    ]


def overhead(name: str, own: list[float], peers: list[float], floors: list[float]) -> Result:
    mine, theirs = (
        1000 * median(span - floor for span, floor in zip(spans, floors, strict=True)) / CALLS
        for spans in (own, peers)
    )
    detail = f"of DBOS's: {mine:.2f} ms against {theirs:.2f} ms, floor {median(floors):.3f} s"
    return Result(name, round(mine / theirs, 2), "×", 0.3, detail)


def run() -> Iterator[Result]:
    with logs_to_nowhere():  # around both databases: DBOS keeps the stream it finds first
        for kind in each_kind():
            yield from asyncio.run(measure(kind))
