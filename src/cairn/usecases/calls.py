"""Calls of an author: the journal first, then the guard, a slot by priority, the claim still held, and a
deadline."""

import asyncio
import heapq
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from itertools import count
from typing import Any

from cairn.authors.author import FREE, Answer, Estimate
from cairn.domain.errors import CallFailed, MustWait, Superseded
from cairn.store.crossing import AFTER, BEFORE, Cross
from cairn.usecases.budget import Budget
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
        budget: Budget, cross: Cross,
    ) -> None:  # fmt: skip
        self.limiter = limiter
        self.guard = guard
        self.timeout = timeout
        self.held = held
        self.journal = journal
        self.budget = budget
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

    async def __call__(self, request: Mapping[str, Any], send: Send, expected: Estimate = FREE) -> Any:
        calls = self.calls
        key = calls.journal.key(self.product, self.variant, next(self.ordinal), request)
        stored = await calls.journal.find(key)
        if stored is not None:
            return stored.content
        try:
            return (await calls.guard.through(lambda: self.in_turn(key, send, expected))).content
        except MustWait as wait:
            calls.wait = wait
            raise

    async def in_turn(self, key: str, send: Send, expected: Estimate) -> Answer:
        calls = self.calls
        while True:
            await calls.limiter.enter(self.priority)
            try:
                if calls.wait is not None:
                    raise calls.wait
                if not calls.held():
                    raise Superseded("the claim ran out before a call")
                if calls.budget.take(expected):
                    return await self.send(key, send, expected)
            finally:
                calls.limiter.leave()
            await calls.budget.until_one_is_over()

    async def send(self, key: str, send: Send, expected: Estimate) -> Answer:
        calls, name = self.calls, f"call {self.product}{key[key.rindex('#') :]}"
        begun = await calls.journal.begin(self.product, key, expected)
        calls.cross(name, BEFORE)
        try:
            async with asyncio.timeout(calls.timeout):
                answer = await send(key)
        except Exception as error:
            in_doubt = isinstance(error, TimeoutError) or (isinstance(error, CallFailed) and error.in_doubt)
            calls.journal.failed(begun, error, in_doubt=in_doubt)
            calls.budget.settle(expected, expected.usd if in_doubt else 0.0)
            if isinstance(error, TimeoutError):
                said = f"The author did not answer within {calls.timeout:g} seconds."
                raise CallFailed(said, code="timeout", tries=TRIES_AFTER_SILENCE) from error
            raise
        calls.cross(name, AFTER)
        calls.journal.answered(begun, answer)
        calls.budget.settle(expected, answer.usd)
        await calls.limiter.turn()
        return answer
