"""Workers that a test moves by hand, several in one process: each an opened Cairn of its own, whose author
stops in every call until it is told how the call ends. Whoever dies commits nothing from then on."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date
from typing import Any

from cairn.authors.author import Answer
from cairn.authors.simulated import SimulatedAuthor
from cairn.bootstrap import Workshop, open_workshop
from cairn.domain.errors import AuthorFailed, MustWait
from cairn.domain.lesson import Value
from cairn.domain.task import Task
from cairn.domain.thought import Thought
from cairn.settings import Settings
from cairn.store.crossing import BEFORE

PATIENCE = 30.0
BAD = {"bad": True}
CONCEPTS = 3


class Gone(Exception):
    """The process is dead: nothing of it reaches the database."""


@dataclass
class Call:
    """One call of an author, as it stands at the gate."""

    key: str
    product: str
    given: dict[str, Any]
    content: dict[str, Any]
    end: asyncio.Future[str]
    outcome: str = ""


class Gated(SimulatedAuthor):
    """Its answers differ from each other, so that it shows which one was stored."""

    def __init__(self, worker: "Worker | None" = None) -> None:
        super().__init__(concepts=CONCEPTS, delay=0, log=None, today=lambda: date(2026, 1, 1))
        self.worker = worker

    async def answer(self, ask: Any, thought: Thought, given: Value, value: Any) -> Any:
        async def send(key: str) -> Answer:
            assert self.worker
            content = signed(thought, value.model_dump(mode="json"), self.worker.sign())
            end = asyncio.get_running_loop().create_future()
            call = Call(key, key.split("/")[1], given.model_dump(mode="json"), content, end)
            outcome = await self.worker.stop_at_gate(call)
            if outcome == "refuse":
                raise AuthorFailed("Not today.", code="refused")
            if outcome == "wait":
                raise MustWait("The quota is spent.", until=None)
            return Answer(BAD if outcome == "bad" else content)

        said = await ask({"thought": thought.value, "given": given.model_dump(mode="json")}, send)
        if said == BAD:
            raise AuthorFailed("The answer cannot be read.", code="unreadable")
        return type(value).model_validate(said)


def signed(thought: Thought, content: dict[str, Any], number: int) -> dict[str, Any]:
    match thought:
        case Thought.tutorial:
            content["minutes"] = number
        case Thought.resources:
            content["items"][0]["description"] = f"Answer {number}"
        case Thought.quiz:
            content["questions"][0]["options"][0]["explanation"] = f"Answer {number}"
        case Thought.intent:
            content["user_profile_summary"] = f"Answer {number}"
        case _:
            pass
    return content


class Worker:
    """`committed` is told of every commit. `sign` numbers the answers."""

    def __init__(
        self, name: str, committed: Callable[["Worker", str], None], sign: Callable[[], int]
    ) -> None:
        self.name = name
        self.committed = committed
        self.sign = sign
        self.stack = AsyncExitStack()
        self.cairn: Workshop | None = None
        self.task: Task | None = None
        self.run: asyncio.Task[None] | None = None
        self.call: Call | None = None
        self.dead = False
        self.dies_in: int | None = None
        """Crossings until its death."""
        self.fault: Exception | None = None
        self.moved = asyncio.Event()

    async def open(self, settings: Settings) -> "Worker":
        opening = open_workshop(settings, Gated(self), self.cross)
        self.cairn = await self.stack.enter_async_context(opening)
        return self

    def cross(self, name: str, when: str) -> None:
        if self.dead and when == BEFORE:
            raise Gone
        if self.dies_in is not None:
            self.dies_in -= 1
            if self.dies_in <= 0 and not self.dead:
                self.die()
                if when == BEFORE:
                    raise Gone
        kind, _, rest = name.partition(" ")
        if kind == "commit" and when != BEFORE:
            try:
                self.committed(self, rest)
            except Exception as error:  # the writer that tells us must go on
                self.fault = self.fault or error
        self.moved.set()

    def die(self) -> None:
        self.dead = True
        if self.run:
            self.run.cancel()
        self.moved.set()

    async def stop_at_gate(self, call: Call) -> str:
        self.call = call
        self.moved.set()
        call.outcome = await call.end
        return call.outcome

    @property
    def busy(self) -> bool:
        return self.run is not None

    @property
    def waits(self) -> bool:
        """Whether it stands at the gate."""
        return self.call is not None and not self.call.end.done()

    async def claim(self, task_id: str, dies_in: int | None = None) -> Task | None:
        assert self.cairn
        self.dies_in = dies_in
        try:
            return await self.cairn.claims.claim(task_id, self.name)
        except Gone:
            return None

    def start(self, task: Task) -> None:
        assert self.cairn
        self.task = task
        self.call = None
        self.run = asyncio.create_task(self.cairn.runner.run(task, lambda: not self.dead))
        self.run.add_done_callback(lambda _: self.moved.set())

    def release(self, outcome: str, dies_in: int | None = None) -> None:
        assert self.call
        self.dies_in = dies_in
        self.call.outcome = outcome
        self.call.end.set_result(outcome)

    async def until(self, settled: Callable[[], bool]) -> None:
        """The run has ended, or stands in a call with nothing left to be stored, or the worker is dead."""
        assert self.run
        async with asyncio.timeout(PATIENCE):
            while not (self.fault or self.run.done() or self.dead or (self.waits and settled())):
                self.moved.clear()
                await self.moved.wait()
        self.dies_in = None
        if self.fault:
            raise self.fault
        if self.run.done() and not self.dead:
            self.run.result()
            self.run = self.call = None

    async def hand_back(self) -> None:
        """An orderly stop of the run."""
        assert self.run
        self.run.cancel()
        await asyncio.wait([self.run], timeout=PATIENCE)
        assert self.run.cancelled()
        self.run = self.call = None

    async def bury(self) -> None:
        """Nothing of it is used after this."""
        self.die()
        if self.run:
            await asyncio.wait([self.run], timeout=PATIENCE)
            if not self.run.cancelled():
                self.run.exception()
        await self.stack.aclose()
