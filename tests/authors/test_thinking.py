"""A thought of a model, on pydantic-ai's own models for tests: asked, checked, asked again, replayed."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import pytest
from pydantic_ai.exceptions import ModelHTTPError, ModelRateLimitError
from pydantic_ai.messages import (
    ModelMessage,
    ModelResponse,
    ModelResponsePart,
    TextPart,
    ThinkingPart,
    ToolCallPart,
)
from pydantic_ai.models import Model
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.models.test import TestModel

from cairn.authors.author import Answer
from cairn.authors.model import drafts
from cairn.authors.model.checks import Unfit
from cairn.authors.model.price import Price
from cairn.authors.model.thinking import RE_ASKS, Thinker
from cairn.domain.errors import AuthorFailed, CallFailed
from cairn.domain.fingerprint import fingerprint
from cairn.domain.structure import ValidationReport

TestModel.__test__ = False  # type: ignore[attr-defined]
KEY = "k-of-the-tests"
PRICE = Price("openai-chat:x")
BAD, GOOD = {"notes": 42}, {"notes": ["It is short."]}


class Journal:
    """As a thinker sees one: what was answered before is found, and all else is sent."""

    def __init__(self, stored: Sequence[Any] = ()) -> None:
        self.stored = list(stored)
        self.requests: list[Mapping[str, Any]] = []
        self.answers: list[Any] = []

    async def __call__(
        self, request: Mapping[str, Any], send: Callable[[str], Awaitable[Answer]], expected: Any
    ) -> Any:
        self.requests.append(request)
        content = self.stored.pop(0) if self.stored else (await send("a key")).content
        self.answers.append(json.loads(json.dumps(content)))
        return self.answers[-1]

    @property
    def keys(self) -> list[str]:
        return [fingerprint(request) for request in self.requests]


class Scripted:
    """Answers one after the other; the last for good. Notes with which settings it was asked."""

    def __init__(self, *answers: dict[str, Any] | str | Exception | ModelResponse) -> None:
        self.answers = answers
        self.settings: list[Any] = []

    def answer(self, messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        said = self.answers[min(len(self.settings), len(self.answers) - 1)]
        self.settings.append(info.model_settings)
        if isinstance(said, Exception):
            raise said
        if isinstance(said, ModelResponse):
            return said
        call: ModelResponsePart = (
            TextPart(said) if isinstance(said, str) else ToolCallPart(info.output_tools[0].name, said)
        )
        return ModelResponse(parts=[ThinkingPart("Let me see."), call])


def think(model: Model | Scripted, journal: Journal, *, prompt: str = "Look at it.", unfit: int = 0) -> Any:
    """The thought `validation`, whose first `unfit` answers are not good enough."""
    left = [Unfit(f"Not good enough, answer {at}.") for at in range(unfit, 0, -1)]

    def make(draft: drafts.ReviewDraft) -> ValidationReport:
        if left:
            raise left.pop()
        return ValidationReport(notes=tuple(draft.notes))

    model = FunctionModel(model.answer) if isinstance(model, Scripted) else model
    thinker = Thinker(PRICE, model, "TEST_API_KEY", KEY, "TEST_BASE_URL", {})
    return asyncio.run(thinker.think("validation", drafts.ReviewDraft, prompt, journal, make))


@pytest.mark.parametrize(
    "form",
    [
        drafts.IntentDraft, drafts.CurriculumDraft, drafts.ReviewDraft, drafts.EditsDraft,
        drafts.TutorialDraft, drafts.ResourcesDraft, drafts.QuizDraft, drafts.RewrittenDraft,
        drafts.SolutionDraft,
    ],
)  # fmt: skip
def test_every_form_can_be_filled_by_who_reads_its_schema_alone(form: type[drafts.Draft]) -> None:
    thinker, journal = Thinker(PRICE, TestModel(), "TEST_API_KEY", KEY, "TEST_BASE_URL", {}), Journal()
    made = asyncio.run(thinker.think("form", form, "Fill it.", journal, lambda draft: draft))  # type: ignore[type-var]
    assert isinstance(made, form)
    assert len(journal.requests) == 1


def test_an_answer_without_the_form_is_asked_for_again_with_its_fault() -> None:
    journal = Journal()
    assert think(Scripted(BAD, "It is short.", GOOD), journal).notes == ("It is short.",)
    first, second, third = (json.dumps(request) for request in journal.requests)
    assert "valid list" not in first
    assert "notes" in second
    assert "valid list" in second
    assert len(third) > len(second), "and what was said in prose comes back too"


def test_an_answer_that_is_not_good_enough_is_asked_for_again_in_words() -> None:
    journal = Journal()
    assert think(Scripted(GOOD), journal, unfit=RE_ASKS).notes == ("It is short.",)
    assert len(journal.requests) == 1 + RE_ASKS
    assert "Not good enough, answer 3." in json.dumps(journal.requests[-1])


@pytest.mark.parametrize("bad", [BAD, "Sure!", {"notes": "none"}])
def test_it_is_asked_three_times_more_and_no_more(bad: dict[str, Any] | str) -> None:
    journal = Journal()
    with pytest.raises(AuthorFailed, match="openai-chat:x gave no usable answer") as failed:
        think(Scripted(bad), journal)
    assert failed.value.code == "unusable_answer"
    assert len(journal.requests) == 1 + RE_ASKS
    assert len(set(journal.keys)) == 1 + RE_ASKS


def test_what_is_found_in_the_journal_is_not_sent() -> None:
    """A re-ask among it; the same calls come to the same keys."""
    first, again = Journal(), Journal()
    made = think(Scripted(BAD, GOOD), first)
    again.stored = list(first.answers)
    nobody = Scripted(AssertionError("it was sent"))
    assert think(nobody, again) == made
    assert nobody.settings == []
    assert again.keys == first.keys


def test_what_comes_after_the_stored_answers_is_sent() -> None:
    first, again = Journal(), Journal()
    think(Scripted(BAD, GOOD), first)
    again.stored = first.answers[:1]
    model = Scripted(GOOD)
    assert think(model, again).notes == ("It is short.",)
    assert len(model.settings) == 1
    assert again.keys == first.keys


def tell_keys() -> None:
    """For a process of its own."""
    journal = Journal()
    think(Scripted(BAD, "In prose.", GOOD), journal)
    print(json.dumps(journal.keys))


def test_the_keys_are_the_same_in_every_process() -> None:
    """Whatever a process makes up: ids of calls, times, the order of sets."""
    told: list[str] = []
    for seed in ("1", "2"):
        words = "from tests.authors.test_thinking import tell_keys; tell_keys()"
        done = subprocess.run(
            [sys.executable, "-c", words], env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        told.append(done.stdout)
    assert told[0] == told[1]
    assert len(set(json.loads(told[0]))) == 3


def test_another_prompt_model_or_answer_is_another_call() -> None:
    def keys(prompt: str = "Look at it.", name: str = "x", said: str = "In prose.") -> tuple[str, str]:
        journal, model = Journal(), Scripted(said, GOOD)
        think(FunctionModel(model.answer, model_name=name), journal, prompt=prompt)
        first, second = journal.keys
        return first, second

    usual = keys()
    assert keys() == usual
    assert {keys(prompt="Look at this.")[0], keys(name="y")[0]}.isdisjoint(usual)
    first, second = keys(said="Otherwise.")
    assert (first, second == usual[1]) == (usual[0], False)


def test_clients_are_told_to_try_once() -> None:
    model = Scripted(GOOD)
    think(model, Journal())
    assert [settings["max_retries"] for settings in model.settings] == [0]


def test_what_a_provider_says_is_told_without_the_key() -> None:
    body = {"error": {"message": f"Incorrect API key provided: {KEY}, Bearer abcdefgh12345."}}
    error = ModelRateLimitError("x", str(body), body=body, retry_after=7)
    with pytest.raises(CallFailed, match=r"provided: \(key\), \(key\)") as failed:
        think(Scripted(error), Journal())
    assert failed.value.after == 7
    assert KEY not in str(failed.value)


@pytest.mark.parametrize(
    "broken",
    [ValueError("Expecting value"), TypeError("NoneType"), KeyError("choices"), ModelResponse(parts=[])],
)
def test_whatever_else_comes_of_a_request_is_no_answer(
    broken: Exception | ModelResponse,
) -> None:
    with pytest.raises(CallFailed, match="is no answer of a model") as failed:
        think(Scripted(broken), Journal())
    assert failed.value.tries == 3


def test_an_error_of_the_server_is_worth_five_tries() -> None:
    with pytest.raises(CallFailed, match="could not be asked") as failed:
        think(Scripted(ModelHTTPError(502, "x", "<html>")), Journal())
    assert failed.value.tries == 5
