"""A run through every floor in one process: what is stored is reused, what failed is a gap, what is cancelled
stops. The author is the stand-in, made to fail or to wait where a test says so."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest
from langgraph.graph import StateGraph

from cairn.authors.author import PieceGiven
from cairn.authors.simulated import SimulatedAuthor
from cairn.bootstrap import Cairn, open_cairn
from cairn.domain.errors import AuthorFailed, Conflict
from cairn.domain.lesson import Quiz
from cairn.domain.task import Task, TaskStatus
from cairn.worker.worker import Worker
from cairn.workflow.state import Context, State
from tests.databases import Database

T = TypeVar("T")
OWNER = "local"


class Scripted(SimulatedAuthor):
    """Counts its calls; quizzes of concepts whose name starts with a word of `failing` cannot be made."""

    def __init__(self, concepts: int = 4) -> None:
        super().__init__(concepts=concepts, delay=0, log=None, today=lambda: datetime.now(UTC).date())
        self.calls: Counter[str] = Counter()
        self.failing: tuple[str, ...] = ()
        self.gate: asyncio.Event | None = None
        self.reached = asyncio.Event()

    def open_gate(self) -> None:
        assert self.gate is not None
        self.gate.set()

    async def call(self, key: str) -> None:
        self.calls[key.split("/")[1]] += 1
        if self.gate:
            self.reached.set()
            await self.gate.wait()

    async def write_quiz(self, given: PieceGiven, ask: Callable[..., Awaitable[Any]]) -> Quiz:
        if given.name.startswith(self.failing or "\0"):
            raise AuthorFailed("No quiz today.", code="no_quiz")
        return await super().write_quiz(given, ask)


@asynccontextmanager
async def working(database: Database, author: Scripted) -> AsyncGenerator[Cairn]:
    settings = database.settings(model="simulated", model_concurrency=0)
    async with open_cairn(settings, author) as cairn:
        worker = Worker(settings, cairn.claims, cairn.runner, cairn.nudge)
        async with worker.at_work():
            yield cairn


async def stopped_at_its_first_call(cairn: Cairn, author: Scripted) -> Task:
    """A task whose author waits in its first call until the gate is opened."""
    author.gate = asyncio.Event()
    asked = await cairn.tasks.ask(OWNER, {"query": "Learn Rust"})
    await author.reached.wait()
    return asked


async def to_the_end(cairn: Cairn, task: Task) -> Task:
    async for _ in cairn.tasks.follow(OWNER, task.task_id, task.last_seq):
        pass
    return await cairn.tasks.get(OWNER, task.task_id)


def run(scenario: Awaitable[None]) -> None:
    async def within_a_minute() -> None:
        async with asyncio.timeout(60):
            await scenario

    asyncio.run(within_a_minute())


def test_a_retry_of_a_whole_course_makes_nothing_again(database: Database) -> None:
    async def scenario() -> None:
        author = Scripted()
        async with working(database, author) as cairn:
            task = await to_the_end(cairn, await cairn.tasks.ask(OWNER, {"query": "Learn Rust"}))
            assert task.status is TaskStatus.completed
            before = Counter(author.calls)
            assert set(before.values()) == {1}
            again = await to_the_end(cairn, await cairn.tasks.retry(OWNER, task.task_id))
            assert (again.status, again.run) == (TaskStatus.completed, 2)
            assert author.calls == before

    run(scenario())


def test_a_failed_piece_is_a_gap_and_a_retry_makes_the_gap_alone(database: Database) -> None:
    async def scenario() -> None:
        author = Scripted()
        author.failing = ("Vocabulary", "Purpose")
        async with working(database, author) as cairn:
            task = await to_the_end(cairn, await cairn.tasks.ask(OWNER, {"query": "Learn Rust"}))
            assert task.status is TaskStatus.completed_with_gaps
            view = await cairn.roadmaps.get(OWNER, task.roadmap_id)
            assert [(f.kind.value, f.code, f.cause) for f in view.failures] == [
                ("quiz", "no_quiz", "No quiz today.")
            ] * 2
            author.failing = ("Purpose",)
            before = Counter(author.calls)
            task = await to_the_end(cairn, await cairn.tasks.retry(OWNER, task.task_id))
            assert task.status is TaskStatus.completed_with_gaps
            assert [key.split(":")[0] for key in (author.calls - before)] == ["quiz"]
            author.failing = ()
            task = await to_the_end(cairn, await cairn.tasks.retry(OWNER, task.task_id))
            assert task.status is TaskStatus.completed
            view = await cairn.roadmaps.get(OWNER, task.roadmap_id)
            assert view.failures == []
            assert set(author.calls.values()) == {1}

    run(scenario())


def test_cancel_stops_at_once_and_keeps_what_is_finished(database: Database) -> None:
    async def scenario() -> None:
        author = Scripted()
        async with working(database, author) as cairn:
            asked = await stopped_at_its_first_call(cairn, author)
            cancelled = await cairn.tasks.cancel(OWNER, asked.task_id)
            assert cancelled.status is TaskStatus.cancelled
            again = await cairn.tasks.cancel(OWNER, asked.task_id)
            assert (again.epoch, again.last_seq) == (cancelled.epoch, cancelled.last_seq), "no second effect"
            author.open_gate()
            task = await to_the_end(cairn, await cairn.tasks.retry(OWNER, asked.task_id))
            assert task.status is TaskStatus.completed

    run(scenario())


def test_an_active_task_is_not_retried_and_two_retries_have_one_effect(database: Database) -> None:
    async def scenario() -> None:
        author = Scripted()
        async with working(database, author) as cairn:
            asked = await stopped_at_its_first_call(cairn, author)
            with pytest.raises(Conflict):
                await cairn.tasks.retry(OWNER, asked.task_id)
            author.open_gate()
            await to_the_end(cairn, asked)
            both = await asyncio.gather(
                *(cairn.tasks.retry(OWNER, asked.task_id) for _ in range(2)), return_exceptions=True
            )
            assert sorted(type(one).__name__ for one in both) == ["Conflict", "Task"]
            task = await to_the_end(cairn, asked)
            assert (task.run, task.status) == (2, TaskStatus.completed)

    run(scenario())


def test_lost_checkpoints_cost_a_walk_and_no_call(database: Database) -> None:
    async def scenario() -> None:
        author = Scripted()
        async with working(database, author) as cairn:
            task = await to_the_end(cairn, await cairn.tasks.ask(OWNER, {"query": "Learn Rust"}))
        before = Counter(author.calls)
        database.forget_checkpoints()
        async with working(database, author) as cairn:
            task = await to_the_end(cairn, await cairn.tasks.retry(OWNER, task.task_id))
            assert task.status is TaskStatus.completed
        assert author.calls == before

    run(scenario())


def test_a_folder_closed_in_the_middle_goes_on_when_it_is_opened_again(database: Database) -> None:
    async def scenario() -> None:
        author = Scripted()
        async with working(database, author) as cairn:
            asked = await stopped_at_its_first_call(cairn, author)
        author.open_gate()
        async with working(database, author) as cairn:
            task = await to_the_end(cairn, asked)
            assert task.status is TaskStatus.completed
            assert task.attempts == 0, "an orderly end is no lost claim"

    run(scenario())


def test_a_changed_goal_keeps_ids_and_the_old_tree_until_the_new_one_stands(database: Database) -> None:
    async def scenario() -> None:
        author = Scripted()
        async with working(database, author) as cairn:
            task = await to_the_end(cairn, await cairn.tasks.ask(OWNER, {"query": "Learn Rust"}))
            old = await cairn.roadmaps.get(OWNER, task.roadmap_id)
            first = next(old.roadmap.concepts()).concept_id
            await cairn.learning.set_progress(OWNER, task.roadmap_id, first, "done")
            author.gate = asyncio.Event()
            author.reached.clear()
            again = await cairn.tasks.retry(OWNER, task.task_id, {"query": "Learn advanced Rust"})
            await author.reached.wait()
            assert (await cairn.roadmaps.get(OWNER, task.roadmap_id)).roadmap == old.roadmap
            author.open_gate()
            assert (await to_the_end(cairn, again)).status is TaskStatus.completed
            new = await cairn.roadmaps.get(OWNER, task.roadmap_id)
            assert new.roadmap.title == "Rust: advanced"
            assert new.progress[first] == "done"
            assert author.calls["intent"] == 2
            assert {n for key, n in author.calls.items() if ":" in key} == {1}, "no piece was made again"

    run(scenario())


def test_a_graph_that_ends_without_a_word_is_not_believed(database: Database) -> None:
    """The store is asked: for a changed goal whose old tree is whole, and for a first run."""

    async def scenario() -> None:
        author = Scripted()
        async with working(database, author) as cairn:
            task = await to_the_end(cairn, await cairn.tasks.ask(OWNER, {"query": "Learn Rust"}))
            assert task.status is TaskStatus.completed
            drawing = StateGraph(State, Context)
            drawing.add_node("intent_analysis", lambda state: {})
            drawing.set_entry_point("intent_analysis")
            cairn.runner.graph = drawing.compile(cairn.runner.graph.checkpointer)  # type: ignore[assignment]
            changed = await cairn.tasks.retry(OWNER, task.task_id, {"query": "Learn advanced Rust"})
            for asked in (changed, await cairn.tasks.ask(OWNER, {"query": "Learn Go"})):
                ended = await to_the_end(cairn, asked)
                assert ended.status is TaskStatus.failed
                assert ended.error is not None
                assert ended.error.code == "incomplete"

    run(scenario())
