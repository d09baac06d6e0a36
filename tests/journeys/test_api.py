"""The contract's calls over HTTP, against a real process."""

import json
from collections.abc import Iterator

import pytest

from tests.databases import Database
from tests.process import Served, serving_on

FAST = {"CAIRN_MODEL": "simulated", "CAIRN_SIMULATED_CONCEPTS": "6"}
ASK = "/api/v1/generation/roadmap"


@pytest.fixture(scope="module")
def served(shared_database: Database) -> Iterator[Served]:
    with serving_on(shared_database, **FAST) as process:
        yield process


def make(served: Served, query: str) -> dict[str, str]:
    status, made = served.call("POST", ASK, {"query": query})
    assert status == 202
    assert [kind for _, kind, _ in served.events(made["task_id"])][-1] == "task_ended"
    return made


def test_a_course_from_request_to_answered_quiz(served: Served) -> None:
    made = make(served, "Learn Redis")
    _, roadmap = served.call("GET", f"/api/v1/roadmaps/{made['roadmap_id']}")
    concepts = [c for stage in roadmap["stages"] for module in stage["modules"] for c in module["concepts"]]
    assert len(concepts) == 6
    assert all(set(c["status"].values()) == {"ready"} for c in concepts)
    concept = f"/api/v1/roadmaps/{made['roadmap_id']}/concepts/{concepts[0]['concept_id']}"
    _, lesson = served.call("GET", concept)
    assert lesson["tutorial"]["html"]
    question = lesson["quiz"]["questions"][0]
    assert "correct" not in question["options"][0], "the key is told with the answer only"
    answers = {question["question_id"]: [question["options"][0]["option_id"]]}
    status, graded = served.call("POST", f"{concept}/quiz/attempts", {"answers": answers})
    assert status == 200
    assert all(option["explanation"] for option in graded["questions"][0]["options"])
    status, problem = served.call("POST", f"{concept}/quiz/attempts", {"answers": {"gone": ["x"]}})
    assert (status, problem["code"]) == (409, "quiz_changed")
    assert problem["quiz"] == lesson["quiz"]


def test_the_api_describes_itself(served: Served) -> None:
    status, document = served.call("GET", "/api/v1/openapi.json")
    assert status == 200
    ask = document["paths"][ASK]["post"]
    body = ask["requestBody"]["content"]["application/json"]["schema"]
    assert body["required"] == ["query"]
    assert {"query", "level", "hours_per_week", "deadline", "known", "language"} <= set(body["properties"])
    assert "$ref" not in json.dumps(body)
    assert "application/problem+json" in ask["responses"]["4XX"]["content"]
    assert "HTTPValidationError" not in json.dumps(document)
    assert "$defs" not in json.dumps(document), "nothing refers to what is not there"
    decide = document["paths"]["/api/v1/tasks/{task_id}/review"]["post"]
    edits = decide["requestBody"]["content"]["application/json"]["schema"]["properties"]["edits"]
    assert edits["maxItems"] == 200
    typed = {one["properties"]["op"]["const"]: set(one["properties"]) for one in edits["items"]["oneOf"]}
    assert set(typed) == {"add", "remove", "rename", "move", "set"}
    assert typed["rename"] == {"op", "concept_id", "name"}
    export = document["paths"]["/api/v1/roadmaps/{roadmap_id}/export"]["get"]
    [wanted] = [one for one in export["parameters"] if one["in"] == "query"]
    assert wanted["schema"]["enum"] == ["markdown", "json"]
    assert set(export["responses"]["200"]["content"]) == {"text/markdown", "application/json"}


def test_an_answer_holds_what_is_described_of_it(served: Served) -> None:
    _, document = served.call("GET", "/api/v1/openapi.json")
    made = make(served, "Learn Zig")
    task, retry = "/api/v1/tasks/{task_id}", "/api/v1/generation/retry/{task_id}"
    for method, path in (("POST", retry), ("GET", task), ("POST", f"{task}/cancel")):
        status, answer = served.call(method, path.replace("{task_id}", made["task_id"]))
        said = document["paths"][path][method.lower()]["responses"][str(status)]
        schema = said["content"]["application/json"]["schema"]
        assert set(schema["required"]) <= set(answer) <= set(schema["properties"])
        assert answer["status"] in schema["properties"]["status"]["enum"]


def test_the_same_key_makes_one_task(served: Served) -> None:
    body = {"query": "Learn Python"}
    _, first = served.call("POST", ASK, body, **{"Idempotency-Key": "one"})
    _, second = served.call("POST", ASK, body, **{"Idempotency-Key": "one"})
    assert first["task_id"] == second["task_id"]
    status, problem = served.call("POST", ASK, {"query": "Other"}, **{"Idempotency-Key": "one"})
    assert (status, problem["code"]) == (409, "idempotency_key_reused")


def test_a_changed_retry_updates_the_one_row_and_keeps_progress(served: Served) -> None:
    made = make(served, "Learn Rust")
    _, roadmap = served.call("GET", f"/api/v1/roadmaps/{made['roadmap_id']}")
    concept_id = roadmap["stages"][0]["modules"][0]["concepts"][0]["concept_id"]
    path = f"/api/v1/roadmaps/{made['roadmap_id']}/concepts/{concept_id}/progress"
    assert served.call("PUT", path, {"state": "done"}) == (200, {"state": "done"})
    status, _ = served.call(
        "POST", f"/api/v1/generation/retry/{made['task_id']}", {"query": "Learn advanced Rust"}
    )
    assert status == 202
    list(served.events(made["task_id"]))
    task = made["task_id"]
    assert served.rows(
        f"SELECT rev, count(*) FROM intent_analysis_metadata WHERE task_id='{task}' GROUP BY rev"
    ) == [(2, 1)]
    _, roadmap = served.call("GET", f"/api/v1/roadmaps/{made['roadmap_id']}")
    assert roadmap["title"] == "Rust: advanced"
    assert roadmap["stages"][0]["modules"][0]["concepts"][0]["progress"] == "done"
    revs = served.rows(f"SELECT DISTINCT rev FROM tutorial_metadata WHERE roadmap_id='{made['roadmap_id']}'")
    assert revs == [(1,)], "concepts in both were not made again"


def test_a_retry_can_take_values_back_and_the_newer_word_on_the_level_counts(served: Served) -> None:
    _, made = served.call("POST", ASK, {"query": "Learn Lua", "level": "beginner", "hours_per_week": 5})
    titles = []
    for changes in ({}, {"query": "Learn advanced Lua"}, {"query": "Learn Lua", "hours_per_week": None}):
        list(served.events(made["task_id"]))
        served.call("POST", f"/api/v1/generation/retry/{made['task_id']}", changes)
        list(served.events(made["task_id"]))
        _, roadmap = served.call("GET", f"/api/v1/roadmaps/{made['roadmap_id']}")
        titles.append((roadmap["title"], roadmap.get("weeks")))
    assert titles == [("Lua: beginner", 2), ("Lua: advanced", 2), ("Lua", None)]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"query": ""}, "query"),
        ({}, "query"),
        ({"query": "x" * 10_000}, "query"),
        ({"query": "🎉🎉"}, "query"),
        ({"query": "Learn\x00Redis"}, "query"),
        ({"query": "Redis", "hours_per_week": 0}, "hours_per_week"),
        ({"query": "Redis", "hours_per_week": -1}, "hours_per_week"),
        ({"query": "Redis", "hours_per_week": 1000}, "hours_per_week"),
        ({"query": "Redis", "hours_per_week": "NaN"}, "hours_per_week"),
        ({"query": "Redis", "hours_per_week": "ten"}, "hours_per_week"),
        ({"query": "Redis", "deadline": "2020-01-01"}, "deadline"),
        ({"query": "Redis", "deadline": "soon"}, "deadline"),
        ({"query": "Redis", "level": "wizard"}, "level"),
        ({"query": "Redis", "language": "xx"}, "language"),
        ({"query": "Redis", "colour": "red"}, "colour"),
    ],
)
def test_bad_input_names_its_field(served: Served, body: dict[str, object], field: str) -> None:
    before = served.rows("SELECT count(*) FROM roadmap_tasks")
    status, problem = served.call("POST", ASK, body)
    assert status == 422
    assert {"type", "title", "status", "detail", "code", "hint"} <= set(problem)
    assert field in [fault["field"] for fault in problem["errors"]]
    assert served.rows("SELECT count(*) FROM roadmap_tasks") == before


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status"),
    [
        ("GET", "/api/v1/tasks/none", None, {}, 404),
        ("GET", "/api/v1/roadmaps/none", None, {}, 404),
        ("GET", "/nowhere", None, {}, 404),
        ("DELETE", "/api/v1/tasks", None, {}, 405),
        ("POST", ASK, b"{", {}, 422),
        ("POST", ASK, b"\xff", {}, 400),
        ("POST", ASK, b"[]", {}, 422),
        ("GET", "/?before=2027-01-01~x", None, {}, 422),
        ("GET", "/api/v1/tasks/%00", None, {}, 404),
        ("POST", ASK, b"[" * 100_000, {}, 400),
        ("POST", ASK, b"x" * 10_000_000, {}, 413),
        ("POST", ASK, {"query": "Redis"}, {"Origin": "http://evil.example"}, 403),
        ("POST", ASK, {"query": "Redis"}, {"Host": "evil.example"}, 400),
    ],
)
def test_every_refusal_is_a_problem_document(
    served: Served, method: str, path: str, body: object, headers: dict[str, str], status: int
) -> None:
    answered, problem = served.call(method, path, body, **headers)
    assert answered == status
    assert {"type", "title", "status", "detail", "code", "hint"} <= set(problem)
