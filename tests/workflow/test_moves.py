"""Moves from outside: pieces made anew and put back, courses put away and taken back, runs that wait."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cairn.authors.author import PieceGiven
from cairn.bootstrap import Cairn, open_cairn
from cairn.domain.errors import Conflict, MustWait, NotFound
from cairn.domain.lesson import Quiz
from cairn.domain.task import ACTIVE, Task, TaskStatus
from tests.databases import Database
from tests.workflow.scripted import (
    OWNER,
    Scripted,
    made,
    run,
    stopped_at_its_first_call,
    to_the_end,
    until_told,
    working,
)


async def first_place(cairn: Cairn, task: Task) -> tuple[str, str, str]:
    """Owner, roadmap and concept, as they are given to whatever is done with a concept."""
    view = await cairn.roadmaps.get(OWNER, task.roadmap_id)
    return OWNER, task.roadmap_id, next(view.roadmap.concepts()).concept_id


def test_a_piece_made_anew_keeps_the_old_one_and_it_comes_back(database: Database) -> None:
    async def scenario() -> None:
        author = Scripted()
        async with working(database, author) as cairn:
            task = await made(cairn)
            place = await first_place(cairn, task)
            old = (await cairn.roadmaps.lesson(*place)).tutorial
            calls = author.calls.total()
            asked = await cairn.versions.regenerate(*place, "tutorial", "With more examples")
            assert (await to_the_end(cairn, asked)).status is TaskStatus.completed
            assert author.calls.total() == calls + 1
            new = await cairn.roadmaps.lesson(*place)
            assert new.tutorial is not None
            assert "With more examples" in new.tutorial.markdown
            assert [(v.kind.value, v.rev, v.current) for v in await cairn.versions.list(*place)] == [
                ("tutorial", 2, True), ("tutorial", 1, False), ("resources", 1, True), ("quiz", 1, True),
            ]  # fmt: skip
            assert (await cairn.versions.read(*place, "tutorial", 1))[1] == old
            version, now = await cairn.versions.read(*place, "tutorial", 2)
            assert (version.current, now) == (True, new.tutorial)
            with pytest.raises(NotFound):
                await cairn.versions.read(*place, "tutorial", 3)
            restored = await cairn.versions.restore(*place, 1, "tutorial")
            assert (restored.rev, restored.current) == (3, True)
            assert (await cairn.versions.restore(*place, 1, "tutorial")).rev == 3, "twice is once"
            assert (await cairn.roadmaps.lesson(*place)).tutorial == old
            again = await to_the_end(cairn, await cairn.moves.retry(OWNER, task.task_id))
            assert again.status is TaskStatus.completed
            assert author.calls.total() == calls + 1, "what was put back is what is wanted"
            assert (await cairn.roadmaps.lesson(*place)).tutorial == old

    run(scenario())


def test_a_failed_regenerate_never_hides_the_good_version(database: Database) -> None:
    async def scenario() -> None:
        author = Scripted()
        async with working(database, author) as cairn:
            task = await made(cairn)
            place = await first_place(cairn, task)
            author.failing = ("Purpose",)
            ended = await to_the_end(cairn, await cairn.versions.regenerate(*place, "quiz", None))
            assert ended.status is TaskStatus.completed_with_gaps
            lesson = await cairn.roadmaps.lesson(*place)
            assert lesson.quiz is not None
            assert [f.cause for f in lesson.roadmap.failed_anew] == ["No quiz today."]
            author.failing = ()
            ended = await to_the_end(cairn, await cairn.moves.retry(OWNER, task.task_id))
            assert ended.status is TaskStatus.completed
            assert (await cairn.roadmaps.get(OWNER, task.roadmap_id)).failed_anew == []
            revs = [v.rev for v in await cairn.versions.list(*place) if v.kind.value == "quiz"]
            assert revs == [2, 1]

    run(scenario())


def test_pieces_are_left_alone_while_the_course_is_made(database: Database) -> None:
    async def scenario() -> None:
        author = Scripted()
        async with working(database, author) as cairn:
            task = await made(cairn)
            place = await first_place(cairn, task)
            both = await asyncio.gather(
                *(cairn.versions.regenerate(*place, "quiz", None) for _ in range(2)), return_exceptions=True
            )
            assert sorted(type(one).__name__ for one in both) == ["Conflict", "Task"]
            await to_the_end(cairn, task)
            with pytest.raises(NotFound):
                await cairn.versions.restore(*place, 7, "quiz")
            author.gate = asyncio.Event()
            author.reached.clear()
            asked = await cairn.versions.regenerate(*place, "quiz", "Harder")
            await author.reached.wait()
            at_work = await cairn.versions.asked(await cairn.tasks.get(OWNER, task.task_id))
            assert at_work is not None
            assert (at_work.kind.value, at_work.concept_id, at_work.wish) == ("quiz", place[2], "Harder")
            for refused in (
                cairn.versions.regenerate(*place, "quiz", None), cairn.versions.restore(*place, 1, "quiz"),
            ):  # fmt: skip
                with pytest.raises(Conflict) as conflict:
                    await refused
                assert conflict.value.code == "task_active"
            author.open_gate()
            ended = await to_the_end(cairn, asked)
            assert ended.status is TaskStatus.completed
            assert await cairn.versions.asked(ended) is None

    run(scenario())


def test_a_deleted_course_is_gone_and_comes_back_as_it_was(database: Database) -> None:
    async def scenario() -> None:
        async with working(database, Scripted()) as cairn:
            task = await made(cairn)
            before = await cairn.roadmaps.get(OWNER, task.roadmap_id)
            for _ in range(2):
                await cairn.moves.delete(OWNER, task.roadmap_id)
            assert await cairn.tasks.list(OWNER) == []
            assert [away.task_id for away in await cairn.tasks.put_away(OWNER)] == [task.task_id]
            assert await cairn.tasks.put_away("someone else") == []
            for gone in (
                cairn.tasks.get(OWNER, task.task_id), cairn.roadmaps.get(OWNER, task.roadmap_id),
                cairn.moves.retry(OWNER, task.task_id), cairn.moves.cancel(OWNER, task.task_id),
            ):  # fmt: skip
                with pytest.raises(NotFound):
                    await gone
            back = await cairn.moves.restore(OWNER, task.roadmap_id)
            assert back.status is TaskStatus.completed
            assert await cairn.tasks.put_away(OWNER) == []
            assert (await cairn.moves.restore(OWNER, task.roadmap_id)).last_seq == back.last_seq
            after = await cairn.roadmaps.get(OWNER, task.roadmap_id)
            assert (after.roadmap, after.status) == (before.roadmap, before.status)

    run(scenario())


def test_deleting_a_course_that_is_made_cancels_it(database: Database) -> None:
    async def scenario() -> None:
        author = Scripted()
        async with working(database, author) as cairn:
            asked = await stopped_at_its_first_call(cairn, author)
            await cairn.moves.delete(OWNER, asked.roadmap_id)
            author.open_gate()
            back = await cairn.moves.restore(OWNER, asked.roadmap_id)
            assert back.status is TaskStatus.cancelled
            task = await to_the_end(cairn, await cairn.moves.retry(OWNER, asked.task_id))
            assert task.status is TaskStatus.completed

    run(scenario())


class Waits(Scripted):
    """Its quizzes must wait until `until`, as long as `waits` is set."""

    waits = True
    until: datetime | None = None

    async def write_quiz(self, given: PieceGiven, ask: Callable[..., Awaitable[Any]]) -> Quiz:
        if not self.waits:
            return await super().write_quiz(given, ask)

        async def send(key: str) -> Any:
            raise MustWait("The quota of today is spent", until=self.until)

        return await ask({"thought": "quiz", "given": given.concept_id}, send)


@pytest.mark.parametrize("soon", [True, False])
def test_a_run_that_must_wait_keeps_what_is_in_flight_and_goes_on(database: Database, soon: bool) -> None:
    async def scenario() -> None:
        author = Waits()
        async with working(database, author) as cairn:
            author.until = datetime.now(UTC) + timedelta(seconds=0 if soon else 3600) if soon else None
            asked = await cairn.tasks.ask(OWNER, {"query": "Learn Rust"})
            task = await until_told(cairn, asked, "task_waits")
            author.waits = False
            if not soon:
                assert task.status is TaskStatus.queued
                assert task.waiting is not None
                assert (task.waiting.reason, task.waiting.until) == ("The quota of today is spent", None)
                with pytest.raises(Conflict):
                    await cairn.moves.retry(OWNER, task.task_id)
                task = await cairn.moves.retry(OWNER, task.task_id, {"max_cost_usd": 5})
            task = await to_the_end(cairn, task)
            assert task.status is TaskStatus.completed
            finished = {key: n for key, n in author.calls.items() if not key.startswith("intent")}
            assert set(finished.values()) == {1}, "what was made before the wait is not made again"

    run(scenario())


async def retry(cairn: Cairn, task: Task) -> Task:
    return await cairn.moves.retry(OWNER, task.task_id)


async def cancel(cairn: Cairn, task: Task) -> Task:
    return await cairn.moves.cancel(OWNER, task.task_id)


async def regenerate(cairn: Cairn, task: Task) -> Task:
    return await cairn.versions.regenerate(*await first_place(cairn, task), "quiz", "")


async def take_back(cairn: Cairn, task: Task) -> Task:
    return await cairn.moves.restore(OWNER, task.roadmap_id)


@pytest.mark.parametrize("move", [retry, cancel, regenerate, take_back], ids=lambda move: move.__name__)
def test_a_move_that_took_effect_is_answered_though_the_course_is_put_away_at_that_moment(
    database: Database, move: Callable[[Cairn, Task], Awaitable[Task]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its commit and its answer: a 404 would say that nothing was done."""

    async def scenario() -> None:
        async with working(database, Scripted()) as cairn:
            task = await made(cairn)
        async with open_cairn(database.settings(model="simulated"), Scripted()) as cairn:
            writer = cairn.tasks.store.writer
            write = writer.move

            async def and_then_put_away(name: str, work: Any) -> Any:
                outcome = await write(name, work)
                if name != "task_deleted":
                    await cairn.moves.delete(OWNER, task.roadmap_id)
                return outcome

            monkeypatch.setattr(writer, "move", and_then_put_away)
            answer = await move(cairn, task)
            assert (answer.task_id, answer.status in ACTIVE) == (task.task_id, False)
            with pytest.raises(NotFound):
                await cairn.tasks.get(OWNER, task.task_id)

    run(scenario())
