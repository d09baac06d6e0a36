"""What a learner does with a roadmap: marks progress, answers quizzes. Takes no fence; no run writes it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import get_args

from cairn.domain.errors import BadInput, Conflict, NotFound
from cairn.domain.learning import Progress
from cairn.domain.lesson import Question, Quiz
from cairn.store import learning
from cairn.usecases.roadmaps import Roadmaps
from cairn.usecases.store import Store
from cairn.usecases.tasks import new_id


@dataclass(frozen=True)
class Graded:
    question: Question
    chosen: frozenset[str]

    @property
    def right(self) -> bool:
        return self.chosen == self.question.key


@dataclass(frozen=True)
class Attempt:
    attempt_id: str
    graded: list[Graded]

    @property
    def right(self) -> int:
        return sum(answer.right for answer in self.graded)


@dataclass(frozen=True)
class Standing:
    """A learner's place in one quiz: the last answer to each of its current questions."""

    quiz: Quiz
    answered: dict[str, Graded]

    @property
    def right(self) -> int:
        return sum(answer.right for answer in self.answered.values())

    @property
    def finished(self) -> bool:
        return len(self.answered) == len(self.quiz.questions)

    @property
    def next(self) -> int:
        """The place of the first question without an answer, from 0; past the last if all have one."""
        for at, question in enumerate(self.quiz.questions):
            if question.question_id not in self.answered:
                return at
        return len(self.quiz.questions)


class Learning:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.roadmaps = Roadmaps(store)

    async def set_progress(self, learner: str, roadmap_id: str, concept_id: str, state: str) -> str:
        states = get_args(Progress)
        if state not in states:
            allowed = ", ".join(states)
            raise BadInput(f"state must be one of {allowed}", errors=[{"field": "state", "message": allowed}])
        await self.roadmaps.lesson(learner, roadmap_id, concept_id)
        now = datetime.now(UTC)
        await self.store.writer.move(
            "progress",
            lambda connection, _: learning.set_progress(
                connection, learner, roadmap_id, concept_id, state, now
            ),
        )
        return state

    async def answer(
        self, learner: str, roadmap_id: str, concept_id: str, answers: Mapping[str, list[str]]
    ) -> Attempt:
        """Grade the answers and keep the attempt. Nothing is stored where a question is no longer current."""
        lesson = await self.roadmaps.lesson(learner, roadmap_id, concept_id)
        if lesson.quiz is None or lesson.quiz_rev is None:
            raise NotFound("This concept has no quiz yet.", code="quiz_not_ready", hint="Follow the task.")
        graded = grade(lesson.quiz, answers)
        attempt = Attempt(new_id("a"), graded)
        row = {
            "attempt_id": attempt.attempt_id, "learner_id": learner, "roadmap_id": roadmap_id,
            "concept_id": concept_id, "quiz_rev": lesson.quiz_rev, "answers": dict(answers),
            "right": attempt.right, "asked": len(graded), "created_at": datetime.now(UTC),
        }  # fmt: skip
        await self.store.writer.move("attempt", lambda connection, _: learning.add_attempt(connection, row))
        return attempt

    async def standing(self, learner: str, roadmap_id: str, concept_id: str, quiz: Quiz) -> Standing:
        async with self.store.reading() as connection:
            given = await learning.answers_of(connection, learner, roadmap_id, concept_id)
        return standing(quiz, given)


def standing(quiz: Quiz, given: Iterable[Mapping[str, list[str]]]) -> Standing:
    """`given`: the answers of each attempt, oldest first; those no longer current do not count."""
    answered: dict[str, Graded] = {}
    questions = {question.question_id: question for question in quiz.questions}
    for answers in given:
        for question_id, chosen in answers.items():
            question = questions.get(question_id)
            if question and set(chosen) <= {option.option_id for option in question.options}:
                answered[question_id] = Graded(question, frozenset(chosen))
    return Standing(quiz, answered)


def grade(quiz: Quiz, answers: Mapping[str, list[str]]) -> list[Graded]:
    if not answers:
        raise BadInput(
            "answers is empty", hint="Send {question_id: [option_id, ...]} for a question or more."
        )
    current = {question.question_id: question for question in quiz.questions}
    graded: list[Graded] = []
    for question_id, chosen in answers.items():
        question = current.get(question_id)
        options = {option.option_id for option in question.options} if question else set[str]()
        if question is None or not set(chosen) <= options:
            raise Conflict(
                "The quiz has changed since it was shown; nothing was stored.",
                code="quiz_changed",
                hint="Answer the current quiz.",
                quiz=quiz,
            )
        graded.append(Graded(question, frozenset(chosen)))
    return graded
