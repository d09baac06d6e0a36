"""One value that cannot be stored, among many that can: its own piece is a gap that says why; its neighbours,
the writer and the next task go on as if it were not there."""

from collections.abc import Callable
from typing import Any

import pytest

from cairn.authors.author import Answer, PieceGiven
from cairn.domain.errors import AuthorFailed
from cairn.domain.lesson import Tutorial
from cairn.domain.task import TaskStatus
from tests.databases import Database
from tests.workflow.scripted import OWNER, Scripted, made, run, to_the_end, working

HALF_A_PAIR = "\ud83d"
"""No text in UTF-8, though Python holds it: the first half of an emoji that was cut in two."""


class NotOurs(Exception):
    """As a model's client raises it, with the bytes it was sent."""


async def cannot_be_written(ask: Callable[..., Any]) -> Tutorial:
    return Tutorial.model_construct(title="T", summary="S", markdown=f"cut off {HALF_A_PAIR}", minutes=1)


async def answers_what_cannot_be_journaled(ask: Callable[..., Any]) -> Tutorial:
    async def send(key: str) -> Answer:
        return Answer({"title": "T", "summary": "S", "markdown": f"cut off {HALF_A_PAIR}", "minutes": 1})

    said = await ask({"thought": "poison"}, send)
    return Tutorial.model_construct(**said)


async def fails_with_a_zero_byte(ask: Callable[..., Any]) -> Tutorial:
    raise AuthorFailed(f"The model said \0 and {HALF_A_PAIR}.", code="model_said")


async def sends_a_request_that_fails_with_a_zero_byte(ask: Callable[..., Any]) -> Tutorial:
    async def send(key: str) -> Answer:
        raise AuthorFailed(f"HTTP 500: \0{HALF_A_PAIR}", code="model_said")

    return await ask({"thought": "poison"}, send)


class Poisoned(Scripted):
    def __init__(self, poison: Callable[[Callable[..., Any]], Any]) -> None:
        super().__init__()
        self.poison: Callable[[Callable[..., Any]], Any] | None = poison

    async def write_tutorial(self, given: PieceGiven, ask: Any) -> Tutorial:
        if self.poison and given.name.startswith("Vocabulary"):
            return await self.poison(ask)
        return await super().write_tutorial(given, ask)


@pytest.mark.parametrize(
    ("poison", "code"),
    [
        (cannot_be_written, "not_storable"),
        (answers_what_cannot_be_journaled, "not_storable"),
        (fails_with_a_zero_byte, "model_said"),
        (sends_a_request_that_fails_with_a_zero_byte, "model_said"),
    ],
)
def test_a_value_that_cannot_be_stored_is_a_gap_with_its_cause(
    database: Database, poison: Callable[[Callable[..., Any]], Any], code: str
) -> None:
    async def scenario() -> None:
        author = Poisoned(poison)
        async with working(database, author) as cairn:
            task = await to_the_end(cairn, await cairn.tasks.ask(OWNER, {"query": "Learn Rust"}))
            assert (task.status, task.error) == (TaskStatus.completed_with_gaps, None)
            view = await cairn.roadmaps.get(OWNER, task.roadmap_id)
            [gap] = view.failures
            assert (gap.kind.value, gap.code) == ("tutorial", code)
            assert gap.cause
            pieces = (await cairn.tasks.view(OWNER, task.task_id)).pieces
            assert (pieces.ready, pieces.total, pieces.failed) == (11, 12, 1), "its neighbours stand"
            open_calls = database.rows("SELECT state, count(*) FROM model_calls GROUP BY state ORDER BY 1")
            if poison is sends_a_request_that_fails_with_a_zero_byte:
                assert [state for state, _ in open_calls] == ["answered", "failed"], "told in the journal too"
            before = set(author.calls)
            author.poison = None
            task = await to_the_end(cairn, await cairn.moves.retry(OWNER, task.task_id))
            assert task.status is TaskStatus.completed
            assert len(set(author.calls) - before) == 1, "the one piece was made"
            await made(cairn, query="Learn Go")

    run(scenario())


def test_a_step_that_cannot_be_stored_fails_the_run_with_its_cause(database: Database) -> None:
    class NoCurriculum(Scripted):
        async def design_curriculum(self, given: Any, ask: Any) -> Any:
            roadmap = await super().design_curriculum(given, ask)
            return roadmap.model_copy(update={"summary": HALF_A_PAIR}) if self.failing else roadmap

    async def scenario() -> None:
        author = NoCurriculum()
        author.failing = ("no concept",)
        async with working(database, author) as cairn:
            task = await to_the_end(cairn, await cairn.tasks.ask(OWNER, {"query": "Learn Rust"}))
            assert task.status is TaskStatus.failed
            assert task.error
            assert (task.error.code, task.error.product) == ("not_storable", "curriculum")
            author.failing = ()
            task = await to_the_end(cairn, await cairn.moves.retry(OWNER, task.task_id))
            assert task.status is TaskStatus.completed

    run(scenario())
