"""Calls of an author: the journal first, then the guard, a slot by priority, the claim still held, and a
deadline."""

import asyncio
import heapq
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from itertools import count
from typing import Any

from cairn.authors.author import Answer
from cairn.domain.errors import CallFailed, MustWait, Superseded
from cairn.store.crossing import AFTER, BEFORE, Cross
from cairn.usecases.guard import Guard
from cairn.usecases.journal import Journal

Send = Callable[[str], Awaitable[Answer]]
TRIES_AFTER_SILENCE = 2


class Limiter:
    """At most `slots` calls at once, the lowest priority number first; 0 slots: unlimited. Answers that come
    together go on one by one."""

    def __init__(self, slots: int) -> None:
        self.free = slots
        self.unlimited = slots == 0
        self.order = count()
        self.waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self.answered: deque[asyncio.Future[None]] = deque()

    async def enter(self, priority: int) -> None:
        if self.unlimited:
            return
        if self.free:
            self.free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self.waiting, (priority, next(self.order), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()
            raise

    def leave(self) -> None:
        if self.unlimited:
            return
        while self.waiting:
            *_, turn = heapq.heappop(self.waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self.free += 1

    async def turn(self) -> None:
        """One answer per pass of the event loop: between two of them the writer and whoever else is ready
        go on, or a hundred answers at once would hold up the calls that follow the first."""
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        self.answered.append(turn)
        if len(self.answered) == 1:
            turn.set_result(None)
            loop.call_soon(self.next_turn)
        await turn

    def next_turn(self) -> None:
        self.answered.popleft()
        if self.answered:
            if not self.answered[0].done():
                self.answered[0].set_result(None)
            asyncio.get_running_loop().call_soon(self.next_turn)


class Calls:
    """What the calls of one run share. `wait` is set by the first call that must wait: what is in flight then
    ends, and nothing new is begun."""

    def __init__(
        self, limiter: Limiter, guard: Guard, timeout: float, held: Callable[[], bool], journal: Journal,
        cross: Cross,
    ) -> None:  # fmt: skip
        self.limiter = limiter
        self.guard = guard
        self.timeout = timeout
        self.held = held
        self.journal = journal
        self.cross = cross
        self.wait: MustWait | None = None

    def under(self, product: str, variant: int, priority: int) -> "Asking":
        return Asking(self, product, variant, priority)


class Asking:
    """The `ask` an author is given for one product; each call of it has a number of its own."""

    def __init__(self, calls: Calls, product: str, variant: int, priority: int) -> None:
        self.calls = calls
        self.product = product
        self.variant = variant
        self.priority = priority
        self.ordinal = count()

    async def __call__(self, request: Mapping[str, Any], send: Send) -> Any:
        calls = self.calls
        key = calls.journal.key(self.product, self.variant, next(self.ordinal), request)
        stored = await calls.journal.find(key)
        if stored is not None:
            return stored.content
        try:
            return (await calls.guard.through(lambda: self.in_turn(key, send))).content
        except MustWait as wait:
            calls.wait = wait
            raise

    async def in_turn(self, key: str, send: Send) -> Answer:
        calls = self.calls
        await calls.limiter.enter(self.priority)
        try:
            if calls.wait is not None:
                raise calls.wait
            if not calls.held():
                raise Superseded("the claim ran out before a call")
            return await self.send(key, send)
        finally:
            calls.limiter.leave()

    async def send(self, key: str, send: Send) -> Answer:
        calls, name = self.calls, f"call {self.product}{key[key.rindex('#') :]}"
        begun = await calls.journal.begin(self.product, key)
        calls.cross(name, BEFORE)
        try:
            async with asyncio.timeout(calls.timeout):
                answer = await send(key)
        except Exception as error:
            calls.journal.failed(begun, error)
            if isinstance(error, TimeoutError):
                said = f"The author did not answer within {calls.timeout:g} seconds."
                raise CallFailed(said, code="timeout", tries=TRIES_AFTER_SILENCE) from error
            raise
        calls.cross(name, AFTER)
        calls.journal.answered(begun, answer)
        await calls.limiter.turn()
        return answer
