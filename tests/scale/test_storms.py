"""What a team's machines do to their workers: the database goes away, the line to it, and they themselves."""

import asyncio
import random
import signal
from collections import Counter
from pathlib import Path

import pytest

from cairn.usecases.history import broken_promises
from tests.databases import Database
from tests.postgres import Postgres
from tests.process import Served, serving_on
from tests.scale.brokers import Redis
from tests.scale.line import line_to
from tests.scale.team import Worked, crew, working
from tests.scale.test_workers import SLOW, UNHURRIED, ask, ended

SHORT, LONG = (9, 8), (50, 90)
"""Tasks and deaths: one storm of each run, and the one of --full."""


def all_promises_hold(database: Database, tasks: list[str]) -> None:
    async def look() -> list[str]:
        async with database.store() as store:
            return [said for task_id in tasks for said in await broken_promises(store, task_id)]

    assert asyncio.run(look()) == []
    answered = database.rows("SELECT key, count(*) FROM model_calls WHERE state = 'answered' GROUP BY key")
    assert {number for _, number in answered} == {1}, "no committed call is made again"


def first_piece(web: Served, task_id: str) -> None:
    next(kind for _, kind, _ in web.events(task_id) if kind == "piece_ready")


@pytest.mark.parametrize("how", ["fast", pytest.param("immediate", marks=pytest.mark.full)])
def test_the_database_is_restarted_under_a_team(on_postgres: Database, postgres: Postgres, how: str) -> None:
    where = {**SLOW, "CAIRN_SIMULATED_DELAY": "0.2"}
    with (
        serving_on(on_postgres, words=("--no-worker",), **SLOW) as web,
        working(on_postgres, **where), working(on_postgres, **where),
    ):  # fmt: skip
        tasks = [ask(web, f"Learn thing {number}") for number in range(4)]
        first_piece(web, tasks[0])
        postgres.restart(how)
        assert {ended(web, task_id) for task_id in tasks} == {"completed"}
    all_promises_hold(on_postgres, tasks)


def test_a_worker_cut_off_from_its_database_goes_on_when_it_is_back(
    on_postgres: Database, postgres: Postgres
) -> None:
    where = UNHURRIED
    with (
        serving_on(on_postgres, words=("--no-worker",), **SLOW) as web,
        line_to(postgres, on_postgres) as (line, seen), working(seen, **where) as worker,
    ):  # fmt: skip
        task_id = ask(web)
        first_piece(web, task_id)
        line.cut()
        worker.until("write_waits")
        line.heal()
        assert ended(web, task_id) == "completed"
        assert worker.told("task_claimed") == 1, "its lease never ran out"
    all_promises_hold(on_postgres, [task_id])


@pytest.mark.full
def test_a_worker_that_hears_nothing_any_more_is_followed_and_gives_way(
    on_postgres: Database, postgres: Postgres
) -> None:
    where = {**UNHURRIED, "CAIRN_LEASE_SECONDS": "2"}
    with (
        serving_on(on_postgres, words=("--no-worker",), **SLOW) as web,
        line_to(postgres, on_postgres) as (line, seen), working(seen, **where) as deaf,
    ):  # fmt: skip
        task_id = ask(web)
        first_piece(web, task_id)
        line.silence()
        with working(on_postgres, **where) as heir:
            heir.until("task_recovered", task_id=task_id)
            line.heal()
            assert ended(web, task_id) == "completed"
            # The other is of use again: what comes next is its own.
            heir.stop()
            assert ended(web, ask(web, "Learn to knit")) == "completed"
        assert deaf.process.poll() is None
    all_promises_hold(on_postgres, [task_id])


def test_a_storm_of_deaths_loses_nothing_and_pays_nothing_twice(
    on_postgres: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Three workers. Again and again one is killed, frozen past its lease or told to stop, and another one
    takes its place."""
    full = request.config.getoption("--full")
    number, deaths = LONG if full else SHORT
    seed = random.randrange(10**6) if full else 1
    chance = random.Random(seed)
    print(f"seed {seed}")
    with Redis(tmp_path / "redis") as redis:
        where = {
            **SLOW, "CAIRN_BROKER_URL": redis.url, "CAIRN_LEASE_SECONDS": "2", "CAIRN_SIMULATED_DELAY": "0.1",
        }  # fmt: skip
        with serving_on(on_postgres, **where) as web, crew(3, on_postgres, **where) as workers:
            tasks = [ask(web, f"Learn thing {number}") for number in range(number)]
            for _ in range(deaths):
                which = chance.randrange(3)
                worker = workers[which]
                match chance.choice(["kill", "freeze", "stop"]):
                    case "kill":
                        worker.kill()
                    case "freeze":
                        worker.freeze()
                    case _:
                        worker.process.send_signal(signal.SIGTERM)
                heir = Worked(on_postgres, **where)
                workers[which] = heir
                workers.append(worker)
                heir.until("worker_up")
                if chance.random() < 0.5:
                    worker.thaw()
            assert Counter(ended(web, task_id) for task_id in tasks) == {"completed": number}
    all_promises_hold(on_postgres, tasks)
