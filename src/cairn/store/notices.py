"""LISTEN and NOTIFY: processes on one PostgreSQL tell each other which tasks have new events.

A notice only wakes; the table is the truth. So one may be lost, late or told twice: whoever follows looks by
himself before long.
"""

import asyncio
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import uuid4

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util.concurrency import greenlet_spawn

from cairn.store.reader import ReadingConnection
from cairn.store.trouble import FIRST_PAUSE, LONGEST_PAUSE

log = structlog.get_logger()

CHANNEL = "cairn_events"
PAUSE = 0.03
"""Seconds from one notice to the next: what is committed in between is told together."""
PAYLOAD_BYTES = 7900
"""The server takes less than 8000."""
STILL_THERE = 30.0
"""Seconds after which a listener that heard nothing asks whether its connection still stands."""
GOODBYE = 2.0
TELL = text(
    f"SELECT pg_notify('{CHANNEL}', said) FROM unnest(CAST(:said AS text[])) AS said"  # noqa: S608 - ours
)

Hear = Callable[[Collection[str] | None], None]
"""Told of the tasks that have news; None: of any, as something may have been missed."""


class Announcer:
    """Tells the other processes, behind the commits and never in their way: a NOTIFY inside a transaction
    takes a lock of the whole database until it is committed, and all commits would stand in one line. It
    goes over a connection to read by; that one writes no row, which is all that `read only` forbids."""

    def __init__(self, reader: AsyncEngine, sender: str) -> None:
        self.reader = reader
        self.sender = sender
        self.untold: set[str] = set()
        self.closing = asyncio.Event()
        self.telling: asyncio.Task[None] | None = None

    def tell(self, task_ids: Collection[str]) -> None:
        """Returns at once, and never raises."""
        self.untold |= set(task_ids)
        if self.untold and (self.telling is None or self.telling.done()):
            self.telling = asyncio.create_task(self.tell_all(), name="announcer")

    async def tell_all(self) -> None:
        while self.untold:
            told, self.untold = self.untold, set[str]()
            try:
                async with ReadingConnection(self.reader) as connection:
                    await connection.execute(TELL, {"said": list(payloads(self.sender, told))})
            except Exception as error:
                log.warning("notice_lost", tasks=len(told), cause=str(error))
            await until(self.closing, PAUSE)

    async def close(self) -> None:
        """What is still to be told is told, but nobody waits long for that."""
        self.closing.set()
        if self.telling is not None:
            await asyncio.wait([self.telling], timeout=GOODBYE)
            await ended(self.telling)


def payloads(sender: str, task_ids: Collection[str]) -> Iterator[str]:
    """The sender and then the tasks, in as many parts as there must be."""
    part = sender
    for task_id in sorted(task_ids):
        if part != sender and len(f"{part} {task_id}".encode()) > PAYLOAD_BYTES:
            yield part
            part = sender
        part = f"{part} {task_id}"
    yield part


class Listener:
    """One connection that hears what the others tell. After a restart of the server, or any other end of the
    connection, it comes back, for ever, and then says that anything may have been missed."""

    def __init__(self, engine: AsyncEngine, sender: str, hear: Hear) -> None:
        self.engine = engine
        self.sender = sender
        self.hear = hear
        self.pause = FIRST_PAUSE
        self.task = asyncio.create_task(self.listen_for_ever(), name="listener")

    async def listen_for_ever(self) -> None:
        while True:
            try:
                await self.listen()
            except Exception as error:  # whatever it is, the followers look by themselves meanwhile
                log.warning("listener_lost", cause=str(error) or type(error).__name__)
            await asyncio.sleep(self.pause)
            self.pause = min(2 * self.pause, LONGEST_PAUSE)

    async def listen(self) -> None:
        """As long as the connection stands."""
        pooled = await self.engine.raw_connection()
        try:
            driver: Any = pooled.driver_connection
            gone = asyncio.Event()

            def end(_: object) -> None:
                gone.set()

            driver.add_termination_listener(end)
            await driver.add_listener(CHANNEL, self.heard)
            self.pause = FIRST_PAUSE
            self.hear(None)
            while not gone.is_set():
                await driver.execute("SELECT 1")
                await until(gone, STILL_THERE)
        finally:
            await greenlet_spawn(pooled.invalidate)

    def heard(self, connection: object, pid: int, channel: str, payload: str) -> None:
        sender, *task_ids = payload.split(" ")
        if sender != self.sender:  # our own commits were told here at once
            self.hear(task_ids)

    async def close(self) -> None:
        await ended(self.task)


class Notices:
    """Both ends, for one process. The listener opens with the first who follows: a process that nobody
    watches needs no connection for it. It stays open then, for pages come and go."""

    def __init__(self, reader: AsyncEngine, listener: AsyncEngine) -> None:
        sender = uuid4().hex[:12]
        self.announcer = Announcer(reader, sender)
        self.listener: Listener | None = None
        self.opened = partial(Listener, listener, sender)

    def tell(self, task_ids: Collection[str]) -> None:
        self.announcer.tell(task_ids)

    def listen(self, hear: Hear) -> None:
        if self.listener is None:
            self.listener = self.opened(hear)

    async def close(self) -> None:
        await self.announcer.close()
        if self.listener is not None:
            await self.listener.close()


async def until(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


async def ended(task: asyncio.Task[None]) -> None:
    """Stop it if it still runs, and wait until it has."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
