"""The outline a model designs: what it must teach, what is mended, and what is kept of the one before."""

import json
import urllib.request
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cairn.bootstrap import Workshop
from cairn.domain.task import Task, TaskStatus
from tests.databases import Database
from tests.models.answers import ANSWERS, data_in
from tests.models.server import Server, model_server
from tests.models.teaching import again, learn, taught
from tests.models.wire import Asked
from tests.process import serving
from tests.workflow.scripted import OWNER

SKILLS = ["bake a loaf", "keep a starter"]


def with_skills(asked: Asked) -> dict[str, Any]:
    return {**ANSWERS["intent"](asked), "must_have_skills": SKILLS}


def add_a_concept(asked: Asked) -> dict[str, Any]:
    outline = data_in(asked)
    place = next(line for line in outline.splitlines() if line.startswith("- "))
    op = {"op": "add", "name": "The starter", "description": "How to keep one.", "estimated_hours": 1,
          "after": place[2:].partition(":")[0]}  # fmt: skip
    return {"edits": [] if "The starter" in outline else [op]}


def uncovered_until_taught(asked: Asked) -> dict[str, Any]:
    return {"uncovered": [] if "The starter" in data_in(asked) else [2], "notes": []}


def report_of(database: Database) -> dict[str, Any]:

    [(report,)] = database.rows("SELECT report FROM roadmaps")
    return json.loads(report) if isinstance(report, str) else report


def test_a_skill_that_no_concept_teaches_is_taught_after_an_edit(server: Server, folder: Database) -> None:
    server.answers = {"intent": with_skills, "validation": uncovered_until_taught, "edit": add_a_concept}
    task = taught(folder, learn)
    assert task.status is TaskStatus.completed
    assert server.thoughts()["edit"] == 1
    edit = next(asked for asked in server.asked if asked.thought == "edit")
    assert "no concept teaches “keep a starter”" in edit.text
    assert report_of(folder) == {
        "concepts": 7, "hours": 10.0, "budget_hours": None, "skills": 2, "skills_uncovered": 0, "rounds": 1,
        "mended": 0, "faults": [],
    }  # fmt: skip


def test_what_three_rounds_do_not_bring_stands_in_the_report(server: Server, folder: Database) -> None:
    """A course can be learnt from all the same."""
    server.answers = {"intent": with_skills, "validation": lambda asked: {"uncovered": [2], "notes": []}}
    task = taught(folder, learn)
    assert task.status is TaskStatus.completed
    assert server.thoughts()["edit"] == 1, "the same request is not paid for again"
    report = report_of(folder)
    assert (report["skills_uncovered"], report["rounds"]) == (1, 3)
    assert [fault["message"] for fault in report["faults"]] == ["no concept teaches “keep a starter”"]


def test_a_skill_there_is_none_of_is_asked_about_again(server: Server, folder: Database) -> None:
    server.answers = {"intent": with_skills, "validation": lambda asked: {"uncovered": [7], "notes": []}}
    task = taught(folder, learn)
    assert (task.status, task.error and task.error.code) == (TaskStatus.failed, "unusable_answer")
    assert server.thoughts()["validation"] == 4
    assert "There is no skill 7; the skills are 1 to 2." in server.asked[-1].text


def test_the_report_is_told(tmp_path: Path) -> None:
    with model_server() as server, serving(tmp_path, **server.environment) as served:
        server.answers = {"intent": with_skills, "validation": lambda asked: {"uncovered": [1], "notes": []}}
        _, task = served.call("POST", "/api/v1/generation/roadmap", {"query": "Learn to bake bread"})
        list(served.events(task["task_id"]))
        address = f"/roadmaps/{task['roadmap_id']}"
        _, report = served.call("GET", f"/api/v1{address}/quality")
        assert (report["tree"]["skills"], report["tree"]["skills_uncovered"]) == (2, 1)
        assert report["pieces"]["tutorials"] == report["pieces"]["quizzes"] == 6
        assert report["pieces"]["questions"] == 24
        with urllib.request.urlopen(f"{served.url}{address}/quality", timeout=30) as answer:
            page = answer.read().decode()
        assert "1 of 2 skills the goal asks for is taught." in page
        assert "What stayed: no concept teaches “bake a loaf”." in page
        assert "24 questions in 6 quizzes" in page
        assert report["links"] == {"resources": 6, "links": 0, "unconfirmed": 0}
        assert "6 things to read further: none as links, 6 as words to search for." in page
        status, problem = served.call("GET", "/api/v1/roadmaps/nothing/quality")
        assert (status, problem["code"]) == (404, "roadmap_not_found")


def too_long(asked: Asked) -> dict[str, Any]:
    drawn = ANSWERS["curriculum"](asked)
    return {**drawn, "concepts": [{**concept, "estimated_hours": 9} for concept in drawn["concepts"]]}


def test_hours_that_stay_too_many_stand_in_the_report(server: Server, folder: Database) -> None:

    server.answers = {"curriculum": too_long}
    deadline = (datetime.now().astimezone().date() + timedelta(days=28)).isoformat()

    async def in_time(cairn: Workshop) -> Task:
        return await learn(cairn, hours_per_week=5, deadline=deadline)

    assert taught(folder, in_time).status is TaskStatus.completed
    report = report_of(folder)
    assert (report["hours"], report["budget_hours"]) == (54.0, 20.0)
    assert [fault["code"] for fault in report["faults"]] == ["over_budget"]


def breaking(asked: Asked) -> dict[str, Any]:
    """Edits that take out what others need."""
    lines = [line[2:].partition(":")[0] for line in data_in(asked).splitlines() if line.startswith("- ")]
    return {"edits": [{"op": "remove", "concept_id": lines[0]}]}


@pytest.mark.parametrize(
    ("edits", "said"),
    [
        (breaking, "needs “Purpose of"),
        (lambda asked: {"edits": [{"op": "remove", "concept_id": "nobody"}]}, "do not fit the outline"),
        (lambda asked: {"edits": [{"op": "move", "concept_id": "nobody"}]}, "An edit is not right"),
    ],
)
def test_edits_that_would_harm_the_outline_are_asked_for_again(
    server: Server, folder: Database, edits: Any, said: str
) -> None:
    server.answers = {"intent": with_skills, "validation": uncovered_until_taught, "edit": edits}
    task = taught(folder, learn)
    assert (task.status, task.error and task.error.code) == (TaskStatus.failed, "unusable_answer")
    assert server.thoughts()["edit"] == 4
    assert said in server.asked[-1].text


def test_a_concept_keeps_its_id_by_its_name_and_by_the_models_word(server: Server, folder: Database) -> None:
    """And with it what the learner has done, also where the goal has changed and the subject is another."""

    async def twice(cairn: Workshop) -> None:
        first = await learn(cairn)
        before = list((await cairn.roadmaps.get(OWNER, first.roadmap_id)).roadmap.concepts())
        await cairn.learning.set_progress(OWNER, first.roadmap_id, before[1].concept_id, "done")

        def renamed(asked: Asked) -> dict[str, Any]:
            assert f"- {before[1].concept_id}: {before[1].name}:" in asked.text
            drawn = ANSWERS["curriculum"](asked)
            concepts = [{**c, "prerequisites": []} for c in drawn["concepts"]]
            concepts[0] |= {"name": before[0].name}
            concepts[1] |= {"name": "What you need at hand", "keeps": before[1].concept_id}
            concepts[2] |= {"keeps": "c0ffee", "name": "Something invented"}
            return {**drawn, "concepts": concepts}

        server.answers = {"curriculum": renamed}
        second = await again(cairn, first, query="Learn to bake rye bread")
        assert second.status is TaskStatus.completed
        view = await cairn.roadmaps.get(OWNER, first.roadmap_id)
        after = list(view.roadmap.concepts())
        assert [c.concept_id for c in after[:2]] == [c.concept_id for c in before[:2]]
        assert after[2].concept_id not in {"c0ffee", *(c.concept_id for c in before)}
        assert view.progress[before[1].concept_id] == "done"

    taught(folder, twice)
