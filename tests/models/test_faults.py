"""What a provider can answer that is no good answer: what the learner sees, what is stored, what was sent.

After each of them the server's own count of requests is the number of rows in the journal.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from cairn.bootstrap import Workshop
from cairn.domain.task import Task, TaskStatus
from tests.databases import Database
from tests.models.server import (
    ANSWERS,
    Asked,
    Fault,
    Reply,
    Rude,
    Server,
    completion,
    cut_off,
    error,
    hang,
    of_message,
    reset,
    trickle,
)
from tests.models.teaching import learn, taught
from tests.workflow.scripted import OWNER

CALLS = 3 + 6 * 4
"""Of a course without a fault: a quiz is written and then answered."""


Bad = Reply | Callable[[Asked], Reply | Rude]


def always(thought: str, bad: Bad) -> Fault:
    def fault(asked: Asked) -> Reply | Rude | None:
        if thought not in ("any", asked.thought):
            return None
        return bad if isinstance(bad, tuple) else bad(asked)

    return fault


def once(thought: str, bad: Bad) -> Fault:
    """The first request of a thought is answered like this, all others well."""
    left = [always(thought, bad)]

    def fault(asked: Asked) -> Reply | Rude | None:
        return left.pop()(asked) if left and asked.thought == thought else None

    return fault


def saying(change: Callable[[Any], Any]) -> Callable[[Asked], Reply]:
    """The good answer, changed."""
    return lambda asked: completion(asked, change(ANSWERS[asked.thought](asked)))


def cut(asked: Asked) -> Reply:
    """By the limit of its length, in the middle of the answer."""
    whole = json.dumps(ANSWERS[asked.thought](asked))
    status, headers, body = completion(asked, whole[: len(whole) // 2])
    return status, headers, body.replace(b'"finish_reason": "tool_calls"', b'"finish_reason": "length"')


def prose(asked: Asked) -> Reply:
    said = f"Of course! Here it is: {json.dumps(ANSWERS[asked.thought](asked))} Enjoy."
    return of_message({"role": "assistant", "content": said})


def fenced(asked: Asked) -> Reply:
    said = f"```json\n{json.dumps(ANSWERS[asked.thought](asked))}\n```"
    return of_message({"role": "assistant", "content": said})


HTML: Reply = (200, {"Content-Type": "text/html"}, b"<html><body>Welcome to the proxy</body></html>")
EMPTY: Reply = (200, {"Content-Type": "application/json"}, b"")
FOREIGN: Reply = (200, {"Content-Type": "application/json"}, b'{"status": "ok"}')
HANZI = "学习" * 200
SILENT = of_message({"role": "assistant", "content": ""})
LATER = error(429, "slow down", "rate_limit_exceeded", Retry_After="0.05")


@dataclass(frozen=True)
class Passing:
    """A fault after which the course is whole all the same, with so many requests more."""

    name: str
    fault: Callable[[], Fault]
    more: int = 1


PASSING = [
    Passing("429 with Retry-After", lambda: once("intent", LATER)),
    Passing("500", lambda: once("curriculum", error(500, "boom"))),
    Passing("503 overloaded", lambda: once("tutorial", error(503, "overloaded"))),
    Passing("HTML with 200", lambda: once("quiz", HTML)),
    Passing("an empty body", lambda: once("quiz", EMPTY)),
    Passing("foreign JSON", lambda: once("resources", FOREIGN)),
    Passing("an empty answer", lambda: once("tutorial", SILENT)),
    Passing("prose around JSON", lambda: once("curriculum", prose)),
    Passing("fenced JSON", lambda: once("quiz", fenced)),
    Passing("no JSON", lambda: once("quiz", lambda asked: completion(asked, "{'a': "))),
    Passing("another form", lambda: once("intent", lambda asked: completion(asked, {"answer": 42}))),
    Passing("cut by length", lambda: once("tutorial", cut)),
    Passing("a wrong type", lambda: once("tutorial", saying(lambda a: {**a, "minutes": "soon"}))),
    Passing("out of range", lambda: once("tutorial", saying(lambda a: {**a, "minutes": 0}))),
    Passing("another language", lambda: once("tutorial", saying(lambda a: {**a, "markdown": HANZI}))),
    Passing("a cut end", lambda: once("tutorial", saying(longer(" and")))),
    Passing("an open fence", lambda: once("tutorial", saying(longer("\n```")))),
    Passing("leaked reasoning", lambda: once("tutorial", saying(
        lambda a: {**a, "markdown": f"<think>What do they want?</think>\n{a['markdown']}"}))),
    Passing("equal options", lambda: once("quiz", saying(with_options("The same", "the same.", "Another")))),
    Passing("no right option", lambda: once("quiz", saying(with_options("A", "B", "C", right=())))),
    Passing("all of the above", lambda: once("quiz", saying(with_options("A", "B", "All of the above")))),
    Passing("two questions", lambda: once("quiz", saying(lambda a: {"questions": a["questions"][:2]}))),
    Passing("400 concepts", lambda: once("curriculum", saying(
        lambda a: {**a, "concepts": [{**a["concepts"][0], "name": f"Concept {n}"} for n in range(400)]}))),
    Passing("a reset", lambda: once("tutorial", lambda asked: reset)),
    Passing("a body cut off", lambda: once("quiz", lambda asked: cut_off)),
    Passing("silence", lambda: once("quiz", lambda asked: hang)),
    Passing("an endless trickle", lambda: once("quiz", lambda asked: trickle)),
    Passing("what code can mend", lambda: once("curriculum", saying(tangled)), more=0),
]  # fmt: skip


def longer(more: str) -> Callable[[Any], Any]:
    return lambda answer: {**answer, "markdown": answer["markdown"] + more}


def with_options(*texts: str, right: tuple[int, ...] = (0,)) -> Callable[[Any], Any]:
    options = [{"text": t, "correct": at in right, "explanation": "So it is."} for at, t in enumerate(texts)]
    return lambda answer: {
        "questions": [{**question, "options": options} for question in answer["questions"]]
    }


def tangled(answer: Any) -> Any:
    """Prerequisites that are not there, that come later and that go in a circle; a name in two spellings."""
    concepts = [dict(concept) for concept in answer["concepts"]]
    names = [concept["name"] for concept in concepts]
    concepts[0]["prerequisites"] = ["Something nobody teaches", names[2]]
    concepts[1]["prerequisites"] = [names[1], names[5]]
    return {**answer, "concepts": [*concepts, {**concepts[3], "name": f"  {names[3].upper()}."}]}


def rows(database: Database) -> dict[str, int]:
    """Of the journal, by state."""
    return dict(database.rows("SELECT state, count(*) FROM model_calls GROUP BY state"))


@pytest.mark.parametrize("fault", PASSING, ids=lambda fault: fault.name)
def test_a_fault_that_passes_leaves_a_whole_course(server: Server, folder: Database, fault: Passing) -> None:
    server.fault = fault.fault()
    task = taught(folder, learn)
    assert task.status is TaskStatus.completed, task.error
    assert len(server.asked) == CALLS + fault.more
    assert sum(rows(folder).values()) == len(server.asked)
    assert folder.rows("SELECT count(*) FROM quiz_metadata") == [(6,)]


@dataclass(frozen=True)
class Lasting:
    """A fault that does not pass: how the task ends, by which code, and how many requests that takes."""

    name: str
    fault: Fault
    status: TaskStatus
    said: str
    requests: int


def otherwise(asked: Asked) -> Any:
    """Answers with the option that is not right."""
    good = ANSWERS["solve"](asked)
    return {"answers": [{**a, "options": [n % 3 + 1 for n in a["options"]]} for a in good["answers"]]}


BROKEN_QUIZ = saying(with_options("A", "B", "C", right=()))
TIRED = error(500, "boom")
WRONG_KEY = error(401, "Incorrect API key provided: k-of-the-tests.", "invalid_api_key")
NO_MODEL = error(404, "The model x does not exist", "model_not_found")
SPENT = error(429, "You exceeded your quota", "insufficient_quota")
TALK = of_message({"role": "assistant", "content": "Sure!"})
LASTING = [
    Lasting("a wrong key", always("any", WRONG_KEY),
            TaskStatus.failed, "OPENAI_API_KEY", 1),
    Lasting("an unknown model", always("any", NO_MODEL),
            TaskStatus.failed, "does not know the model openai-chat:x", 1),
    Lasting("no model server", always("any", HTML), TaskStatus.failed, "is no answer of a model", 3),
    Lasting("a model that ignores the form", always("any", TALK),
            TaskStatus.failed, "gave no usable answer", 4),
    Lasting("a server that is down", always("any", TIRED), TaskStatus.failed, "boom", 5),
    Lasting("a prompt too long", always("any", error(400, "too long", "context_length_exceeded")),
            TaskStatus.failed, "too long", 1),
    Lasting("quizzes without a right option", always("quiz", BROKEN_QUIZ),
            TaskStatus.completed_with_gaps, "no option is right", CALLS - 6 + 6 * 3),
    Lasting("a solver that knows better", always("solve", lambda asked: completion(asked, otherwise(asked))),
            TaskStatus.completed_with_gaps, "answered otherwise than their key says", 0),
    Lasting("spent quota", always("any", SPENT),
            TaskStatus.queued, "quota for openai-chat:x is spent", 1),
    Lasting("spent quota in the middle", always("quiz", SPENT),
            TaskStatus.queued, "quota for openai-chat:x is spent", 0),
    Lasting("ten failures in a row", always("tutorial", TIRED),
            TaskStatus.queued, "10 calls in a row failed", 0),
]  # fmt: skip


@pytest.mark.parametrize("fault", LASTING, ids=lambda fault: fault.name)
def test_a_fault_that_lasts_is_told(server: Server, folder: Database, fault: Lasting) -> None:
    server.fault = fault.fault

    async def until_it_stands(cairn: Workshop) -> tuple[Task, str]:
        asked = await cairn.tasks.ask(OWNER, {"query": "Learn to bake bread"})
        async for event in cairn.tasks.follow(OWNER, asked.task_id):
            if event.kind in ("task_waits", "task_ended"):
                break
        task = await cairn.tasks.get(OWNER, asked.task_id)
        if task.status is not TaskStatus.completed_with_gaps:
            return task, task.error.cause + task.error.hint if task.error else str(task.waiting)
        view = await cairn.roadmaps.get(OWNER, task.roadmap_id)
        return task, view.failures[0].cause

    task, said = taught(folder, until_it_stands)
    assert task.status is fault.status
    assert fault.said in said
    assert "k-of-the-tests" not in said
    assert fault.requests in (0, len(server.asked))
    assert sum(rows(folder).values()) == len(server.asked)
