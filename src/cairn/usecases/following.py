"""Following tasks: whoever follows one in this process shares the reading of what is new.

One reader looks for all tasks that are followed, when a commit of this process or a notice of another tells
of them, and now and then by itself. What it finds of a task is kept for a short while, and each viewer takes
it from there at its own pace; who comes late, or falls behind what is kept, reads the rest for himself.
"""

import asyncio
from collections.abc import AsyncGenerator, Collection, Generator, Sequence
from contextlib import contextmanager
from itertools import groupby

import structlog

from cairn.domain.errors import OutOfReach
from cairn.domain.task import ACTIVE, StoredEvent, Task
from cairn.nudge import set_within
from cairn.store.events import events_after
from cairn.store.news import News, news_of
from cairn.store.notices import GOODBYE, Notices
from cairn.usecases.store import Store
from cairn.usecases.tail import KEPT, Tail, Viewer

log = structlog.get_logger()

PAUSE = 0.05
"""Seconds from one look to the next: what is committed in between is read together. A task that moves is
looked for at once, for someone waits for that."""
LOOK_SECONDS = 1.0
"""How long the reader waits to be told of a commit before it looks for what it was not told of."""
QUIET_SECONDS = 20.0
"""After so long without an event a viewer is given an empty batch: a sign of life to send on."""
AT_ONCE = KEPT
"""Events of one read: what a viewer at the end of a task's events takes from memory."""


class Following:
    """Everyone who follows a task in this process. `notices` tells of the commits of others, where there is
    a way to."""

    def __init__(self, store: Store, notices: Notices | None = None) -> None:
        self.store = store
        self.notices = notices
        self.tails: dict[str, Tail] = {}
        self.due: set[str] = set()
        self.woken = asyncio.Event()
        self.hurried = asyncio.Event()
        self.reading: asyncio.Task[None] | None = None
        self.closing = False
        store.writer.hearers.append(self.hear)

    async def follow(self, task: Task, after: int) -> AsyncGenerator[Sequence[StoredEvent]]:
        """The events after `after`, in batches, as they are committed by any process, until the task has
        ended. `task` was read before; ended then, all until then are told. Now and then a batch is empty."""
        if after > task.last_seq:
            after = 0  # of a history that a restore has undone: told anew from the front
        if task.status not in ACTIVE:
            async for batch in self.replay(task, after):
                yield batch
            return
        with self.viewing(task, after) as (tail, viewer):
            while True:
                news = tail.news
                batch = tail.after(viewer.place)
                if not batch and viewer.place < tail.seq:
                    batch = await self.read(task.task_id, viewer.place)
                    viewer.place = viewer.place if batch else tail.seq
                if batch:
                    viewer.place = batch[-1].seq
                    yield batch
                elif tail.error is not None:
                    raise tail.error
                elif tail.ended or self.closing:
                    return
                elif not await self.told_within(news):
                    yield ()

    async def replay(self, task: Task, after: int) -> AsyncGenerator[Sequence[StoredEvent]]:
        while after < task.last_seq and (batch := await self.read(task.task_id, after)):
            yield batch
            after = batch[-1].seq

    async def read(self, task_id: str, after: int) -> Sequence[StoredEvent]:
        async with self.store.reading() as connection:
            return await events_after(connection, task_id, after, limit=AT_ONCE)

    async def told_within(self, news: asyncio.Event) -> bool:
        await set_within(news, QUIET_SECONDS)
        return news.is_set()

    @contextmanager
    def viewing(self, task: Task, after: int) -> Generator[tuple[Tail, Viewer]]:
        """A viewer of the task's tail; the last one who leaves leaves nothing behind."""
        tail = self.tails.get(task.task_id)
        if tail is None:
            tail = self.tails[task.task_id] = Tail(task.last_seq)
            self.hear([task.task_id])  # something may have come since the task was read
        tail.known = max(tail.known, task.last_seq)
        viewer = Viewer(after)
        tail.viewers.add(viewer)
        if self.reading is None or self.reading.done():
            self.reading = asyncio.create_task(self.read_while_followed(), name="following")
        if self.notices is not None:
            self.notices.listen(self.hear)
        try:
            yield tail, viewer
        finally:
            tail.viewers.discard(viewer)
            if not tail.viewers and self.tails.get(task.task_id) is tail:
                del self.tails[task.task_id]
                self.woken.set()

    def hear(self, task_ids: Collection[str] | None, moved: bool = False) -> None:
        """These tasks have something new; None: any may. `moved`: they went from one state to the next."""
        followed = self.tails.keys() if task_ids is None else self.tails.keys() & task_ids
        if followed:
            self.due |= followed
            self.woken.set()
            if moved:
                self.hurried.set()

    async def read_while_followed(self) -> None:
        clock = asyncio.get_running_loop().time
        looks_at = clock() + LOOK_SECONDS
        while self.tails and not self.closing:
            await set_within(self.woken, looks_at - clock())
            self.woken.clear()
            self.hurried.clear()
            if clock() >= looks_at:
                self.hear(None)
                looks_at = clock() + LOOK_SECONDS
            due, self.due = self.due, set[str]()
            try:
                await self.look(due)
            except OutOfReach as error:
                log.warning("followers_wait", tasks=len(self.tails), cause=error.detail)
                self.hear(None)
            except Exception as error:  # a fault of ours: each viewer is told, and may come again
                log.exception("following_failed")
                tails, self.tails = self.tails, {}
                for tail in tails.values():
                    tail.error = error
                    tail.tell()
            await set_within(self.hurried, PAUSE)

    async def look(self, due: set[str]) -> None:
        """Read what is new of these tasks, all at one moment, and hand it on."""
        while tails := {task_id: self.tails[task_id] for task_id in due if task_id in self.tails}:
            places = {task_id: tail.seq for task_id, tail in tails.items()}
            async with self.store.reading() as connection:
                found = await news_of(connection, places, AT_ONCE)
            by_task = {task_id: list(news) for task_id, news in groupby(found, lambda news: news.task_id)}
            for task_id, news in by_task.items():
                if tails[task_id].viewers and (events := [new.event for new in news if new.event]):
                    tails[task_id].put(events)
            # Of a full page the last task may have more, and others may not have been reached.
            done = set(tails) if len(found) < AT_ONCE else set(by_task) - {found[-1].task_id}
            for task_id in done:
                if self.nothing_more(tails[task_id], by_task.get(task_id)):
                    self.end(task_id, tails[task_id])
            due -= done

    def nothing_more(self, tail: Tail, news: Sequence[News] | None) -> bool:
        """Whether the task has ended, or is gone. Someone may have come since who saw it active again."""
        return news is None or (news[0].status not in ACTIVE and tail.seq >= tail.known)

    def end(self, task_id: str, tail: Tail) -> None:
        """Whoever follows this task from now on follows another run."""
        if self.tails.get(task_id) is tail:
            del self.tails[task_id]
        tail.ended = True
        tail.tell()

    def let_go(self) -> None:
        """End every `follow` of this process: it is about to stop, and whoever follows will come again."""
        self.closing = True
        self.woken.set()
        self.hurried.set()
        for tail in self.tails.values():
            tail.tell()

    async def close(self) -> None:
        self.let_go()
        if self.reading is not None:
            await asyncio.wait([self.reading], timeout=GOODBYE)
            self.reading.cancel()
            await asyncio.wait([self.reading])
