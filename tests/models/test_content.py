"""What a model can say that is no good, by whatever protocol: refused with a reason, mended, or left out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from cairn.bootstrap import Workshop
from cairn.domain.roadmap import Roadmap
from cairn.domain.task import TaskStatus
from tests.databases import Database
from tests.models.answers import of_concepts
from tests.models.faults import Bad, always, once, refused, saying
from tests.models.server import Server
from tests.models.teaching import accounted_for, calls_of, learn, learn_as_far_as_it_goes, states, taught
from tests.models.wire import Trouble
from tests.workflow.scripted import OWNER

CONCEPTS = 3
CALLS = calls_of(CONCEPTS)
HANZI = "学习" * 200


def with_text(markdown: str) -> Bad:
    return saying(lambda answer: {**answer, "markdown": markdown})


def longer(more: str) -> Bad:
    return saying(lambda answer: {**answer, "markdown": answer["markdown"] + more})


def with_options(*texts: str, right: tuple[int, ...] = (0,)) -> Bad:
    options = [{"text": t, "correct": at in right, "explanation": "So it is."} for at, t in enumerate(texts)]
    return saying(lambda a: {"questions": [{**question, "options": options} for question in a["questions"]]})


def otherwise(answer: Any) -> Any:
    """Answers with the option that is not right."""
    return {"answers": [{**a, "options": [n % 3 + 1 for n in a["options"]]} for a in answer["answers"]]}


def with_questions(part: slice) -> Bad:
    return saying(lambda answer: {"questions": answer["questions"][part]})


def with_answers(part: slice) -> Bad:
    return saying(lambda answer: {"answers": answer["answers"][part]})


def many_concepts(answer: Any) -> Any:
    return {**answer, "concepts": [{**answer["concepts"][0], "name": f"Concept {n}"} for n in range(400)]}


def chosen(number: int) -> Bad:
    return saying(lambda a: {"answers": [{**answer, "options": [number]} for answer in a["answers"]]})


@dataclass(frozen=True)
class Refused:
    """Asked again with `reason`; then the course is whole."""

    name: str
    thought: str
    bad: Bad
    reason: str


REFUSED = [
    Refused("400 concepts", "curriculum", saying(many_concepts), "at most 200 items"),
    Refused("another language", "tutorial", with_text(HANZI), "It is not written in English."),
    Refused("a cut end", "tutorial", longer(" and"), "It breaks off"),
    Refused("an open fence", "tutorial", longer("\n```"), "A code fence is opened in line 20 and not closed"),
    Refused("leaked reasoning", "tutorial", longer("\n<think>What?</think>."), "It holds your own reasoning"),
    Refused("equal options", "quiz", with_options("Same", "same.", "Else"), "two options are the same"),
    Refused("no right option", "quiz", with_options("A", "B", "C", right=()), "no option is right"),
    Refused("all of the above", "quiz", with_options("A", "B", "All of the above"), "are no options"),
    Refused("two questions", "quiz", with_questions(slice(2)), "at least 3 items"),
    Refused("an option that is not there", "solve", chosen(9), "Question 1 has the options 1 to 3"),
    Refused("an answer left out", "solve", with_answers(slice(1, None)), "Question 1 is not answered"),
]


@pytest.mark.parametrize("fault", REFUSED, ids=lambda fault: fault.name)
def test_what_is_no_good_is_asked_for_again(server: Server, folder: Database, fault: Refused) -> None:
    server.answers = of_concepts(CONCEPTS)
    server.fault = once(fault.bad, fault.thought)
    seen = taught(folder, learn_as_far_as_it_goes)
    assert seen.task.status is TaskStatus.completed, seen.told
    assert states(folder) == {"answered": CALLS + 1}
    accounted_for(server, folder, seen)
    first, *_ = [asked for asked in server.asked if asked.thought == fault.thought]
    [again] = [asked for asked in server.asked if asked.prompt == first.prompt and asked is not first]
    assert fault.reason in str(again.body["messages"][2:])
    assert fault.reason not in str(first.body)


def tangled(answer: Any) -> Any:
    """Prerequisites that are not there, that come later and that go in a circle; a name in two spellings."""
    concepts = [dict(concept) for concept in answer["concepts"]]
    names = [concept["name"] for concept in concepts]
    concepts[0]["prerequisites"] = ["Something nobody teaches", names[2]]
    concepts[1]["prerequisites"] = [names[1], names[5]]
    return {**answer, "concepts": [*concepts, {**concepts[3], "name": f"  {names[3].upper()}."}]}


def test_what_code_can_mend_is_not_asked_for_again(server: Server, folder: Database) -> None:
    server.fault = once(saying(tangled), "curriculum")

    async def outline(cairn: Workshop) -> Roadmap:
        task = await learn(cairn)
        assert task.status is TaskStatus.completed
        return (await cairn.roadmaps.get(OWNER, task.roadmap_id)).roadmap

    concepts = list(taught(folder, outline).concepts())
    assert len(concepts) == 6
    assert states(folder) == {"answered": len(server.asked)} == {"answered": 3 + 6 * 4}
    before: set[str] = set()
    for concept in concepts:
        assert set(concept.prerequisites) <= before
        before.add(concept.concept_id)


@dataclass(frozen=True)
class Lasting:
    name: str
    thought: str
    bad: Bad
    status: TaskStatus
    told: str
    requests: Callable[[int], bool]


GAPS, WAITS = TaskStatus.completed_with_gaps, TaskStatus.queued
LASTING = [
    Lasting("quizzes without a right option", "quiz", with_options("A", "B", "C", right=()),
            GAPS, "no option is right", lambda n: n == CALLS - CONCEPTS + 3 * CONCEPTS),
    Lasting("a solver that knows better", "solve", saying(otherwise),
            GAPS, "answered otherwise than their key says", lambda n: n == CALLS + 4 * CONCEPTS),
    Lasting("spent quota in the middle", "quiz", refused(Trouble.quota_spent),
            WAITS, "quota for openai-chat:x is spent", lambda n: n < CALLS),
    Lasting("ten failures in a row", "tutorial", refused(Trouble.broken),
            WAITS, "10 calls in a row failed", lambda n: 12 <= n <= CALLS),
]  # fmt: skip


@pytest.mark.parametrize("fault", LASTING, ids=lambda fault: fault.name)
def test_what_lasts_is_told(server: Server, folder: Database, fault: Lasting) -> None:
    server.answers = of_concepts(CONCEPTS)
    server.fault = always(fault.bad, fault.thought)
    seen = taught(folder, learn_as_far_as_it_goes)
    assert seen.task.status is fault.status
    assert fault.told in seen.told
    assert fault.requests(len(server.asked)), len(server.asked)
    accounted_for(server, folder, seen)
