"""The one writer: a task that alone commits, many waiting writes in one transaction.

Callers hand over a `Write` (fenced by the epoch of its claim) or a `Move` and await the outcome. The
write itself runs here, so a cancelled caller never leaves a transaction open. While the database is out of
reach everything waits; while one row is locked by another process, what is written of that task does.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeVar, cast

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cairn.domain.errors import OutOfReach, Superseded
from cairn.store import fenced
from cairn.store.crossing import AFTER, BEFORE, Cross, pass_by
from cairn.store.direct import Direct
from cairn.store.fenced import Told, Write
from cairn.store.trouble import FIRST_PAUSE, LONGEST_PAUSE, locked, lost, out_of_reach

log = structlog.get_logger()

GROUP = 256
LOCKED_PAUSE = 0.2
T = TypeVar("T")


@dataclass(frozen=True)
class Move:
    """Anything that decides for itself by counter-first statements: a claim, an end, a learner's answer.
    `work` is given what its events are marked with; without events it must be the same when it is written
    twice."""

    name: str
    work: Callable[[AsyncConnection, Told], Awaitable[Any]]


@dataclass
class Waiting:
    item: Write | Move
    gives_up: float
    done: asyncio.Future[Any]

    @property
    def line(self) -> str:
        """Items of one line are written in the order they came. A move has a line of its own."""
        return self.item.task_id if isinstance(self.item, Write) else f"move {id(self)}"


class Writer:
    """Start it in the loop that uses it; `close` finishes what waits. `patience`: how many seconds an item
    may wait for a database that is out of reach; beyond its lease a claim is gone anyway."""

    def __init__(self, engine: AsyncEngine, patience: float = 30.0, cross: Cross = pass_by) -> None:
        self.engine = engine
        self.direct = Direct(engine)
        self.patience = patience
        self.cross = cross
        self.queue: deque[Waiting] = deque()
        self.aside: dict[str, deque[Waiting]] = {}
        """Lines whose row is locked by another, until it is tried again."""
        self.come = asyncio.Event()
        self.closing = asyncio.Event()
        self.task: asyncio.Task[None] | None = None
        self.told = Told()
        """Of the transaction that was written last."""
        self.hearers: list[Callable[[set[str], bool], None]] = []
        """Told after each commit which tasks it has events of, and whether it moved them to another state.
        They return at once and never raise."""
        self.refused = 0
        """Writes and moves whose claim no longer held."""

    @property
    def waiting(self) -> int:
        return len(self.queue) + sum(map(len, self.aside.values()))

    def start(self) -> None:
        self.task = asyncio.create_task(self.write_for_ever(), name="writer")

    async def close(self) -> None:
        if self.task:
            self.closing.set()
            for line in list(self.aside):
                self.take_up(line)
            self.come.set()
            await self.task
        await self.direct.release()

    async def write(self, write: Write) -> list[int]:
        """The rev of each row after it. Raises `Superseded` where the claim no longer holds, `OutOfReach`
        where the database did not come back in time."""
        return cast("list[int]", await self.hand_over(write))

    async def move(self, name: str, work: Callable[[AsyncConnection, Told], Awaitable[T]]) -> T:
        """Run `work` in a transaction of its own; an error it raises rolls all of it back."""
        return cast("T", await self.hand_over(Move(name, work)))

    def hand_over(self, item: Write | Move) -> asyncio.Future[Any]:
        """Put it in the line, first come first served. The answer tells how it went; nobody who stops
        waiting for it stops the write."""
        loop = asyncio.get_running_loop()
        waiting = Waiting(item, loop.time() + self.patience, loop.create_future())
        self.queue.append(waiting)
        self.come.set()
        return waiting.done

    async def write_for_ever(self) -> None:
        while not (self.closing.is_set() and not self.queue):
            await self.come.wait()
            group = [self.queue.popleft() for _ in range(min(GROUP, len(self.queue)))]
            if not self.queue and not self.closing.is_set():
                self.come.clear()
            for fenced_writes, part in groupby(group, key=lambda w: isinstance(w.item, Write)):
                for together in [list(part)] if fenced_writes else [[move] for move in part]:
                    await self.commit_group(together)

    async def commit_group(self, group: list[Waiting]) -> None:
        """One transaction for the group; where an item breaks it, each is tried alone."""
        if self.aside and not (group := self.behind_none(group)):
            return
        try:
            outcomes = await self.commit(group)
        except OutOfReach as error:
            for waiting in group:
                settle(waiting, error)
            return
        except Exception as error:
            if len(group) > 1:
                for waiting in group:
                    await self.commit_group([waiting])
            elif locked(error):
                self.put_aside(group[0], error)
            else:
                self.refused += isinstance(error, Superseded)
                settle(group[0], error)
            return
        self.tell_crossing(group, AFTER)
        for waiting, outcome in zip(group, outcomes, strict=True):
            refused = outcome is None and isinstance(waiting.item, Write)
            self.refused += refused
            settle(waiting, Superseded("the claim no longer holds") if refused else outcome)
        if isinstance(group[0].item, Move):
            self.tell(self.told.tasks, moved=True)
        else:
            writes = [cast("Write", waiting.item) for waiting in group]
            self.tell({write.task_id for write in writes if write.event_count}, moved=False)

    async def commit(self, group: Sequence[Waiting]) -> Sequence[Any]:
        """The outcome of each. Waits and tries again while the database is out of reach; after a commit that
        was sent and got no answer, it looks whether it landed before anything is written again."""
        told = self.told = Told()
        sent: Sequence[Any] | None = None
        looked_again = False
        pause = FIRST_PAUSE
        while True:
            outcomes, committing = None, False
            try:
                if sent is not None and await self.landed(told):
                    return sent
                async with self.written(group, told) as outcomes:
                    self.tell_crossing(group, BEFORE)
                    committing = True
                return outcomes
            except Exception as error:
                if committing and outcomes is not None and lost(error):
                    sent = outcomes
                elif sent is not None and not lost(error) and not locked(error) and not looked_again:
                    looked_again = True  # a key met what landed after the look: it is there to be seen now
                    continue
                elif not lost(error) and not (sent is not None and locked(error)):
                    raise
                if not self.may_wait(group, pause):
                    raise out_of_reach(error) from error
                if pause == FIRST_PAUSE:
                    log.warning("write_waits", cause=out_of_reach(error).detail, **concerning(group))
            await self.pause(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def landed(self, told: Told) -> bool:
        await self.direct.release()
        async with self.engine.begin() as connection:
            return await fenced.landed(connection, told)

    @asynccontextmanager
    async def written(self, group: Sequence[Waiting], told: Told) -> AsyncGenerator[Sequence[Any]]:
        """The outcomes of fenced writes, or of one move; committed at the end. `told` is filled with the
        tasks whose events it makes."""
        first = group[0].item
        if isinstance(first, Move):
            await self.direct.release()
            async with self.engine.begin() as connection:
                yield [await first.work(connection, told)]
            return
        writes = [cast("Write", waiting.item) for waiting in group]
        told.tasks.update(write.task_id for write in writes)
        async with self.direct.begin() as run:
            yield await run(fenced.applied(writes, told.write_id))

    def may_wait(self, group: Sequence[Waiting], pause: float) -> bool:
        gives_up = min(waiting.gives_up for waiting in group)
        return not self.closing.is_set() and asyncio.get_running_loop().time() + pause < gives_up

    async def pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self.closing.wait()
        except TimeoutError:
            return

    def put_aside(self, waiting: Waiting, error: Exception) -> None:
        """Another process holds its row. It waits beside the queue, and what comes for its task behind it."""
        if not self.may_wait([waiting], LOCKED_PAUSE):
            settle(waiting, out_of_reach(error))
            return
        self.aside[waiting.line] = deque([waiting])
        asyncio.get_running_loop().call_later(LOCKED_PAUSE, self.take_up, waiting.line)

    def behind_none(self, group: list[Waiting]) -> list[Waiting]:
        """The others join what waits beside the queue in their line."""
        for waiting in group:
            if waiting.line in self.aside:
                self.aside[waiting.line].append(waiting)
        return [waiting for waiting in group if waiting.line not in self.aside]

    def take_up(self, line: str) -> None:
        self.queue.extendleft(reversed(self.aside.pop(line, ())))
        self.come.set()

    def tell_crossing(self, group: Sequence[Waiting], when: str) -> None:
        if self.cross is pass_by:
            return
        for waiting in group:
            self.cross(f"commit {waiting.item.name}", when)

    def tell(self, task_ids: set[str], *, moved: bool) -> None:
        for hear in self.hearers if task_ids else ():
            hear(task_ids, moved)


def concerning(group: Sequence[Waiting]) -> dict[str, Any]:
    """Which tasks a line in the log is about: the one, or how many."""
    found = {waiting.item.task_id for waiting in group if isinstance(waiting.item, Write)}
    return {"task_id": found.pop()} if len(found) == 1 else {"tasks": len(found)} if found else {}


def settle(waiting: Waiting, outcome: Any) -> None:
    if waiting.done.done():
        return
    if isinstance(outcome, Exception):
        waiting.done.set_exception(outcome)
        waiting.done.exception()  # a caller that went away is not an unread error
    else:
        waiting.done.set_result(outcome)
