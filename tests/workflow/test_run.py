"""A run through every floor in one process: what is stored is reused, what failed is a gap, what is cancelled
stops. The author is the stand-in, made to fail or to wait where a test says so."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.graph import StateGraph
from structlog.testing import capture_logs

from cairn.authors.author import Ask, PieceGiven
from cairn.bootstrap import open_workshop
from cairn.domain.errors import Conflict
from cairn.domain.lesson import Quiz, Tutorial
from cairn.domain.task import MAX_ATTEMPTS, TaskStatus
from cairn.store.fenced import Write
from cairn.usecases.claims import Claims
from cairn.workflow.state import Context, State
from tests.databases import Database
from tests.workflow.scripted import OWNER, Scripted, run, stopped_at_its_first_call, to_the_end, working


def test_a_retry_of_a_whole_course_makes_nothing_again(database: Database) -> None:
    async def scenario() -> None:
        author = Scripted()
        async with working(database, author) as cairn:
            task = await to_the_end(cairn, await cairn.tasks.ask(OWNER, {"query": "Learn Rust"}))
            assert task.status is TaskStatus.completed
            before = Counter(author.calls)
            assert set(before.values()) == {1}
            again = await to_the_end(cairn, await cairn.moves.retry(OWNER, task.task_id))
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
            task = await to_the_end(cairn, await cairn.moves.retry(OWNER, task.task_id))
            assert task.status is TaskStatus.completed_with_gaps
            assert [key.split(":")[0] for key in (author.calls - before)] == ["quiz"]
            author.failing = ()
            task = await to_the_end(cairn, await cairn.moves.retry(OWNER, task.task_id))
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
            cancelled = await cairn.moves.cancel(OWNER, asked.task_id)
            assert cancelled.status is TaskStatus.cancelled
            again = await cairn.moves.cancel(OWNER, asked.task_id)
            assert (again.epoch, again.last_seq) == (cancelled.epoch, cancelled.last_seq), "no second effect"
            author.open_gate()
            task = await to_the_end(cairn, await cairn.moves.retry(OWNER, asked.task_id))
            assert task.status is TaskStatus.completed

    run(scenario())


def test_an_active_task_is_not_retried_and_two_retries_have_one_effect(database: Database) -> None:
    async def scenario() -> None:
        author = Scripted()
        async with working(database, author) as cairn:
            asked = await stopped_at_its_first_call(cairn, author)
            with pytest.raises(Conflict):
                await cairn.moves.retry(OWNER, asked.task_id)
            author.open_gate()
            await to_the_end(cairn, asked)
            both = await asyncio.gather(
                *(cairn.moves.retry(OWNER, asked.task_id) for _ in range(2)), return_exceptions=True
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
            task = await to_the_end(cairn, await cairn.moves.retry(OWNER, task.task_id))
            assert task.status is TaskStatus.completed
        assert author.calls == before

    run(scenario())


class Breaking(Scripted):
    """Breaks once, by an error of ours, while the answer of another's call is being written."""

    def __init__(self) -> None:
        super().__init__()
        self.writing = asyncio.Event()
        self.broke = False

    async def write_tutorial(self, given: PieceGiven, ask: Ask) -> Tutorial:
        if given.name.startswith("Purpose") and not self.broke:
            await self.writing.wait()
            self.broke = True
            raise RuntimeError("an error of ours")
        return await super().write_tutorial(given, ask)


def test_after_a_walk_that_broke_what_it_was_writing_is_waited_for(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        author = Breaking()
        async with working(database, author) as cairn:
            writer = cairn.tasks.store.writer
            commit, hand_over = writer.commit, writer.hand_over
            again = asyncio.Event()
            """The second walk has something to write."""

            async def held(group: Any) -> Any:
                if not again.is_set() and any(w.item.name.startswith("tutorial:") for w in group):
                    author.writing.set()
                    await again.wait()
                return await commit(group)

            def noticed(item: Any) -> Any:
                if author.broke and isinstance(item, Write):
                    again.set()
                return hand_over(item)

            monkeypatch.setattr(writer, "commit", held)
            monkeypatch.setattr(writer, "hand_over", noticed)
            with capture_logs() as logs:
                task = await to_the_end(cairn, await cairn.tasks.ask(OWNER, {"query": "Learn Rust"}))
        assert task.status is TaskStatus.completed
        assert [line["event"] for line in logs].count("walk_broke") == 1
        assert set(author.calls.values()) == {1}, "no call is made again"
        assert set(database.rows("SELECT rev FROM tutorial_metadata")) == {(1,)}
        assert database.rows("SELECT count(*) FROM tutorial_metadata") == [(4,)]

    run(scenario())


class Tripping(Scripted):
    """A quiz breaks once, by an error of ours, while resources of the same concept are asked for."""

    def __init__(self) -> None:
        super().__init__(concepts=3)
        self.asking = asyncio.Event()
        self.broke = False
        self.at_once: Counter[str] = Counter()
        self.most: Counter[str] = Counter()

    async def call(self, key: str) -> None:
        product = key.split("/")[1]
        self.at_once[product] += 1
        self.most[product] = max(self.most[product], self.at_once[product])
        try:
            if product.startswith("resources") and not self.broke:
                self.asking.set()
                await asyncio.Event().wait()
            await super().call(key)
        finally:
            self.at_once[product] -= 1

    async def write_quiz(self, given: PieceGiven, ask: Ask) -> Quiz:
        if not self.broke:
            await self.asking.wait()
            self.broke = True
            raise RuntimeError("an error of ours")
        return await super().write_quiz(given, ask)


def test_a_walk_that_broke_leaves_no_call_behind(database: Database) -> None:
    """The second walk would ask for the same beside it."""

    async def scenario() -> None:
        author = Tripping()
        async with working(database, author) as cairn:
            task = await to_the_end(cairn, await cairn.tasks.ask(OWNER, {"query": "Learn Rust"}))
            assert task.status is TaskStatus.completed
            assert author.broke
            assert set(author.most.values()) == {1}
            assert set(author.at_once.values()) == {0}, "nobody asks any more"

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


class SlowInDesign(Scripted):
    async def call(self, key: str) -> None:
        if key.split("/")[1] == "curriculum":
            await super().call(key)


def test_what_a_checkpoint_led_past_is_told_as_reused(database: Database) -> None:
    async def scenario() -> None:
        author = SlowInDesign()
        async with working(database, author) as cairn:
            asked = await stopped_at_its_first_call(cairn, author)
            thread: RunnableConfig = {"configurable": {"thread_id": f"{asked.task_id}:1"}}
            while (await cairn.runner.graph.aget_state(thread)).next != ("curriculum_design",):
                await asyncio.sleep(0)
        author.open_gate()
        with capture_logs() as said:
            async with working(database, author) as cairn:
                await to_the_end(cairn, asked)
        told = [line["event"] for line in said]
        assert "intent_analysis_started" not in told
        assert told.count("intent_analysis_metadata_reused") == 1
        assert "curriculum_design_metadata_reused" not in told, "this one was made"

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
            again = await cairn.moves.retry(OWNER, task.task_id, {"query": "Learn advanced Rust"})
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
            changed = await cairn.moves.retry(OWNER, task.task_id, {"query": "Learn advanced Rust"})
            for asked in (changed, await cairn.tasks.ask(OWNER, {"query": "Learn Go"})):
                ended = await to_the_end(cairn, asked)
                assert ended.status is TaskStatus.failed
                assert ended.error is not None
                assert ended.error.code == "incomplete"

    run(scenario())


def test_claims_lost_before_any_walk_end_the_run_and_nothing_breaks(database: Database) -> None:
    """No checkpoint was ever written here, so there is none to forget."""

    async def scenario() -> None:
        async with open_workshop(database.settings(model="simulated"), Scripted()) as cairn:
            asked = await cairn.tasks.ask(OWNER, {"query": "Learn Rust"})
            for _ in range(MAX_ATTEMPTS + 1):
                task = await Claims(cairn.tasks.store, 0).claim(asked.task_id, "short-lived")
                assert task is not None
            await cairn.runner.run(task, lambda: True)
            ended = await cairn.tasks.get(OWNER, asked.task_id)
            assert ended.error is not None
            assert (ended.status, ended.error.code) == (TaskStatus.failed, "attempts")

    run(scenario())


def test_what_an_earlier_request_led_to_is_not_taken_for_made(database: Database) -> None:
    """The process died of a changed goal again and again: its analysis is asked for anew, not replayed."""

    async def scenario() -> None:
        author = Scripted()
        async with working(database, author) as cairn:
            task = await to_the_end(cairn, await cairn.tasks.ask(OWNER, {"query": "Learn Rust"}))
        async with open_workshop(database.settings(model="simulated"), author) as cairn:
            await cairn.moves.retry(OWNER, task.task_id, {"query": "Learn advanced Rust"})
            for _ in range(MAX_ATTEMPTS + 1):
                claimed = await Claims(cairn.tasks.store, 0).claim(task.task_id, "short-lived")
                assert claimed is not None
            await cairn.runner.run(claimed, lambda: True)
            await cairn.moves.retry(OWNER, task.task_id)
        anew = {product for (product,) in database.rows("SELECT product FROM product_variants")}
        assert {"intent", "curriculum"} <= anew

    run(scenario())
