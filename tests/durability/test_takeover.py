"""The takeover, one of the two held open inside its transaction: the other waits, and is then refused or
comes after it. An old claim's write is never late.

The one that is held is a process of its own. On SQLite the other waits for the write lock, on PostgreSQL for
the row of the task.
"""

import asyncio
import os
import signal
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import event

from cairn.domain.errors import Superseded
from cairn.domain.task import Task
from cairn.store.crossing import BEFORE
from cairn.store.engines import Engines
from cairn.store.writer import Writer
from tests.databases import Database
from tests.store.test_fenced import claim, claimed, save

Work = Callable[[Writer], Awaitable[Any]]
SAVED = "SELECT concept_id, content, rev, epoch FROM tutorial_metadata ORDER BY 1"
TASK = "SELECT epoch, last_seq FROM roadmap_tasks"
EVENTS = "SELECT seq, kind, epoch FROM task_events ORDER BY seq"
BEGUN = [(1, "task_created", 0), (2, "task_claimed", 1)]


@dataclass
class Held:
    """A process that stands just before its commit."""

    pid: int
    go: int

    def let_go(self) -> None:
        """It commits, and ends."""
        os.write(self.go, b"!")
        assert self.ended() == 0

    def kill(self) -> None:
        """It dies there, without a word."""
        os.kill(self.pid, signal.SIGKILL)
        assert self.ended() == -signal.SIGKILL

    def ended(self) -> int:
        pid, self.pid = self.pid, 0
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@contextmanager
def held(database: Database, work: Work) -> Iterator[Held]:
    """Another process does `work`, which is one write or move, up to its commit."""
    told, telling = os.pipe()
    waiting, go = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 70
        try:

            def cross(_: str, when: str) -> None:
                if when == BEFORE:
                    os.write(telling, b".")
                    os.read(waiting, 1)

            asyncio.run(alone(database, work, cross))
            code = 0
        finally:
            os._exit(code)
    os.close(telling)
    process = Held(pid, go)
    try:
        assert os.read(told, 1) == b".", "it came to its commit"
        yield process
    finally:
        if process.pid:
            process.kill()
        for end in (told, waiting, go):
            os.close(end)


async def alone(database: Database, work: Work, cross: Callable[[str, str], None]) -> None:
    async with database.writers(1) as (_, [writer]):
        writer.cross = cross
        await work(writer)


def begun(database: Database) -> Task:
    """A task whose claim has run out, its holder none the wiser: the zombie's."""

    async def begin() -> Task:
        async with database.writers(1) as (_, [writer]):
            return await claimed(writer, seconds=0)

    return asyncio.run(begin())


async def until_it_waits(database: Database, engines: Engines, going: asyncio.Future[Any]) -> None:
    """Returns when `going`, just handed over, stands before the lock that the held process has."""
    asked = asyncio.Event()
    event.listen(engines.writer.sync_engine, "checkout", lambda *connection: asked.set())
    await asked.wait()
    if database.url is None:
        other = sqlite3.connect(database.settings().database, timeout=0)
        with closing(other), pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
    else:
        waits = (
            "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            f" AND application_name = 'cairn writer' AND datname = '{database.name}'"
        )
        while not await asyncio.to_thread(database.rows, waits):
            await asyncio.sleep(0)
    assert not going.done()


def test_a_claim_comes_after_the_old_write_that_is_held_open(database: Database) -> None:
    zombie = begun(database)

    async def take_over(process: Held) -> None:
        async with database.writers(1) as (engines, [writer]):
            claiming = asyncio.ensure_future(claim(writer))
            await until_it_waits(database, engines, claiming)
            assert database.rows(SAVED) == []
            await asyncio.to_thread(process.let_go)
            successor = await claiming
            assert (successor.epoch, successor.last_seq) == (2, 4), "it counts the write it waited for"
            assert await writer.write(save(successor, "newer")) == [2]

    with held(database, lambda writer: writer.write(save(zombie, "old"))) as process:
        asyncio.run(take_over(process))
    assert database.rows(SAVED) == [("c", '"newer"', 2, 2)]
    assert database.rows(TASK) == [(2, 5)]
    assert database.rows(EVENTS) == [
        *BEGUN, (3, "saved", 1), (4, "task_claimed", 2), (5, "saved", 2),
    ]  # fmt: skip


def test_a_claim_that_waited_for_a_write_of_the_dead_finds_nothing_of_it(database: Database) -> None:
    zombie = begun(database)

    async def take_over(process: Held) -> None:
        async with database.writers(1) as (engines, [writer]):
            claiming = asyncio.ensure_future(claim(writer))
            await until_it_waits(database, engines, claiming)
            await asyncio.to_thread(process.kill)
            successor = await claiming
            assert (successor.epoch, successor.last_seq) == (2, 3)
            assert await writer.write(save(successor, "newer")) == [1]

    with held(database, lambda writer: writer.write(save(zombie, "old"))) as process:
        asyncio.run(take_over(process))
    assert database.rows(SAVED) == [("c", '"newer"', 1, 2)]
    assert database.rows(EVENTS) == [*BEGUN, (3, "task_claimed", 2), (4, "saved", 2)]


async def late_writes(
    database: Database, zombie: Task, end: Callable[[], None]
) -> list[list[int] | BaseException]:
    """How the old writer fares that upserts the row that is there, and new ones, while a claim is held open
    until `end`."""
    outcomes: list[list[int] | BaseException] = []
    async with database.writers(1) as (engines, [writer]):
        first = writer.hand_over(save(zombie, "late"))
        await until_it_waits(database, engines, first)
        rest = [
            writer.hand_over(save(zombie, "late", "never seen")),
            writer.hand_over(save(zombie, "later")),
            writer.hand_over(save(zombie, "later", "never seen either")),
        ]
        await asyncio.to_thread(end)
        outcomes += await asyncio.gather(first, *rest, return_exceptions=True)
    return outcomes


def with_a_row(database: Database) -> Task:
    zombie = begun(database)

    async def save_first() -> None:
        async with database.writers(1) as (_, [writer]):
            assert await writer.write(save(zombie, "first")) == [1]

    asyncio.run(save_first())
    return zombie


def test_an_old_write_that_waited_for_a_claim_is_refused(database: Database) -> None:
    zombie = with_a_row(database)
    stood = database.rows("SELECT * FROM tutorial_metadata")
    with held(database, claim) as process:
        outcomes = asyncio.run(late_writes(database, zombie, process.let_go))
    assert [type(one) for one in outcomes] == [Superseded] * 4
    assert database.rows("SELECT * FROM tutorial_metadata") == stood, "neither the old key nor a new one"
    assert database.rows(TASK) == [(2, 4)]
    assert database.rows(EVENTS) == [*BEGUN, (3, "saved", 1), (4, "task_claimed", 2)]


def test_an_old_write_that_waited_for_a_claim_that_died_stands(database: Database) -> None:
    """Nobody took the task over, so its holder is its holder still."""
    zombie = with_a_row(database)
    with held(database, claim) as process:
        outcomes = asyncio.run(late_writes(database, zombie, process.kill))
    assert outcomes == [[2], [1], [3], [1]]
    assert database.rows(SAVED) == [
        ("c", '"later"', 3, 1), ("never seen", '"late"', 1, 1), ("never seen either", '"later"', 1, 1),
    ]  # fmt: skip
    assert database.rows(TASK) == [(1, 7)]
    assert {epoch for _, _, epoch in database.rows(EVENTS)[1:]} == {1}


def test_of_two_claims_the_one_that_waited_gets_nothing(database: Database) -> None:
    begun(database)

    async def race(process: Held) -> None:
        async with database.writers(1) as (engines, [writer]):
            claiming = asyncio.ensure_future(claim(writer))
            await until_it_waits(database, engines, claiming)
            await asyncio.to_thread(process.let_go)
            with pytest.raises(AssertionError):  # `claim` found no task to take
                await claiming

    with held(database, claim) as process:
        asyncio.run(race(process))
    assert database.rows(TASK) == [(2, 3)]
    assert database.rows(EVENTS) == [*BEGUN, (3, "task_claimed", 2)]
