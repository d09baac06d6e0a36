"""What a run stands on gives way: the disk is full, the database locked, the server gone, the clock stepped
back, the loop blocked. What is committed stays, the task completes, and no committed call is made again."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cairn.store.postgres import for_libpq
from cairn.worker.worker import Worker
from tests.databases import Database, on_server
from tests.durability.actor import OWNER, Point, Stage, fork
from tests.durability.disks import SmallDisk, small_disk
from tests.durability.grounds import Ground, Grounds
from tests.durability.points import play
from tests.durability.scenarios import ask, first_generation
from tests.durability.verdicts import outcome_on, paid_again
from tests.postgres import Postgres
from tests.process import Served, serving

HELD_SECONDS = 20
BLOCKED_SECONDS = 5
HOLDER = """
import sqlite3, sys
other = sqlite3.connect(sys.argv[1], isolation_level=None)
other.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
"""


def settings_for(folder: Path, lease: float) -> dict[str, str]:
    return {
        "CAIRN_MODEL": "simulated", "CAIRN_SIMULATED_DELAY": "0.1", "CAIRN_SIMULATED_CONCEPTS": "12",
        "CAIRN_SIMULATED_LOG": str(folder / "calls.log"), "CAIRN_LEASE_SECONDS": str(lease),
        "CAIRN_MODEL_CONCURRENCY": "4",
    }  # fmt: skip


def begun(served: Served, pieces: int) -> dict[str, Any]:
    """A task of which so many pieces are ready, and the rest on their way."""
    _, task = served.call("POST", "/api/v1/generation/roadmap", {"query": "Learn Redis"})
    ready = 0
    for _, kind, _ in served.events(task["task_id"]):
        ready += kind == "piece_ready"
        if ready == pieces:
            break
    return task


def completes(served: Served, task: dict[str, Any], ground: Ground) -> None:
    seqs = [seq for seq, _, _ in served.events(task["task_id"])]
    assert seqs == list(range(1, len(seqs) + 1))
    _, found = served.call("GET", f"/api/v1/tasks/{task['task_id']}")
    assert (found["status"], found.get("error")) == ("completed", None)
    assert found["pieces"] == {"ready": 36, "total": 36, "failed": 0}
    outcome = outcome_on(ground)
    assert outcome.broken == []
    assert paid_again(outcome, ground) == []


def until_logged(served: Served, *words: str) -> str:
    """The line of its log in which all of them stand."""
    while True:
        for line in served.log().splitlines():
            if all(word in line for word in words):
                return line
        assert served.process.poll() is None
        time.sleep(0.05)


@contextmanager
def database_on_small_disk(server: Postgres, folder: Path) -> Iterator[tuple[Ground, SmallDisk]]:
    with small_disk(server.folder / "small", 40) as disk:
        with server.connect() as session:
            session.execute(f"CREATE TABLESPACE small LOCATION '{disk.folder}'")
            session.execute("CREATE DATABASE small TEMPLATE migrated TABLESPACE small")
        try:
            yield Ground(folder, server.url("small")), disk
        finally:
            server.drop("small")
            with server.connect() as session:
                session.execute("DROP TABLESPACE small")


@pytest.fixture(params=["sqlite", "postgres"])
def on_small_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Ground, SmallDisk]]:
    """The data folder, or the tablespace of the database, on a disk of its own."""
    if request.param == "sqlite":
        with small_disk(tmp_path / "data", 8) as disk:
            yield Ground(tmp_path), disk
        return
    with database_on_small_disk(request.getfixturevalue("postgres"), tmp_path) as made:
        yield made


def test_a_full_disk_is_waited_for_and_told(on_small_disk: tuple[Ground, SmallDisk]) -> None:
    ground, disk = on_small_disk
    database = {"CAIRN_DATABASE_URL": ground.url or ""}
    with serving(ground.folder / "data", **settings_for(ground.folder, lease=2), **database) as served:
        task = begun(served, pieces=4)
        disk.fill()
        until_logged(served, "write_waits", "disk", "full")
        stood = ground.rows("SELECT concept_id, content FROM tutorial_metadata")
        until_logged(served, "task_left", "disk", "full")
        status, shown = served.call("GET", f"/api/v1/roadmaps/{task['roadmap_id']}")
        assert status == 200, f"what is stored can be read: {shown}"
        concept = shown["stages"][0]["modules"][0]["concepts"][0]["concept_id"]
        if not ground.url:  # a server still has room in pages it holds
            place = f"/api/v1/roadmaps/{task['roadmap_id']}/concepts/{concept}/progress"
            status, problem = served.call("PUT", place, {"state": "done"})
            assert (status, problem["code"]) == (503, "database_out_of_reach")
            assert "disk" in problem["detail"]
            assert "room" in problem["hint"]
        disk.make_room()
        completes(served, task, ground)
        assert set(stood) <= set(ground.rows("SELECT concept_id, content FROM tutorial_metadata"))


def test_a_server_that_opens_no_session_for_want_of_room_is_waited_for(
    postgres: Postgres, tmp_path: Path
) -> None:
    """Each new session wants a file of the server's own, which is made anew where it is missing."""
    with database_on_small_disk(postgres, tmp_path) as (ground, disk):
        database = {"CAIRN_DATABASE_URL": ground.url or ""}
        with serving(ground.folder / "data", **settings_for(ground.folder, lease=30), **database) as served:
            task = begun(served, pieces=4)
            wanted = list(disk.folder.rglob("pg_internal.init"))
            assert wanted
            for file in wanted:
                file.unlink()
            disk.fill()
            postgres.cut_connections("small")
            while sum("could not write init file" in line for line in postgres.log) < 5:
                assert served.process.poll() is None
                time.sleep(0.05)
            disk.make_room()
            completes(served, task, ground)


@contextmanager
def file_held(database: Path) -> Iterator[None]:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout
    assert holder.stdout.readline() == b"held\n"
    yield
    holder.communicate(b"\n")


def file_locked_in_the_middle(folder: Path, lease: float) -> None:
    folder.mkdir()
    with serving(folder / "data", **settings_for(folder, lease)) as served:
        task = begun(served, pieces=4)
        with file_held(folder / "data" / "cairn.db"):
            time.sleep(HELD_SECONDS)
        completes(served, task, Ground(folder))


def file_locked_when_it_starts(folder: Path) -> None:
    folder.mkdir()
    settings = settings_for(folder, lease=2)
    with serving(folder / "data", **settings) as first:
        task = begun(first, pieces=4)
        first.kill()
    with ExitStack() as running:
        with file_held(folder / "data" / "cairn.db"):
            let_go = time.monotonic() + HELD_SECONDS
            served = running.enter_context(serving(folder / "data", **settings))
            until_logged(served, "nothing_claimed", "locked")
            time.sleep(max(0, let_go - time.monotonic()))
        completes(served, task, Ground(folder))


def row_locked(folder: Path, lease: float, server: Postgres) -> None:
    folder.mkdir()
    with on_server(server, folder / "data") as database:
        ground = Ground(folder, database.url)
        with serving(database.folder, **settings_for(folder, lease), **database.environment) as served:
            task = begun(served, pieces=4)
            held = server.hold_row(database.name, "UPDATE roadmap_tasks SET epoch = epoch")
            time.sleep(HELD_SECONDS)
            held.close()
            completes(served, task, ground)


@pytest.mark.full
def test_a_database_locked_for_twenty_seconds_is_waited_for(tmp_path: Path, postgres: Postgres) -> None:
    """For less and for more than a lease, in the middle and at the start; all side by side."""
    jobs: list[Callable[[], None]] = [
        lambda: file_locked_in_the_middle(tmp_path / "middle", lease=30),
        lambda: file_locked_when_it_starts(tmp_path / "start"),
        lambda: row_locked(tmp_path / "row-long", 30, postgres),
        lambda: row_locked(tmp_path / "row-short", 2, postgres),
    ]
    with ThreadPoolExecutor(len(jobs)) as side_by_side:
        for done in [side_by_side.submit(job) for job in jobs]:
            done.result()


def test_sessions_cut_and_a_server_gone_for_longer_than_the_lease(
    on_postgres: Database, postgres: Postgres, tmp_path: Path
) -> None:
    ground = Ground(tmp_path, on_postgres.url)
    settings = {**settings_for(tmp_path, lease=2), **on_postgres.environment}
    with serving(on_postgres.folder, **settings) as served:
        task = begun(served, pieces=4)
        for _ in range(3):
            postgres.cut_connections(on_postgres.name)
            until_more = len(on_postgres.rows("SELECT 1 FROM tutorial_metadata"))
            while len(on_postgres.rows("SELECT 1 FROM tutorial_metadata")) == until_more < 12:
                time.sleep(0.05)
        assert "task_left" not in served.log()
        postgres.stop("immediate")
        until_logged(served, "task_left")
        postgres.start()
        completes(served, task, ground)


def shift_times(ground: Ground, hours: int) -> None:
    """Every stored time of the tasks that one decides by."""
    named = ("lease_expires_at", "due_at", "created_at", "updated_at")
    if ground.url:
        moved = ", ".join(f"{name} = {name} + interval '{hours} hours'" for name in named)
    else:
        form = "%Y-%m-%d %H:%M:%f000"
        moved = ", ".join(f"{name} = strftime('{form}', {name}, '+{hours} hours')" for name in named)
    change(ground, f"UPDATE roadmap_tasks SET {moved}")


def change(ground: Ground, statement: str) -> None:
    if ground.url:
        with psycopg.connect(for_libpq(ground.url), autocommit=True) as session:
            session.execute(statement)  # type: ignore[arg-type]
        return
    with closing(sqlite3.connect(ground.settings.database, isolation_level=None)) as session:
        session.execute(statement)


def test_a_clock_that_steps_back_an_hour_keeps_no_task(grounds: Grounds) -> None:
    """To the database every time stored before is then an hour ahead, that of a dead claim's lease too."""
    with grounds.copy(None) as ground:
        assert play(ground, first_generation, Point("commit publish", "after")) == -signal.SIGKILL
        shift_times(ground, hours=1)
        assert play(ground, first_generation) == 0
        outcome = outcome_on(ground)
        assert (outcome.status, outcome.broken) == ("completed", [])
        assert paid_again(outcome, ground) == []


async def work_with_a_blocked_loop(stage: Stage) -> None:
    """The author stops the whole loop once, in its first quiz."""
    cairn = stage.cairn

    async def call(key: str) -> None:
        if "/quiz:" in key and not stage.flag("blocked").exists():
            stage.flag("blocked").touch()
            time.sleep(BLOCKED_SECONDS)
            stage.flag("freed").touch()
        await type(stage.author).call(stage.author, key)

    stage.author.call = call  # type: ignore[method-assign]
    worker = Worker(stage.settings, cairn.claims, cairn.runner, cairn.nudge)
    async with worker.at_work():
        task = await ask(stage)
        async for _ in cairn.tasks.follow(OWNER, task.task_id):
            pass


async def try_to_take_it(stage: Stage) -> None:
    """A rival in another process, for as long as the loop is blocked; it takes the task where it can."""
    while not stage.flag("freed").exists():
        for task_id, _ in await stage.cairn.claims.due(10):
            if stage.flag("blocked").exists() and await stage.cairn.claims.claim(task_id, "rival"):
                stage.flag("stolen").touch()
        await asyncio.sleep(0.05)


def test_a_blocked_loop_keeps_its_claim(grounds: Grounds) -> None:
    """Blocked for longer than two leases: the thread renews it."""
    with grounds.copy(None) as ground:
        settings = ground.settings.model_copy(update={"lease_seconds": 2})
        actors = [
            fork(Stage(settings, False, ground.folder), play)
            for play in (work_with_a_blocked_loop, try_to_take_it)
        ]
        codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in actors]
        assert codes == [0, 0], (ground.folder / "errors").read_text()
        assert (ground.folder / "freed").exists()
        assert not (ground.folder / "stolen").exists()
        outcome = outcome_on(ground)
        assert (outcome.status, outcome.broken) == ("completed", [])
        assert paid_again(outcome, ground) == []
        assert ground.rows("SELECT epoch, attempts FROM roadmap_tasks") == [(2, 0)], "in one claim"
