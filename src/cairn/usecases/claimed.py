"""What a run writes under its claim: each write with its event and its line in the log.

Once the claim no longer holds, every write is refused."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from cairn.domain.errors import NotStorable, Superseded
from cairn.domain.task import NEVER_CLAIMED, Event, Task
from cairn.store import trouble
from cairn.store.fenced import Row, Statement, Write
from cairn.usecases.store import Store

log = structlog.get_logger()


class Claimed:
    """The pen of one claim. The name given to a write says what lands with it. `committed` is told, with the
    task's id, when something is finished."""

    def __init__(self, store: Store, task: Task, committed: Callable[[str], None]) -> None:
        self.store = store
        self.task = task
        self.committed = committed
        self.log = log.bind()
        """The run it belongs to has bound its task for all that is logged in it."""
        self.beginning: asyncio.Future[Any] | None = None
        self.untouched = task.epoch == NEVER_CLAIMED + 1
        """Whether this is its first claim, and has written nothing yet: then nothing is there to be found."""

    async def started(self, step: str) -> None:
        """Handed over and not waited for: the step's own write comes after it and tells whether it failed."""
        self.log.info(f"{step}_started")
        begun = Event(kind="step_started", data={"step": step})
        self.beginning = self.hand_over(f"{step} started", begun)

    async def all_written(self) -> None:
        """Returns when everything handed over before is written, also what nobody waits for any more: an
        empty write, behind all the others of this task."""
        await self.tell("what was begun")

    def hand_over(self, name: str, *events: Event, **more: Any) -> asyncio.Future[Any]:
        return self.store.writer.hand_over(self.of(name, lambda revs: events, len(events), **more))

    async def tell(
        self, name: str, *events: Event, statements: Sequence[Statement] = (), progress: bool = False,
        table: str = "task_events",
    ) -> None:  # fmt: skip
        write = self.of(name, lambda revs: events, len(events), statements=statements, progress=progress)
        await self.commit(table, write)

    async def make(
        self, name: str, row: Row, tell: Callable[[str], Event], *, statements: Sequence[Statement] = (),
        **about: Any,
    ) -> int:  # fmt: skip
        """Store a row with the event that tells of it; logs whether it was created or updated. Its rev."""
        write = self.of(
            name,
            lambda revs: [tell(outcome_of(revs[0]))],
            1,
            rows=[row],
            statements=statements,
            progress=True,
        )
        [rev] = await self.commit(row.table.name, write)
        self.log.info(f"{row.table.name}_{outcome_of(rev)}", rev=rev, **about)
        return rev

    def of(
        self, name: str, events: Callable[[Sequence[int]], Sequence[Event]], count: int, **more: Any
    ) -> Write:
        self.untouched = False
        return Write(name, self.task.task_id, self.task.epoch, events, count, **more)

    async def commit(self, table: str, write: Write) -> list[int]:
        try:
            revs = await self.store.writer.write(write)
            if self.beginning is not None:
                await self.beginning
                self.beginning = None
        except Superseded:
            self.log.info(f"{table}_refused")
            raise
        except Exception as error:
            if not trouble.refused(error):
                raise
            self.log.warning(f"{table}_not_storable", cause=type(error).__name__)
            raise NotStorable("What was made holds text or a number that cannot be stored.") from error
        if write.progress:
            self.committed(self.task.task_id)
        return revs


def outcome_of(rev: int) -> str:
    return "created" if rev == 1 else "updated"
