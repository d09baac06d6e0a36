"""The same course on DBOS: one workflow, a step for every call, as its reference advises for async code."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

from dbos import DBOS, DBOSConfig
from tests.databases import Database

from bench.makespan import GOAL, standin
from cairn.authors.author import Answer, Ask, ValidationGiven, curriculum_given, piece_given
from cairn.domain.request import LearnerRequest
from cairn.store.postgres import for_psycopg

SQLITE = "dbos.sqlite"
THREADS = 20
"""As many as DBOS opens connections; by default it would have few on a machine of few cores, and wait."""


def in_a_step() -> Ask:
    """What an author is given to ask with: its call is a step of the workflow. The step's number is drawn
    here, in the order of the workflow's text, so that calls side by side find theirs again after a crash."""
    step = DBOS.reserve_step()

    async def ask(request: Mapping[str, Any], send: Callable[[str], Awaitable[Answer]]) -> Any:
        async def call() -> Any:
            return (await send("bench")).content

        return await step.run_async({"name": str(request["thought"])}, call)

    return ask


@DBOS.workflow()
async def course(concepts: int) -> None:
    author = standin(concepts)
    analysis = await author.analyse_intent(LearnerRequest(query=GOAL), in_a_step())
    roadmap = await author.design_curriculum(curriculum_given(analysis), in_a_step())
    await author.validate_structure(ValidationGiven(roadmap=roadmap), in_a_step())

    async def write(card: Any, tutorial: Ask, resources: Ask, quiz: Ask) -> None:
        given = piece_given(card, roadmap.language, analysis.content_format_weights)
        await author.write_tutorial(given, tutorial)
        await asyncio.gather(author.recommend_resources(given, resources), author.write_quiz(given, quiz))

    cards = roadmap.concepts()
    await asyncio.gather(*(write(card, in_a_step(), in_a_step(), in_a_step()) for card in cards))


@asynccontextmanager
async def dbos_on(database: Database) -> AsyncGenerator[None]:
    """A program on DBOS at work, on a system database of its own beside ours."""
    if database.url is None:
        prefer_wal(database.folder / SQLITE)
    config: DBOSConfig = {
        "name": "bench",
        "system_database_url": address(database),
        "max_executor_threads": THREADS,
        "log_level": "ERROR",
    }
    DBOS(config=config)
    DBOS.launch()
    try:
        yield
    finally:
        await asyncio.to_thread(DBOS.destroy)


def prefer_wal(path: Path) -> None:
    """A property of the file, which DBOS leaves alone: with it DBOS takes less than half of the time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")


def address(database: Database) -> str:
    if database.url is None:
        return f"sqlite:///{database.folder / SQLITE}"
    return for_psycopg(database.url).render_as_string(hide_password=False)
