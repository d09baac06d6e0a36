"""What is let go of tasks that ended long ago, and that nobody misses it: not who replays the events, not who
retries, not who checks the history."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from sqlalchemy import delete, update
from structlog.testing import capture_logs

from cairn.authors.author import PieceGiven
from cairn.bootstrap import Workshop
from cairn.domain.errors import AuthorFailed
from cairn.domain.lesson import Quiz
from cairn.domain.task import ACTIVE, StoredEvent, Task, TaskStatus
from cairn.domain.thought import Thought
from cairn.store import tasks
from cairn.store.products import SHELVES
from cairn.usecases.history import broken_promises
from cairn.usecases.retention import Positions, Retention
from cairn.usecases.store import Store
from tests.databases import Database
from tests.postgres import Postgres
from tests.workflow.scripted import (
    OWNER,
    Scripted,
    made,
    run,
    stopped_at_its_first_call,
    to_the_end,
    working,
    working_with,
)

DAYS = 30
LONG_AGO = timedelta(days=DAYS + 1)
TIMES = ("created_at", "updated_at")
ANSWERS = "SELECT product FROM model_calls WHERE answer IS NOT NULL ORDER BY product"


class Undecided(Scripted):
    """Its quizzes are answered, and then cannot be used, as long as `undecided`."""

    undecided = True

    async def write_quiz(self, given: PieceGiven, ask: Callable[..., Awaitable[Any]]) -> Quiz:
        quiz = await super().write_quiz(given, ask)
        if self.undecided:
            raise AuthorFailed("On second thought, no.", code="no_quiz")
        return quiz


def retention(cairn: Workshop, days: int = DAYS) -> Retention:
    return Retention(cairn.runner.store, cairn.runner.author, positions(cairn), days)


def positions(cairn: Workshop) -> Positions:
    return cast("Positions", cairn.runner.graph.checkpointer)


async def aged(store: Store, task: Task, age: timedelta = LONG_AGO) -> None:
    """As if so much time had passed since its last event."""
    then = datetime.now(UTC) - age
    change = update(tasks.tasks).where(tasks.tasks.c.task_id == task.task_id)
    await store.writer.move("aged", lambda c, _: c.execute(change.values(dict.fromkeys(TIMES, then))))


async def replayed(cairn: Workshop, task: Task, after: int = 0) -> list[StoredEvent]:
    return [event async for event in cairn.tasks.follow(OWNER, task.task_id, after)]


async def broken(cairn: Workshop, task: Task) -> list[str]:
    return await broken_promises(cairn.tasks.store, task.task_id)


async def retried(cairn: Workshop, task: Task, **changes: Any) -> Task:
    return await to_the_end(cairn, await cairn.moves.retry(OWNER, task.task_id, changes))


def test_events_of_a_long_ended_task_are_one_snapshot_and_nobody_misses_the_others(
    database: Database,
) -> None:
    async def scenario() -> None:
        async with working(database, author := Scripted()) as cairn:
            task = await made(cairn)
            steps = await cairn.tasks.steps(OWNER, task.task_id)
            view = await cairn.tasks.view(OWNER, task.task_id)
            await aged(cairn.tasks.store, task)
            assert await retention(cairn).thin() == 1
            assert await retention(cairn).thin() == 0, "once"
            for after in (0, 1, task.last_seq - 1):
                [event] = await replayed(cairn, task, after)
                assert (event.kind, event.seq) == ("snapshot", task.last_seq)
                assert (event.data["status"], event.data["run"]) == ("completed", 1)
            assert await replayed(cairn, task, task.last_seq) == []
            assert len(steps) == 4
            assert await cairn.tasks.steps(OWNER, task.task_id) == steps
            now = await cairn.tasks.view(OWNER, task.task_id)
            assert (now.pieces, now.spent, now.current_step) == (view.pieces, view.spent, None)
            assert await broken(cairn, task) == []
            assert database.rows(ANSWERS) == []

            author.calls.clear()
            task = await retried(cairn, task)
            assert (task.status, author.calls.total()) == (TaskStatus.completed, 0)
            first, *others = await replayed(cairn, task)
            assert [e.seq for e in others] == list(range(first.seq + 1, task.last_seq + 1))
            assert (first.kind, others[0].kind) == ("snapshot", "task_retried")
            assert await broken(cairn, task) == []

    run(scenario())


def test_a_task_is_thinned_again_after_another_run(database: Database) -> None:
    async def scenario() -> None:
        async with working(database, author := Scripted()) as cairn:
            task = await made(cairn)
            keeps = retention(cairn)
            for goal in ("Learn advanced Rust", "Learn Rust"):
                await aged(cairn.tasks.store, task)
                assert await keeps.thin() == 1
                author.calls.clear()
                task = await retried(cairn, task, query=goal)
                assert task.status is TaskStatus.completed
                assert author.calls["intent"] == 1, "its answer was let go with the product it made"
                assert await broken(cairn, task) == []
            await aged(cairn.tasks.store, task)
            assert await keeps.thin() == 1
            [event] = await replayed(cairn, task)
            assert (event.seq, event.data["run"]) == (task.last_seq, 3)
            assert event.data["written"]["intent_analysis"] == 3
            assert await broken(cairn, task) == []

    run(scenario())


def test_the_history_of_a_thinned_task_can_still_be_wrong(database: Database) -> None:
    """Or checking it would tell nothing."""
    table, _ = SHELVES[Thought.quiz]
    harms = [
        (update(SHELVES[Thought.intent][0]).values(rev=2), "intent_analysis_metadata was written 2 times"),
        (update(table).values(rev=2), "of the quiz of"),
        (update(tasks.tasks).values(last_seq=99), "the task counts 99 events"),
        (update(tasks.tasks).values(run=2), "the task is at run 2"),
    ]

    async def scenario() -> None:
        async with working(database, Scripted()) as cairn:
            task = await made(cairn)
            await aged(cairn.tasks.store, task)
            assert await retention(cairn).thin() == 1
            for harm, said in harms:
                await cairn.tasks.store.writer.move("harm", lambda c, _, harm=harm: c.execute(harm))  # type: ignore[misc]
                assert any(said in found for found in await broken(cairn, task)), said

    run(scenario())


def test_what_is_young_active_or_to_be_kept_for_ever_stays_as_it_is(database: Database) -> None:
    async def scenario() -> None:
        author = Scripted()
        async with working(database, author) as cairn:
            young = await made(cairn)
            await aged(cairn.tasks.store, young, timedelta(days=DAYS - 1))
            assert await retention(cairn).thin() == 0
            assert await retention(cairn, days=0).thin() == 0
            running = await stopped_at_its_first_call(cairn, author)
            await aged(cairn.tasks.store, running)
            await aged(cairn.tasks.store, young)
            assert await retention(cairn, days=0).thin() == 0
            assert await retention(cairn).thin() == 1
            assert len(await replayed(cairn, young)) == 1
            assert (await cairn.tasks.get(OWNER, running.task_id)).status in ACTIVE
            author.open_gate()
            task = await to_the_end(cairn, running)
            assert [event.seq for event in await replayed(cairn, task)] == list(range(1, task.last_seq + 1))

    run(scenario())


def test_answers_are_kept_until_their_product_stands(database: Database) -> None:
    async def scenario() -> None:
        async with working(database, author := Undecided()) as cairn:
            task = await to_the_end(cairn, await cairn.tasks.ask(OWNER, {"query": "Learn Rust"}))
            assert task.status is TaskStatus.completed_with_gaps
            await aged(cairn.tasks.store, task)
            assert await retention(cairn).thin() == 1
            kept = database.rows(ANSWERS)
            assert len(kept) == 4
            assert {product.partition(":")[0] for (product,) in kept} == {"quiz"}
            rows = database.rows("SELECT count(*) FROM model_calls")
            author.undecided = False
            task = await retried(cairn, task)
            assert task.status is TaskStatus.completed
            await aged(cairn.tasks.store, task)
            assert await retention(cairn).thin() == 1
            assert database.rows(ANSWERS) == []
            assert database.rows("SELECT count(*) FROM model_calls") == [(rows[0][0] + 4,)], "no row goes"
            assert await broken(cairn, task) == []

    run(scenario())


def test_answers_of_steps_are_kept_where_no_tree_came_of_them(database: Database) -> None:
    """A retry walks through them again, and checks the tree anew: from the journal."""

    async def scenario() -> None:
        async with working(database, author := Scripted()) as cairn:
            waits = await cairn.tasks.ask(OWNER, {"query": "Learn Rust", "review": True})
            async for event in cairn.tasks.follow(OWNER, waits.task_id):
                if event.kind == "review_wanted":
                    break
            task = await cairn.moves.cancel(OWNER, waits.task_id)
            await aged(cairn.tasks.store, task)
            assert await retention(cairn).thin() == 1
            assert len(await replayed(cairn, task)) == 1
            assert database.rows(ANSWERS) == [("curriculum",), ("intent",), ("validation",)]
            author.calls.clear()
            task = await retried(cairn, task, review=False)
            assert task.status is TaskStatus.completed
            assert author.calls["intent"] + author.calls["curriculum"] + author.calls["validation"] == 0
            assert await broken(cairn, task) == []

    run(scenario())


def test_an_answer_that_was_let_go_is_asked_for_anew(database: Database) -> None:
    """Should a product be gone all the same: no product is ever made of nothing."""
    table, _ = SHELVES[Thought.quiz]

    async def scenario() -> None:
        async with working(database, author := Scripted()) as cairn:
            task = await made(cairn)
            await aged(cairn.tasks.store, task)
            assert await retention(cairn).thin() == 1
            before = database.rows("SELECT concept_id, content FROM quiz_metadata ORDER BY concept_id")
            for _ in range(2):
                await cairn.tasks.store.writer.move("harm", lambda c, _: c.execute(delete(table)))
                author.calls.clear()
                with capture_logs() as said:
                    task = await retried(cairn, task)
                assert task.status is TaskStatus.completed
                let_go = [line for line in said if line["event"] == "model_call_let_go"]
                assert author.calls.total() == len(let_go)
                after = database.rows("SELECT concept_id, content FROM quiz_metadata ORDER BY concept_id")
                assert after == before
            assert author.calls.total() == 0, "the new answers are found, not the place of the old ones"

    run(scenario())


def test_of_a_retry_and_a_thinning_at_once_the_retry_loses_nothing(database: Database) -> None:
    async def scenario() -> None:
        async with working(database, Scripted()) as cairn:
            task = await made(cairn)
            await aged(cairn.tasks.store, task)
            keeps = retention(cairn)
            ended = await cairn.tasks.get(OWNER, task.task_id)
            task = await retried(cairn, task)
            assert not await keeps.thin_one(ended)
            assert [event.seq for event in await replayed(cairn, task)] == list(range(1, task.last_seq + 1))
            answers = database.rows(ANSWERS)
            assert answers
            for _ in range(5):
                await aged(cairn.tasks.store, task)
                ended = await cairn.tasks.get(OWNER, task.task_id)
                thinned, again = await asyncio.gather(
                    keeps.thin_one(ended), cairn.moves.retry(OWNER, task.task_id)
                )
                assert again.status in ACTIVE
                task = await to_the_end(cairn, again)
                events = await replayed(cairn, task)
                assert (events[0].kind == "snapshot") == (thinned or events[0].seq > 1)
                assert [e.seq for e in events] == list(range(events[0].seq, task.last_seq + 1))
                assert await broken(cairn, task) == []

    run(scenario())


def test_of_many_that_thin_at_once_one_does(database: Database) -> None:
    async def scenario() -> None:
        async with working(database, Scripted()) as cairn:
            all_of_them = [await made(cairn) for _ in range(3)]
            for task in all_of_them:
                await aged(cairn.tasks.store, task)
            async with database.writers(3) as (engines, writers):
                several = [
                    Retention(Store(engines, w), cairn.runner.author, positions(cairn), DAYS) for w in writers
                ]
                await asyncio.gather(*(one.thin() for one in several))
            for task in all_of_them:
                assert [event.kind for event in await replayed(cairn, task)] == ["snapshot"]
                assert await broken(cairn, task) == []

    run(scenario())


def test_a_row_that_another_has_in_hand_is_passed_over(postgres: Postgres, on_postgres: Database) -> None:
    async def scenario() -> None:
        async with working(on_postgres, Scripted()) as cairn:
            held, free = await made(cairn), await made(cairn)
            for task in (held, free):
                await aged(cairn.tasks.store, task)
            holder = postgres.hold_row(
                on_postgres.name, f"SELECT * FROM roadmap_tasks WHERE task_id = '{held.task_id}' FOR UPDATE"
            )
            try:
                assert await retention(cairn).thin() == 2
            finally:
                holder.close()
            assert len(await replayed(cairn, held)) > 1
            assert len(await replayed(cairn, free)) == 1
            assert await retention(cairn).thin() == 1

    run(scenario())


@pytest.mark.parametrize("seq", [1, 3])
def test_a_history_with_a_hole_is_evidence_and_stays(database: Database, seq: int) -> None:
    events = tasks.events

    async def scenario() -> None:
        async with working(database, Scripted()) as cairn:
            task, sound = await made(cairn), await made(cairn)
            hole = delete(events).where(events.c.task_id == task.task_id, events.c.seq == seq)
            await cairn.tasks.store.writer.move("harm", lambda c, _: c.execute(hole))
            for one in (task, sound):
                await aged(cairn.tasks.store, one)
            found = await broken(cairn, task)
            assert found
            assert await retention(cairn).thin() == 2
            assert await broken(cairn, task) == found
            assert len(await replayed(cairn, sound)) == 1
            assert await retention(cairn).thin() == 0, "it is not looked at again and again"

    run(scenario())


def test_positions_of_runs_that_are_over_are_forgotten(database: Database) -> None:
    async def scenario() -> None:
        author = Scripted()
        async with working(database, author) as cairn:
            over = await stopped_at_its_first_call(cairn, author)
            await cairn.moves.cancel(OWNER, over.task_id)
            author.reached.clear()
            at_work = await stopped_at_its_first_call(cairn, author)
            names = sorted([f"{over.task_id}:1", f"{at_work.task_id}:1"])
            assert await positions(cairn).athreads("", 10) == names
            keeps = retention(cairn, days=0)
            forgotten = [await keeps.forget_positions(most=1) for _ in range(3)]
            assert sum(forgotten) == 1, "one after the other, and round again"
            assert await positions(cairn).athreads("", 10) == [f"{at_work.task_id}:1"]
            author.open_gate()

    run(scenario())


def test_a_worker_thins_beside_its_tasks(database: Database) -> None:
    async def scenario() -> None:
        async with working_with(database, Scripted(), keep_history_days=DAYS) as (cairn, worker):
            task = await made(cairn)
            await aged(cairn.tasks.store, task)
            told = asyncio.Event()
            cairn.tasks.store.writer.hearers.append(lambda *_: told.set())
            worker.keeping.nudge.wake()
            while len(await replayed(cairn, task)) > 1:
                await told.wait()
                told.clear()
            await made(cairn)
        assert "keeping" not in {task.get_name() for task in asyncio.all_tasks()}

    run(scenario())
