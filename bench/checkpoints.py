"""How many bytes LangGraph keeps for a course, beside the bytes of what was made."""

import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from typing import Any

import psycopg
from tests.databases import Database

from bench.databases import Kind
from bench.makespan import GOAL
from bench.measure import Result
from cairn.bootstrap import open_workshop
from cairn.domain.task import TaskStatus
from cairn.store.postgres import for_libpq

SIZES = (100, 300, 1000)
PRODUCTS = {
    "intent_analysis_metadata": "full_analysis_data", "curriculum_design_metadata": "content",
    "structure_validation_metadata": "content", "roadmaps": "content", "tutorial_metadata": "content",
    "resource_recommendation_metadata": "content", "quiz_metadata": "content",
}  # fmt: skip


async def measure(kind: Kind) -> list[Result]:
    kept: dict[int, int] = {}
    share = 0.0
    for concepts in SIZES:
        with kind.fresh() as database:
            await make(database, concepts)
            kept[concepts] = checkpoint_bytes(database)
            made = content_bytes(database)
        if concepts == SIZES[0]:
            share, detail = 100 * kept[concepts] / made, f"{kept[concepts]} of {made} bytes"
    each = {concepts: size / concepts for concepts, size in kept.items()}
    grown = each[SIZES[-1]] / each[SIZES[0]]
    per_concept = ", ".join(f"{size:.0f} at {concepts}" for concepts, size in each.items())
    return [
        Result(f"{kind.name}: checkpoints, N={SIZES[0]}", round(share, 2), "%", 5.0, detail),
        Result(f"{kind.name}: checkpoints per concept", round(grown, 2), "×", 1.5, f"bytes: {per_concept}"),
    ]


async def make(database: Database, concepts: int) -> None:
    """A whole course, as a run makes it up to the point where its checkpoints are forgotten."""
    settings = database.settings(model="simulated", model_concurrency=0, simulated_concepts=concepts)
    async with open_workshop(settings) as cairn:
        asked = await cairn.tasks.ask("local", {"query": GOAL})
        task = await cairn.claims.claim(asked.task_id, "bench")
        assert task is not None
        end = await cairn.runner.outcome(task, lambda: True, lambda task_id: None)
        assert end.status is TaskStatus.completed, end


def content_bytes(database: Database) -> int:
    sums = " UNION ALL ".join(f"SELECT {column} FROM {table}" for table, column in PRODUCTS.items())
    return sum(len(content.encode()) for (content,) in database.rows(sums))


def checkpoint_bytes(database: Database) -> int:
    """Of all columns of all rows, keys and names too."""
    if database.url is None:
        with closing(sqlite3.connect(database.settings().checkpoints)) as connection:
            return bytes_of(
                row
                for table in ("checkpoints", "writes")
                for row in connection.execute(f"SELECT * FROM {table}")
            )
    with psycopg.connect(for_libpq(database.url)) as connection:
        return bytes_of(
            row
            for table in ("checkpoints", "checkpoint_blobs", "checkpoint_writes")
            for row in connection.execute(f"SELECT * FROM {table}")  # type: ignore[arg-type]
        )


def bytes_of(rows: Iterable[tuple[Any, ...]]) -> int:
    return sum(len(as_bytes(value)) for row in rows for value in row if value is not None)


def as_bytes(value: Any) -> bytes:
    if isinstance(value, (bytes, memoryview)):
        return bytes(value)
    return (value if isinstance(value, str) else json.dumps(value)).encode()
