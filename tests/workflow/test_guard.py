"""The guard: how often and how soon a failed call is tried again, and when a provider is left alone."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from cairn.authors.author import Answer
from cairn.domain.errors import AuthorFailed, CallFailed, MustWait
from cairn.usecases.guard import FAILURES_IN_A_ROW, REST, Guard

GOOD = Answer("good")


class Provider:
    def __init__(self, *replies: Exception | Answer) -> None:
        self.replies: Iterator[Exception | Answer] = iter(replies)
        self.asked = 0

    async def call(self) -> Answer:
        self.asked += 1
        reply = next(self.replies, GOOD)
        if isinstance(reply, Exception):
            raise reply
        return reply


def through(guard: Guard, provider: Provider) -> Answer:
    return asyncio.run(guard.through(provider.call))


@pytest.fixture
def guard(monkeypatch: pytest.MonkeyPatch) -> Guard:
    """Its pauses are counted, not slept."""
    guard = Guard()

    async def paused(seconds: float) -> None:
        pauses.append(seconds)

    pauses: list[float] = []
    monkeypatch.setattr(asyncio, "sleep", paused)
    monkeypatch.setattr(guard, "pauses", pauses, raising=False)
    return guard


def test_what_fails_is_tried_again_after_longer_and_longer_pauses(guard: Guard) -> None:
    provider = Provider(*[CallFailed("boom")] * 4)
    assert through(guard, provider) == GOOD
    assert provider.asked == 5
    for pause, most in zip(guard.pauses, (1, 2, 4, 8), strict=True):  # type: ignore[attr-defined]
        assert most / 2 <= pause <= most


def test_the_last_failure_is_told(guard: Guard) -> None:
    with pytest.raises(CallFailed, match="the fifth"):
        through(guard, Provider(*[CallFailed("boom")] * 4, CallFailed("the fifth")))


def test_a_provider_is_given_the_time_it_asks_for(guard: Guard) -> None:
    through(guard, Provider(CallFailed("slow down", after=20)))
    assert guard.pauses == [20]  # type: ignore[attr-defined]


def test_who_asks_for_very_long_is_waited_for_without_a_claim(guard: Guard) -> None:
    with pytest.raises(MustWait) as wait:
        through(guard, Provider(CallFailed("come back tomorrow", after=3600)))
    assert wait.value.until
    assert timedelta(minutes=59) < wait.value.until - datetime.now(UTC) <= timedelta(hours=1)


def test_what_a_person_must_mend_is_not_tried_again(guard: Guard) -> None:
    provider = Provider(AuthorFailed("wrong key", code="bad_key"))
    with pytest.raises(AuthorFailed, match="wrong key"):
        through(guard, provider)
    assert provider.asked == 1


def test_after_ten_failures_in_a_row_the_provider_is_left_alone(guard: Guard) -> None:
    """Of whatever calls; and then it is tried anew."""
    provider = Provider(*[CallFailed("boom")] * 20)
    for _ in range(FAILURES_IN_A_ROW // 5 - 1):
        with pytest.raises(CallFailed):
            through(guard, provider)
    with pytest.raises(MustWait, match="10 calls in a row failed; the last: boom") as wait:
        through(guard, provider)
    assert wait.value.until
    assert wait.value.until - datetime.now(UTC) <= REST
    assert provider.asked == FAILURES_IN_A_ROW


def test_scattered_failures_are_no_row(guard: Guard) -> None:
    provider = Provider(*[CallFailed("boom"), CallFailed("boom"), GOOD] * 20)
    for _ in range(20):
        assert through(guard, provider) == GOOD
