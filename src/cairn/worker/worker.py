"""Claims what is due and runs many tasks on one loop. On SQLite it first holds the folder; on PostgreSQL many
processes work at once, and the claims decide."""

import asyncio
import random
from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from typing import Any, cast
from uuid import uuid4

import structlog
from filelock import AsyncFileLock, BaseAsyncFileLock, Timeout

from cairn.domain.errors import OutOfReach
from cairn.domain.task import ALONE_FROM, Task
from cairn.meters.counting import Meters
from cairn.nudge import Nudge
from cairn.settings import Settings
from cairn.usecases.claims import Claims
from cairn.usecases.readiness import Standing
from cairn.usecases.retention import Positions, Retention
from cairn.usecases.run import CUT_OFF, Runner
from cairn.worker.keeping import Keeping
from cairn.worker.lease import Leases
from cairn.worker.rechecking import Rechecking

SWEEP_SECONDS = 5.0
LOCK_SECONDS = 2.0
PORTION = 25
"""Claimed in one transaction, and on a server by one look: others look too, and who comes first must not
leave them idle."""
MORE_SECONDS = 0.4
"""Until the next look where there was more than a portion."""
OVERDUE_SECONDS = 6 * SWEEP_SECONDS

log = structlog.get_logger()


class Worker:
    """`only` narrows it to one task, for a command that makes its own course."""

    def __init__(
        self, settings: Settings, claims: Claims, runner: Runner, nudge: Nudge, only: str | None = None
    ) -> None:
        self.claims = claims
        self.runner = runner
        self.nudge = nudge
        self.only = only
        self.most = settings.worker_runs
        self.name = uuid4().hex[:12]
        self.folder = (
            None if settings.postgres else AsyncFileLock(f"{settings.database}.lock", thread_local=False)
        )
        self.ready = asyncio.Event()
        """Set while this process takes what is due."""
        self.running: dict[str, asyncio.Task[str]] = {}
        self.alone: str | None = None
        """The task that no other may run beside."""
        self.closing = False
        self.loop = asyncio.get_running_loop()
        self.rechecking = Rechecking(runner.links)
        self.keeping = Keeping(
            Retention(runner.store, runner.author, cast("Positions", runner.graph.checkpointer),
                      settings.keep_history_days)
        )  # fmt: skip
        self.leases = Leases(claims.renew, claims.lease_seconds, self.lost_from_thread)
        self.working: asyncio.Task[None] | None = None
        self.swept_at = self.loop.time()
        self.tell_of_itself(runner.meters)

    @asynccontextmanager
    async def at_work(self) -> AsyncGenerator[None]:
        """Work beside the block as long as it lasts."""
        working = self.working = asyncio.create_task(self.work_for_ever(), name="worker")
        try:
            yield
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)

    def tell_of_itself(self, meters: Meters) -> None:
        meters.runs_tasks = True
        meters.watch("gauge", "cairn_runs_in_flight", "Runs of tasks in this process now.",
                     lambda: len(self.running))  # fmt: skip
        meters.watch(
            "counter", "cairn_lease_losses", "Claims of this process that were cut off as their lease had "
            "run out: another process took the task, or the database was away.", lambda: self.leases.losses,
        )  # fmt: skip
        meters.watch(
            "counter", "cairn_lease_renewal_failures", "Renewals of a lease the database did not answer.",
            lambda: self.leases.failures,
        )  # fmt: skip

    async def look(self) -> Standing:
        """Whether it takes what is due."""
        late = self.loop.time() - self.swept_at
        if self.working is None or self.working.done():
            return Standing(False, "it has stopped")
        if self.folder and not self.folder.is_locked:
            return Standing(True, "waits: another process holds the data folder and runs the tasks")
        if late > OVERDUE_SECONDS:
            return Standing(False, f"it has not looked for tasks for {late:.0f} s; the log says why")
        holds = "holds the data folder, " if self.folder else ""
        return Standing(True, f"{holds}{len(self.running)} runs in flight")

    async def work_for_ever(self) -> None:
        """Until cancelled: then hands back what runs, so the next process goes on at once."""
        if self.folder:
            await self.hold(self.folder)
        self.leases.start()
        beside = [
            asyncio.create_task(self.rechecking.for_ever(), name="rechecking"),
            asyncio.create_task(self.keeping.for_ever(), name="keeping"),
        ]
        named: Collection[str] | None = None
        looks_at = 0.0
        try:
            while True:
                pause = SWEEP_SECONDS
                try:
                    if self.folder and not self.ready.is_set():
                        await self.claims.release_all()
                    self.ready.set()
                    if await self.take_what_is_due(named):
                        pause = MORE_SECONDS
                    self.swept_at = self.loop.time()
                except OutOfReach as error:
                    log.warning("nothing_claimed", cause=error.detail)
                except Exception:  # whatever it is, the tasks of tomorrow need a worker
                    log.exception("sweep_broke")
                if named is None:
                    looks_at = self.loop.time() + pause * random.uniform(0.8, 1.2)  # noqa: S311 - spread, not secret
                named = await self.nudge.woken(looks_at - self.loop.time())
                if self.loop.time() >= looks_at:  # however many names come, the rest is looked for too
                    named = None
        finally:
            self.ready.clear()
            going: list[asyncio.Task[Any]] = [*beside, *self.running.values()]
            for one in going:
                one.cancel()
            await asyncio.gather(*going, return_exceptions=True)
            self.leases.stop()
            if self.folder:
                await self.folder.release()

    async def hold(self, folder: BaseAsyncFileLock) -> None:
        while True:
            try:
                await folder.acquire(timeout=0)
            except Timeout:
                await asyncio.sleep(LOCK_SECONDS)
            else:
                return

    async def take_what_is_due(self, named: Collection[str] | None = None) -> bool:
        """`named`: of these tasks only. True where there may be more. A task that was lost again and again
        runs alone until it commits: should it take the process down, it takes no neighbour with it."""
        free = self.most - len(self.running)
        if free <= 0 or self.alone is not None or self.closing:
            return False
        portion = free if self.folder or named else min(free, PORTION)
        due = await self.claims.due(portion, named if self.only is None else [self.only])
        suspects = [task_id for task_id, lost in due if lost >= ALONE_FROM]
        if suspects:
            if not self.running and (task := await self.claims.claim(suspects[0], self.name)):
                self.alone = task.task_id
                self.start(task)
            return False
        wanted = [task_id for task_id, _ in due if task_id not in self.running]
        for together in (wanted[at : at + PORTION] for at in range(0, len(wanted), PORTION)):
            for task in await self.claims.claim_some(together, self.name):
                self.start(task)
        return len(due) == portion < free

    async def wind_down(self, seconds: float) -> None:
        """Take nothing more, begin no call, and give those under way so long to come to their end: what is
        paid for is kept. What runs after it is handed back as it stands when the work ends."""
        self.closing = True
        self.runner.providers.close()
        if self.running:
            await asyncio.wait(self.running.values(), timeout=seconds)

    def start(self, task: Task) -> None:
        held = self.leases.hold(task.task_id, task.epoch)
        work = self.runner.run(task, held, self.committed, lambda: self.leases.drop(task.task_id, task.epoch))
        run = asyncio.create_task(work, name=task.task_id)
        self.running[task.task_id] = run
        run.add_done_callback(lambda done: self.ended(task.task_id, task.epoch, done))

    def committed(self, task_id: str) -> None:
        """The run of a task has finished something: it is no suspect any more."""
        if self.alone == task_id:
            self.alone = None
            self.nudge.wake()

    def ended(self, task_id: str, epoch: int, done: asyncio.Task[str]) -> None:
        cut_off = not done.cancelled() and not done.exception() and done.result() in CUT_OFF
        self.leases.drop(task_id, epoch, cut_off=cut_off)
        self.running.pop(task_id, None)
        self.committed(task_id)
        if not done.cancelled() and (error := done.exception()):
            log.error("run_left_unfinished", task_id=task_id, error=repr(error))
        self.nudge.wake()

    def lost_from_thread(self, task_id: str) -> None:
        self.loop.call_soon_threadsafe(self.lost, task_id)

    def lost(self, task_id: str) -> None:
        if run := self.running.get(task_id):
            log.info("lease_lost", task_id=task_id)
            run.cancel()
