"""Calls of an author: a slot by priority, the claim still held, a deadline, and the call's own key."""

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from itertools import count
from typing import TypeVar

from cairn.domain.errors import AuthorFailed, Superseded

T = TypeVar("T")


class Limiter:
    """At most `slots` calls at once, the lowest priority number first; 0 slots: unlimited."""

    def __init__(self, slots: int) -> None:
        self.free = slots
        self.unlimited = slots == 0
        self.order = count()
        self.waiting: list[tuple[int, int, asyncio.Future[None]]] = []

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


class Calls:
    """What the calls of one run share."""

    def __init__(self, limiter: Limiter, timeout: float, held: Callable[[], bool]) -> None:
        self.limiter = limiter
        self.timeout = timeout
        self.held = held

    def under(self, key: str, priority: int) -> "Asking":
        return Asking(self, key, priority)


class Asking:
    """The `ask` an author is given for one product; each call of it has a number of its own."""

    def __init__(self, calls: Calls, key: str, priority: int) -> None:
        self.calls = calls
        self.key = key
        self.priority = priority
        self.ordinal = count()

    async def __call__(self, call: Callable[[str], Awaitable[T]]) -> T:
        await self.calls.limiter.enter(self.priority)
        try:
            if not self.calls.held():
                raise Superseded("the claim ran out before a call")
            async with asyncio.timeout(self.calls.timeout):
                return await call(f"{self.key}#{next(self.ordinal)}")
        except TimeoutError as error:
            raise AuthorFailed(
                f"The author did not answer within {self.calls.timeout:g} seconds.", code="timeout"
            ) from error
        finally:
            self.calls.limiter.leave()
