"""From the request to the first step, in the web process and the worker that a team runs: woken by a message
through Redis, and found by the sweeper while the broker is dead.

The request's time is taken before it is sent, the step's is the one stored with its event. Each is asked for
when the one before has ended, for a worker looks for more at every end; and while the broker is dead, at any
moment between two looks of the sweeper.
"""

import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from tests.databases import Database
from tests.process import Served, serving_on
from tests.scale.brokers import Redis
from tests.scale.team import working

from bench.databases import on_postgres
from bench.measure import Result
from cairn.worker.worker import SWEEP_SECONDS

ASKED = 21
SWEPT = 5
WAIT_SECONDS = 30
LOOK_SECONDS = 0.1
SETTINGS = {"CAIRN_MODEL": "simulated", "CAIRN_SIMULATED_CONCEPTS": "3"}
ENDED = "SELECT 1 FROM roadmap_tasks WHERE task_id = '{}' AND status = 'completed'"
FIRST_STEP = "SELECT created_at FROM task_events WHERE task_id = '{}' AND kind = 'step_started' LIMIT 1"


def run() -> Iterator[Result]:
    with (
        tempfile.TemporaryDirectory() as folder,
        Redis(Path(folder)) as redis,
        on_postgres() as database,
        team(database, redis.url) as served,
    ):
        first_step(served)
        woken = [first_step(served) for _ in range(ASKED)]
        detail = f"median of {ASKED}, the longest {1000 * max(woken):.0f} ms"
        yield Result("wake-up through Redis", round(1000 * median(woken)), "ms", 100, detail)
        redis.kill()
        yield swept("with the broker dead", [at_some_moment(served) for _ in range(SWEPT)])


def swept(how: str, spans: list[float]) -> Result:
    detail = f"the longest of {len(spans)}, median {median(spans):.1f} s"
    return Result(f"wake-up {how}", round(max(spans), 2), "s", 7, detail)


@contextmanager
def team(database: Database, broker: str) -> Iterator[Served]:
    """A process that only serves, and one that runs tasks."""
    settings = {**SETTINGS, "CAIRN_BROKER_URL": broker}
    with (
        working(database, **settings),
        serving_on(database, **settings) as served,
    ):
        yield served


def first_step(served: Served) -> float:
    """Seconds until it, of a course asked for over HTTP."""
    begun = datetime.now(UTC)
    status, task = served.call("POST", "/api/v1/generation/roadmap", {"query": "Learn Redis"})
    assert status == 202, task
    given_up = time.monotonic() + WAIT_SECONDS
    while not served.rows(ENDED.format(task["task_id"])):
        assert time.monotonic() < given_up, "no worker made it"
        time.sleep(LOOK_SECONDS)
    at: datetime = served.rows(FIRST_STEP.format(task["task_id"]))[0][0]
    return (at - begun).total_seconds()


def at_some_moment(served: Served) -> float:
    time.sleep(random.uniform(0, SWEEP_SECONDS))
    return first_step(served)
