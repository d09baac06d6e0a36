"""What a client asks for, each in words that can be said again by whoever comes after a dead process."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cairn.authors.author import Author as AnyAuthor
from cairn.domain.task import Task, TaskStatus
from cairn.store.events import events_after
from tests.durability.actor import OWNER, Author, Stage
from tests.durability.grounds import Ground

Play = Callable[[Stage], Awaitable[Any]]
KEY = "the-one"


@dataclass(frozen=True)
class Scenario:
    """`prepare` is played undisturbed, once; `act` is what is killed and gone on with. `also` says what else
    is wrong on a ground at the end."""

    name: str
    prepare: Play | None
    act: Play
    author_in: Callable[[Path], AnyAuthor] = Author
    also: Callable[[Ground], list[str]] = lambda ground: []


async def ask(stage: Stage, **more: Any) -> Task:
    return await stage.cairn.tasks.ask(OWNER, {"query": "Learn Rust", **more}, KEY)


async def now(stage: Stage) -> Task:
    """The task as it stands, asked for again by its key."""
    [view] = await stage.cairn.tasks.list(OWNER)
    return view.task


async def told(stage: Stage, task: Task) -> list[str]:
    async with stage.cairn.tasks.store.reading() as connection:
        return [event.kind for event in await events_after(connection, task.task_id, 0, 1000)]


async def first_generation(stage: Stage) -> None:
    task = await ask(stage)
    await stage.work(task.task_id)


async def at_the_gate(stage: Stage) -> None:
    task = await ask(stage, review=True)
    await stage.work(task.task_id)


async def review(stage: Stage) -> None:
    """Words first, then edits by hand with the approval."""
    task = await now(stage)
    if task.status is TaskStatus.awaiting_review and task.review_round == 1:
        said = {"round": 1, "decision": "request_changes", "feedback": "More about borrowing"}
        await stage.cairn.reviews.decide(OWNER, task.task_id, said)
    task = await stage.work(task.task_id)
    if task.status is TaskStatus.awaiting_review and task.review_round == 2:
        shown = (await stage.cairn.reviews.get(OWNER, task.task_id)).roadmap
        first, second, third, added = shown.concepts()
        edits = [
            {"op": "rename", "concept_id": first.concept_id, "name": "Why Rust"},
            {"op": "remove", "concept_id": added.concept_id},
            {"op": "add", "name": "Lifetimes", "prerequisites": [second.concept_id]},
            {"op": "set", "concept_id": third.concept_id, "estimated_hours": 2},
        ]
        said = {"round": 2, "decision": "approve", "edits": edits}
        await stage.cairn.reviews.decide(OWNER, task.task_id, said)
    await stage.work(task.task_id)


async def changed_retry(stage: Stage) -> None:
    task = await now(stage)
    if task.run == 1:
        formats = {"visual": 0, "text": 1, "audio": 0, "hands_on": 1}
        changes = {"query": "Learn advanced Rust", "content_formats": formats}
        await stage.cairn.moves.retry(OWNER, task.task_id, changes)
    await stage.work(task.task_id)


async def edited_with_a_gap(stage: Stage) -> None:
    stage.flag("no_quiz").touch()
    await at_the_gate(stage)
    task = await now(stage)
    *_, last = (await stage.cairn.reviews.get(OWNER, task.task_id)).roadmap.concepts()
    edits = [{"op": "rename", "concept_id": last.concept_id, "name": "The end of it"}]
    said = {"round": 1, "decision": "approve", "edits": edits}
    await stage.cairn.reviews.decide(OWNER, task.task_id, said)
    task = await stage.work(task.task_id)
    assert task.status is TaskStatus.completed_with_gaps
    stage.flag("no_quiz").unlink()


async def retry_of_a_gap(stage: Stage) -> None:
    task = await now(stage)
    if task.run == 1:
        await stage.cairn.moves.retry(OWNER, task.task_id)
    await stage.work(task.task_id)


async def regenerate_and_restore(stage: Stage) -> None:
    task = await now(stage)
    roadmap = (await stage.cairn.roadmaps.get(OWNER, task.roadmap_id)).roadmap
    place = (OWNER, task.roadmap_id, next(roadmap.concepts()).concept_id)
    if task.run == 1:
        await stage.cairn.versions.regenerate(*place, "tutorial", "With more examples")
    await stage.work(task.task_id)
    task = await now(stage)
    if "piece_restored" not in await told(stage, task):
        await stage.cairn.versions.restore(*place, 1, "tutorial")
    if (await now(stage)).run == 2:
        await stage.cairn.moves.retry(OWNER, task.task_id)
    await stage.work(task.task_id)


async def wait_and_hand_back(stage: Stage) -> None:
    """The quota is spent at one quiz; then the process is told to stop in the middle of the rest."""
    task = await ask(stage)
    if not stage.flag("waited").exists():
        stage.flag("no_quota").touch()

        def quota_is_back() -> None:
            stage.flag("no_quota").unlink(missing_ok=True)
            stage.flag("waited").touch()

        stage.at["commit task_waits"] = quota_is_back
    if "task_handed_back" not in await told(stage, task):
        stage.at["commit publish"] = lambda: stage.running and stage.running.cancel()
    await stage.work(task.task_id)


async def cancel_and_retry(stage: Stage) -> None:
    """Cancelled while the structure is checked; what is finished is kept for the retry."""
    task = await ask(stage)
    if "task_ended" not in await told(stage, task):
        cancelled = stage.author.hold["validation"] = asyncio.Event()

        async def cancel() -> None:
            await stage.cairn.moves.cancel(OWNER, task.task_id)
            cancelled.set()

        cancelling: list[asyncio.Task[None]] = []
        stage.at["commit call validation begun"] = lambda: cancelling.append(asyncio.ensure_future(cancel()))
        await stage.work(task.task_id)
        await asyncio.gather(*cancelling)
        stage.author.hold.clear()
    if (await now(stage)).run == 1:
        await stage.cairn.moves.retry(OWNER, task.task_id)
    await stage.work(task.task_id)


SCENARIOS = [
    Scenario("first generation", None, first_generation),
    Scenario("review with edits by hand", at_the_gate, review),
    Scenario("changed retry", first_generation, changed_retry),
    Scenario("retry of a gap after edits by hand", edited_with_a_gap, retry_of_a_gap),
    Scenario("regenerate, restore, unchanged retry", first_generation, regenerate_and_restore),
    Scenario("wait and hand back", None, wait_and_hand_back),
    Scenario("cancel", None, cancel_and_retry),
]
