"""What the rules of the model-based test stand on: courses with what the model says of them, workers that can
be moved and lost, and what is compared after every rule."""

import asyncio
import re
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import count
from typing import Any, TypeVar

import pytest
from hypothesis.stateful import RuleBasedStateMachine, invariant
from sqlalchemy import update

from cairn.bootstrap import Cairn, open_cairn
from cairn.domain.errors import CairnError, Conflict
from cairn.domain.thought import Thought
from cairn.settings import Settings
from cairn.store import history
from cairn.store.clock import clock
from cairn.store.tasks import tasks
from cairn.usecases.history import broken_in
from tests.databases import Database
from tests.durability.compared import content_of, differences, found, wanted
from tests.durability.grounds import Ground, Grounds
from tests.durability.model import Course
from tests.durability.outlines import tree_of
from tests.durability.standing import BAD as UNREADABLE
from tests.durability.standing import identity
from tests.durability.workers import Call, Gated, Worker

T = TypeVar("T")
REQUEST = ("query", "review", "content_formats", "background", "max_cost_usd")


def pick(choices: Any, at: int) -> Any:
    choices = list(choices)
    return choices[at % len(choices)]


def seen(call: Call) -> dict[str, Any]:
    """What a call was given, as the model would say it."""
    given = call.given
    match call.product:
        case "intent":
            return {name: given[name] for name in REQUEST}
        case "curriculum":
            return {"subject": given["subject"], "level": given["level"]}
        case "validation":
            return {"tree": tree_of(given["roadmap"])}
        case "edit":
            ops = [edit["op"] for edit in given["by_hand"]]
            return {"tree": tree_of(given["roadmap"]), "feedback": given["feedback"], "by_hand": ops}
        case _:
            return given


def heading(name: str) -> str:
    """Of a commit, for the tally: without concept and round."""
    return re.sub(r"[:/][^ ]*", "", name)


class Machine(RuleBasedStateMachine):
    """Two workers, and a door through which people ask."""

    def __init__(self, grounds: Grounds, empty: Ground, tally: Counter[str]) -> None:
        super().__init__()
        self.courses: dict[str, Course] = {}
        self.workers: dict[str, Worker] = {}
        self.keys: dict[tuple[str, str, str], str] = {}
        self.numbers = count(1)
        self.tally = tally
        self.told: dict[str, Any] = {}
        self.copying = grounds.copy(empty)
        self.ground = self.copying.__enter__()
        self.loop = asyncio.Runner()
        self.opening = open_cairn(self.settings, Gated())
        self.door: Cairn = self.do(self.opening.__aenter__())

    @property
    def settings(self) -> Settings:
        return self.ground.settings

    def do(self, work: Awaitable[T]) -> T:
        async def in_time() -> T:
            async with asyncio.timeout(60):
                return await work

        return self.loop.run(in_time())

    def teardown(self) -> None:
        async def close() -> None:
            for worker in self.workers.values():
                await worker.bury()
            await self.opening.__aexit__(None, None, None)

        try:
            self.do(close())
        finally:
            self.loop.close()
            self.copying.__exit__(None, None, None)

    # What every rule is followed by

    @invariant()
    def all_is_as_it_must_be(self) -> None:
        for course in self.courses.values():
            there, told = self.do(found(self.door.tasks.store, course))
            self.told[course.task_id] = told
            said = differences(there, wanted(course)) + broken_in(told)
            assert not said, "\n".join(said)

    @contextmanager
    def nothing_changes(self) -> Iterator[None]:
        """Since the last look at all there is."""
        yield
        assert {task_id: self.stored(course) for task_id, course in self.courses.items()} == self.told

    def stored(self, course: Course) -> Any:
        async def look() -> Any:
            async with self.door.tasks.store.reading() as connection:
                return await history.of_task(connection, course.task_id)

        return self.do(look())

    def forget_checkpoints(self) -> None:
        """While others have them open."""
        if self.ground.url is None:
            with closing(sqlite3.connect(self.settings.checkpoints, isolation_level=None)) as session:
                for table in ("checkpoints", "writes"):
                    with suppress(sqlite3.OperationalError):  # made by the first walk
                        session.execute(f"DELETE FROM {table}")
            return
        Database(self.ground.folder, self.ground.url).forget_checkpoints()

    def refused(self, code: str | set[str], work: Awaitable[Any]) -> None:
        with self.nothing_changes(), pytest.raises(CairnError) as refused:
            self.do(work)
        assert refused.value.code in ({code} if isinstance(code, str) else code)

    def one_of(self, works: list[Awaitable[Any]]) -> None:
        """At once: exactly one takes effect, the others hear so."""

        async def together() -> list[Any]:
            return await asyncio.gather(*works, return_exceptions=True)

        outcomes = self.do(together())
        assert len([one for one in outcomes if isinstance(one, Conflict)]) == len(works) - 1, outcomes

    # Courses and workers by what they can do now

    def those(self, can: Callable[[Course], bool]) -> list[Course]:
        return [course for course in self.courses.values() if can(course)]

    def holds(self, worker: Worker) -> bool:
        task = worker.task
        return bool(task) and task.epoch == self.courses[task.task_id].task["epoch"]

    def at_work(self, *, holding: bool) -> list[Worker]:
        return [w for w in self.workers.values() if w.busy and self.holds(w) is holding]

    def idle(self) -> list[str]:
        return [name for name in "AB" if name not in self.workers or not self.workers[name].busy]

    async def worker(self, name: str) -> Worker:
        if name not in self.workers:
            new = Worker(name, self.committed, lambda: next(self.numbers))
            self.workers[name] = await new.open(self.settings)
        return self.workers[name]

    def committed(self, worker: Worker, name: str) -> None:
        if worker.task is None or name == "task_claimed" or not self.holds(worker):
            return
        self.tally[heading(name)] += 1
        call = worker.call
        outcome, content = (call.outcome, self.content(call)) if call else ("", None)
        self.courses[worker.task.task_id].commit(name, outcome, content)

    def content(self, call: Call) -> Any:
        thought = Thought(call.product.split(":")[0])
        if call.outcome == "bad":
            return UNREADABLE
        if thought is Thought.edit:
            return "edits, which the model makes itself"
        return content_of(thought, call.content if thought is Thought.intent else {"content": call.content})

    async def go_on(self, worker: Worker) -> None:
        """Until its next call, its end or its death."""
        assert worker.task
        course = self.courses[worker.task.task_id]
        await worker.until(course.settled)
        if worker.dead:
            await self.bury(worker)
        elif worker.call:
            asked = {**seen(worker.call), "variant": course.variant(worker.call.product)}
            course.called(worker.call.product, asked)
            name = (course.task_id, worker.call.product, identity(asked))
            assert self.keys.setdefault(name, worker.call.key) == worker.call.key, (
                "the same call, another key"
            )

    async def bury(self, worker: Worker) -> None:
        self.tally["deaths"] += 1
        del self.workers[worker.name]
        await worker.bury()

    # Working

    def go(self, calls: int, dies_in: int | None = None) -> None:
        """So many calls that end well. Where nobody is at work somebody claims what is due."""
        for left in reversed(range(calls)):
            self.work("good", None if left else dies_in)

    def work(self, outcome: str, dies_in: int | None = None, who: int = 0) -> None:
        due = self.those(Course.claimable)
        if not self.at_work(holding=True) and self.idle() and due:
            self.claim(pick(self.idle(), who), pick(due, who))
        if holders := self.at_work(holding=True):
            worker = pick(holders, who)
            worker.release(outcome, dies_in)
            self.do(self.go_on(worker))

    def claim(self, name: str, course: Course, dies_in: int | None = None) -> None:
        async def claim() -> None:
            worker = await self.worker(name)
            task = await worker.claim(course.task_id, dies_in)
            assert task or worker.dead, "what is due can be claimed"
            if task:
                course.claim()
                assert (task.epoch, task.attempts) == (course.task["epoch"], course.task["attempts"])
            if task and not worker.dead:
                worker.start(task)
                await self.go_on(worker)
            else:
                await self.bury(worker)

        self.do(claim())

    def claims_at_once(self, course: Course) -> list[Any]:
        """Two by each process, all at the same time."""
        doors = [self.door, *(w.cairn for w in self.workers.values() if w.cairn)]

        async def together() -> list[Any]:
            return await asyncio.gather(*(door.claims.claim(course.task_id, "rival") for door in doors * 2))

        return self.do(together())

    def expire_lease(self, course: Course) -> None:
        statement = update(tasks).where(tasks.c.task_id == course.task_id)
        over = statement.values(lease_expires_at=clock(-1))
        self.do(self.door.tasks.store.writer.move("lease", lambda c, _: c.execute(over)))
        course.free = True
