"""What is kept of a task that ended long ago: all that was made and what it cost, for ever; how it was made,
for a time.

Reading decides, and each transaction that lets something go first takes hold of the task as it was read: a
retry at the same moment comes before it, and nothing is let go, or goes on after what is left.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol, cast

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from cairn.authors.author import Author, curriculum_given, values_read
from cairn.domain.errors import OutOfReach
from cairn.domain.fingerprint import fingerprint
from cairn.domain.intent import IntentAnalysis
from cairn.domain.task import Event, StoredEvent, Task
from cairn.domain.thought import Thought
from cairn.store import products, thinning
from cairn.store.events import SNAPSHOT, steps_of
from cairn.usecases.history import MADE
from cairn.usecases.ledger import piece_values
from cairn.usecases.moves import steps_made
from cairn.usecases.pieces import givens_of, marks_of, product_of
from cairn.usecases.store import Store
from cairn.usecases.tasks import step_times

A_FEW = 10
"""Tasks thinned in one pass."""
PRODUCTS_AT_ONCE = 100
"""Whose answers go in one transaction: nobody waits long behind it."""
THREADS_AT_ONCE = 100

log = structlog.get_logger()


class Positions(Protocol):
    """Where runs stand: threads of checkpoints, by the names that runs give them."""

    async def athreads(self, after: str, most: int) -> list[str]: ...

    async def adelete_thread(self, thread_id: str) -> None: ...


class Retention:
    """`days` 0: events and answers are kept for ever."""

    def __init__(self, store: Store, author: Author, positions: Positions, days: int) -> None:
        self.store = store
        self.author = author
        self.positions = positions
        self.days = days
        self.last_thread = ""

    async def thin(self, most: int = A_FEW) -> int:
        """Thin some tasks that ended long ago; how many there were to thin."""
        if not self.days:
            return 0
        async with self.store.reading() as connection:
            found = await thinning.long_ended(connection, timedelta(days=self.days), most)
        for task in found:
            try:
                await self.thin_one(task)
            except OutOfReach:
                raise
            except Exception:  # it must not stand in the way of all that ended after it
                log.exception("thinning_broke", task_id=task.task_id)
                await self.leave_whole(task)
        return len(found)

    async def thin_one(self, task: Task) -> bool:
        """False: the task has moved since it was read, or somebody has it in hand."""
        async with self.store.reading() as connection:
            steps = await steps_of(connection, task.task_id)
            first = steps[0].seq if steps and steps[0].kind == SNAPSHOT else 1
            whole = await thinning.has_all_events(connection, task, first)
            stand = await standing(connection, task, self.author)
            done_with = sorted(stand & await thinning.with_answers(connection, task.task_id))
        writer = self.store.writer
        for at in range(0, len(done_with), PRODUCTS_AT_ONCE):
            some = done_with[at : at + PRODUCTS_AT_ONCE]
            if not await writer.move(
                "answers let go",
                lambda connection, _, some=some: thinning.let_answers_go(connection, task, some),
            ):
                return False
        if not whole:  # whoever looks for what went wrong there needs them all
            log.warning("events_kept", task_id=task.task_id, cause="they are not numbered without a hole")
            return await self.leave_whole(task)
        replaced = await writer.move(
            "events thinned",
            lambda connection, told: thinning.replace_events(
                connection, task, told, snapshot_of(task, steps)
            ),
        )
        if replaced:
            log.info("task_thinned", task_id=task.task_id, run=task.run, events=task.last_seq)
        return replaced

    async def leave_whole(self, task: Task) -> bool:
        return await self.store.writer.move(
            "events kept", lambda connection, _: thinning.leave_events(connection, task)
        )

    async def forget_positions(self, most: int = THREADS_AT_ONCE) -> int:
        """Of the threads that stand after those looked at last, forget those whose run is over; how many. A
        process that dies at the end of a run leaves one, and a run that was superseded."""
        threads = await self.positions.athreads(self.last_thread, most)
        self.last_thread = threads[-1] if len(threads) == most else ""
        if not threads:
            return 0
        async with self.store.reading() as connection:
            runs = await thinning.runs_at_work(connection, {thread.rpartition(":")[0] for thread in threads})
        at_work = {f"{task_id}:{run}" for task_id, run in runs.items()}
        over = [thread for thread in threads if thread not in at_work]
        for thread in over:
            await self.positions.adelete_thread(thread)
        if over:
            log.info("positions_forgotten", threads=len(over))
        return len(over)


def snapshot_of(task: Task, steps: Sequence[StoredEvent]) -> Event:
    """What is told of a task instead of its events: how it stands, the steps of its run, and how often the
    product of each step was written."""
    written = Counter[str]()
    for event in steps:
        if event.kind == SNAPSHOT:
            written.update(event.data["written"])
        elif event.kind == "step_finished" and event.data["outcome"] in MADE:
            written[event.data["step"]] += 1
    data = {
        "status": task.status.value,
        "run": task.run,
        "steps": [step.as_data() for step in step_times(steps)],
        "written": dict(written),
    }
    if task.error:
        data["error"] = task.error.model_dump(exclude={"product"})
    return Event(kind=SNAPSHOT, data=data)


async def standing(connection: AsyncConnection, task: Task, author: Author) -> set[str]:
    """The products that a retry with nothing changed would find: no call for them is asked again. Those of
    steps have such names only where the tree that is published came of them, for else a retry walks through
    them, and checks and edits of an earlier run are made again, from the journal."""
    published = await products.published(connection, task.roadmap_id)
    if published is None:
        return set()
    variants = await products.variants_of(connection, task.task_id)
    made = await products.pieces_made(connection, task.roadmap_id)
    marks = marks_of(author, givens_of(published, variants))
    stand = {product_of(*piece) for piece, mark in marks.items() if made.get(piece) == mark}
    steps = await products.of_task(connection, task.task_id, task.run)
    if Thought.intent not in steps_made(steps, task.request, author, variants):
        return stand
    analysis = cast("IntentAnalysis", steps[Thought.intent, 0].value)
    variant = variants.get(Thought.curriculum.value, products.Variant()).number
    wanted = fingerprint(values_read(author, Thought.curriculum, curriculum_given(analysis)), variant)
    given = piece_values(published.language, analysis.content_format_weights)
    if (published.fingerprint, published.piece_values) == (wanted, given):
        stand |= {thought.value for thought in products.STEPS}
    return stand
