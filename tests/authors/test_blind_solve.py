"""The blind solve: a question is kept where somebody without the key answers as the key says."""

import asyncio
from collections.abc import Sequence

import pytest

from cairn.authors.model.checks import Unfit
from cairn.authors.model.drafts import AnswerDraft, SolutionDraft
from cairn.authors.model.solving import (
    Solution,
    in_neutral_order,
    shown_to_solver,
    solution_of,
    without_doubt,
)
from cairn.domain.errors import AuthorFailed
from cairn.domain.lesson import Question, QuestionType, Quiz, build_question

A, B, C, D = (f"What is to be known of {thing}?" for thing in ("dough", "yeast", "salt", "steam"))
NEGATIVE = "Which of these is not true of bread?"
OPTIONS = [
    ("Right", True, "It holds for each."),
    ("Wrong", False, "It holds for none."),
    ("Wrong too", False, "It holds for some."),
]


def question(stem: str) -> Question:
    return build_question(stem, QuestionType.single_choice, OPTIONS)


class Solver:
    """Answers wrongly whatever has one of these stems."""

    def __init__(self, *wrong: str) -> None:
        self.wrong = wrong
        self.asked: list[list[str]] = []
        self.rewritten: list[str] = []

    async def solve(self, questions: Sequence[Question]) -> Solution:
        self.asked.append([question.question for question in questions])
        return Solution(chosen=tuple(self.answer(question) for question in questions))

    def answer(self, question: Question) -> frozenset[str]:
        wrong = next(option.option_id for option in question.options if not option.correct)
        return frozenset({wrong}) if question.question in self.wrong else question.key

    async def rewrite(self, doubted: str) -> Quiz:
        self.rewritten.append(doubted)
        stems = [line.partition(" (")[0] for line in doubted.splitlines() if not line.startswith("- ")]
        return Quiz(questions=tuple(question(f"{stem}, again") for stem in stems))


def solved(solver: Solver, *stems: str, dropped: int = 0) -> Quiz:
    quiz = Quiz(questions=tuple(question(stem) for stem in stems), dropped=dropped)
    return asyncio.run(without_doubt(quiz, solver.solve, solver.rewrite))


def kept(solver: Solver, *stems: str) -> list[str]:
    return [question.question for question in solved(solver, *stems).questions]


def test_what_is_answered_as_its_key_says_is_kept() -> None:
    solver = Solver()
    assert kept(solver, A, B, C) == [A, B, C]
    assert (len(solver.asked), solver.rewritten) == (1, [])


def test_what_is_not_is_written_anew_and_answered_again() -> None:
    solver = Solver(B, D)
    assert kept(solver, A, B, C, D) == [A, f"{B}, again", C, f"{D}, again"]
    assert solver.asked == [[A, B, C, D], [f"{B}, again", f"{D}, again"]]


def test_the_writer_is_told_key_and_answer() -> None:
    solver = Solver(B)
    kept(solver, A, B, C)
    assert solver.rewritten == [
        f"{B} (single_choice)\n- Right (key: right)\n- Wrong (key: wrong, answered)\n- Wrong too (key: wrong)"
    ]


def test_after_two_rewritings_it_is_dropped() -> None:
    solver = Solver(B, f"{B}, again", f"{B}, again, again")
    assert kept(solver, A, B, C, D) == [A, C, D]
    assert len(solver.rewritten) == 2


def test_fewer_than_three_are_no_quiz() -> None:
    solver = Solver(*(f"{B}{', again' * n}" for n in range(3)))
    with pytest.raises(AuthorFailed, match="1 of 3 questions") as failed:
        kept(solver, A, B, C)
    assert failed.value.code == "quiz_not_sound"


def test_what_came_of_it_is_counted() -> None:
    assert (solved(Solver(), A, B, C).dropped, solved(Solver(), A, B, C).rewritten) == (0, 0)
    twice = solved(Solver(B, f"{B}, again", D), A, B, C, D, dropped=2)
    assert (twice.dropped, twice.rewritten, twice.remarks) == (2, 2, ())
    lost = solved(Solver(B, f"{B}, again", f"{B}, again, again", D), A, B, C, D)
    assert (lost.dropped, lost.rewritten) == (1, 1), (
        "what was written anew and dropped all the same counts once"
    )


def test_a_flawed_question_stays_until_it_is_known_whether_it_is_needed() -> None:
    spare = solved(Solver(), NEGATIVE, A, B, C)
    assert [question.question for question in spare.questions] == [A, B, C]
    assert (spare.dropped, spare.remarks) == (1, ())
    needed = solved(Solver(C, f"{C}, again", f"{C}, again, again"), NEGATIVE, A, B, C)
    assert [question.question for question in needed.questions] == [NEGATIVE, A, B]
    assert (needed.dropped, needed.remarks) == (1, (f"negative_stem:{question(NEGATIVE).question_id}",))


def test_a_question_written_anew_that_is_there_already_is_dropped() -> None:
    solver = Solver(B)

    async def rewrite(doubted: str) -> Quiz:
        return Quiz(questions=(question(A),))

    quiz = Quiz(questions=tuple(question(stem) for stem in (A, B, C, D)))
    done = asyncio.run(without_doubt(quiz, solver.solve, rewrite))
    assert [question.question for question in done.questions] == [A, C, D]
    assert done.dropped == 1


def test_a_rewriting_that_fails_costs_no_more_than_the_doubted_questions() -> None:
    async def fail(doubted: str) -> Quiz:
        raise AuthorFailed("no usable answer", code="unusable_answer")

    def done(*stems: str) -> Quiz:
        quiz = Quiz(questions=tuple(question(stem) for stem in stems))
        return asyncio.run(without_doubt(quiz, Solver(B).solve, fail))

    assert [question.question for question in done(A, B, C, D).questions] == [A, C, D]
    with pytest.raises(AuthorFailed, match="no usable answer"):
        done(A, B, C)


def test_no_place_gives_the_right_option_away() -> None:
    """Each had it first."""
    done = solved(Solver(), A, B, C, D)
    assert (
        len({[option.correct for option in question.options].index(True) for question in done.questions}) > 1
    )
    assert done.remarks == ()


def test_a_solver_sees_neither_key_nor_explanation_nor_the_writers_order() -> None:
    first, other = question("Which?"), question("Which?").options
    turned = first.model_copy(update={"options": tuple(reversed(other))})
    assert shown_to_solver([first]) == shown_to_solver([turned])
    assert "Yes." not in shown_to_solver([first])
    assert "(one option)" in shown_to_solver([first])


def test_an_answer_is_read_by_its_numbers() -> None:
    asked = [question("A"), question("B")]
    draft = SolutionDraft(
        answers=[AnswerDraft(question=2, options=[1]), AnswerDraft(question=1, options=[3])]
    )
    first, second = (in_neutral_order(one) for one in asked)
    chosen = solution_of(draft, asked).chosen
    assert chosen == (frozenset({first[2].option_id}), frozenset({second[0].option_id}))


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([AnswerDraft(question=1, options=[1])], "Question 2 is not answered"),
        ([AnswerDraft(question=1, options=[4]), AnswerDraft(question=2, options=[1])], "the options 1 to 3"),
        ([AnswerDraft(question=1, options=[0]), AnswerDraft(question=2, options=[1])], "the options 1 to 3"),
    ],
)
def test_a_solver_that_leaves_out_is_asked_again(answers: list[AnswerDraft], said: str) -> None:
    with pytest.raises(Unfit, match=said):
        solution_of(SolutionDraft(answers=answers), [question("A"), question("B")])
