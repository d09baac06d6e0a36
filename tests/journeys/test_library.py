"""The built-in library over HTTP: a course read and answered, a changed goal, a goal it does not teach."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.process import Served, serving


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("library") / "data") as process:
        yield process


def read(served: Served, roadmap_id: str) -> dict[str, dict[str, Any]]:
    _, roadmap = served.call("GET", f"/api/v1/roadmaps/{roadmap_id}")
    concepts = [c for stage in roadmap["stages"] for module in stage["modules"] for c in module["concepts"]]
    assert [set(c["status"].values()) for c in concepts] == [{"ready"}] * len(concepts)
    return {c["concept_id"]: c for c in concepts}


def test_learn_python_then_advanced_python(served: Served) -> None:
    _, made = served.call("POST", "/api/v1/generation/roadmap", {"query": "Learn Python"})
    task_id, roadmap_id = made["task_id"], made["roadmap_id"]
    *_, (last, _, ended) = served.events(task_id)
    assert ended["status"] == "completed"
    whole = read(served, roadmap_id)
    assert len(whole) >= 36
    for concept_id in ("asyncio", "loops"):
        path = f"/api/v1/roadmaps/{roadmap_id}/concepts/{concept_id}/progress"
        served.call("PUT", path, {"state": "done"})

    status, again = served.call(
        "POST", f"/api/v1/generation/retry/{task_id}", {"query": "Learn advanced Python"}
    )
    assert (status, again["run"], again["roadmap_id"]) == (202, 2, roadmap_id)
    told = list(served.events(task_id, after=last))
    assert told[-1][2]["status"] == "completed"
    assert [kind for _, kind, _ in told if kind.startswith("piece")] == [], "all pieces were there"
    assert served.rows(
        f"SELECT rev, parsed_goal FROM intent_analysis_metadata WHERE task_id = '{task_id}'"
    ) == [(2, "Learn Python: the advanced level.")]
    advanced = read(served, roadmap_id)
    assert set(advanced) < set(whole)
    assert {c["difficulty"] for c in advanced.values()} == {"advanced"}
    assert advanced["asyncio"]["progress"] == "done"
    assert served.rows(
        f"SELECT DISTINCT rev FROM tutorial_metadata WHERE roadmap_id = '{roadmap_id}'"
    ) == [(1,)]  # fmt: skip

    last = told[-1][0]
    served.call("POST", f"/api/v1/generation/retry/{task_id}", {"query": "Learn Python"})
    list(served.events(task_id, after=last))
    assert read(served, roadmap_id)["loops"]["progress"] == "done", "what had fallen out came back as it was"

    logged = [json.loads(line) for line in served.log().splitlines() if line.startswith("{")]
    said = [line["event"] for line in logged if line.get("task_id") == task_id]
    for name in ("intent_analysis_metadata_created", "intent_analysis_metadata_updating",
                 "intent_analysis_metadata_updated", "tutorial_metadata_reused", "intent_analysis_started",
                 "publish_finished", "write_concept_started", "write_concept_finished", "finish_finished",
                 "task_claimed", "task_finished"):  # fmt: skip
        assert name in said, name


def test_a_redis_course_read_and_answered(served: Served) -> None:
    _, made = served.call("POST", "/api/v1/generation/roadmap", {"query": "Learn Redis"})
    list(served.events(made["task_id"]))
    concepts = read(served, made["roadmap_id"])
    assert len(concepts) >= 28
    place = f"/api/v1/roadmaps/{made['roadmap_id']}/concepts"
    for concept_id, concept in concepts.items():
        assert set(concept["prerequisites"]) <= set(concepts)
        _, lesson = served.call("GET", f"{place}/{concept_id}")
        assert "<h2" in lesson["tutorial"]["html"]
        assert len(lesson["resources"]) >= 3
        assert 4 <= len(lesson["quiz"]["questions"]) <= 6
    _, lesson = served.call("GET", f"{place}/transactions")
    answers = {
        question["question_id"]: [option["option_id"] for option in question["options"]][:1]
        for question in lesson["quiz"]["questions"]
    }
    status, graded = served.call("POST", f"{place}/transactions/quiz/attempts", {"answers": answers})
    assert (status, graded["asked"]) == (200, len(answers))
    for question in graded["questions"]:
        right = {option["option_id"] for option in question["options"] if option["correct"]}
        assert question["right"] == (set(question["chosen"]) == right)
        assert all(option["explanation"] for option in question["options"])


def test_a_goal_of_another_subject_is_refused_with_the_way_out(served: Served) -> None:
    before = served.rows("SELECT count(*) FROM roadmap_tasks")
    status, problem = served.call("POST", "/api/v1/generation/roadmap", {"query": "Learn Rust"})
    assert (status, problem["code"], problem["courses"]) == (422, "goal_not_covered", ["Python", "Redis"])
    assert "CAIRN_MODEL" in problem["hint"]
    assert served.rows("SELECT count(*) FROM roadmap_tasks") == before
