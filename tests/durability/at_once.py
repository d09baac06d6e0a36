"""Moves of one task by several open Cairns, so near to each other that looking first saves none of them."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager
from typing import Any

import psycopg
from sqlalchemy import event

from cairn.bootstrap import Cairn, open_cairn
from cairn.domain.errors import CairnError
from cairn.store.postgres import for_libpq
from tests.databases import Database
from tests.workflow.scripted import Scripted

Move = Callable[[Cairn], Awaitable[Any]]


@asynccontextmanager
async def several(database: Database, number: int) -> AsyncGenerator[list[Cairn]]:
    """Programs open on one database, as several processes would have it. None of them runs tasks."""
    settings = database.settings(model="simulated")
    async with AsyncExitStack() as opened:
        yield [await opened.enter_async_context(open_cairn(settings, Scripted())) for _ in range(number)]


@contextmanager
def tasks_locked(database: Database) -> Iterator[None]:
    """Nobody can write of a task meanwhile; reading goes on."""
    if database.url is None:
        with closing(sqlite3.connect(database.settings().database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
        return
    with psycopg.connect(for_libpq(database.url)) as other:
        other.execute("SELECT * FROM roadmap_tasks FOR UPDATE")
        yield


async def at_once(database: Database, *moves: Move) -> list[Any]:
    """Each move by a Cairn of its own. None is written before all have looked at the task as it stands, so
    what they saw cannot save them. The answers, errors of ours among them."""
    async with several(database, len(moves)) as cairns:
        writing = [comes_to_write(cairn) for cairn in cairns]
        with tasks_locked(database):
            going = [asyncio.ensure_future(move(cairn)) for move, cairn in zip(moves, cairns, strict=True)]
            await asyncio.gather(*(one.wait() for one in writing))
        outcomes = await asyncio.gather(*going, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException) and not isinstance(outcome, CairnError):
            raise outcome
    return outcomes


def comes_to_write(cairn: Cairn) -> asyncio.Event:
    """Set once its writer is about to begin a transaction."""
    comes = asyncio.Event()
    engine = cairn.tasks.store.engines.writer.sync_engine
    event.listen(engine, "engine_connect", lambda connection: comes.set())
    return comes
