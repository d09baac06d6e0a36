"""What one course costs a server: rows, bytes, statements, commits and seconds of its processor, and of ours.

Not one of the benchmarks with a limit; docs/growth.md is written from it: `.venv/bin/python -m bench.growth`.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import psutil
from tests.databases import Database

from bench.databases import on_postgres
from bench.makespan import GOAL, logs_to_nowhere
from bench.queued import Counting
from cairn.bootstrap import Workshop, open_workshop, settle

CONCEPTS = 10
ALONE, TOGETHER = 10, 100
COUNTED_AFTER = 2.0
"""Seconds: the server tells its counts a moment later."""
TABLES = "SELECT relname, n_live_tup FROM pg_stat_user_tables ORDER BY 2 DESC"
SIZES = "SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"  # noqa: E501
TURNS = "SELECT xact_commit, deadlocks FROM pg_stat_database WHERE datname = current_database()"
WAL = "SELECT pg_current_wal_lsn() - '0/0'::pg_lsn"
SESSIONS = (
    "SELECT application_name, count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND application_name LIKE 'cairn %' GROUP BY 1 ORDER BY 1"
)


def run() -> Iterator[str]:
    with logs_to_nowhere(), on_postgres() as database:
        yield from asyncio.run(measure(database))


async def measure(database: Database) -> list[str]:
    settings = database.settings(model="simulated", model_concurrency=0, simulated_concepts=CONCEPTS)
    async with open_workshop(settings) as cairn:
        worker = Counting(settings, cairn.claims, cairn.runner, cairn.nudge)
        async with worker.at_work():
            await worker.ready.wait()
            await make(cairn, worker, 1)
            settle()
            said = await cost(database, lambda: one_by_one(cairn, worker), ALONE, "one after the other")
            said += await cost(database, lambda: make(cairn, worker, TOGETHER), TOGETHER, "at once")
            return [*said, f"connections of the process: {dict(database.rows(SESSIONS))}"]


async def cost(database: Database, work: Callable[[], Awaitable[None]], courses: int, how: str) -> list[str]:
    before, cpu, server = await counted(database), time.process_time(), seconds_of(database)
    await work()
    ours, theirs = time.process_time() - cpu, seconds_of(database) - server
    after = await counted(database)
    grown = {name: (after[name] - before.get(name, 0)) / courses for name in after}
    return [
        f"{courses} courses of {CONCEPTS} concepts, {how}, each:",
        *(f"  {name}: {value:,.1f}" for name, value in grown.items() if value),
        f"  CPU: ours {1000 * ours / courses:.0f} ms, PostgreSQL {1000 * theirs / courses:.0f} ms",
    ]


async def one_by_one(cairn: Workshop, worker: Counting) -> None:
    for _ in range(ALONE):
        await make(cairn, worker, 1)


async def make(cairn: Workshop, worker: Counting, courses: int) -> None:
    made = worker.expect(courses)
    await asyncio.gather(*(cairn.tasks.ask("local", {"query": GOAL}) for _ in range(courses)))
    await made.wait()


async def counted(database: Database) -> dict[str, float]:
    await asyncio.sleep(COUNTED_AFTER)
    [(commits, _)], [(wal,)] = database.rows(TURNS), database.rows(WAL)
    rows = {f"rows of {name}": float(number) for name, number in database.rows(TABLES)}
    sizes = {f"bytes of {name}": float(size) for name, size in database.rows(SIZES)}
    return {
        **rows, **sizes, "bytes in all": sum(sizes.values()), "transactions": float(commits),
        "bytes of WAL": float(wal),
    }  # fmt: skip


def seconds_of(database: Database) -> float:
    """Of the processor, by all processes of the server."""
    assert database.url
    pids = {int(pid) for (pid,) in database.rows("SELECT pid FROM pg_stat_activity")}
    parent = psutil.Process(next(iter(pids))).parent()
    assert parent
    several = [parent, *parent.children(recursive=True)]
    return sum(spent(process) for process in several)


def spent(process: psutil.Process) -> float:
    try:
        times: Any = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


if __name__ == "__main__":
    for line in run():
        print(line)
