"""A team's processes: the broker wakes, the database is the truth."""

import signal
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.databases import Database
from tests.postgres import Postgres
from tests.process import Served, cairn, serving_on
from tests.scale.brokers import Rabbit, Redis
from tests.scale.team import CAIRN, CELERY, NEVER_LOOKS, Worked, calls_of, working

SLOW = {"CAIRN_MODEL": "simulated", "CAIRN_SIMULATED_CONCEPTS": "6"}
UNHURRIED = {**SLOW, "CAIRN_SIMULATED_DELAY": "0.5", "CAIRN_MODEL_CONCURRENCY": "2"}
"""Its course is in the making for some seconds more when its first piece is seen."""


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    with Redis(tmp_path / "redis") as server:
        yield server


def ask(web: Served, goal: str = "Learn Redis") -> str:
    status, made = web.call("POST", "/api/v1/generation/roadmap", {"query": goal})
    assert status == 202
    return made["task_id"]


def ended(web: Served, task_id: str) -> str:
    """How it ended, when it has."""
    *_, (_, kind, said) = web.events(task_id)
    assert kind == "task_ended"
    return said["status"]


@pytest.mark.parametrize("command", [CAIRN, CELERY], ids=["cairn worker", "celery worker"])
def test_a_worker_does_what_the_web_was_asked(
    on_postgres: Database, redis: Redis, command: tuple[str, ...]
) -> None:
    where = {**SLOW, "CAIRN_BROKER_URL": redis.url}
    with serving_on(on_postgres, **where) as web, working(on_postgres, command, **where) as worker:
        task_id = ask(web)
        assert ended(web, task_id) == "completed"
        worker.until("task_finished", task_id=task_id)
        assert "task_claimed" not in web.log(), "beside a broker the web runs nothing"
        assert worker.stop() == 0, worker.log()
        assert not on_postgres.folder.exists(), "nothing is stored in the data folder"


def test_a_message_wakes_and_a_broker_that_comes_back_empty_wakes_again(
    on_postgres: Database, redis: Redis
) -> None:
    where = {**SLOW, "CAIRN_BROKER_URL": redis.url}
    with serving_on(on_postgres, **where) as web, working(on_postgres, NEVER_LOOKS, **where):
        assert ended(web, ask(web)) == "completed"
        redis.kill()
        lost = ask(web, "Learn to knit")  # nobody hears of it: the worker here finds nothing by itself
        redis.start()
        until_back(redis, web)
        assert ended(web, ask(web, "Learn to cook")) == "completed"
        with working(on_postgres, **where):
            assert ended(web, lost) == "completed", "whoever looks finds it"


def test_rabbitmq_wakes_as_well(on_postgres: Database, rabbitmq: Rabbit) -> None:
    where = {**SLOW, "CAIRN_BROKER_URL": rabbitmq.url}
    with serving_on(on_postgres, **where) as web, working(on_postgres, NEVER_LOOKS, **where) as worker:
        assert ended(web, ask(web)) == "completed"
        assert worker.stop() == 0, worker.log()


def until_back(redis: Redis, web: Served) -> None:
    """Both sides have come back to the broker: the worker's consumer waits there, and the web has seen it."""
    from redis import Redis as Client

    with Client(port=redis.port) as client:
        for _ in range(2000):
            waits = any(one["cmd"] == "brpop" for one in client.client_list())
            if waits and '"broker_back"' in web.log():
                return
            threading.Event().wait(0.05)
    raise AssertionError("they do not come back")


def test_without_its_broker_everything_is_served_and_done(on_postgres: Database, redis: Redis) -> None:
    redis.close()
    where = {**SLOW, "CAIRN_BROKER_URL": redis.url}
    with serving_on(on_postgres, **where) as web, working(on_postgres, **where):
        assert ended(web, ask(web)) == "completed"
        assert "broker_out_of_reach" in web.log()


def test_a_worker_needs_no_broker(on_postgres: Database) -> None:
    with serving_on(on_postgres, words=("--no-worker",), **SLOW) as web, working(on_postgres, **SLOW):
        assert ended(web, ask(web)) == "completed"


def test_a_worker_on_a_file_holds_its_folder(tmp_path: Path) -> None:
    database = Database(tmp_path / "data")
    with (
        serving_on(database, words=("--no-worker",), **SLOW) as web,
        working(database, **SLOW) as worker,
    ):
        assert ended(web, ask(web)) == "completed"
        assert worker.stop() == 0


def test_told_to_stop_it_lets_calls_end_and_hands_the_rest_back(
    on_postgres: Database, tmp_path: Path
) -> None:
    log = tmp_path / "calls"
    where = {**UNHURRIED, "CAIRN_SIMULATED_LOG": str(log)}
    with serving_on(on_postgres, words=("--no-worker",), **SLOW) as web:
        with working(on_postgres, **where) as first:
            task_id = ask(web)
            first.until("publish_finished")
            next(kind for _, kind, _ in web.events(task_id) if kind == "piece_ready")
            assert first.stop() == 0, first.log()
            first.until("task_handed_back")
        begun, finished = calls_of(log)
        assert Counter(begun) == Counter(finished), "no call was cut off"
        with working(on_postgres, **where):
            assert ended(web, task_id) == "completed"
        begun, _ = calls_of(log)
        assert set(Counter(begun).values()) == {1}, "no call was made twice"


def test_a_second_signal_stops_at_once_and_loses_nothing(on_postgres: Database, tmp_path: Path) -> None:
    where = {**SLOW, "CAIRN_STOP_SECONDS": "3600", "CAIRN_LEASE_SECONDS": "2"}
    with serving_on(on_postgres, words=("--no-worker",), **SLOW) as web:
        with working(on_postgres, CAIRN_SIMULATED_DELAY="3600", **where) as first:
            task_id = ask(web)
            first.until("intent_analysis_started")
            first.process.send_signal(signal.SIGTERM)
            first.until("worker_stops")
            assert first.process.poll() is None, "it waits for the call"
            first.stop()
        with working(on_postgres, **where):
            assert ended(web, task_id) == "completed"


def test_killed_workers_are_followed_by_others(on_postgres: Database, redis: Redis, tmp_path: Path) -> None:
    log = tmp_path / "calls"
    where = {
        **UNHURRIED, "CAIRN_BROKER_URL": redis.url, "CAIRN_LEASE_SECONDS": "2",
        "CAIRN_SIMULATED_LOG": str(log),
    }  # fmt: skip
    with serving_on(on_postgres, **where) as web:
        workers = [Worked(on_postgres, **where) for _ in range(2)]
        try:
            for worker in workers:
                worker.until("worker_up")
            tasks = [ask(web, f"Learn thing {number}") for number in range(4)]
            for task_id in tasks:
                next(kind for _, kind, _ in web.events(task_id) if kind == "piece_ready")
            for worker in workers:  # all of them
                worker.kill()
            with working(on_postgres, **where) as heir:
                assert {ended(web, task_id) for task_id in tasks} == {"completed"}
                heir.until("task_recovered")
        finally:
            for worker in workers:
                worker.close()
    answered = on_postgres.rows("SELECT key, count(*) FROM model_calls WHERE state = 'answered' GROUP BY key")
    assert {number for _, number in answered} == {1}, "no committed call is made again"


@pytest.mark.full
def test_a_worker_that_was_frozen_past_its_lease_gives_way(on_postgres: Database) -> None:
    where = {**UNHURRIED, "CAIRN_LEASE_SECONDS": "2"}
    with (
        serving_on(on_postgres, words=("--no-worker",), **SLOW) as web,
        working(on_postgres, **where) as first,
    ):
        task_id = ask(web)
        next(kind for _, kind, _ in web.events(task_id) if kind == "piece_ready")
        first.freeze()
        with working(on_postgres, **where) as heir:
            heir.until("task_recovered")
            first.thaw()
            first.until("task_superseded")
            assert ended(web, task_id) == "completed"
    checked = cairn(on_postgres.folder, "doctor", "--task", task_id, **on_postgres.environment)
    assert checked.returncode == 0, checked.stdout


def test_a_worker_started_before_its_database_waits_for_it(postgres: Postgres, on_postgres: Database) -> None:
    postgres.stop()
    try:
        waiting = Worked(on_postgres, **SLOW)
        waiting.until("database_waited_for")
    finally:
        postgres.start()
    try:
        waiting.until("worker_up")
        assert waiting.stop() == 0
    finally:
        waiting.close()


def test_processes_with_different_keys_do_not_work_together(on_postgres: Database) -> None:
    one, other = ("a key that is long enough", "another that is long enough")
    with working(on_postgres, CAIRN_SECRET_KEY=one, **SLOW) as first:
        for key in (other, ""):
            for words in (("worker",), ("serve", "--port", "0")):
                refused = cairn(on_postgres.folder, *words, CAIRN_SECRET_KEY=key, **on_postgres.environment)
                assert (refused.returncode, "CAIRN_SECRET_KEY" in refused.stderr) == (1, True), refused.stderr
                assert one not in refused.stderr
                assert other not in refused.stderr
        with working(on_postgres, CAIRN_SECRET_KEY=one, **SLOW):
            assert first.process.poll() is None


def test_what_a_team_cannot_be_is_told_in_a_sentence(tmp_path: Path, on_postgres: Database) -> None:
    file = Database(tmp_path / "file")
    for words in (("serve", "--port", "0"), ("worker",), ("list",)):
        refused = cairn(file.folder, *words, CAIRN_BROKER_URL="redis://localhost/0")
        assert (refused.returncode, "SQLite" in refused.stderr) == (1, True), refused.stderr
    for address in ("http://:s3cret@localhost", "redis://", "amqp://cairn:s3cret@host:notaport/"):
        refused = cairn(on_postgres.folder, "worker", CAIRN_BROKER_URL=address, **on_postgres.environment)
        assert refused.returncode == 1
        assert "CAIRN_BROKER_URL" in refused.stderr
        assert "s3cret" not in refused.stderr
        assert "Traceback" not in refused.stderr
    nowhere = replace(on_postgres, url="postgresql+asyncpg://cairn@localhost:1/none")
    gone = cairn(nowhere.folder, "worker", CAIRN_DATABASE_WAIT="1", **nowhere.environment)
    assert gone.returncode == 1
    assert "cannot be reached" in gone.stderr
