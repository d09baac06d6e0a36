"""Viewers on one process see what another makes, on PostgreSQL: told by NOTIFY, through one connection.

The processes that are watched here never look by themselves, so nothing else can explain what they see."""

import asyncio
import resource
import socket
import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from cairn.store.notices import Announcer, Notices, payloads
from tests.databases import Database
from tests.postgres import Postgres
from tests.process import Served, serving_on
from tests.scale.team import PATIENCE

MADE = {"CAIRN_MODEL": "simulated", "CAIRN_SIMULATED_DELAY": "0.05"}
LISTENERS = "FROM pg_stat_activity WHERE application_name = 'cairn listener' AND datname = current_database()"


@pytest.fixture
def watched(on_postgres: Database) -> Iterator[Served]:
    """A process that makes nothing itself."""
    with serving_on(on_postgres, words=["--no-worker"], program="tests.scale.told", **MADE) as process:
        yield process


@contextmanager
def at_work(database: Database, tmp_path: Path, concepts: int) -> Iterator[Served]:
    elsewhere = replace(database, folder=tmp_path / "elsewhere")
    with serving_on(elsewhere, CAIRN_SIMULATED_CONCEPTS=str(concepts), **MADE) as process:
        yield process


def cut_off(watched: Served) -> None:
    """Its listener, once it listens: after the last time it may still be on its way back."""
    given_up = time.monotonic() + PATIENCE
    while watched.rows(f"SELECT pg_terminate_backend(pid) {LISTENERS}") != [(True,)]:
        assert time.monotonic() < given_up, "it does not listen"


def ask(process: Served) -> str:
    return process.call("POST", "/api/v1/generation/roadmap", {"query": "Learn Redis"})[1]["task_id"]


def test_a_viewer_is_told_of_the_progress_another_process_makes(
    on_postgres: Database, watched: Served, tmp_path: Path
) -> None:
    with at_work(on_postgres, tmp_path, concepts=4) as worker:
        task_id = ask(worker)
        seen = list(watched.events(task_id))
        assert [seq for seq, _, _ in seen] == list(range(1, len(seen) + 1))
        assert (seen[0][1], seen[-1][1]) == ("task_created", "task_ended")
        assert list(worker.events(task_id)) == seen


def test_viewers_go_on_over_a_lost_listener_and_a_server_restarted(
    on_postgres: Database, watched: Served, postgres: Postgres, tmp_path: Path
) -> None:
    with at_work(on_postgres, tmp_path, concepts=24) as worker:
        seqs: list[int] = []
        ready = 0
        for seq, kind, _ in watched.events(ask(worker)):
            seqs.append(seq)
            ready += kind == "piece_ready"
            if kind == "piece_ready" and ready in (5, 15):
                cut_off(watched)
            elif kind == "piece_ready" and ready == 30:
                postgres.restart()
        assert (kind, ready) == ("task_ended", 72)
        assert seqs == list(range(1, len(seqs) + 1)), "no hole, no double"
    assert "following_failed" not in watched.log()


def test_all_viewers_of_a_process_share_one_connection_which_the_first_opens(
    on_postgres: Database, watched: Served
) -> None:
    tasks = [ask(watched) for _ in range(5)]
    assert watched.rows(f"SELECT count(*) {LISTENERS}") == [(0,)]
    with ExitStack() as opened:
        viewers = [opened.enter_context(raw_viewer(watched, tasks[at % 5])) for at in range(100)]
        for viewer in viewers:
            until_read(viewer, b"event: task_created")
        for task_id in tasks:  # the process's own commit
            watched.call("POST", f"/api/v1/tasks/{task_id}/cancel")
        for viewer in viewers:
            until_read(viewer, b"event: task_ended")
        assert watched.rows(f"SELECT count(*) {LISTENERS}") == [(1,)]
        connected = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'cairn %'"
        assert watched.rows(f"{connected} AND datname = current_database()")[0][0] <= 1 + 4 + 1 + 1


def test_a_server_takes_more_viewers_than_a_shell_lets_it_have_open_files(database: Database) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ExitStack() as opened:
        resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))
        try:
            process = opened.enter_context(serving_on(database, words=["--no-worker"], **MADE))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        task_id = ask(process)
        for viewer in [opened.enter_context(raw_viewer(process, task_id)) for _ in range(150)]:
            until_read(viewer, b"event: task_created")


@contextmanager
def raw_viewer(process: Served, task_id: str) -> Iterator[socket.socket]:
    where = urlsplit(process.url)
    assert where.hostname
    with socket.create_connection((where.hostname, where.port or 80), timeout=60) as viewer:
        viewer.sendall(
            f"GET /api/v1/tasks/{task_id}/events HTTP/1.1\r\nHost: {where.netloc}\r\n\r\n".encode()
        )
        yield viewer


def until_read(viewer: socket.socket, wanted: bytes) -> None:
    read = b""
    while wanted not in read:
        part = viewer.recv(65536)
        assert part, "the stream ended before"
        read += part


def test_a_notice_is_heard_by_the_others_in_as_many_parts_as_it_takes(on_postgres: Database) -> None:
    ids = {f"t_{number:020x}" for number in range(2000)}
    parts = list(payloads("me", ids))
    assert len(parts) > 1
    assert all(len(part.encode()) < 8000 for part in parts)

    async def scenario() -> None:
        async with on_postgres.store() as mine, on_postgres.store() as theirs:
            assert mine.engines.listener is not None
            assert theirs.engines.listener is not None
            one = Notices(mine.engines.reader, mine.engines.listener)
            other = Notices(theirs.engines.reader, theirs.engines.listener)
            heard: dict[str, set[str]] = {"one": set(), "other": set()}
            listening, all_there = {"one": asyncio.Event(), "other": asyncio.Event()}, asyncio.Event()

            def hear(who: str, said: object) -> None:
                if said is None:
                    listening[who].set()
                heard[who].update(said or ())  # type: ignore[arg-type, call-overload]
                if "last" in heard["one"]:
                    all_there.set()

            one.listen(lambda said: hear("one", said))
            other.listen(lambda said: hear("other", said))
            for ready in listening.values():
                await ready.wait()
            one.tell(ids)
            assert one.announcer.telling is not None
            await one.announcer.telling
            other.tell(["last"])
            await all_there.wait()
            assert heard["other"] == ids
            assert heard["one"] == {"last"}, "nobody is told of what it told"
            await one.close()
            await other.close()

    asyncio.run(asyncio.wait_for(scenario(), 60))


def test_a_listener_that_was_cut_off_comes_back_and_says_that_it_may_have_missed_something(
    on_postgres: Database,
) -> None:
    async def scenario() -> None:
        async with on_postgres.store() as store:
            assert store.engines.listener is not None
            notices = Notices(store.engines.reader, store.engines.listener)
            heard: asyncio.Queue[Collection[str] | None] = asyncio.Queue()
            notices.listen(heard.put_nowait)
            for _ in range(3):
                assert await heard.get() is None
                assert await asyncio.to_thread(on_postgres.rows, f"SELECT pid {LISTENERS}") != []
                await asyncio.to_thread(on_postgres.rows, f"SELECT pg_terminate_backend(pid) {LISTENERS}")
            assert await heard.get() is None
            other = Announcer(store.engines.reader, "other")
            other.tell(["t"])
            assert await heard.get() == ["t"]
            await other.close()
            await notices.close()

    asyncio.run(asyncio.wait_for(scenario(), 60))


def test_a_notice_that_cannot_be_told_harms_nobody(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with Database(tmp_path / "data").store() as unable:
            announcer = Announcer(unable.engines.reader, "me")
            for _ in range(2):
                announcer.tell(["t"])
                assert announcer.telling is not None
                await announcer.telling
            await announcer.close()

    asyncio.run(asyncio.wait_for(scenario(), 60))
