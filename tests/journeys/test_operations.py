"""What may be asked of a course over HTTP, by several at once and against the rules: real processes, two on
one database, and requests that really meet."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from tests.course import API, at_once, made, refused, waiting
from tests.databases import Database
from tests.process import Served, serving_on

FAST = {"CAIRN_MODEL": "simulated", "CAIRN_SIMULATED_CONCEPTS": "4"}
NO_WORKER = ("--no-worker",)


@pytest.fixture(scope="module")
def served(shared_database: Database) -> Iterator[Served]:
    with serving_on(shared_database, **FAST) as process:
        yield process


@pytest.fixture(scope="module")
def beside(served: Served, shared_database: Database) -> Iterator[Served]:
    """A second process on the same database; it takes requests and runs nothing."""
    with serving_on(shared_database, words=NO_WORKER, **FAST) as process:
        yield process


def test_a_review_by_words_by_hand_and_approved(served: Served) -> None:
    course = waiting(served)
    refused(course("GET", "roadmaps/R"), 404, "roadmap_not_ready")
    status, review = course("GET", "tasks/T/review")
    assert (status, review["round"], review["faults"]) == (200, 1, [])
    first, second = [c for s in review["roadmap"]["stages"] for m in s["modules"] for c in m["concepts"]][:2]
    status, decided = course.decide("request_changes", feedback="More about traits")
    assert (status, decided["task_id"]) == (200, course.task)
    seq = course.until("review_wanted", course.until("review_decided"))
    _, review = course("GET", "tasks/T/review")
    assert (review["round"], [one["name"] for one in review["diff"]["added"]]) == (
        2, ["As wished: More about traits"],
    )  # fmt: skip
    edits = [
        {"op": "rename", "concept_id": second["concept_id"], "name": "Words"},
        {"op": "set", "concept_id": first["concept_id"], "estimated_hours": 2.5},
    ]
    assert course.decide("request_changes", 2, edits=edits)[0] == 200
    course.until("review_wanted", seq)
    _, review = course("GET", "tasks/T/review")
    assert [(one["old"], one["new"]) for one in review["diff"]["renamed"]] == [(second["name"], "Words")]
    assert course.decide("approve", 3)[0] == 200
    course.until("task_ended")
    _, roadmap = course("GET", "roadmaps/R")
    assert roadmap["total_hours"] == review["roadmap"]["total_hours"] == 6.5
    assert course("GET", "tasks/T/review")[1]["decision"]["decision"] == "approve"


@pytest.mark.parametrize("other", ["approve", "request_changes"])
def test_two_decisions_at_once_have_one_effect(served: Served, beside: Served, other: str) -> None:
    course = waiting(served)
    words = {"feedback": "Shorter"} if other == "request_changes" else {}
    answers = at_once(
        lambda: course.decide("approve", by=served),
        lambda: course.decide(other, by=beside, **words),
        lambda: course.decide("approve", by=beside),
        lambda: course.decide(other, by=served, **words),
    )
    won = [at for at, (status, _) in enumerate(answers) if status == 200]
    assert len(won) == 1, answers
    said = ("approve", other, "approve", other)[won[0]]
    for at in {0, 1, 2, 3} - set(won):
        problem = refused(answers[at], 409, "already_decided")
        assert problem["decision"]["decision"] == said
    assert course.kinds().count("review_decided") == 1
    if said == "request_changes":
        course.until("review_wanted", course.until("review_decided"))
        assert course.decide("approve", 2)[0] == 200
    course.until("task_ended")
    assert course.state == "completed"


def test_an_approval_against_a_cancel(served: Served, beside: Served) -> None:
    """Whichever is first: a cancelled course is decided no more; an approved one can still be stopped."""
    for at in range(4):
        course = waiting(served)
        here, there = (served, beside) if at % 2 else (beside, served)
        approved, cancelled = at_once(
            partial(course.decide, "approve", by=here), partial(course, "POST", "tasks/T/cancel", by=there)
        )
        assert cancelled[0] == 202
        course.until("task_ended")
        kinds = course.kinds()
        assert kinds.count("task_ended") == 1
        if approved[0] == 200:
            assert "review_decided" in kinds
        else:
            problem = refused(approved, 409, "not_awaiting_review")
            assert "cancelled" in problem["detail"]
            assert (course.state, "review_decided" in kinds) == ("cancelled", False)


def test_retries_and_wishes_at_once_make_one_run_each(database: Database) -> None:
    """Meanwhile nobody runs what is asked: else a run might end between two requests, and both be right."""
    with serving_on(database, **FAST) as served:
        retried, wished = made(served), made(served)
    with (
        serving_on(database, words=NO_WORKER, **FAST) as one,
        serving_on(database, words=NO_WORKER, **FAST) as other,
    ):
        retried.served = wished.served = one
        piece = f"roadmaps/R/concepts/{wished.concepts()[0]}/regenerate"
        retries = [partial(retried, "POST", "generation/retry/T", by=by) for by in (one, other, one, other)]
        wishes = [partial(wished, "POST", piece, {"kind": "quiz"}, by=by) for by in (other, one, other)]
        for requests, first in ((retries, "already_retried"), (wishes, "already_moved")):
            answers = sorted(at_once(*requests), key=lambda answer: answer[0])
            assert [status for status, _ in answers] == [202] + [409] * (len(requests) - 1)
            for answer in answers[1:]:
                assert answer[1]["code"] in (first, "task_active")
                refused(answer, 409, answer[1]["code"])
    with serving_on(database, **FAST) as served:
        for course, begun in ((retried, "task_retried"), (wished, "piece_asked")):
            course.served = served
            course.until("task_ended", course.until(begun))
            assert course.kinds().count(begun) == 1
            assert (course.state, course("GET", "tasks/T")[1]["run"]) == ("completed", 2)


def test_a_page_of_an_earlier_run_decides_nothing(served: Served) -> None:
    course = waiting(served)
    refused(course("POST", "generation/retry/T"), 409, "awaiting_review")
    assert course("POST", "generation/retry/T", {"query": "Learn advanced Rust"})[0] == 202
    course.until("review_wanted", course.until("task_retried"))
    refused(course.decide("approve", 1), 409, "other_round")
    assert course.state == "awaiting_review"
    assert course.decide("approve", 2)[0] == 200
    course.until("task_ended")
    refused(course.decide("approve", 1), 409, "not_awaiting_review")
    refused(course.decide("approve", 2), 409, "already_decided")


def test_a_decision_that_breaks_a_rule_leaves_the_review_as_it_was(served: Served) -> None:
    course = waiting(served)
    _, review = course("GET", "tasks/T/review")
    first = review["roadmap"]["stages"][0]["modules"][0]["concepts"][0]
    gone = {"op": "remove", "concept_id": first["concept_id"]}
    told = course.kinds()
    bad: list[tuple[dict[str, Any], str]] = [
        ({"round": 7, "decision": "approve"}, "other_round"),
        ({"decision": "approve"}, "bad_input"),
        ({"round": 1, "decision": "perhaps"}, "bad_input"),
        ({"round": 1, "decision": "request_changes"}, "bad_input"),
        ({"round": 1, "decision": "approve", "feedback": "No"}, "bad_input"),
        ({"round": 1, "decision": "approve", "edits": [gone]}, "not_sound"),
        ({"round": 1, "decision": "approve", "edits": [{**gone, "concept_id": "nothing"}]}, "bad_input"),
        ({"round": 1, "decision": "approve", "edits": [gone] * 10_000}, "bad_input"),
    ]
    for body, code in bad:
        problem = refused(course("POST", "tasks/T/review", body), 409 if code == "other_round" else 422, code)
        if code == "not_sound":
            assert f"needs “{first['name']}”, not in the roadmap" in problem["detail"]
        if len(body.get("edits", [])) > 200:
            assert "200 are allowed" in problem["detail"]
    assert course.kinds() == told
    assert course.decide("approve")[0] == 200
    course.until("task_ended")
    assert course.state == "completed"


def test_revisions_over_http_and_those_that_are_not_there(served: Served) -> None:
    course = made(served)
    concept = f"roadmaps/R/concepts/{course.concepts()[0]}"
    told = course.kinds()
    for method, path, body, status, code in (
        ("POST", f"{concept}/regenerate", {"kind": "poem"}, 422, "bad_input"),
        ("POST", f"{concept}/regenerate", {}, 422, "bad_input"),
        ("POST", f"{concept}/regenerate", {"kind": "quiz", "wish": "x" * 501}, 422, "bad_input"),
        ("POST", "roadmaps/R/concepts/nothing/regenerate", {"kind": "quiz"}, 404, "concept_not_found"),
        ("POST", "roadmaps/nothing/concepts/x/regenerate", {"kind": "quiz"}, 404, "roadmap_not_found"),
        ("GET", "roadmaps/R/concepts/nothing/versions", None, 404, "concept_not_found"),
        ("POST", f"{concept}/versions/7/restore", {"kind": "quiz"}, 404, "revision_not_found"),
        ("POST", f"{concept}/versions/{10**20}/restore", {"kind": "quiz"}, 404, "revision_not_found"),
        ("POST", f"{concept}/versions/one/restore", {"kind": "quiz"}, 422, "bad_input"),
        ("POST", f"{concept}/versions/1/restore", None, 422, "bad_input"),
        ("POST", f"{concept}/versions/1/restore", {"kind": "poem"}, 422, "bad_input"),
    ):  # fmt: skip
        refused(course(method, path, body), status, code)
    assert course.kinds() == told
    assert course("POST", f"{concept}/regenerate", {"kind": "tutorial", "wish": "Shorter"})[0] == 202
    course.until("task_ended", course.until("piece_asked"))
    _, versions = course("GET", f"{concept}/versions?kind=tutorial")
    assert [(one["rev"], one["current"]) for one in versions["items"]] == [(2, True), (1, False)]
    status, back = course("POST", f"{concept}/versions/1/restore?kind=tutorial")
    assert (status, back["rev"], back["current"]) == (200, 3, True)
    assert course.state == "completed"


def test_cancel_twice_delete_twice_restore_twice(served: Served) -> None:
    course = waiting(served)
    for _ in range(2):
        status, answer = course("POST", "tasks/T/cancel")
        assert (status, answer["status"]) == (202, "cancelled")
    assert course.kinds().count("task_ended") == 1
    for _ in range(2):  # before the first publish
        assert course("DELETE", "roadmaps/R") == (204, None)
    for method, path in (
        ("POST", "generation/retry/T"), ("POST", "tasks/T/cancel"), ("GET", "tasks/T"), ("GET", "roadmaps/R"),
        ("GET", "tasks/T/review"), ("GET", "roadmaps/R/export?format=json"),
    ):  # fmt: skip
        refused(course(method, path), 404, "roadmap_not_found" if "roadmaps" in path else "task_not_found")
    assert course.task not in json.dumps(served.call("GET", f"{API}/tasks")[1])
    for _ in range(2):
        status, answer = course("POST", "roadmaps/R/restore")
        assert (status, answer["status"]) == (200, "cancelled")
    assert [course.kinds().count(kind) for kind in ("task_deleted", "task_restored")] == [1, 1]
    assert course("POST", "generation/retry/T")[0] == 202
    course.until("review_wanted", course.until("task_retried"))
    assert course.decide("approve", 2)[0] == 200
    course.until("task_ended", course.until("task_retried"))
    assert course.state == "completed"
    for method, path in (("DELETE", "roadmaps/nothing"), ("POST", "roadmaps/nothing/restore")):
        refused(course(method, path), 404, "roadmap_not_found")
    refused(course("POST", "generation/retry/nothing"), 404, "task_not_found")
