"""A database with a past: one real course, copied many times with all of its rows, and events to fill up."""

import asyncio
from typing import Any

import psycopg
from psycopg import sql
from tests.databases import Database

from bench.makespan import GOAL
from cairn.bootstrap import open_workshop
from cairn.domain.task import TaskStatus
from cairn.store.postgres import for_libpq

CONCEPTS = 10
OF_TASK = (
    "intent_analysis_metadata", "curriculum_design_metadata", "structure_validation_metadata", "roadmaps",
    "tutorial_metadata", "resource_recommendation_metadata", "quiz_metadata", "model_calls",
)  # fmt: skip
OLDER = "interval '1 day' * (1 + mod(n, 300))"


def fill(database: Database, courses: int, events: int) -> None:
    """`events`: in all, spread over the courses. On PostgreSQL."""
    assert database.url
    task_id, roadmap_id = asyncio.run(one_course(database))
    with psycopg.connect(for_libpq(database.url), autocommit=True) as session:
        for table in ("roadmap_tasks", *OF_TASK):
            copy(session, table, task_id, roadmap_id, courses)
        session.execute(
            f"""
            INSERT INTO task_events (task_id, seq, epoch, write_id, kind, data, created_at)
            SELECT %(t)s || '_' || n, s, e.epoch, md5(n || '/' || s), e.kind, e.data, e.created_at - {OLDER}
            FROM generate_series(1, %(courses)s) n, generate_series(1, %(each)s) s
            JOIN task_events e ON e.task_id = %(t)s
            AND e.seq = mod(s - 1, (SELECT last_seq FROM roadmap_tasks WHERE task_id = %(t)s)) + 1
            """,  # type: ignore[arg-type]
            {"t": task_id, "courses": courses, "each": events // courses},
        )
        session.execute(
            "UPDATE roadmap_tasks SET last_seq = %s WHERE task_id LIKE %s",
            (events // courses, f"{task_id}\\_%"),
        )
        session.execute("VACUUM ANALYZE")  # as the server's own would have done in the meantime


def copy(session: Any, table: str, task_id: str, roadmap_id: str, courses: int) -> None:
    """All rows of the course in one table, so many times, each under ids of its own and some days older."""
    cursor = session.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(sql.Identifier(table)))
    names = [column.name for column in cursor.description]
    renamed = {"task_id", "roadmap_id", "key"}
    moved = {"created_at", "updated_at", "started_at", "ended_at"}

    def value(name: str) -> sql.Composable:
        column = sql.Identifier(name)
        if name in renamed:
            return sql.SQL("replace(replace({c}, {t}, {t} || '_' || n), {r}, {r} || '_' || n)").format(
                c=column, t=sql.Literal(task_id), r=sql.Literal(roadmap_id)
            )
        return sql.SQL("{} - " + OLDER).format(column) if name in moved else column

    owner = ("task_id", task_id) if "task_id" in names else ("roadmap_id", roadmap_id)
    session.execute(
        sql.SQL(
            "INSERT INTO {table} ({names}) SELECT {values} FROM {table}, generate_series(1, {courses}) n "
            "WHERE {column} = {id}"
        ).format(
            table=sql.Identifier(table),
            names=sql.SQL(", ").join(map(sql.Identifier, names)),
            values=sql.SQL(", ").join(map(value, names)),
            courses=sql.Literal(courses),
            column=sql.Identifier(owner[0]),
            id=sql.Literal(owner[1]),
        )
    )


async def one_course(database: Database) -> tuple[str, str]:
    settings = database.settings(model="simulated", simulated_concepts=CONCEPTS)
    async with open_workshop(settings) as cairn:
        asked = await cairn.tasks.ask("local", {"query": GOAL})
        task = await cairn.claims.claim(asked.task_id, "bench")
        assert task
        await cairn.runner.run(task, held=lambda: True)
        ended = await cairn.tasks.get("local", asked.task_id)
        assert ended.status is TaskStatus.completed, ended
        return task.task_id, task.roadmap_id
