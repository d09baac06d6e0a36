"""A model with little room: it refuses what is too long, and its answers end where the room does."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cairn.domain.modes import KeptMode, Mode
from cairn.domain.task import TaskStatus
from cairn.store import modes
from tests.databases import Database
from tests.models.answers import ANSWERS
from tests.models.faults import Fault
from tests.models.forms import Formal
from tests.models.openai_chat import error, way_of
from tests.models.server import model_server
from tests.models.teaching import learn, taught
from tests.models.wire import Asked, Reply
from tests.process import serving

MANY = 60
"""Concepts the model would list in one answer."""
ROOM = 5_500
"""Characters of a prompt with its answer. A whole curriculum takes three times that, anything else less."""
STAGES = ["Begin", "Go on", "Master"]
WHOLE = ["intent", "curriculum", "stages", "stage", "stage", "stage"]


def whole_course(asked: Asked) -> dict[str, Any]:
    [card, *_] = ANSWERS["curriculum"](asked)["concepts"]
    concepts = [{**card, "name": f"{card['name']} {at}", "prerequisites": []} for at in range(MANY)]
    return {"title": "All", "summary": "All of it.", "concepts": concepts}


@dataclass
class Small(Formal):
    """`room` for prompt, forms and answer together, in characters."""

    room: int = 100_000

    def answer(self, asked: Asked) -> Reply:
        status, headers, body = super().answer(asked)
        told = json.loads(body)
        [choice] = told["choices"]
        left = self.room - len(json.dumps(asked.body))
        if left <= 0:
            return error(400, f"request exceeds the available context size ({self.room} tokens)")
        if len(json.dumps(choice["message"])) > left:
            choice["finish_reason"] = "length"
            for call in choice["message"].get("tool_calls", []):
                call["function"]["arguments"] = call["function"]["arguments"][:left]
            if text := choice["message"]["content"]:
                choice["message"]["content"] = text[:left]
        return status, headers, json.dumps(told).encode()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[Small]:
    with model_server(Small(answers={"curriculum": whole_course})) as server:
        assert isinstance(server, Small)
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


def forms(server: Small) -> list[str]:
    return [asked.thought for asked in server.asked]


def tree_of(folder: Database) -> list[dict[str, Any]]:
    [(content,)] = folder.rows("SELECT content FROM roadmaps")
    return json.loads(content)["stages"]


def refusing(*refused: str) -> Fault:
    """What asks for one of these forms is too long."""

    def fault(asked: Asked) -> Reply | None:
        return error(400, "prompt is too long") if asked.thought in refused else None

    return fault


def keep(folder: Database, server: Small, mode: Mode, *names: str) -> None:
    async def write() -> None:
        async with folder.store() as store:
            for form in names:
                found = KeptMode(
                    model="openai-chat:x", address=f"{server.url}/v1", form=form, mode=mode, failed="",
                    tried_at=datetime.now(UTC),
                )  # fmt: skip
                await store.writer.move("mode", lambda c, _, found=found: modes.keep(c, found))

    asyncio.run(write())


@pytest.mark.parametrize("mode", Mode)
def test_a_curriculum_that_is_cut_off_is_designed_in_stages(
    small: Small, folder: Database, mode: Mode
) -> None:
    keep(folder, small, mode, "intent", "curriculum", "validation", "tutorial", "resources", "quiz")
    small.room = ROOM
    task = taught(folder, learn)
    assert task.status is TaskStatus.completed, task.error
    assert {way_of(asked.body) for asked in small.asked} == {mode}, "also of the forms that were not tried"
    assert forms(small)[:6] == WHOLE, "the whole is not asked for again"
    assert [stage["title"] for stage in tree_of(folder)] == STAGES
    assert folder.rows("SELECT count(*) FROM model_calls") == [(len(small.asked),)]


def test_stages_build_on_those_before(small: Small, folder: Database) -> None:
    """A concept may need one of an earlier stage: its name was told."""
    small.fault = refusing("curriculum")
    task = taught(folder, learn)
    assert task.status is TaskStatus.completed, task.error
    cards = [card for stage in tree_of(folder) for module in stage["modules"] for card in module["concepts"]]
    assert len(cards) == 6
    assert cards[2]["prerequisites"] == [cards[1]["concept_id"]]
    assert cards[4]["prerequisites"] == [cards[3]["concept_id"]]


def test_more_stages_than_are_asked_for_are_asked_for_again(small: Small, folder: Database) -> None:
    """At most six, so that the calls for them are bounded."""
    small.fault = refusing("curriculum")

    def many(asked: Asked) -> dict[str, Any]:
        plan = ANSWERS["stages"](asked)
        number = 9 if forms(small).count("stages") == 1 else 6
        return {**plan, "stages": [{**plan["stages"][0], "title": f"Stage {at}"} for at in range(number)]}

    small.answers["stages"] = many
    task = taught(folder, learn)
    assert task.status is TaskStatus.completed, task.error
    assert forms(small).count("stages") == 2
    assert forms(small).count("stage") == 6


def test_what_does_not_fit_in_parts_either_is_told(small: Small, folder: Database) -> None:
    small.fault = refusing("curriculum", "stage")
    task = taught(folder, learn)
    assert task.status is TaskStatus.failed
    assert task.error
    assert task.error.code == "context_too_long"
    assert "OLLAMA_CONTEXT_LENGTH" in task.error.hint
    assert forms(small) == WHOLE[:4]


def test_an_outline_that_is_too_long_is_read_without_its_descriptions(small: Small, folder: Database) -> None:
    def described(asked: Asked) -> Reply | None:
        long = asked.thought == "validation" and "comes to." in asked.text
        return error(400, "prompt is too long") if long else None

    small.answers.clear()
    small.fault = described
    assert taught(folder, learn).status is TaskStatus.completed
    assert forms(small).count("validation") == 2
    assert notes_of(folder) == [["It is short."]]


def test_an_outline_that_does_not_fit_at_all_is_not_passed_unread(small: Small, folder: Database) -> None:
    """Nobody has said which skills it teaches."""
    small.answers.clear()
    small.fault = refusing("validation")
    task = taught(folder, learn)
    assert task.status is TaskStatus.failed
    assert task.error
    assert task.error.code == "context_too_long"
    assert forms(small).count("validation") == 2
    assert notes_of(folder) == []


def notes_of(folder: Database) -> list[list[str]]:
    rows = folder.rows("SELECT content FROM structure_validation_metadata")
    return [json.loads(content)["notes"] for (content,) in rows]


def test_any_other_failure_of_a_curriculum_is_one(small: Small, folder: Database) -> None:
    small.fault = lambda asked: error(400, "boom") if asked.thought == "curriculum" else None
    task = taught(folder, learn)
    assert task.status is TaskStatus.failed
    assert forms(small) == ["intent", "curriculum"]


@pytest.mark.full
def test_what_was_answered_of_stages_is_not_asked_again_after_a_kill(small: Small, tmp_path: Path) -> None:
    """Nor is the whole, whose answer was cut off."""
    small.room, small.delay = ROOM, 0.05
    with serving(tmp_path, **small.environment) as served:
        made = served.call("POST", "/api/v1/generation/roadmap", {"query": "Learn to bake bread"})[1]
        small.until(len(WHOLE) - 1)
        served.kill()
    with serving(tmp_path, **small.environment) as served:
        list(served.events(made["task_id"]))
        assert served.call("GET", f"/api/v1/tasks/{made['task_id']}")[1]["status"] == "completed"
    asked = Counter(forms(small))
    assert [asked[form] for form in ("intent", "curriculum", "stages")] == [1, 1, 1]
    assert asked["stage"] in (3, 4), "the one under way at the kill may be asked for again"
