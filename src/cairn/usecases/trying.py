"""Calls that try a model: through the limiter and within the deadline of all calls, but of no task, so in no
journal."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from cairn.authors.author import FREE, Answer, Estimate
from cairn.domain.errors import AuthorFailed, CallFailed
from cairn.usecases.guard import Guard
from cairn.usecases.limiter import STEP, Limiter

ON_THE_WAY = 2
"""Tries of a call that fails as calls do now and then; what else is wrong stays wrong."""
NEVER_ANSWERED = 6
"""After so many calls without one answer a model is tried no further."""


class Trying:
    """The calls to one model, `most` in all. They cost what is counted here."""

    def __init__(self, limiter: Limiter, timeout: float, most: int) -> None:
        self.limiter = limiter
        self.timeout = timeout
        self.most = most
        self.guard = Guard()
        self.sent = 0
        self.answers: list[Answer] = []

    async def ask(
        self, request: Mapping[str, Any], send: Callable[[str], Awaitable[Answer]], expected: Estimate = FREE
    ) -> Any:
        answer = await self.guard.through(lambda: self.in_turn(send))
        self.answers.append(answer)
        return answer.content

    async def in_turn(self, send: Callable[[str], Awaitable[Answer]]) -> Answer:
        if self.sent == self.most:
            raise AuthorFailed(f"{self.most} calls were not enough.", code="too_many_calls")
        await self.limiter.enter(self, STEP)
        self.sent += 1
        try:
            async with asyncio.timeout(self.timeout):
                return await send(f"try#{self.sent}")
        except TimeoutError as error:
            raise self.silence(f"no answer within {self.timeout:g} seconds", "timeout") from error
        except CallFailed as error:
            if not self.answers and self.sent >= NEVER_ANSWERED:
                raise self.silence(error.detail, error.code) from error
            error.tries = ON_THE_WAY if error.code == CallFailed.code else 1
            raise
        except AuthorFailed as error:
            if error.code == "mode_not_offered":  # nothing was sent
                self.sent -= 1
            raise
        finally:
            self.limiter.leave()

    def silence(self, said: str, code: str) -> CallFailed:
        """A model that never answered is not waited for again."""
        code = code if self.answers else "never_answers"
        hint = "Is the server busy, or the model still loading? CAIRN_MODEL_TIMEOUT sets how long is waited."
        return CallFailed(said, code=code, hint=hint, tries=1)
