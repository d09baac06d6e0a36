"""A thousand viewers of one process that makes nothing itself, while another tells of many tasks: how long
it takes from an event to those who wait for it. Teller, server and viewers are processes of one machine."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import psutil
from tests.databases import Database
from tests.process import Served, serving_on

from bench.databases import each_kind
from bench.measure import Result
from cairn.bootstrap import Cairn, open_cairn
from cairn.domain.task import Event, Task
from cairn.store.fenced import Write

VIEWERS = 1000
TASKS = 50
A_SECOND = 50
"""Events, of all tasks together; each goes to the viewers of its task."""
SECONDS = 20
LIMIT = 500
OWNER = "local"


def run() -> Iterator[Result]:
    for kind in each_kind():
        if kind.name == "SQLite":  # its processes tell each other nothing
            continue
        with (
            kind.fresh() as database,
            serving_on(database, words=["--no-worker"], CAIRN_MODEL="simulated") as served,
        ):
            yield asyncio.run(measure(database, served))


async def measure(database: Database, served: Served) -> Result:
    async with open_cairn(database.settings(model="simulated")) as cairn:
        tasks = [await claimed(cairn) for _ in range(TASKS)]
        ids = [task.task_id for task in tasks]
        viewers = subprocess.Popen(
            [sys.executable, "-m", "bench.viewing", served.url, str(VIEWERS), *ids],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert viewers.stdout
        assert await asyncio.to_thread(viewers.stdout.readline) == "ready\n"
        server = psutil.Process(served.process.pid)
        spent = sum(server.cpu_times()[:2])
        begun = time.monotonic()
        for number in range(SECONDS * A_SECOND):
            await asyncio.sleep(begun + number / A_SECOND - time.monotonic())
            await tell(cairn, tasks[number % TASKS])
        busy = (sum(server.cpu_times()[:2]) - spent) / (time.monotonic() - begun)
        for task_id in ids:
            await cairn.moves.cancel(OWNER, task_id)
        found = json.loads(await asyncio.to_thread(viewers.stdout.readline))
        viewers.wait()
    return as_result(found, busy, server.memory_info().rss)


async def claimed(cairn: Cairn) -> Task:
    asked = await cairn.tasks.ask(OWNER, {"query": "Learn Redis"})
    task = await cairn.claims.claim(asked.task_id, "bench")
    assert task is not None
    return task


async def tell(cairn: Cairn, task: Task) -> None:
    """Marked with the moment before it is committed, so the commit counts too."""
    happened = Event(kind="piece_ready", data={"kind": "tutorial", "concept_id": "c", "sent": time.time()})
    await cairn.tasks.store.writer.write(Write("told", task.task_id, task.epoch, lambda _: [happened], 1))


def as_result(found: dict[str, Any], busy: float, memory: int) -> Result:
    wanted = SECONDS * A_SECOND * VIEWERS // TASKS
    assert found["arrived"] == wanted, f"{found['arrived']} of {wanted} arrived"
    detail = (
        f"{VIEWERS} viewers of {TASKS} tasks, {A_SECOND} events a second, {wanted} arrivals; "
        f"median {found['p50']:.0f} ms, longest {found['longest']:.0f} ms; "
        f"the server's process {100 * busy:.0f} % of a core, {memory / 1e6:.0f} MB"
    )
    return Result("viewers: event to viewer, p99", round(found["p99"]), "ms", LIMIT, detail)
