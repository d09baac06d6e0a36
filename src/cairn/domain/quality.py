"""Pure checks of lessons: what makes a question unusable, what is bad style, and the sum of it in numbers.

The rules are those of item writing that Haladyna, Downing and Rodriguez (2002) and Tarrant and others (2006)
list, as far as code can judge them (docs/decisions/0009).
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from cairn.domain import quiz_clues, quiz_options, quiz_reasons, quiz_shape, quiz_stems
from cairn.domain.flaw import Flaw, broken
from cairn.domain.lesson import Question, Quiz, Tutorial, Value
from cairn.domain.quiz_whole import flaws_across
from cairn.domain.reading import read
from cairn.domain.samples import judged
from cairn.domain.text import normalised, word_count
from cairn.domain.thresholds import LEAST_QUESTIONS

RULES = (
    *quiz_shape.RULES,
    *quiz_stems.RULES,
    *quiz_options.RULES,
    *quiz_clues.RULES,
    *quiz_reasons.RULES,
)


Reviewed = tuple[Question, Sequence[Flaw]]
"""A question with what is wrong with it, taken alone."""


def quiz_faults(quiz: Quiz) -> list[str]:
    """Each fault and each flaw as one sentence; an empty list is a sound quiz."""
    return sentences(review(quiz.questions))


def review(questions: Iterable[Question]) -> list[Reviewed]:
    return [(question, flaws_of(question.model_dump_json())) for question in questions]


@lru_cache(maxsize=512)
def flaws_of(question: str) -> tuple[Flaw, ...]:
    """Of one as JSON. Kept for a while: it is looked at when it is written, when it was solved, and when it
    is stored."""
    return tuple(broken(RULES, Question.model_validate_json(question)))


def sentences(reviewed: Sequence[Reviewed]) -> list[str]:
    faults = [f"The quiz: {flaw.said}. {flaw.cure}" for flaw in flaws_across([q for q, _ in reviewed])]
    for question, flaws in reviewed:
        faults += [f"“{question.question}”: {flaw.said}. {flaw.cure}" for flaw in flaws]
    return faults


def usable(reviewed: Iterable[Reviewed]) -> list[Reviewed]:
    """Those from which somebody can learn, each asked once."""
    asked: set[str] = set()
    kept: list[Reviewed] = []
    for question, flaws in reviewed:
        stem = normalised(question.question)
        if stem not in asked and not any(flaw.unusable for flaw in flaws):
            asked.add(stem)
            kept.append((question, flaws))
    return kept


def best(reviewed: Sequence[Reviewed]) -> list[Question]:
    """Those without a flaw; of the others as many as a quiz needs, those with fewer flaws first."""
    flawed = sorted((one for one in reviewed if one[1]), key=lambda one: len(one[1]))
    needed = max(0, LEAST_QUESTIONS - (len(reviewed) - len(flawed)))
    ids = {question.question_id for question, _ in flawed[:needed]}
    return [question for question, flaws in reviewed if not flaws or question.question_id in ids]


def quiz_remarks(questions: Sequence[Question]) -> tuple[str, ...]:
    """The codes of all flaws, with the id of the question where it is one."""
    across = [flaw.code for flaw in flaws_across(questions)]
    alone = [f"{flaw.code}:{question.question_id}" for question, flaws in review(questions) for flaw in flaws]
    return (*across, *alone)


class PiecesReport(Value):
    """What the lessons of a roadmap come to, in numbers."""

    tutorials: int
    tutorials_with_remarks: int
    words: int
    samples_checked: int
    samples_unparsable: int
    quizzes: int
    questions: int
    questions_dropped: int
    questions_rewritten: int
    flaws_left: int


def report_of_pieces(tutorials: Iterable[Tutorial], quizzes: Iterable[Quiz]) -> PiecesReport:
    texts, asked = list(tutorials), list(quizzes)
    samples = [verdict for text in texts for _, verdict in judged(read(text.markdown).fences)]
    return PiecesReport(
        tutorials=len(texts),
        tutorials_with_remarks=sum(bool(text.remarks) for text in texts),
        words=sum(word_count(text.markdown) for text in texts),
        samples_checked=len(samples),
        samples_unparsable=sum(samples),
        quizzes=len(asked),
        questions=sum(len(quiz.questions) for quiz in asked),
        questions_dropped=sum(quiz.dropped for quiz in asked),
        questions_rewritten=sum(quiz.rewritten for quiz in asked),
        flaws_left=sum(len(quiz.remarks) for quiz in asked),
    )
