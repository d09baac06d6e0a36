"""Runs one claimed task to its end: walk the graph, ask the store what is missing, say how it ended."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.contextvars import bound_contextvars

from cairn.authors.author import Author
from cairn.domain.errors import CairnError, MustWait, OutOfReach, Stopping, Superseded
from cairn.domain.task import MAX_ATTEMPTS, Event, Task, TaskError, TaskStatus
from cairn.meters.counting import Meters
from cairn.store import tasks, trouble
from cairn.store.crossing import Cross, pass_by
from cairn.store.fenced import Told
from cairn.store.tasks import tasks as table
from cairn.usecases.budget import open_budget
from cairn.usecases.calls import Calls
from cairn.usecases.claimed import Claimed
from cairn.usecases.journal import Journals, open_journal
from cairn.usecases.ledger import RunLedger, open_ledger
from cairn.usecases.links import Links
from cairn.usecases.providers import Providers
from cairn.usecases.store import Store
from cairn.workflow.graph import Graph
from cairn.workflow.routes import gate_of
from cairn.workflow.state import Context
from cairn.workflow.walk import forget, walk

HANDED_BACK = "task_handed_back"
SUPERSEDED, OUT_OF_REACH = CUT_OFF = "superseded", "out_of_reach"
HANDED = {HANDED_BACK: "handed_back", "task_superseded": SUPERSEDED, "task_left": OUT_OF_REACH}
"""What came of handing a task back, as it is counted."""

log = structlog.get_logger()


@dataclass(frozen=True)
class End:
    """How a claim ends in order: the state it leaves the task in, the event that tells it, and the reason."""

    status: TaskStatus
    event: Event
    error: TaskError | None = None
    more: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Further columns of the task row."""


class Runner:
    """Holds what all runs of a process share."""

    def __init__(
        self, store: Store, graph: Graph, author: Author, links: Links, providers: Providers, timeout: float,
        cross: Cross = pass_by, journals: Journals = open_journal, meters: Meters | None = None,
    ) -> None:  # fmt: skip
        self.store = store
        self.graph = graph
        self.author = author
        self.providers = providers
        self.links = links
        self.timeout = timeout
        self.cross = cross
        self.journals = journals
        self.meters = meters or Meters()

    async def run(
        self, task: Task, held: Callable[[], bool], committed: Callable[[str], None] = lambda task_id: None,
        leaving: Callable[[], None] = lambda: None,
    ) -> str:  # fmt: skip
        """How the claim has ended, in one word. `held`: whether the lease still runs. `committed` is told,
        with the task's id, when the run has finished something; `leaving` before it ends the claim itself:
        from there on nobody may take a lease that is gone for a lost one. Whatever is logged meanwhile, by
        whomever, says of which task."""
        with bound_contextvars(task_id=task.task_id, run=task.run, epoch=task.epoch):
            log.info("task_recovered" if task.attempts else "task_claimed", attempts=task.attempts)
            try:
                end = await self.outcome(task, held, committed)
                leaving()
                await self.leave(task, end)
                await forget(self.graph, thread_of(task))
                if end.event.kind == HANDED_BACK:
                    log.info(HANDED_BACK)
                    return self.counted(HANDED[HANDED_BACK])
                code = end.error.code if end.error else None
                log.info("task_finished", status=end.status.value, code=code)
                return self.counted("waits" if end.status is TaskStatus.queued else end.status.value)
            except Superseded:
                log.info("task_superseded")
                return self.counted(SUPERSEDED)
            except OutOfReach as error:  # the lease has run out meanwhile: the next claim goes on
                log.warning("task_left", cause=error.detail)
                return self.counted(OUT_OF_REACH)
            except asyncio.CancelledError:
                said = await asyncio.shield(self.hand_back(task))
                log.info(said)
                self.counted(HANDED[said])
                raise

    def counted(self, outcome: str) -> str:
        self.meters.runs.add(outcome)
        return outcome

    async def outcome(self, task: Task, held: Callable[[], bool], committed: Callable[[str], None]) -> End:
        if task.attempts >= MAX_ATTEMPTS:
            cause = (
                f"Work on this was lost {task.attempts} times in a row before anything more was finished: "
                "its process died, or what was made could not be stored."
            )
            hint = "Look into the log for the reason, then retry: what is finished is kept."
            return failed("attempts", cause, hint)
        try:
            return await self.walk_to_the_end(Claimed(self.store, task, committed), held)
        except (Superseded, OutOfReach):
            raise
        except MustWait as wait:
            return waiting(wait)
        except CairnError as error:
            return failed(error.code, error.detail, error.hint, error.extra.get("product"))
        except Exception as error:
            if trouble.lost(error):
                raise trouble.out_of_reach(error) from error
            error_id = uuid4().hex[:12]
            log.exception("run_broke", error_id=error_id)
            hint = "Retry goes on from what is stored; if it stays, report the id with the log."
            return failed("internal", f"An error of ours; it stands in the log under {error_id}.", hint)

    async def walk_to_the_end(self, claimed: Claimed, held: Callable[[], bool]) -> End:
        """At most twice: where a checkpoint misleads it, LangGraph ends without a word, or a step breaks."""
        task = claimed.task
        for afresh in (False, True):
            if afresh:
                await claimed.all_written()
            new = claimed.untouched and not afresh
            ledger = await self.open_ledger(claimed, held)
            context = Context(request=task.request, author=self.author, ledger=ledger)
            try:
                await walk(self.graph, thread_of(task), context, new=new, afresh=afresh)
            except Exception as error:
                if afresh or isinstance(error, CairnError) or trouble.lost(error):
                    raise
                log.exception("walk_broke")
                continue
            if ledger.calls.wait is not None:
                return waiting(ledger.calls.wait)
            if (number := gate_of(context)) is not None:
                return at_the_gate(task, number)
            ends = await ledger.open_ends()
            if not ends.missing:
                if why := ends.unreadable:
                    return failed("no_tutorial", f"Not one tutorial could be written. {why.cause}", why.hint)
                return ended(TaskStatus.completed_with_gaps if ends.gaps else TaskStatus.completed)
        cause = "Something is still missing after the whole way was walked twice."
        return failed("incomplete", cause, "Retry the task.")

    async def open_ledger(self, claimed: Claimed, held: Callable[[], bool]) -> RunLedger:
        """As the store has it now."""
        journal, budget = await self.journals(claimed), await open_budget(claimed)
        calls = Calls(self.providers, self.timeout, held, journal, budget, self.cross, self.meters)
        return await open_ledger(claimed, self.author, calls, self.links)

    async def hand_back(self, task: Task) -> str:
        """An orderly end of a claim before the work is done: the next claim goes on at once. What came of it,
        for the log."""
        try:
            await self.leave(task, handed_back())
        except Superseded:
            return "task_superseded"
        except OutOfReach:
            return "task_left"
        return HANDED_BACK

    async def leave(self, task: Task, end: End) -> None:
        async def work(connection: AsyncConnection, told: Told) -> None:
            moved = await tasks.move(
                connection, told, "end", task.task_id, datetime.now(UTC), table.c.epoch == task.epoch,
                event=end.event, status=end.status.value, error=end.error, **end.more,
            )  # fmt: skip
            if moved is None:
                raise Superseded("the claim no longer holds")

        await self.store.writer.move(end.event.kind, work)


def ended(status: TaskStatus, error: TaskError | None = None) -> End:
    said = {"error": error.model_dump(exclude={"product"})} if error else {}
    return End(status, Event(kind="task_ended", data={"status": status.value, **said}), error)


def failed(code: str, cause: str, hint: str, product: str | None = None) -> End:
    return ended(TaskStatus.failed, TaskError(code=code, cause=cause, hint=hint, product=product))


def handed_back() -> End:
    return End(TaskStatus.queued, Event(kind=HANDED_BACK))


def waiting(wait: MustWait) -> End:
    if isinstance(wait, Stopping):
        return handed_back()
    until = wait.until.isoformat() if wait.until else None
    event = Event(kind="task_waits", data={"reason": wait.detail, "until": until})
    return End(TaskStatus.queued, event, more={"waiting": wait.detail, "due_at": wait.until})


def at_the_gate(task: Task, number: int) -> End:
    review_round = task.review_round + 1
    event = Event(kind="review_wanted", data={"round": review_round, "tree": number})
    return End(TaskStatus.awaiting_review, event, more={"review_round": review_round})


def thread_of(task: Task) -> str:
    """Checkpoints are kept per run: a retry starts with none."""
    return f"{task.task_id}:{task.run}"
