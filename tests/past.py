"""A long past: one real course, and as many old copies of it as are wanted, made by the database itself."""

import asyncio
import sqlite3
from contextlib import closing
from typing import Any

import psycopg

from cairn.bootstrap import open_workshop
from cairn.settings import Settings
from cairn.store.postgres import for_libpq
from cairn.store.schema import metadata
from cairn.worker.worker import Worker
from tests.databases import Database

STEP_EVENTS = 9
"""Events of a course beside those of its pieces."""
OF_STEPS = "product IN ('intent', 'curriculum', 'validation')"
COPIED = {
    "roadmap_tasks": "", "task_events": "", "roadmaps": "", "intent_analysis_metadata": "",
    "curriculum_design_metadata": "", "structure_validation_metadata": "", "model_calls": OF_STEPS,
}  # fmt: skip
"""Without the pieces, which would be gigabytes: nothing reads those of another course."""
LONG_AGO = 400
"""Days since the youngest copy ended; each is an hour older than the one before."""


def fill(database: Database, courses: int, events: int) -> str:
    """Put so many ended courses, with about so many events in all, into a migrated database. The task whose
    copies they are, itself of today."""
    concepts = max(3, round((events / courses - STEP_EVENTS) / 3))
    settings = database.settings(model="simulated", simulated_concepts=concepts, model_concurrency=0)
    task_id = asyncio.run(made(settings))
    if database.url is None:
        with closing(sqlite3.connect(settings.database)) as file:
            file.execute("PRAGMA synchronous = OFF")
            for table in COPIED:
                file.execute(copying(table, "sqlite"), {"t": task_id, "n": courses})
            file.commit()
            file.execute("ANALYZE")
        return task_id
    with psycopg.connect(for_libpq(database.url), autocommit=True) as session:
        for table in COPIED:
            session.execute(copying(table, "postgresql"), {"t": task_id, "n": courses})  # type: ignore[arg-type]
        session.execute("VACUUM ANALYZE")
    return task_id


async def made(settings: Settings) -> str:
    async with open_workshop(settings) as cairn:
        worker = Worker(settings, cairn.claims, cairn.runner, cairn.nudge)
        async with worker.at_work():
            task = await cairn.tasks.ask("local", {"query": "Learn Rust"})
            async for _ in cairn.tasks.follow("local", task.task_id):
                pass
        return task.task_id


def copying(name: str, dialect: str) -> str:
    """One INSERT of all copies of what a table holds of the task."""
    server = dialect == "postgresql"
    task, number = ("%(t)s", "%(n)s") if server else (":t", ":n")
    counted = f"SELECT 1 UNION ALL SELECT n + 1 FROM one WHERE n < {number}"
    numbers = f"WITH RECURSIVE one(n) AS ({counted}) SELECT n FROM one"
    back = (
        f"old.{{}} - make_interval(days => {LONG_AGO}, hours => numbers.n)" if server
        else f"strftime('%Y-%m-%d %H:%M:%f000', old.{{}}, '-{LONG_AGO} days', '-' || numbers.n || ' hours')"
    )  # fmt: skip
    anew: dict[str, Any] = {
        **{column: back.format(column) for column in ("created_at", "updated_at", "started_at", "ended_at")},
        **{column: f"old.{column} || '-' || numbers.n" for column in ("task_id", "roadmap_id", "key")},
        "answer": "NULL",
    }
    columns = [column.name for column in metadata.tables[name].columns]
    mine = f"old.roadmap_id = (SELECT roadmap_id FROM roadmap_tasks WHERE task_id = {task})"
    where = f"old.task_id = {task}" if "task_id" in columns else mine
    some = f" AND {COPIED[name]}" if COPIED[name] else ""
    values = ", ".join(anew.get(column, f"old.{column}") for column in columns)
    return (
        f"INSERT INTO {name} ({', '.join(columns)}) SELECT {values} "
        f"FROM {name} AS old CROSS JOIN ({numbers}) AS numbers WHERE {where}{some}"
    )
