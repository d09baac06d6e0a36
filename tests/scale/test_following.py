"""Everyone who follows in one process shares the reading, and nobody waits for a slow one."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import event

from cairn.api.tasks import EventStream, told
from cairn.bootstrap import Cairn, open_cairn
from cairn.domain.task import Event, StoredEvent, Task
from cairn.store.fenced import Write
from cairn.store.news import news_of
from cairn.usecases import following
from cairn.usecases.following import Following
from cairn.usecases.tail import KEPT
from tests.databases import Database

OWNER = "local"


@pytest.fixture(autouse=True)
def never_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who follows is told of a commit, or never sees it."""
    monkeypatch.setattr(following, "LOOK_SECONDS", 3600)


@asynccontextmanager
async def claimed(database: Database) -> AsyncGenerator[tuple[Cairn, Task]]:
    """An opened Cairn, and a task that it holds."""
    async with open_cairn(database.settings(model="simulated")) as cairn:
        asked = await cairn.tasks.ask(OWNER, {"query": "Learn Redis"})
        task = await cairn.claims.claim(asked.task_id, "w")
        assert task is not None
        yield cairn, task


async def tell(cairn: Cairn, task: Task, number: int = 1) -> None:
    """So many events, in one commit."""
    happened = [Event(kind="told", data={"at": at}) for at in range(number)]
    write = Write("told", task.task_id, task.epoch, lambda revs: happened, number)
    await cairn.tasks.store.writer.write(write)


def run(scenario: Awaitable[None]) -> None:
    async def within_a_minute() -> None:
        async with asyncio.timeout(60):
            await scenario

    asyncio.run(within_a_minute())


class Watching:
    """Someone who follows from `after` on, and keeps what comes."""

    def __init__(self, cairn: Cairn, task: Task, after: int) -> None:
        self.seen: list[StoredEvent] = []
        self.more = asyncio.Condition()
        self.task = asyncio.create_task(self.watch(cairn, task, after))

    async def watch(self, cairn: Cairn, task: Task, after: int) -> None:
        async with aclosing(cairn.tasks.follow(OWNER, task.task_id, after)) as events:
            async for happened in events:
                async with self.more:
                    self.seen.append(happened)
                    self.more.notify_all()

    async def until(self, seq: int) -> None:
        async with self.more:
            await self.more.wait_for(lambda: bool(self.seen) and self.seen[-1].seq >= seq)


def test_many_viewers_of_a_task_cost_one_read_for_what_is_new(database: Database) -> None:
    async def scenario() -> None:
        async with claimed(database) as (cairn, task):
            reads: list[str] = []
            viewers = [Watching(cairn, task, after=task.last_seq - 1) for _ in range(50)]
            for viewer in viewers:
                await viewer.until(task.last_seq)

            def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
                if "task_events" in statement:
                    reads.append(statement)

            event.listen(cairn.tasks.store.engines.reader.sync_engine, "before_cursor_execute", note)
            for at in range(1, 11):
                await tell(cairn, task)
                for viewer in viewers:
                    await viewer.until(task.last_seq + at)
            assert len(reads) <= 10, "one for each commit"
            first = viewers[0].seen
            assert [happened.seq for happened in first] == list(range(task.last_seq, task.last_seq + 11))
            assert all(viewer.seen == first for viewer in viewers)
            shared = {id(viewer.seen[-1]) for viewer in viewers}
            assert len(shared) == 1, "and made to text once"
            for viewer in viewers:
                viewer.task.cancel()
            await asyncio.gather(*(viewer.task for viewer in viewers), return_exceptions=True)
            assert cairn.tasks.following.tails == {}, "who leaves leaves nothing behind"

    run(scenario())


def test_a_slow_viewer_holds_nobody_up_and_misses_nothing(database: Database) -> None:
    async def scenario() -> None:
        async with claimed(database) as (cairn, task):
            slow = aiter(cairn.tasks.following.follow(task, task.last_seq))
            await tell(cairn, task)
            seen = [happened.seq for happened in await anext(slow)]
            quick = Watching(cairn, task, task.last_seq)
            tail = cairn.tasks.following.tails[task.task_id]
            for at in range(1, 13):
                await tell(cairn, task, 100)
                await quick.until(task.last_seq + 1 + 100 * at)
                assert len(tail.kept) <= KEPT
            await cairn.moves.cancel(OWNER, task.task_id)
            await quick.task
            async for batch in slow:
                seen += [happened.seq for happened in batch]
            assert seen == list(range(task.last_seq + 1, task.last_seq + 1203)), "1 + 1,200, and the end"
            assert [happened.seq for happened in quick.seen] == seen
            assert cairn.tasks.following.tails == {}

    run(scenario())


def test_what_all_have_taken_is_kept_no_longer(database: Database) -> None:
    async def scenario() -> None:
        async with claimed(database) as (cairn, task):
            viewer = Watching(cairn, task, task.last_seq)
            for at in range(1, 4):
                await tell(cairn, task, 10)
                await viewer.until(task.last_seq + 10 * at)
            assert len(cairn.tasks.following.tails[task.task_id].kept) == 10
            await cairn.moves.cancel(OWNER, task.task_id)
            await viewer.task

    run(scenario())


def test_more_news_than_one_read_holds_are_all_told(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with claimed(database) as (cairn, task):
            go_on = asyncio.Event()

            async def late_news(*given: Any) -> Any:
                await go_on.wait()
                return await news_of(*given)

            monkeypatch.setattr(following, "news_of", late_news)
            others = [await cairn.tasks.ask(OWNER, {"query": f"Learn {name}"}) for name in ("Go", "Rust")]
            held = [await cairn.claims.claim(other.task_id, "w") for other in others]
            every = [task, *(one for one in held if one)]
            viewers = [(one, Watching(cairn, one, one.last_seq - 1)) for one in every for _ in range(2)]
            for one, viewer in viewers:
                await viewer.until(one.last_seq)
            for one in every:
                await tell(cairn, one, 400)
            go_on.set()
            for one, viewer in viewers:
                await viewer.until(one.last_seq + 400)
                seqs = [happened.seq for happened in viewer.seen]
                assert seqs == list(range(one.last_seq, one.last_seq + 401))
                viewer.task.cancel()

    run(scenario())


def test_a_stream_whose_reader_went_away_in_the_middle_leaves_nothing_behind(database: Database) -> None:
    async def scenario() -> None:
        async with claimed(database) as (cairn, task):
            sending = asyncio.Event()

            async def send(message: Any) -> None:
                if b"event:" in message.get("body", b""):
                    sending.set()
                    await asyncio.Event().wait()  # its line is full

            async def receive() -> Any:
                await sending.wait()
                assert len(cairn.tasks.following.tails[task.task_id].viewers) == 1
                return {"type": "http.disconnect"}

            stream = EventStream(told(cairn, task, 0))
            await stream({"type": "http", "asgi": {"spec_version": "2.3"}}, receive, send)
            assert cairn.tasks.following.tails == {}

    run(scenario())


def test_who_comes_after_a_retry_is_not_sent_away_by_a_look_at_the_run_before(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with claimed(database) as (cairn, task):
            looked, go_on = asyncio.Event(), asyncio.Event()

            async def slow_news(*given: Any) -> Any:
                found = await news_of(*given)
                if any(news.event and news.event.kind == "task_ended" for news in found):
                    looked.set()
                    await go_on.wait()
                return found

            viewer = Watching(cairn, task, task.last_seq - 1)
            await viewer.until(task.last_seq)
            monkeypatch.setattr(following, "news_of", slow_news)
            await cairn.moves.cancel(OWNER, task.task_id)
            await looked.wait()
            retried = await cairn.moves.retry(OWNER, task.task_id, {})
            late = cairn.tasks.following.follow(retried, retried.last_seq - 1)
            coming = asyncio.create_task(anext(late))
            await asyncio.sleep(0)  # it has come, and waits
            go_on.set()
            assert [happened.kind for happened in await coming] == ["task_retried"]
            await late.aclose()
            viewer.task.cancel()

    run(scenario())


def test_what_nobody_told_of_is_found_by_looking(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "LOOK_SECONDS", 0.1)

    async def scenario() -> None:
        async with claimed(database) as (cairn, task), database.store() as elsewhere:
            deaf = Following(elsewhere)
            events = deaf.follow(task, task.last_seq)
            coming = asyncio.create_task(anext(events))
            for _ in range(3):
                await tell(cairn, task)
                assert [happened.kind for happened in await coming] == ["told"]
                coming = asyncio.create_task(anext(events))
            await cairn.moves.cancel(OWNER, task.task_id)
            assert [happened.kind for happened in await coming] == ["task_ended"]
            assert [batch async for batch in events] == []
            await deaf.close()

    run(scenario())


def test_a_database_that_goes_away_keeps_the_viewers_waiting(on_postgres: Database, postgres: Any) -> None:
    """In one process; across processes see test_events."""

    async def scenario() -> None:
        async with claimed(on_postgres) as (cairn, task):
            viewer = Watching(cairn, task, task.last_seq)
            await tell(cairn, task)
            await viewer.until(task.last_seq + 1)
            await asyncio.to_thread(postgres.restart, "immediate")
            await tell(cairn, task)
            await viewer.until(task.last_seq + 2)
            viewer.task.cancel()

    run(scenario())
