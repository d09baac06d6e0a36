"""Calls of an author: the journal first, then the guard, a slot by priority, the claim still held, and a
deadline."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

from cairn.authors.author import FREE, Answer, Estimate
from cairn.domain.errors import CallFailed, MustWait, Stopping, Superseded
from cairn.domain.thought import Thought
from cairn.meters.counting import Meters
from cairn.store.crossing import AFTER, BEFORE, Cross
from cairn.usecases.budget import Budget
from cairn.usecases.journal import Journal
from cairn.usecases.limiter import Priority
from cairn.usecases.providers import Providers

Send = Callable[[str], Awaitable[Answer]]
TRIES_AFTER_SILENCE = 2


class Calls:
    """What the calls of one run share. `wait` is set by the first call that must wait: what is in flight then
    ends, and nothing new is begun."""

    def __init__(
        self, providers: Providers, timeout: float, held: Callable[[], bool], journal: Journal,
        budget: Budget, cross: Cross, meters: Meters | None = None,
    ) -> None:  # fmt: skip
        self.providers = providers
        self.timeout = timeout
        self.held = held
        self.journal = journal
        self.budget = budget
        self.cross = cross
        self.meters = meters or Meters()
        self.wait: MustWait | None = None

    def under(self, thought: Thought, product: str, variant: int, priority: Priority) -> "Asking":
        return Asking(self, thought, product, variant, priority)


class Asking:
    """The `ask` an author is given for one product; each call of it has a number of its own."""

    def __init__(
        self, calls: Calls, thought: Thought, product: str, variant: int, priority: Priority
    ) -> None:
        self.calls = calls
        self.provider = calls.providers.of(thought)
        self.thought = thought.value
        self.product = product
        self.variant = variant
        self.priority = priority
        self.ordinal = count()
        self.slot_at_hand = False

    @asynccontextmanager
    async def slot_first(self) -> AsyncGenerator[None]:
        """Waits for the slot of its first call before the author sets to work: who waits weighs little then.
        What the journal may answer needs none."""
        if self.product not in self.calls.journal.begun_before:
            await self.provider.limiter.enter(self.calls, self.priority)
            self.slot_at_hand = True
        try:
            yield
        finally:
            if self.slot_at_hand:
                self.slot_at_hand = False
                self.provider.limiter.leave()

    async def __call__(self, request: Mapping[str, Any], send: Send, expected: Estimate = FREE) -> Any:
        calls = self.calls
        key = calls.journal.key(self.product, self.variant, next(self.ordinal), request)
        stored = await calls.journal.find(key)
        if stored is not None:
            calls.meters.replayed.add(self.thought)
            return stored.content
        try:
            return (await self.provider.guard.through(lambda: self.in_turn(key, send, expected))).content
        except MustWait as wait:
            calls.wait = wait
            raise

    async def in_turn(self, key: str, send: Send, expected: Estimate) -> Answer:
        calls = self.calls
        while True:
            if self.slot_at_hand:
                self.slot_at_hand = False
            else:
                await self.provider.limiter.enter(calls, self.priority)
            try:
                if calls.wait is not None:
                    raise calls.wait
                if calls.providers.closing:
                    raise Stopping("This process is about to stop.", until=None)
                if not calls.held():
                    raise Superseded("the claim ran out before a call")
                if calls.budget.take(expected):
                    return await self.send(key, send, expected)
            finally:
                self.provider.limiter.leave()
            await calls.budget.until_one_is_over()

    async def send(self, key: str, send: Send, expected: Estimate) -> Answer:
        calls, name = self.calls, f"call {self.product}{key[key.rindex('#') :]}"
        begun = await calls.journal.begin(self.product, key, expected)
        calls.cross(name, BEFORE)
        sent_at = time.monotonic()
        try:
            async with asyncio.timeout(calls.timeout):
                answer = await send(key)
        except Exception as error:
            in_doubt = isinstance(error, TimeoutError) or (isinstance(error, CallFailed) and error.in_doubt)
            calls.journal.failed(begun, error, in_doubt=in_doubt)
            calls.meters.calls.add(self.thought, "lost" if in_doubt else "failed")
            calls.budget.settle(expected, expected.usd if in_doubt else 0.0)
            if isinstance(error, TimeoutError):
                said = f"The author did not answer within {calls.timeout:g} seconds."
                raise CallFailed(said, code="timeout", tries=TRIES_AFTER_SILENCE) from error
            raise
        calls.cross(name, AFTER)
        calls.journal.answered(begun, answer)
        calls.meters.answered(
            self.thought, time.monotonic() - sent_at, answer.input_tokens, answer.output_tokens, answer.usd
        )
        calls.budget.settle(expected, answer.usd)
        await calls.providers.turns.turn()
        return answer
