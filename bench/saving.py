"""Saving a product through the store, against the raw driver and against “look, then write”."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from uuid import uuid4

from tests.store.test_fenced import claimed

from bench.databases import Kind
from bench.measure import Result, in_turn, ratio
from bench.raw import CONNECTIONS, Raw, raw_driver
from cairn.domain.task import Event
from cairn.store.base import table_of
from cairn.store.fenced import Row, Write
from cairn.store.tables import TutorialRow
from cairn.usecases.store import Store

PAIRS = 15
WRITERS = CONNECTIONS
ALONE = 100
"""Saves of one round, one after the other."""
EACH, EACH_LOOKED = 20, 5
"""Saves of one round by each of the writers at once; fewer where they are slow."""
LIMITS = {"SQLite": 1.0, "PostgreSQL": 0.4}
CONTENT = "x" * 2_000

Save = Callable[[str], Awaitable[object]]
"""Stores one product under a concept's id."""


async def measure(kind: Kind) -> list[Result]:
    with kind.fresh() as database:
        async with AsyncExitStack() as opened:
            store = await opened.enter_async_context(database.store())
            ours = partial(save_fenced, store, (await claimed(store.writer)).epoch)
            raw = await opened.enter_async_context(raw_driver(database))
            return [
                await one_at_a_time(kind.name, ours, raw),
                *await at_once(kind.name, ours, raw),
            ]


async def save_fenced(store: Store, epoch: int, concept_id: str) -> None:
    row = Row(
        table_of(TutorialRow),
        {"roadmap_id": "r", "concept_id": concept_id},
        {"content": CONTENT, "fingerprint": "f" * 64, "author": "bench"},
    )
    event = Event(kind="piece_ready", data={"concept_id": concept_id, "kind": "tutorial"})
    assert await store.writer.write(Write("save", "t", epoch, lambda revs: [event], 1, [row])) == [1]


async def one_at_a_time(name: str, ours: Save, raw: Raw) -> Result:
    async def spent(save: Save) -> float:
        begun = time.perf_counter()
        for _ in range(ALONE):
            await save(new_id())
        return time.perf_counter() - begun

    floors, own = await in_turn(
        lambda: spent(partial(raw.save, raw.connections[0], CONTENT)), lambda: spent(ours), rounds=PAIRS
    )
    return ratio(f"{name}: one save at a time", own, floors, limit=4.0)


async def at_once(name: str, ours: Save, raw: Raw) -> list[Result]:
    """Each writer on a connection of its own, but ours, which share the one writer's."""

    async def pace(saves: list[Save], each: int) -> float:
        """Seconds for one save."""

        async def some(save: Save) -> None:
            for _ in range(each):
                await save(new_id())

        begun = time.perf_counter()
        await asyncio.gather(*(some(save) for save in saves))
        return (time.perf_counter() - begun) / (each * len(saves))

    raws = [partial(raw.save, connection, CONTENT) for connection in raw.connections]
    looks = [partial(raw.look_then_write, connection, CONTENT) for connection in raw.connections]
    floors, own, looked = await in_turn(
        lambda: pace(raws, EACH),
        lambda: pace([ours] * WRITERS, EACH),
        lambda: pace(looks, EACH_LOOKED),
        rounds=PAIRS,
    )
    return [
        faster(f"{name}: {WRITERS} writers", own, floors, LIMITS[name]),
        faster(f"{name}: {WRITERS}, look then write", own, looked, 1.0),
    ]


def faster(name: str, own: list[float], floors: list[float], limit: float) -> Result:
    """How many times as many saves ours does in the same time."""
    high, low = 1 / statistics.median(own), 1 / statistics.median(floors)
    least = min(floor / mine for floor, mine in zip(floors, own, strict=True))
    detail = f"{high:.0f} saves a second against {low:.0f}, {len(own)} pairs, the least {least:.2f}"
    return Result(name, round(high / low, 2), "×", limit, detail, "at least")


def new_id() -> str:
    return uuid4().hex
