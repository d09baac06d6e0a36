"""The event stream: whole, replayed from any place, ended when the task has ended."""

import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from tests.databases import Database
from tests.process import Served, serving_on

SETTINGS = {"CAIRN_MODEL": "simulated", "CAIRN_SIMULATED_CONCEPTS": "4", "CAIRN_SIMULATED_DELAY": "0.05"}


@pytest.fixture(scope="module")
def served(shared_database: Database) -> Iterator[Served]:
    with serving_on(shared_database, **SETTINGS) as process:
        yield process


def test_a_stream_broken_anywhere_is_taken_up_without_hole_or_repeat(served: Served) -> None:
    _, made = served.call("POST", "/api/v1/generation/roadmap", {"query": "Learn Rust"})
    task_id = made["task_id"]
    seen: list[int] = []
    while True:  # read three, drop the connection, go on from the last
        part = served.events(task_id, after=seen[-1] if seen else 0)
        for _ in range(3):
            seq, kind, _ = next(part)
            seen.append(seq)
            if kind == "task_ended":
                break
        part.close()  # type: ignore[attr-defined]
        if kind == "task_ended":
            break
    assert seen == list(range(1, len(seen) + 1))
    _, task = served.call("GET", f"/api/v1/tasks/{task_id}")
    assert task["pieces"] == {"ready": 12, "total": 12, "failed": 0}
    assert [seq for seq, _, _ in served.events(task_id)] == seen, "an ended task replays whole, then closes"
    request = urllib.request.Request(
        f"{served.url}/api/v1/tasks/{task_id}/events", headers={"Last-Event-ID": str(seen[-1])}
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 204


def test_two_followers_see_the_same(served: Served) -> None:
    _, made = served.call("POST", "/api/v1/generation/roadmap", {"query": "Learn Go"})
    one, other = served.events(made["task_id"]), served.events(made["task_id"])
    assert list(one) == list(other)


def test_the_intent_can_be_read_back(served: Served) -> None:
    _, made = served.call("POST", "/api/v1/generation/roadmap", {"query": "Learn advanced Go"})
    list(served.events(made["task_id"]))
    status, intent = served.call("GET", f"/api/v1/tasks/{made['task_id']}/intent-analysis")
    assert status == 200
    assert {
        "parsed_goal", "key_technologies", "difficulty_profile", "time_constraint", "recommended_focus",
        "user_profile_summary", "skill_gap_analysis", "personalized_suggestions",
        "estimated_learning_path_type", "content_format_weights", "language_preferences",
        "full_analysis_data",
    } <= set(intent)  # fmt: skip
    assert "Go" in intent["parsed_goal"]
    assert "advanced" in intent["parsed_goal"]


def test_lists_are_read_page_by_page(served: Served) -> None:
    for at in range(4):
        served.call("POST", "/api/v1/generation/roadmap", {"query": f"Learn thing {at}"})
    _, whole = served.call("GET", "/api/v1/tasks")
    ids: list[str] = []
    after = ""
    while True:
        _, page = served.call("GET", f"/api/v1/tasks?limit=2{after}")
        ids += [task["task_id"] for task in page["items"]]
        if "next" not in page:
            break
        after = f"&after={page['next']}"
    assert ids == [task["task_id"] for task in whole["items"]]
    status, problem = served.call("GET", "/api/v1/tasks?after=nonsense")
    assert (status, problem["code"]) == (422, "bad_input")
