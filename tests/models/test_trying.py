"""Calls that try a model are no more than was said beforehand, and hold no place when they have failed."""

import asyncio

import pytest

from cairn.authors.author import Answer
from cairn.domain.errors import AuthorFailed, CallFailed
from cairn.usecases.limiter import Limiter
from cairn.usecases.trying import Trying


async def good(key: str) -> Answer:
    return Answer(key, input_tokens=10, output_tokens=2)


async def broken(key: str) -> Answer:
    raise CallFailed("boom", code="unreachable")


def trying(most: int, limiter: Limiter | None = None) -> Trying:
    return Trying(limiter or Limiter(1), timeout=5, most=most)


def test_no_more_calls_are_made_than_were_announced() -> None:
    calls = trying(2)

    async def work() -> None:
        assert await calls.ask({}, good) == "try#1"
        assert await calls.ask({}, good) == "try#2"
        with pytest.raises(AuthorFailed, match="2 calls were not enough") as failed:
            await calls.ask({}, good)
        assert failed.value.code == "too_many_calls"

    asyncio.run(work())
    assert calls.sent == 2
    assert sum(answer.input_tokens for answer in calls.answers) == 20


def test_a_call_that_failed_gives_its_place_back() -> None:
    limiter = Limiter(1)
    calls = trying(5, limiter)

    async def work() -> None:
        with pytest.raises(CallFailed, match="boom"):
            await calls.ask({}, broken)
        assert await calls.ask({}, good) == "try#2"

    asyncio.run(work())
    assert limiter.free == 1
