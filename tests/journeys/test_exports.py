"""Exports over HTTP and from a terminal, and whatever else is asked of a course while it is being made."""

import json
import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.course import API, Course, fetch, made, refused
from tests.databases import Database
from tests.process import Served, cairn, serving_on

FAST = {"CAIRN_MODEL": "simulated", "CAIRN_SIMULATED_CONCEPTS": "4"}
ONE_BY_ONE = {**FAST, "CAIRN_SIMULATED_DELAY": "0.5", "CAIRN_MODEL_CONCURRENCY": "1"}
STUCK = {**FAST, "CAIRN_SIMULATED_DELAY": "600"}


def test_an_export_is_a_file_of_any_format_there_is(database: Database) -> None:
    with serving_on(database, **FAST) as served:
        check_files(served)


def check_files(served: Served) -> None:
    course = Course(served, query="学习 Rust: 编程/..")
    course.until("task_ended")
    place = f"roadmaps/{course.roadmap}/export?format="
    headers, text = fetch(served, f"{place}json")
    assert headers["content-type"] == "application/json"
    said = re.fullmatch(r"""attachment; filename="roadmap.json"; filename\*=UTF-8''(\S+)""",
                        headers["content-disposition"])  # fmt: skip
    assert said
    assert unquote(said[1]) == "学习-rust-编程.json"
    document = json.loads(text)
    assert (document["status"], document["not_ready"]) == ("completed", [])
    concepts = [c for s in document["stages"] for m in s["modules"] for c in m["concepts"]]
    assert len(concepts) == 4
    assert all(c["tutorial"]["markdown"] and c["quiz"]["questions"] and c["resources"] for c in concepts)
    headers, text = fetch(served, f"{place}markdown")
    assert headers["content-type"] == "text/markdown; charset=utf-8"
    assert text.startswith("# 学习 Rust: 编程/..\n")
    problem = refused(served.call("GET", f"{API}/{place}poem"), 404, "format_not_found")
    assert problem["formats"] == ["markdown", "json"]
    assert "markdown, json" in problem["hint"]
    problem = refused(served.call("GET", f"{API}/roadmaps/{course.roadmap}/export"), 422, "bad_input")
    assert problem["errors"][0]["field"] == "format"
    refused(served.call("GET", f"{API}/roadmaps/nothing/export?format=json"), 404, "roadmap_not_found")


@pytest.mark.full("sqlite")
def test_what_is_asked_while_a_course_is_made_leaves_it_undisturbed(database: Database) -> None:
    """One course whole, one half made, one that waits for its first answer; then nothing is answered."""
    with serving_on(database, **ONE_BY_ONE) as first:
        whole = made(first)
        half = Course(first, query="Learn Go")
        half.until("piece_ready")
        first.stop()
    with serving_on(database, **STUCK) as served:
        whole.served = half.served = served
        concept = f"roadmaps/R/concepts/{whole.concepts()[0]}"
        seq = len(whole.kinds())
        assert whole("POST", f"{concept}/regenerate", {"kind": "quiz"})[0] == 202
        new = Course(served, query="Learn Lua")
        whole.until("task_claimed", seq)
        half.until("task_claimed", half.until("task_handed_back"))
        new.until("step_started")
        told = [course.kinds() for course in (whole, half, new)]

        for course in (whole, half, new):
            assert course.state == "running"
            refused(course("POST", "generation/retry/T"), 409, "task_active")
            refused(course("POST", "generation/retry/T", {"query": "Learn more"}), 409, "task_active")
            refused(course.decide("approve"), 409, "not_awaiting_review")
            refused(course("GET", "tasks/T/review"), 404, "no_review")
        for path in ("regenerate", "versions/1/restore"):
            refused(whole("POST", f"{concept}/{path}", {"kind": "quiz"}), 409, "task_active")
            refused(new("POST", f"{concept}/{path}", {"kind": "quiz"}), 404, "roadmap_not_ready")
        ready = {}
        for course in (whole, half, new):
            document = json.loads(fetch(served, f"roadmaps/{course.roadmap}/export?format=json")[1])
            assert document["status"] == "running"
            ready[course.task] = (document["outline_ready"], len(document["not_ready"]))
            _, text = fetch(served, f"roadmaps/{course.roadmap}/export?format=markdown")
            assert ("Not all of it is ready" in text) == (course is half)
            assert ("The outline is not ready yet" in text) == (course is new)
        assert ready.pop(whole.task) == (True, 0), "the old quiz is read until the new one stands"
        assert ready.pop(new.task) == (False, 0)
        [(outline, missing)] = ready.values()
        assert outline
        assert 0 < missing == 12 - half("GET", "tasks/T")[1]["pieces"]["ready"] < 12
        assert [course.kinds() for course in (whole, half, new)] == told

        for _ in range(2):
            assert new("DELETE", "roadmaps/R") == (204, None)
        refused(new("POST", "generation/retry/T"), 404, "task_not_found")
        assert new("POST", "roadmaps/R/restore")[1]["status"] == "cancelled"
        assert [new.kinds().count(kind) for kind in ("task_deleted", "task_restored")] == [1, 1]
        for _ in range(2):
            status, answer = whole("POST", "tasks/T/cancel")
            assert (status, answer["status"]) == (202, "cancelled")
        assert len(whole.concepts()) == 4
    with serving_on(database, **FAST) as last:
        for course in (whole, half, new):
            course.served = last
            if course is not half:
                assert course("POST", "generation/retry/T")[0] == 202
            course.until("task_ended", len(told[1]) if course is half else course.until("task_retried"))
            assert course.state == "completed"


def test_an_export_from_a_terminal(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    assert cairn(folder, "learn", "Learn Rust", "--review", **FAST).returncode == 0
    [(task_id, roadmap_id)] = Database(folder).rows("SELECT task_id, roadmap_id FROM roadmap_tasks")
    early = cairn(folder, "export", task_id, "--format", "json", **FAST)
    assert early.returncode == 0
    assert json.loads(early.stdout)["status"] == "awaiting_review"
    assert "the outline is not ready yet" in early.stderr
    assert cairn(folder, "review", task_id, "--approve", **FAST).returncode == 0
    written = cairn(
        folder, "export", roadmap_id, "--format", "markdown", "-o", str(tmp_path / "a.md"), **FAST
    )
    assert (written.returncode, written.stderr) == (0, "")
    assert (tmp_path / "a.md").read_text().startswith("# Rust\n")
    for words, code, why in (
        (["nothing", "--format", "json"], 3, "no roadmap nothing"),
        ([roadmap_id, "--format", "poem"], 3, "There are: markdown, json"),
        ([roadmap_id, "--format", "json", "-o", str(tmp_path)], 2, "cannot be written"),
    ):
        done = cairn(folder, "export", *words, **FAST)
        assert (done.returncode, done.stdout) == (code, "")
        assert why in done.stderr
