"""The one writer: a task that alone commits, many waiting writes in one transaction.

Callers hand over a `Write` (fenced by the epoch of its claim) or a `Move` and await the outcome. The
write itself runs here, so a cancelled caller never leaves a transaction open.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, TypeVar, cast
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cairn.domain.errors import Superseded
from cairn.store import fenced
from cairn.store.crossing import AFTER, BEFORE, Cross, pass_by
from cairn.store.fenced import Write

GROUP = 64
T = TypeVar("T")


@dataclass(frozen=True)
class Move:
    """Anything that decides for itself by counter-first statements: a claim, an end, a learner's answer.
    `work` is given the id its event carries."""

    name: str
    work: Callable[[AsyncConnection, str], Awaitable[Any]]
    write_id: str = field(default_factory=lambda: uuid4().hex)


@dataclass
class Waiting:
    item: Write | Move
    done: asyncio.Future[Any] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Writer:
    """Start it in the loop that uses it; `close` finishes what waits."""

    def __init__(self, engine: AsyncEngine, cross: Cross = pass_by) -> None:
        self.engine = engine
        self.cross = cross
        self.queue: asyncio.Queue[Waiting | None] = asyncio.Queue()
        self.task: asyncio.Task[None] | None = None
        self.commits: dict[str, asyncio.Event] = {}

    def start(self) -> None:
        self.task = asyncio.create_task(self.write_for_ever(), name="writer")

    async def close(self) -> None:
        if self.task:
            self.queue.put_nowait(None)
            await self.task

    async def write(self, write: Write) -> list[int]:
        """The rev of each row after it. Raises `Superseded` where the claim no longer holds."""
        return cast("list[int]", await self.hand_over(write))

    async def move(self, name: str, work: Callable[[AsyncConnection, str], Awaitable[T]]) -> T:
        """Run `work` in a transaction of its own; an error it raises rolls all of it back."""
        return cast("T", await self.hand_over(Move(name, work)))

    def hand_over(self, item: Write | Move) -> asyncio.Future[Any]:
        """Put it in the line, first come first served. The answer tells how it went; nobody who stops
        waiting for it stops the write."""
        waiting = Waiting(item)
        self.queue.put_nowait(waiting)
        return waiting.done

    async def write_for_ever(self) -> None:
        while (first := await self.queue.get()) is not None:
            group = [first]
            last = False
            while len(group) < GROUP and not self.queue.empty():
                waiting = self.queue.get_nowait()
                if waiting is None:
                    last = True
                    break
                group.append(waiting)
            for fenced_writes, part in groupby(group, key=lambda w: isinstance(w.item, Write)):
                if fenced_writes:
                    await self.commit_together(list(part))
                else:
                    for waiting in part:
                        await self.commit_alone(waiting)
            if last:
                return

    async def commit_together(self, group: list[Waiting]) -> None:
        """One transaction for the group; where an item breaks it, each is tried alone."""
        try:
            async with self.engine.begin() as connection:
                outcomes = await fenced.apply(connection, [cast("Write", w.item) for w in group])
                self.tell_crossing(group, BEFORE)
        except Exception as error:
            if len(group) == 1:
                settle(group[0], error)
                return
            for waiting in group:
                await self.commit_together([waiting])
            return
        self.tell_crossing(group, AFTER)
        for waiting, outcome in zip(group, outcomes, strict=True):
            settle(waiting, Superseded("the claim no longer holds") if outcome is None else outcome)
        self.tell({cast("Write", w.item).task_id for w in group})

    async def commit_alone(self, waiting: Waiting) -> None:
        try:
            async with self.engine.begin() as connection:
                move = cast("Move", waiting.item)
                outcome = await move.work(connection, move.write_id)
                self.tell_crossing([waiting], BEFORE)
        except Exception as error:
            settle(waiting, error)
            return
        self.tell_crossing([waiting], AFTER)
        settle(waiting, outcome)
        self.tell_all()

    def tell_crossing(self, group: list[Waiting], when: str) -> None:
        for waiting in group:
            self.cross(f"commit {waiting.item.name}", when)

    def tell(self, task_ids: set[str]) -> None:
        """Wake those who follow a task's events in this process."""
        for task_id in task_ids:
            if waker := self.commits.pop(task_id, None):
                waker.set()

    def tell_all(self) -> None:
        self.tell(set(self.commits))

    def next_commit(self, task_id: str) -> asyncio.Event:
        """An event that is set at the next commit that may concern the task. Ask before reading."""
        return self.commits.setdefault(task_id, asyncio.Event())


def settle(waiting: Waiting, outcome: Any) -> None:
    if waiting.done.done():
        return
    if isinstance(outcome, Exception):
        waiting.done.set_exception(outcome)
        waiting.done.exception()  # a caller that went away is not an unread error
    else:
        waiting.done.set_result(outcome)
