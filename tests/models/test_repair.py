"""A model that writes almost well: pieces are asked for once more, and stay with what is left of flaws."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from cairn.api.values import lesson_value
from cairn.bootstrap import Workshop
from cairn.domain.task import Task, TaskStatus
from tests.databases import Database
from tests.models.answers import ANSWERS
from tests.models.faults import Bad, talk
from tests.models.openai_chat import error
from tests.models.server import Server
from tests.models.teaching import CALLS, learn, taught
from tests.models.wire import Asked, Reply, Rude
from tests.workflow.scripted import OWNER

BAD_CODE = "\n\n```python\nprint 'old'\n```\n"


def no_example(asked: Asked) -> Any:
    """A tutorial that lacks a section, with code that cannot be parsed."""
    good = ANSWERS["tutorial"](asked)
    return {**good, "markdown": good["markdown"].replace("## Worked example", "## Remark") + BAD_CODE}


def two_flaws(asked: Asked) -> Any:
    """Five questions, of which two ask for what is not so."""
    good = ANSWERS["quiz"](asked)["questions"]
    more = {**good[0], "question": "What helps most with the whole of it?"}
    flawed = [
        {**one, "question": one["question"].replace("What helps most", "Which does not help")} for one in good
    ]
    return {"questions": [*flawed[:2], *good[2:], more]}


def is_asked_again(asked: Asked) -> bool:
    return len(asked.body["messages"]) > 2


def pieces(database: Database, table: str) -> list[Any]:
    rows = database.rows(f"SELECT content FROM {table}")
    return [json.loads(content) if isinstance(content, str) else content for (content,) in rows]


def course(server: Server, folder: Database, thought: str, answer: Callable[[Asked], Any]) -> Task:
    server.answers = {thought: answer}
    task = taught(folder, learn)
    assert task.status is TaskStatus.completed, task.error
    return task


def test_a_tutorial_stays_with_remarks_after_one_attempt(server: Server, folder: Database) -> None:
    course(server, folder, "tutorial", no_example)
    assert len(server.asked) == CALLS + 6
    again = [asked for asked in server.asked if asked.thought == "tutorial" and is_asked_again(asked)]
    assert len(again) == 6
    assert all("It lacks a worked example." in json.dumps(asked.body) for asked in again)
    for content in pieces(folder, "tutorial_metadata"):
        example, code = content["remarks"]
        assert example == "section_missing:example"
        assert code.startswith("code_unparsable:python:")


def test_remarks_are_no_part_of_the_lesson(server: Server, folder: Database) -> None:
    server.answers = {"tutorial": no_example, "quiz": two_flaws}

    async def read(cairn: Workshop) -> dict[str, Any]:
        task = await learn(cairn)
        [concept, *_] = (await cairn.roadmaps.get(OWNER, task.roadmap_id)).roadmap.concepts()
        return lesson_value(await cairn.roadmaps.lesson(OWNER, task.roadmap_id, concept.concept_id))

    lesson = taught(folder, read)
    assert set(lesson["tutorial"]) == {"title", "summary", "markdown", "minutes", "html", "rev"}
    assert set(lesson["quiz"]) == {"questions"}


def test_a_quiz_loses_its_flawed_questions(server: Server, folder: Database) -> None:
    course(server, folder, "quiz", two_flaws)
    assert len(server.asked) == CALLS + 6
    for content in pieces(folder, "quiz_metadata"):
        assert [("not" in q["question"].split()) for q in content["questions"]] == [False] * 3
        assert (content["dropped"], content["rewritten"], content["remarks"]) == (2, 0, [])


def test_a_quiz_whose_flaws_all_stay_is_no_gap(server: Server, folder: Database) -> None:
    def all_flawed(asked: Asked) -> Any:
        good = ANSWERS["quiz"](asked)["questions"]
        return {
            "questions": [{**q, "question": q["question"].replace("What", "Which")[:-1] + "."} for q in good]
        }

    course(server, folder, "quiz", all_flawed)
    for content in pieces(folder, "quiz_metadata"):
        ids = [question["question_id"] for question in content["questions"]]
        assert content["remarks"] == [f"no_question:{question_id}" for question_id in ids]
        assert (len(ids), content["dropped"]) == (3, 1)


TOO_LONG = error(400, "maximum context length exceeded", "context_length_exceeded")


@pytest.mark.parametrize(
    ("after", "asked_more"),
    [(lambda asked: TOO_LONG, 1), (talk, 3), (lambda asked: error(500, "boom"), 5)],
    ids=["too long", "talk", "down"],
)
@pytest.mark.parametrize(("thought", "answer"), [("tutorial", no_example), ("quiz", two_flaws)])
def test_what_can_be_used_stays_where_the_second_answer_never_comes(
    server: Server,
    folder: Database,
    thought: str,
    answer: Callable[[Asked], Any],
    after: Bad,
    asked_more: int,
) -> None:
    """Of one piece: the others are good."""
    first: list[int] = []

    def fault(asked: Asked) -> Reply | Rude | None:
        if asked.thought != thought:
            return None
        if not first and not is_asked_again(asked):
            first.append(asked.number)
            return asked.speaks.calls(asked, answer(asked))
        return after(asked) if is_asked_again(asked) else None

    server.fault = fault
    task = taught(folder, learn)
    assert task.status is TaskStatus.completed, task.error
    assert len(server.asked) == CALLS + asked_more
    with_flaws = [content for content in pieces(folder, f"{thought}_metadata") if flaws_in(content)]
    assert len(with_flaws) == 1


def flaws_in(content: Any) -> bool:
    return bool(content["remarks"] or content.get("dropped"))


def test_a_rewritten_question_is_counted(server: Server, folder: Database) -> None:
    """The solver doubts one, and not what is written in its place."""

    def solve(asked: Asked) -> Any:
        answers = ANSWERS["solve"](asked)["answers"]
        if len(answers) > 1:
            answers[1]["options"] = [answers[1]["options"][0] % 3 + 1]
        return {"answers": answers}

    def rewrite(asked: Asked) -> Any:
        question = ANSWERS["quiz"](asked)["questions"][0]
        return {"questions": [{**question, "question": "What helps most, told in other words?"}]}

    server.answers = {"solve": solve, "rewrite": rewrite}
    assert taught(folder, learn).status is TaskStatus.completed
    for content in pieces(folder, "quiz_metadata"):
        assert (content["dropped"], content["rewritten"]) == (0, 1)
