"""A process that runs tasks and does nothing else: one thread with one event loop for its whole life, in
which everything is opened, used and closed. Who gives it names and tells it to stop is another thread."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Coroutine
from types import FrameType
from typing import Any

import structlog

from cairn.bootstrap import open_workshop, settle
from cairn.domain.errors import CairnError
from cairn.nudge import Nudge
from cairn.settings import Settings
from cairn.worker.metering import metered
from cairn.worker.worker import Worker

LEAVE_SECONDS = 5.0
"""What handing back and closing may take; a database that is away must not hold up a stop."""
HURRIED_SECONDS = 1.0
WAKE_SECONDS = 0.5

log = structlog.get_logger()


class Process:
    """`start` it once. `stop` is orderly, `hurry` stops at once; either may be called by a signal's handler.
    What is not handed back then is taken over when its lease has run out."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.up = threading.Event()
        """Set when it takes tasks, or has come to its end."""
        self.over = threading.Event()
        self.broke: BaseException | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self.nudge: Nudge | None = None
        self.stopping = False
        self.told, self.hurried = asyncio.Event(), asyncio.Event()
        self.limits: list[threading.Timer] = []
        self.thread = threading.Thread(target=self.run, name="cairn", daemon=True)

    def start(self) -> None:
        self.thread.start()

    def heed(self, *signals: signal.Signals) -> None:
        """From here on the first of these is a `stop`, each after it hurries. For the main thread."""

        def handle(number: int, frame: FrameType | None) -> None:
            if self.stopping:
                self.hurry()
            else:
                self.stop()

        for number in signals:
            signal.signal(number, handle)

    def wake(self, task_id: str) -> None:
        """A task has become due. Returns at once; without effect before the start and after the end."""
        if nudge := self.nudge:
            self.tell(lambda: nudge.wake(task_id))

    def stop(self) -> None:
        self.stopping = True
        self.tell(self.told.set)

    def hurry(self) -> None:
        self.limit(HURRIED_SECONDS)
        self.tell(self.hurried.set)

    def join(self) -> None:
        """Until its end. For the main thread, which must wake now and then: the system may give a signal to
        any thread, and its handler runs when this one next does anything."""
        while not self.over.wait(WAKE_SECONDS):
            pass

    def tell(self, what: Callable[[], object]) -> None:
        if self.loop is None:
            what()  # nobody is in the loop yet: it finds there what is said here
            return
        try:
            self.loop.call_soon_threadsafe(what)
        except RuntimeError:  # it has ended meanwhile
            return

    def limit(self, seconds: float) -> None:
        """End the process after so many seconds, wherever it stands."""
        timer = threading.Timer(seconds, os._exit, (1,))
        timer.daemon = True
        self.limits.append(timer)
        timer.start()

    def run(self) -> None:
        try:
            asyncio.run(self.live())
        except CairnError as error:
            log.error("worker_cannot_work", cause=error.detail, hint=error.hint)
            self.broke = error
        except BaseException as error:
            log.exception("worker_broke")
            self.broke = error
        finally:
            for timer in self.limits:
                timer.cancel()
            self.over.set()
            self.up.set()

    async def live(self) -> None:
        self.loop = asyncio.get_running_loop()
        async with open_workshop(self.settings) as cairn:
            worker = Worker(self.settings, cairn.claims, cairn.runner, cairn.nudge)
            self.nudge = cairn.nudge
            settle()
            async with worker.at_work(), metered(cairn.meters, self.settings.metrics_port):
                self.up.set()
                log.info("worker_up", worker=worker.name, runs=worker.most)
                await self.told.wait()
                log.info("worker_stops", running=len(worker.running))
                await first_of(self.hurried.wait(), worker.wind_down(self.settings.stop_seconds))
                self.limit(LEAVE_SECONDS)
        log.info("worker_gone", worker=worker.name)


async def first_of(*several: Coroutine[Any, Any, object]) -> None:
    """Until one of them has ended; the others are cancelled."""
    tasks = [asyncio.ensure_future(one) for one in several]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
