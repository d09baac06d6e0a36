"""Runs one claimed task to its end: walk the graph, ask the store what is missing, say how it ended."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from cairn.authors.author import Author
from cairn.domain.errors import CairnError, OutOfReach, Superseded
from cairn.domain.task import MAX_ATTEMPTS, Event, Task, TaskError, TaskStatus
from cairn.store import tasks, trouble
from cairn.store.tasks import tasks as table
from cairn.usecases.calls import Calls, Limiter
from cairn.usecases.ledger import RunLedger, open_ledger
from cairn.usecases.store import Store
from cairn.workflow.graph import Graph
from cairn.workflow.state import Context
from cairn.workflow.walk import forget, walk

log = structlog.get_logger()


class Runner:
    """Holds what all runs of a process share."""

    def __init__(self, store: Store, graph: Graph, author: Author, limiter: Limiter, timeout: float) -> None:
        self.store = store
        self.graph = graph
        self.author = author
        self.limiter = limiter
        self.timeout = timeout

    async def run(self, task: Task, held: Callable[[], bool]) -> None:
        """Returns when the claim has ended, in whatever way. `held`: whether the lease still runs."""
        logged = log.bind(task_id=task.task_id, run=task.run, epoch=task.epoch)
        logged.info("task_recovered" if task.attempts else "task_claimed", attempts=task.attempts)
        try:
            status, error = await self.outcome(task, held)
            await self.end(task, status, error)
            await forget(self.graph, thread_of(task))
            logged.info("task_finished", status=status.value, code=error.code if error else None)
        except Superseded:
            logged.info("task_superseded")
        except OutOfReach as error:  # the lease has run out meanwhile: the next claim goes on
            logged.warning("task_left", cause=error.detail)
        except asyncio.CancelledError:
            await asyncio.shield(self.hand_back(task))
            logged.info("task_handed_back")
            raise

    async def outcome(self, task: Task, held: Callable[[], bool]) -> tuple[TaskStatus, TaskError | None]:
        if task.attempts >= MAX_ATTEMPTS:
            cause = f"The process died {task.attempts} times in a row while working on this."
            hint = "Look into the log for the reason, then retry: what is finished is kept."
            return TaskStatus.failed, TaskError(code="attempts", cause=cause, hint=hint)
        try:
            ledger = await open_ledger(self.store, task, self.author, Calls(self.limiter, self.timeout, held))
            return await self.walk_to_the_end(task, ledger)
        except (Superseded, OutOfReach):
            raise
        except CairnError as error:
            return TaskStatus.failed, TaskError(code=error.code, cause=error.detail, hint=error.hint)
        except Exception as error:
            if trouble.lost(error):
                raise trouble.out_of_reach(error) from error
            error_id = uuid4().hex[:12]
            log.exception("run_broke", task_id=task.task_id, error_id=error_id)
            hint = "Retry goes on from what is stored; if it stays, report the id with the log."
            cause = f"An error of ours; it stands in the log under {error_id}."
            return TaskStatus.failed, TaskError(code="internal", cause=cause, hint=hint)

    async def walk_to_the_end(self, task: Task, ledger: RunLedger) -> tuple[TaskStatus, TaskError | None]:
        """At most twice: LangGraph may end without a word where a checkpoint misleads it."""
        context = Context(request=task.request, author=self.author, ledger=ledger)
        for afresh in (False, True):
            await walk(self.graph, thread_of(task), context, afresh=afresh)
            ends = await ledger.open_ends()
            if not ends.missing:
                break
        else:
            cause = f"{ends.missing} pieces are missing after the whole way was walked twice."
            return TaskStatus.failed, TaskError(code="incomplete", cause=cause, hint="Retry the task.")
        return (TaskStatus.completed_with_gaps if ends.gaps else TaskStatus.completed), None

    async def end(self, task: Task, status: TaskStatus, error: TaskError | None) -> None:
        data = {"status": status.value, **({"error": error.model_dump()} if error else {})}
        await self.leave(task, Event(kind="task_ended", data=data), status, error)

    async def hand_back(self, task: Task) -> None:
        """An orderly end of a claim before the work is done: the next claim goes on at once."""
        try:
            await self.leave(task, Event(kind="task_handed_back"), TaskStatus.queued, None)
        except (Superseded, OutOfReach):
            return

    async def leave(self, task: Task, event: Event, status: TaskStatus, error: TaskError | None) -> None:
        async def work(connection: AsyncConnection) -> None:
            moved = await tasks.move(
                connection, "end", task.task_id, datetime.now(UTC), table.c.epoch == task.epoch,
                event=event, status=status.value, error=error, attempts=0,
            )  # fmt: skip
            if moved is None:
                raise Superseded("the claim no longer holds")

        await self.store.writer.move(work)


def thread_of(task: Task) -> str:
    """Checkpoints are kept per run: a retry starts with none."""
    return f"{task.task_id}:{task.run}"
