"""Moves of a task from outside: retry, cancel, delete, restore. Each is one transaction, with one effect."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import case
from sqlalchemy.ext.asyncio import AsyncConnection

from cairn.authors.author import Author, curriculum_given, values_read
from cairn.domain.errors import Conflict
from cairn.domain.fingerprint import fingerprint
from cairn.domain.intent import IntentAnalysis, infer_level
from cairn.domain.lesson import Value
from cairn.domain.request import LearnerRequest
from cairn.domain.task import ACTIVE, Event, Task, TaskStatus
from cairn.domain.thought import Thought
from cairn.nudge import Nudge
from cairn.store import products, tasks
from cairn.store.fenced import Told
from cairn.store.products import Stored, Variant
from cairn.usecases.pieces import givens_of, marks_of, product_of
from cairn.usecases.roadmaps import no_roadmap
from cairn.usecases.store import Store
from cairn.usecases.tasks import Tasks

table = tasks.tasks


class Moves:
    def __init__(self, store: Store, author: Author, nudge: Nudge, all_tasks: Tasks) -> None:
        self.store = store
        self.author = author
        self.nudge = nudge
        self.tasks = all_tasks

    async def retry(self, owner: str, task_id: str, changes: Mapping[str, Any] | None = None) -> Task:
        """A new run for what is missing or failed, or for a changed request. What stands is reused."""
        task = await self.tasks.get(owner, task_id)
        values = merged(task.request, changes or {})
        name = retry_of(task, changed=bool(changes) and values != as_given(task.request))
        request = self.tasks.check(values)
        still_waits = [table.c.waiting.is_not(None)] if name == "retry_waiting" else []

        async def work(connection: AsyncConnection, told: Told) -> None:
            moved = await tasks.move(
                connection, told, name, task_id, datetime.now(UTC), table.c.run == task.run,
                table.c.review_round == task.review_round, *still_waits,
                event=Event(kind="task_retried", data={"run": task.run + 1, "query": request.query}),
                run=task.run + 1, status=TaskStatus.queued.value, request=request, error=None, aim=None,
                paid_from_run=task.run + 1 if name == "retry" else task.paid_from_run,
            )  # fmt: skip
            if moved is None:
                raise Conflict("Someone else was first to move this task on.", code="already_retried",
                               hint="Look at the task: another retry does the same work.")  # fmt: skip
            anew = await asked_anew(connection, task, self.author)
            await products.raise_variants(connection, task_id, anew)

        await self.store.writer.move("task_retried", work)
        self.nudge.wake(task_id)
        return await self.tasks.get(owner, task_id, deleted=True)

    async def cancel(self, owner: str, task_id: str) -> Task:
        """Stop the run; what is finished stays readable. Without effect on an ended task."""
        await self.tasks.get(owner, task_id)

        async def work(connection: AsyncConnection, told: Told) -> None:
            await tasks.move(
                connection, told, "cancel", task_id, datetime.now(UTC),
                event=Event(kind="task_ended", data={"status": TaskStatus.cancelled.value}),
                status=TaskStatus.cancelled.value,
            )  # fmt: skip

        await self.store.writer.move("task_cancelled", work)
        return await self.tasks.get(owner, task_id, deleted=True)

    async def delete(self, owner: str, roadmap_id: str) -> None:
        """Put the roadmap away; an active task is cancelled by it. Nothing is destroyed. Twice is once."""
        task = await self.of_roadmap(owner, roadmap_id)
        active = table.c.status.in_([status.value for status in ACTIVE])
        now = datetime.now(UTC)

        async def work(connection: AsyncConnection, told: Told) -> None:
            await tasks.move(
                connection, told, "delete", task.task_id, now,
                event=Event(kind="task_deleted"), deleted_at=now,
                status=case((active, TaskStatus.cancelled.value), else_=table.c.status),
            )  # fmt: skip

        await self.store.writer.move("task_deleted", work)

    async def restore(self, owner: str, roadmap_id: str) -> Task:
        """Take a deleted roadmap back; it starts nothing. Without effect on one that is not deleted."""
        task = await self.of_roadmap(owner, roadmap_id)

        async def work(connection: AsyncConnection, told: Told) -> None:
            await tasks.move(
                connection, told, "restore", task.task_id, datetime.now(UTC),
                event=Event(kind="task_restored"), deleted=True, deleted_at=None,
            )  # fmt: skip

        await self.store.writer.move("task_restored", work)
        return await self.tasks.get(owner, task.task_id, deleted=True)

    async def of_roadmap(self, owner: str, roadmap_id: str) -> Task:
        """The task of a roadmap, deleted or not, published or not."""
        async with self.store.reading() as connection:
            task = await tasks.of_roadmap(connection, roadmap_id, owner, deleted=True)
        if task is None:
            raise no_roadmap(roadmap_id)
        return task


def retry_of(task: Task, *, changed: bool) -> str:
    """Which move a retry is, by the state it finds. Raises `Conflict` where there is none."""
    if task.status not in ACTIVE:
        return "retry"
    if changed and task.status is TaskStatus.awaiting_review:
        return "retry_changed"
    if changed and task.waiting is not None:
        return "retry_waiting"
    if task.status is TaskStatus.awaiting_review:
        raise Conflict(
            "The task waits for your review; a retry of it must change something.",
            code="awaiting_review",
            hint="Decide the review, or send what should change with the retry.",
        )
    raise Conflict(
        f"The task is {task.status.value}; only an ended one can be retried.",
        code="task_active",
        hint="Wait for its end, or cancel it first.",
    )


def as_given(request: LearnerRequest) -> dict[str, Any]:
    values = request.model_dump(mode="json")
    return {name: value for name, value in values.items() if value is not None}


def merged(request: LearnerRequest, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The request as changed. None takes a value back; a new goal that names a level takes an earlier level
    back, for the newer word counts."""
    changes = dict(changes)
    goal = changes.get("query")
    if isinstance(goal, str) and infer_level(goal) is not None:
        changes.setdefault("level", None)
    values = {**request.model_dump(mode="json"), **changes}
    return {name: value for name, value in values.items() if value is not None}


async def asked_anew(connection: AsyncConnection, task: Task, author: Author) -> set[str]:
    """Products a retry asks for anew, past what the journal holds of them: what failed with the values wanted
    now, and all that is not made where the process died of it again and again."""
    published = await products.published(connection, task.roadmap_id)
    variants = await products.variants_of(connection, task.task_id)
    marks = marks_of(author, givens_of(published, variants)) if published else {}
    failed = await products.failed(connection, task.roadmap_id)
    anew = {
        product_of(f.kind, f.concept_id) for f in failed if marks.get((f.kind, f.concept_id)) == f.fingerprint
    }
    if task.error is not None and task.error.product is not None:
        anew.add(task.error.product)
    if task.error is not None and task.error.code == "attempts":
        made = await products.pieces_made(connection, task.roadmap_id)
        steps = await products.of_task(connection, task.task_id, task.run)
        anew |= {product_of(*piece) for piece, mark in marks.items() if made.get(piece) != mark}
        anew |= set(products.STEPS) - steps_made(steps, task.request, author, variants)
    return anew


def steps_made(
    steps: Mapping[tuple[Any, ...], Stored], request: LearnerRequest, author: Author,
    variants: Mapping[str, Variant],
) -> set[Thought]:  # fmt: skip
    """The steps whose product stands. Analysis and curriculum outlive a run: those of an earlier request are
    there, and yet not made."""

    def stands(thought: Thought, given: Value) -> bool:
        asked = variants.get(thought.value, Variant())
        mark = fingerprint(values_read(author, thought, given), asked.number)
        return (thought, 0) in steps and steps[thought, 0].fingerprint == mark

    made = {thought for thought, _ in steps} - {Thought.intent, Thought.curriculum}
    if stands(Thought.intent, request):
        made.add(Thought.intent)
        analysis = cast("IntentAnalysis", steps[Thought.intent, 0].value)
        if stands(Thought.curriculum, curriculum_given(analysis)):
            made.add(Thought.curriculum)
    return made
