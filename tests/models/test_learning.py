"""A course by a model: of any goal, killed in the middle, retried after bad answers, without a key."""

import json
from collections import Counter
from pathlib import Path

import pytest

from cairn.bootstrap import Workshop
from cairn.domain.task import TaskStatus
from tests.databases import Database
from tests.models.counting import JOURNAL, came_to, unexplained
from tests.models.faults import always, talk
from tests.models.server import Server, model_server
from tests.models.teaching import again, learn, taught
from tests.process import cairn, serving

GOAL = "Learn to bake sourdough bread"


def test_any_goal_becomes_a_course(tmp_path: Path) -> None:
    """As written in the README, against a server of ours."""
    with model_server() as server:
        done = cairn(tmp_path, "learn", GOAL, "--hours-per-week", "3", **server.environment)
        assert done.returncode == 0, done.stderr
        assert "6 concepts, 9 hours, about 3 weeks." in done.stdout
        shown = json.loads(cairn(tmp_path, "show", done_id(tmp_path), "--json", **server.environment).stdout)
        assert [c["status"] for c in shown["concepts"]] == [
            {"tutorial": "ready", "resources": "ready", "quiz": "ready"}
        ] * 6
        assert server.thoughts() == {
            "intent": 1, "curriculum": 1, "validation": 1, "tutorial": 6, "resources": 6, "quiz": 6,
            "solve": 6,
        }  # fmt: skip
        assert "bake sourdough bread" in server.asked[1].prompt, "the subject is the model's own"


def test_a_thought_can_have_a_model_of_its_own(tmp_path: Path) -> None:
    with model_server() as server:
        settings = {**server.environment, "CAIRN_MODEL_FOR_QUIZ": "openai-chat:y"}
        assert cairn(tmp_path, "learn", GOAL, **settings).returncode == 0
        asked = {(asked.thought in ("quiz", "solve"), asked.said.model) for asked in server.asked}
        assert asked == {(True, "y"), (False, "x")}
    authors = Database(tmp_path).rows("SELECT DISTINCT author FROM quiz_metadata")
    assert authors == [("openai-chat:y",)]
    assert Database(tmp_path).rows("SELECT author FROM roadmaps") == [("openai-chat:x",)]


def done_id(folder: Path) -> str:
    [(task_id,)] = Database(folder).rows("SELECT task_id FROM roadmap_tasks")
    return task_id


@pytest.mark.full
def test_what_was_answered_is_asked_once_whatever_dies(tmp_path: Path) -> None:
    """Killed again and again, and started again. What was under way at a kill is asked again, and is a row
    without an answer."""
    with model_server() as server:
        server.delay = 0.05
        task_id = ""
        for requests in (1, 5, 10, 15):
            with serving(tmp_path, **server.environment) as served:
                if not task_id:
                    task_id = served.call("POST", "/api/v1/generation/roadmap", {"query": GOAL})[1]["task_id"]
                server.until(requests)
                served.kill()
        with serving(tmp_path, **server.environment) as served:
            list(served.events(task_id))
            _, task = served.call("GET", f"/api/v1/tasks/{task_id}")
    assert task["status"] == "completed"
    journal = Database(tmp_path).rows(JOURNAL)
    assert unexplained(journal, came_to(server.asked)) == []
    assert Counter(state for _, state, _ in journal)["answered"] == 27
    assert task["cost"]["calls"] == len(journal)


def test_after_four_bad_answers_a_retry_asks_anew(server: Server, folder: Database) -> None:
    server.fault = always(talk)

    async def twice(cairn: Workshop) -> tuple[TaskStatus, TaskStatus]:
        first = await learn(cairn)
        assert len(server.asked) == 4, "asked, and asked again three times"
        server.fault = lambda asked: None
        second = await again(cairn, first)
        return first.status, second.status

    assert taught(folder, twice) == (TaskStatus.failed, TaskStatus.completed)
    assert server.thoughts()["intent"] == 5


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"OPENAI_API_KEY": ""}, "OPENAI_API_KEY is empty or not set"),
        ({"CAIRN_MODEL": "openai-chat:"}, "CAIRN_MODEL cannot be"),
        ({"CAIRN_MODEL": "nobody:x"}, "openai-chat, openai-responses, anthropic, google, ollama"),
        ({"CAIRN_MODEL": "gpt"}, "CAIRN_MODEL cannot be"),
        ({"CAIRN_MODEL": "ollama:llama3"}, "OLLAMA_BASE_URL is empty or not set"),
        ({"CAIRN_MODEL": "anthropic:x", "ANTHROPIC_API_KEY": ""}, "ANTHROPIC_API_KEY is empty or not set"),
        ({"CAIRN_MODEL": "google:x", "GOOGLE_API_KEY": "", "GEMINI_API_KEY": ""}, "GOOGLE_API_KEY"),
    ],
)
def test_a_model_that_cannot_be_used_is_told_before_anything_is_stored(
    tmp_path: Path, settings: dict[str, str], said: str
) -> None:
    with model_server() as server:
        done = cairn(tmp_path, "learn", GOAL, **{**server.environment, **settings})
        assert (done.returncode, done.stdout, server.asked) == (1, "", [])
    assert said in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr
    made = (tmp_path / "cairn.db").exists()
    assert not made or Database(tmp_path).rows("SELECT task_id FROM roadmap_tasks") == []
