"""Callers that are cancelled or run out of time in the middle of writes and reads leave nothing behind: no
lock, no open transaction, no connection, no hole in the numbers of the events."""

import asyncio
import random
import sqlite3
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Any

import psycopg
import pytest

from cairn.bootstrap import Workshop, open_workshop
from cairn.domain.task import TaskStatus
from cairn.store.engines import Engines
from cairn.store.events import events_after
from cairn.store.postgres import for_libpq
from cairn.usecases.history import broken_promises
from tests.databases import Database
from tests.store.test_fenced import claimed, save
from tests.workflow.scripted import OWNER, Scripted, run

STORMS = 500
CANCELLED_RUNS = 40
HOLDERS = """SELECT application_name, state, query FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'"""


async def given_up(work: Awaitable[Any], chance: random.Random) -> str:
    """Begin it, and end it at a random moment by a cancel or a timeout, or too late. What came of it."""
    going = asyncio.ensure_future(work)
    try:
        if chance.random() < 0.5:
            async with asyncio.timeout(chance.uniform(0, 0.004)):
                await going
            return "done"
        for _ in range(chance.randrange(60)):
            await asyncio.sleep(0)
        going.cancel()
        await going
        return "done"
    except TimeoutError:
        return "timeout"
    except asyncio.CancelledError:
        return "cancelled"


class Rival:
    """Another writer on the database, as a lease thread or a second process is: what is given up then often
    waits for its lock. `quiet` keeps it out."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.quiet = threading.Lock()
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.write_for_ever)

    async def __aenter__(self) -> "Rival":
        self.thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Off the loop: it may wait for a write of ours that was given up and is still under way."""
        self.stopping.set()
        await asyncio.to_thread(self.thread.join)

    def write_for_ever(self) -> None:
        with closing(connect(self.database, patient=True)) as other:
            while not self.stopping.wait(0.002):
                with self.quiet:
                    other.execute("BEGIN" if self.database.url else "BEGIN IMMEDIATE")
                    other.execute("UPDATE roadmap_tasks SET updated_at = updated_at")
                    self.stopping.wait(0.003)
                    other.execute("COMMIT")


def connect(database: Database, *, patient: bool) -> Any:
    """`patient`: waits for locks; else it does not wait at all."""
    if database.url:
        other = psycopg.connect(for_libpq(database.url), autocommit=True)
        other.execute(f"SET lock_timeout = {30_000 if patient else 1}")
        return other
    file = database.settings().database
    return sqlite3.connect(file, timeout=30 if patient else 0, isolation_level=None)


def write_at_once(database: Database) -> None:
    """Another process writes to every task's row, waiting for no lock."""
    with closing(connect(database, patient=False)) as other:
        if database.url:
            assert other.execute(HOLDERS).fetchall() == []
        other.execute("BEGIN" if database.url else "BEGIN IMMEDIATE")
        other.execute("UPDATE roadmap_tasks SET updated_at = updated_at")
        other.execute("COMMIT")


def assert_none_is_out(engines: Engines) -> None:
    """The writer keeps its one connection; that it holds nothing by it, `write_at_once` finds out."""
    pools = (engines.reader.pool, engines.leases.pool)
    assert [pool.checkedout() for pool in pools] == [0, 0]  # type: ignore[attr-defined]


def assert_numbered_without_hole(database: Database) -> None:
    for task_id, last_seq in database.rows("SELECT task_id, last_seq FROM roadmap_tasks"):
        told = database.rows(f"SELECT seq FROM task_events WHERE task_id = '{task_id}' ORDER BY seq")
        assert [seq for [seq] in told] == list(range(1, last_seq + 1))


def test_given_up_writes_and_reads_leave_nothing_behind(database: Database) -> None:
    chance = random.Random(4)

    async def scenario() -> None:
        outcomes: Counter[str] = Counter()
        async with database.store() as store:
            task = await claimed(store.writer)

            async def read() -> None:
                async with store.reading() as connection:
                    await events_after(connection, "t", 0, 50)

            async def write(number: int) -> None:
                """As a request or a run does: a write, a look, another write."""
                concept = f"c{number % 40}"
                await store.writer.write(save(task, number, concept))
                await read()
                await store.writer.write(save(task, "again", concept))

            async with Rival(database) as rival:
                for at in range(0, STORMS, 10):
                    several = [given_up(write(at + n) if n % 5 else read(), chance) for n in range(10)]
                    outcomes.update(await asyncio.gather(*several))
                    if at % 50 == 0:
                        await store.writer.write(save(task, "next"))  # behind it nothing of the storm is open
                        with rival.quiet:
                            write_at_once(database)
            await store.writer.write(save(task, "last"))
            write_at_once(database)
            assert_none_is_out(store.engines)
            assert min(outcomes["cancelled"], outcomes["timeout"]) > STORMS / 10, outcomes
        assert_numbered_without_hole(database)
        assert database.rows("SELECT content FROM tutorial_metadata WHERE concept_id = 'c'") == [('"last"',)]

    run(scenario())


class Storm:
    """Ends the run in flight at a crossing chosen by chance, a second time while it hands back where chance
    wills it."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.left = 0
        self.going: asyncio.Task[None] | None = None
        self.struck: Counter[str] = Counter()

    def cross(self, name: str, when: str) -> None:
        self.left -= 1
        if self.left == 0 and self.going is not None:
            self.struck[f"{when} {name.partition(':')[0]}"] += 1
            for _ in range(self.chance.choice((1, 1, 2))):
                ticks = self.chance.randrange(8)
                asyncio.get_running_loop().call_later(0.0005 * ticks, self.going.cancel)

    async def until_it_strikes(self, work: Awaitable[None], within: int) -> bool:
        """Whether the run was ended by it."""
        self.left = self.chance.randrange(1, within)
        self.going = asyncio.ensure_future(work)  # type: ignore[assignment]
        by_time = self.chance.random() < 0.3
        try:
            async with asyncio.timeout(self.chance.uniform(0, 0.1) if by_time else None):
                await self.going
        except (TimeoutError, asyncio.CancelledError):
            return True
        finally:
            self.going = None
        return False


async def cancelled_over_and_over(
    cairn: Workshop, storm: Storm, number: int, check: Callable[[], None]
) -> str:
    """One task, its run ended at random crossings; where it gets to its end it is asked to be made anew."""
    asked = await cairn.tasks.ask(OWNER, {"query": "Learn Rust"})
    for at in range(number):
        task = await cairn.claims.claim(asked.task_id, "storm")
        while task is None:  # its hand-back is on its way, or it has come to its end
            found = await cairn.tasks.get(OWNER, asked.task_id)
            if found.status is TaskStatus.completed:
                changed = {"query": f"Learn Rust {at}"}
                await cairn.moves.retry(OWNER, asked.task_id, changed)
            task = await cairn.claims.claim(asked.task_id, "storm")
        await storm.until_it_strikes(cairn.runner.run(task, lambda: True), within=30)
        if at % 10 == 0:
            await cairn.tasks.store.writer.move("nothing", nothing)
            check()
    task = await cairn.claims.claim(asked.task_id, "last")
    if task is not None:
        await cairn.runner.run(task, lambda: True)
    return asked.task_id


async def nothing(*_: Any) -> None:
    """A move behind which all that was handed over before is written."""


def test_runs_given_up_at_random_crossings_leave_nothing_behind(
    database: Database, request: pytest.FixtureRequest
) -> None:
    number = STORMS if request.config.getoption("--full") else CANCELLED_RUNS
    storm = Storm(random.Random(5))

    async def scenario() -> None:
        settings = database.settings(model="simulated", model_concurrency=2, lease_seconds=600)
        async with open_workshop(settings, Scripted(), storm.cross) as cairn:
            task_id = await cancelled_over_and_over(cairn, storm, number, lambda: write_at_once(database))
            task = await cairn.tasks.get(OWNER, task_id)
            assert (task.status, task.attempts) == (TaskStatus.completed, 0)
            assert await broken_promises(cairn.tasks.store, task_id) == []
            write_at_once(database)
            assert_none_is_out(cairn.tasks.store.engines)
            pool = getattr(cairn.runner.graph.checkpointer, "conn", None)
            if database.url:
                assert pool.get_stats()["pool_available"] == pool.get_stats()["pool_size"]
        assert_numbered_without_hole(database)
        assert sum(storm.struck.values()) > number / 3, storm.struck

    asyncio.run(scenario())
