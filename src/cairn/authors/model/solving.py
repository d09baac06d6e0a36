"""The blind solve of a quiz: answered without its key, by a call of its own. Where answer and key differ, one
of them is wrong, and nobody should learn from the question."""

from collections.abc import Awaitable, Callable, Sequence

from cairn.authors.model.checks import Unfit
from cairn.authors.model.drafts import SolutionDraft
from cairn.domain.errors import AuthorFailed
from cairn.domain.lesson import Option, Question, QuestionType, Quiz
from cairn.domain.lesson import Value as Product
from cairn.domain.quality import best, quiz_remarks, review, usable
from cairn.domain.quiz_whole import arranged
from cairn.domain.thresholds import LEAST_QUESTIONS, REWRITES

ASKED = {
    QuestionType.single_choice: "one option",
    QuestionType.multiple_choice: "every option that is right",
    QuestionType.true_false: "one option",
}
RIGHT = {True: "right", False: "wrong"}


class Solution(Product):
    """Of each question in turn the ids of the options that were chosen."""

    chosen: tuple[frozenset[str], ...]


Solve = Callable[[Sequence[Question]], Awaitable[Solution]]
Rewrite = Callable[[str], Awaitable[Quiz]]
"""Given the questions with their keys and what was answered."""


async def without_doubt(quiz: Quiz, solve: Solve, rewrite: Rewrite) -> Quiz:
    """The questions that are answered as their key says. The others are written anew, twice at most, and then
    dropped, also where that fails; so are those with flaws, as far as enough remain. Raises `AuthorFailed`
    where too few do."""
    questions = list(quiz.questions)
    chosen = list((await solve(questions)).chosen)
    anew: set[int] = set()
    trouble: AuthorFailed | None = None
    for _ in range(REWRITES):
        places = doubtful(questions, chosen)
        if not places:
            break
        try:
            written = (await rewrite(shown_to_writer(questions, chosen, places))).questions[: len(places)]
            answered = (await solve(written)).chosen
        except AuthorFailed as error:
            trouble = error
            break
        for place, question, options in zip(places, written, answered, strict=False):
            questions[place], chosen[place] = question, options
            anew.add(place)
    wrong = set(doubtful(questions, chosen))
    kept = usable(review(question for at, question in enumerate(questions) if at not in wrong))
    if len(kept) < LEAST_QUESTIONS:
        raise trouble or AuthorFailed(
            f"{len(questions) - len(kept)} of {len(questions)} questions were answered otherwise than their "
            f"key says; what remains is no quiz.",
            code="quiz_not_sound",
        )
    standing = best(kept)
    ids = {question.question_id for question in standing}
    in_order = arranged(standing)
    return Quiz(
        questions=tuple(in_order),
        dropped=quiz.dropped + len(questions) - len(standing),
        rewritten=sum(questions[at].question_id in ids for at in anew),
        remarks=quiz_remarks(in_order),
    )


def shown_to_solver(questions: Sequence[Question]) -> str:
    """Without key and explanations. The options are ordered by their words, not as the writer had them."""
    lines: list[str] = []
    for number, question in enumerate(questions, 1):
        lines.append(f"{number}. {question.question} ({ASKED[question.question_type]})")
        lines += [f"   {at}) {option.text}" for at, option in enumerate(in_neutral_order(question), 1)]
    return "\n".join(lines)


def in_neutral_order(question: Question) -> list[Option]:
    return sorted(question.options, key=lambda option: option.option_id)


def solution_of(draft: SolutionDraft, questions: Sequence[Question]) -> Solution:
    """Raises `Unfit` where a question is left out or an option is not there."""
    given = {answer.question: answer.options for answer in draft.answers}
    chosen: list[frozenset[str]] = []
    for number, question in enumerate(questions, 1):
        options = in_neutral_order(question)
        if number not in given:
            raise Unfit(f"Question {number} is not answered.")
        if not all(1 <= at <= len(options) for at in given[number]):
            raise Unfit(f"Question {number} has the options 1 to {len(options)}.")
        chosen.append(frozenset(options[at - 1].option_id for at in given[number]))
    return Solution(chosen=tuple(chosen))


def doubtful(questions: Sequence[Question], chosen: Sequence[frozenset[str]]) -> list[int]:
    """Places of the questions that were answered otherwise than their key says."""
    pairs = zip(questions, chosen, strict=True)
    return [at for at, (question, options) in enumerate(pairs) if options != question.key]


def shown_to_writer(
    questions: Sequence[Question], chosen: Sequence[frozenset[str]], places: Sequence[int]
) -> str:
    lines: list[str] = []
    for at in places:
        lines.append(f"{questions[at].question} ({questions[at].question_type.value})")
        for option in questions[at].options:
            answered = ", answered" if option.option_id in chosen[at] else ""
            lines.append(f"- {option.text} (key: {RIGHT[option.correct]}{answered})")
    return "\n".join(lines)
