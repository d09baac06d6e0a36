"""A course made long ago, as who comes back to it sees it; and a place in the queue, as who waits sees it."""

import asyncio
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sqlalchemy import update

from cairn.authors.simulated import SimulatedAuthor
from cairn.store.tasks import tasks
from cairn.usecases.retention import Positions, Retention
from tests.databases import Database
from tests.process import Served, cairn, serving_on

SETTINGS = {"CAIRN_MODEL": "simulated", "CAIRN_SIMULATED_CONCEPTS": "4"}
LONG_AGO = timedelta(days=400)


def thinned(database: Database, task_id: str) -> None:
    """By another process, as every process that runs tasks may."""
    author = SimulatedAuthor(concepts=4, delay=0, log=None, today=lambda: datetime.now(UTC).date())
    then = datetime.now(UTC) - LONG_AGO
    aged = update(tasks).where(tasks.c.task_id == task_id).values(created_at=then, updated_at=then)

    async def thin() -> None:
        async with database.store() as store:
            await store.writer.move("aged", lambda connection, _: connection.execute(aged))
            assert await Retention(store, author, cast("Positions", None), days=365).thin() == 1

    asyncio.run(thin())


def asked(served: Served, goal: str) -> str:
    status, made = served.call("POST", "/api/v1/generation/roadmap", {"query": goal})
    assert status == 202
    return str(made["task_id"])


def page(served: Served, path: str) -> str:
    with urllib.request.urlopen(served.url + path) as answer:
        return cast("str", answer.read().decode())


def test_a_thinned_course_is_replayed_shown_checked_and_retried(database: Database) -> None:
    with serving_on(database, **SETTINGS) as served:
        task_id = asked(served, "Learn Rust")
        last = [seq for seq, _, _ in served.events(task_id)][-1]
        thinned(database, task_id)
        for after in (0, 3, last - 1):
            [(seq, kind, data)] = list(served.events(task_id, after))
            assert (seq, kind, data["status"]) == (last, "snapshot", "completed")
        end = urllib.request.Request(
            f"{served.url}/api/v1/tasks/{task_id}/events", headers={"Last-Event-ID": str(last)}
        )
        with urllib.request.urlopen(end) as answer:
            assert answer.status == 204
        shown = page(served, f"/tasks/{task_id}")
        assert shown.count('class="is-done"') == 5, "every step of it"
        checked = cairn(database.folder, "doctor", "--task", task_id, **database.environment, **SETTINGS)
        assert checked.returncode == 0, checked.stdout
        status, _ = served.call(
            "POST", f"/api/v1/generation/retry/{task_id}", {"query": "Learn advanced Rust"}
        )
        assert status == 202
        numbers = [seq for seq, _, _ in served.events(task_id)]
        assert numbers == list(range(last, numbers[-1] + 1))
        _, task = served.call("GET", f"/api/v1/tasks/{task_id}")
        assert (task["status"], task["run"]) == ("completed", 2)


def test_who_waits_in_the_queue_is_told_the_place(database: Database) -> None:
    with serving_on(database, words=["--no-worker"], **SETTINGS) as served:
        waiting = [asked(served, goal) for goal in ("Learn Rust", "Learn Go", "Learn Zig")]
        tasks_now: list[Any] = [served.call("GET", f"/api/v1/tasks/{task_id}")[1] for task_id in waiting]
        assert [task["place_in_queue"] for task in tasks_now] == [1, 2, 3]
        assert "Waiting its turn, 2 before it." in page(served, f"/tasks/{waiting[2]}")
        assert "before it" not in page(served, f"/tasks/{waiting[0]}")
        assert "1 before it" in page(served, "/")
        served.call("POST", f"/api/v1/tasks/{waiting[0]}/cancel")
        _, moved_up = served.call("GET", f"/api/v1/tasks/{waiting[2]}")
        assert moved_up["place_in_queue"] == 2
        _, gone = served.call("GET", f"/api/v1/tasks/{waiting[0]}")
        assert "place_in_queue" not in gone
        listed = cairn(database.folder, "list", **database.environment, **SETTINGS)
        assert "Learn Zig  (1 before it)" in listed.stdout
