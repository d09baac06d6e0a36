"""What can be asked of tasks: ask for a course, look at it, follow it."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from cairn.authors.author import Author, Estimate
from cairn.domain.errors import Conflict, NotFound
from cairn.domain.fingerprint import fingerprint
from cairn.domain.intent import IntentAnalysis
from cairn.domain.request import LearnerRequest, read_request
from cairn.domain.task import ACTIVE, NEVER_CLAIMED, Event, StoredEvent, Task, TaskStatus
from cairn.domain.thought import PIECES
from cairn.nudge import Nudge
from cairn.store import calls, products, queue, tasks
from cairn.store.calls import Spent
from cairn.store.events import RUN_BEGINS, SNAPSHOT, steps_of
from cairn.usecases.following import Following
from cairn.usecases.store import Store


@dataclass(frozen=True)
class Pieces:
    ready: int
    total: int
    failed: int


@dataclass(frozen=True)
class TaskView:
    task: Task
    current_step: str | None
    pieces: Pieces
    spent: Spent
    expected: Estimate | None
    """What writing the whole course takes, once its outline stands."""
    before: int | None = None
    """How many tasks are to be taken before it; None where it is not in the queue."""


@dataclass(frozen=True)
class Costs:
    """What a task's calls cost: all together, of each run, and of each product."""

    total: Spent
    runs: dict[int, Spent]
    products: dict[str, Spent]


@dataclass(frozen=True)
class StepTime:
    """When a step started and finished; `outcome` is created, updated or reused."""

    step: str
    started: datetime
    finished: datetime | None = None
    outcome: str | None = None

    def as_data(self) -> dict[str, Any]:
        finished = self.finished.isoformat() if self.finished else None
        return {
            "step": self.step, "started": self.started.isoformat(), "finished": finished,
            "outcome": self.outcome,
        }  # fmt: skip


def read_step_time(data: Mapping[str, Any]) -> StepTime:
    """As it stands in a snapshot."""
    times = [data[name] and datetime.fromisoformat(data[name]) for name in ("started", "finished")]
    return StepTime(data["step"], times[0], times[1], data["outcome"])


class Tasks:
    def __init__(
        self, store: Store, author: Author, nudge: Nudge, following: Following, now: Callable[[], datetime]
    ) -> None:
        self.store = store
        self.author = author
        self.nudge = nudge
        self.following = following
        self.now = now

    async def ask(self, owner: str, data: Mapping[str, Any], key: str | None = None) -> Task:
        """Make a task. The same key with the same body answers the same task; with another, a conflict."""
        request = self.check(data)
        task_id, roadmap_id, now = new_id("t"), new_id("r"), datetime.now(UTC)
        body_hash = fingerprint(dict(data))
        row = {
            "task_id": task_id, "roadmap_id": roadmap_id, "owner_id": owner, "deleted_at": None,
            "idempotency_key": key, "body_hash": body_hash, "request": request, "run": 1,
            "paid_from_run": 1, "epoch": NEVER_CLAIMED,
            "status": TaskStatus.queued.value, "aim": None, "review_round": 0, "lease_owner": None,
            "lease_expires_at": None, "attempts": 0, "last_seq": 1, "waiting": None, "due_at": None,
            "error": None, "created_at": now, "updated_at": now,
        }  # fmt: skip
        first = Event(kind="task_created", data={"run": 1, "query": request.query})
        created = await self.store.writer.move(
            "task_created", lambda connection, told: tasks.create(connection, row, first, told)
        )
        if created:
            self.nudge.wake(task_id)
            return tasks.read_task(row)
        assert key is not None
        async with self.store.reading() as connection:
            earlier = await tasks.by_key(connection, owner, key)
        assert earlier is not None
        task, hashed = earlier
        if hashed != body_hash:
            raise Conflict(
                f"The Idempotency-Key {key!r} was used for another request, task {task.task_id}.",
                code="idempotency_key_reused",
                hint="Send a new key with a new request.",
            )
        return task

    def check(self, data: Mapping[str, Any]) -> LearnerRequest:
        """A request the author takes. Raises `BadInput` for any other; nothing is stored then."""
        request = read_request(data, self.now().date())
        self.author.accepts(request)
        return request

    async def get(self, owner: str, task_id: str, *, deleted: bool = False) -> Task:
        """`deleted`: also one that is deleted, as it may be when a move has just been made: the move took
        effect, and its answer is the task."""
        async with self.store.reading() as connection:
            task = await tasks.get(connection, task_id, owner, deleted=deleted)
        if task is None:
            raise NotFound(f"There is no task {task_id}.", code="task_not_found")
        return task

    async def view(self, owner: str, task_id: str) -> TaskView:
        return await self.describe(await self.get(owner, task_id))

    async def steps(self, owner: str, task_id: str) -> list[StepTime]:
        """The steps of the present run as far as they have started, in order."""
        await self.get(owner, task_id)
        async with self.store.reading() as connection:
            return step_times(await steps_of(connection, task_id))

    async def list(
        self, owner: str, limit: int = 50, before: tuple[datetime, str] | None = None
    ) -> list[TaskView]:
        async with self.store.reading() as connection:
            found = await tasks.page(connection, owner, limit, before)
        return [await self.describe(task) for task in found]

    async def put_away(self, owner: str, limit: int = 50) -> "list[Task]":
        """Those whose roadmap was deleted, the last first; `updated_at` says when."""
        async with self.store.reading() as connection:
            return await tasks.put_away(connection, owner, limit)

    async def describe(self, task: Task) -> TaskView:
        """Everything but the row itself is derived: from the events, the tree and the pieces that stand."""
        async with self.store.reading() as connection:
            steps = await steps_of(connection, task.task_id)
            published = await products.published(connection, task.roadmap_id)
            made = await products.pieces_made(connection, task.roadmap_id)
            failed = await products.failed(connection, task.roadmap_id)
            spent = await calls.spent(connection, task.task_id)
            before = await queue.before(connection, task)
        ids = {concept.concept_id for concept in published.roadmap.concepts()} if published else set[str]()
        ready = {(thought, c) for thought, c in made if c in ids}
        gaps = {(f.kind, f.concept_id) for f in failed if f.concept_id in ids} - ready
        step = current_step(steps) if task.status in ACTIVE else None
        pieces = Pieces(len(ready), len(ids) * len(PIECES), len(gaps))
        expected = self.author.expects(published.roadmap) if published else None
        return TaskView(task, step, pieces, spent, expected, before)

    async def costs(self, owner: str, task_id: str) -> Costs:
        await self.get(owner, task_id)
        async with self.store.reading() as connection:
            total = await calls.spent(connection, task_id)
            runs = await calls.spent_by(connection, task_id, "run")
            products_ = await calls.spent_by(connection, task_id, "product")
        return Costs(total, runs, products_)

    async def intent(self, owner: str, task_id: str) -> IntentAnalysis:
        task = await self.get(owner, task_id)
        async with self.store.reading() as connection:
            stored = await products.intent(connection, task.task_id)
        if stored is None:
            raise NotFound("The goal is not analysed yet.", code="intent_not_ready", hint="Follow the task.")
        assert isinstance(stored.value, IntentAnalysis)
        return stored.value

    async def follow(self, owner: str, task_id: str, after: int = 0) -> AsyncGenerator[StoredEvent]:
        """Events after `after` as they are committed, by any process, until the task has ended."""
        task = await self.get(owner, task_id)
        async with aclosing(self.following.follow(task, after)) as batches:
            async for batch in batches:
                for event in batch:
                    yield event


def current_step(steps: Sequence[StoredEvent]) -> str | None:
    """The step a run stands in: the last that started, or the writing of concepts once it is published."""
    step: str | None = None
    for event in steps:
        if event.kind in RUN_BEGINS:
            step = "write_concept" if event.kind == "piece_asked" else None
        elif event.kind == SNAPSHOT:
            step = None
        elif event.kind == "step_started":
            step = event.data["step"]
        elif event.data["step"] == "publish":
            step = "write_concept"
    return step


def step_times(events: Sequence[StoredEvent]) -> list[StepTime]:
    """A step that was started again after a kill counts from its last start."""
    found: dict[str, StepTime] = {}
    for event in events:
        if event.kind in RUN_BEGINS:
            found = {}
        elif event.kind == SNAPSHOT:
            found = {time.step: time for time in map(read_step_time, event.data["steps"])}
        elif event.kind == "step_started":
            found[event.data["step"]] = StepTime(event.data["step"], event.created_at)
        elif (begun := found.get(event.data["step"])) is not None:
            found[begun.step] = replace(begun, finished=event.created_at, outcome=event.data["outcome"])
    return list(found.values())


def new_id(prefix: str) -> str:
    return f"{prefix}_{uuid4().hex[:20]}"
