"""One attempt at repair: what is asked again, how often, and which answer is taken."""

from collections.abc import Sequence
from typing import Any

import pytest

from cairn.authors.model.checks import Unfit
from cairn.authors.model.drafts import QuizDraft, RewrittenDraft, TutorialDraft
from cairn.authors.model.making import quiz_of, tutorial_of
from cairn.authors.model.repair import mended_once
from cairn.domain.lesson import Question, Quiz, Tutorial
from tests.domain.items import item, parsed, sound_items

SOUND = sound_items()
NEGATIVE = parsed("Which type is not ordered? | *A set | A list | A stream")
UNFOCUSED = parsed("Which of these is true? | *A set has members | A list has fields")
BROKEN = parsed("Which type has no key at all? | A set | A list")
CHINESE = SOUND[18:21]


def draft(*questions: Question) -> QuizDraft:
    return QuizDraft.model_validate({"questions": [said(question) for question in questions]})


def said(question: Question) -> dict[str, Any]:
    options = [option.model_dump(exclude={"option_id"}) for option in question.options]
    return {"question": question.question, "question_type": question.question_type, "options": options}


def taken(*answers: Sequence[Question]) -> tuple[Quiz | Unfit, int]:
    """What is taken of answers given one after the other, and how many it took."""
    make = mended_once(lambda answer: quiz_of(answer, "en", 3))
    unfit = Unfit("")
    for number, answer in enumerate(answers, 1):
        try:
            return make(draft(*answer)), number
        except Unfit as error:
            unfit = error
    return unfit, len(answers)


def stems(quiz: Quiz | Unfit) -> list[str]:
    assert isinstance(quiz, Quiz)
    return [question.question for question in quiz.questions]


def test_a_sound_quiz_is_taken_at_once() -> None:
    quiz, answers = taken(SOUND[:4])
    assert (stems(quiz), answers) == ([question.question for question in SOUND[:4]], 1)


def test_a_flaw_is_asked_to_be_mended_once_and_told_whole() -> None:
    unfit, _ = taken([*SOUND[:4], NEGATIVE, UNFOCUSED])
    assert isinstance(unfit, Unfit)
    assert str(unfit).startswith("Mend this and answer again, whole: ")
    assert "does not stress it" in str(unfit)
    assert "it does not say what it is about" in str(unfit)
    quiz, answers = taken([*SOUND[:4], NEGATIVE], [*SOUND[:5], UNFOCUSED])
    assert (len(stems(quiz)), answers) == (6, 2), "what of it stays is decided when all are answered"


def test_the_better_of_two_answers_is_taken_and_the_later_of_equals() -> None:
    assert stems(taken([*SOUND[:4], NEGATIVE], [*SOUND[:2], NEGATIVE, UNFOCUSED])[0])[3] == SOUND[3].question
    assert stems(taken([*SOUND[:3], NEGATIVE, UNFOCUSED], [*SOUND[:4], NEGATIVE])[0])[3] == SOUND[3].question
    assert stems(taken([*SOUND[:3], NEGATIVE], [*SOUND[3:6], NEGATIVE])[0])[0] == SOUND[3].question


def test_an_unusable_question_is_asked_again_once_and_left_out_where_enough_remain() -> None:
    quiz, answers = taken([*SOUND[:3], BROKEN], [*SOUND[:4], BROKEN])
    assert (stems(quiz), answers) == ([question.question for question in SOUND[:4]], 2)
    assert isinstance(quiz, Quiz)
    assert quiz.dropped == 1


def test_without_enough_usable_questions_it_is_asked_as_often_as_may_be() -> None:
    bad = [*SOUND[:2], BROKEN]
    unfit, _ = taken(bad, bad, bad, bad)
    assert isinstance(unfit, Unfit)
    assert "no option is right" in str(unfit)
    assert unfit.spare is None
    assert taken(bad, bad, bad, SOUND[:3])[1] == 4


def test_after_an_answer_that_can_be_used_an_unusable_one_ends_the_asking() -> None:
    quiz, answers = taken([*SOUND[:3], NEGATIVE], [BROKEN, *SOUND[:2]])
    assert (stems(quiz)[3], answers) == (NEGATIVE.question, 2)


def test_what_can_be_used_comes_along_with_the_wish_to_mend_it() -> None:
    """It is taken where no answer follows."""
    unfit, _ = taken([*SOUND[:3], NEGATIVE, BROKEN])
    assert isinstance(unfit, Unfit)
    assert isinstance(unfit.spare, Quiz)
    assert len(unfit.spare.questions) == 4


def test_another_language_is_refused() -> None:
    with pytest.raises(Unfit, match="not written in English"):
        quiz_of(draft(*CHINESE), "en", 3)
    assert quiz_of(draft(*CHINESE), "zh", 3).complaints == []


def test_one_question_written_anew_is_enough_and_its_flaws_are_told_too() -> None:
    def anew(question: Question) -> RewrittenDraft:
        return RewrittenDraft.model_validate({"questions": [said(question)]})

    assert quiz_of(anew(SOUND[0]), "en", least=1).complaints == []
    assert len(quiz_of(anew(NEGATIVE), "en", least=1).complaints) == 1
    with pytest.raises(Unfit, match="no option is right"):
        quiz_of(anew(BROKEN), "en", least=1)


def test_what_code_can_mend_is_not_asked_for() -> None:
    """The place of the right option, and the order of numbers."""
    first = [
        item(f"What is to be known of loaf {n}?", "*Its crust", "Its salt", "Its form") for n in range(4)
    ]
    numbers = item("How many loaves are there?", "30", "*4", "12")
    quiz, answers = taken([*first, numbers])
    assert answers == 1
    assert isinstance(quiz, Quiz)
    assert [option.text for option in quiz.questions[4].options] == ["4", "12", "30"]


PROSE = "The dough is left to rest before it is shaped, and then it can be stretched by hand. " * 8
WHOLE = (
    f"Bread fails without it.\n\n## How dough rests\n\n{PROSE}\n\n## Worked example\n\n{PROSE}\n\n"
    "## Exercise\n\nRest a dough.\n\n### Solution\n\nIt stretches further."
)
NO_EXAMPLE = WHOLE.replace("## Worked example", "## How it smells")
NO_END = WHOLE + "\n\n## More"
BAD_CODE = NO_EXAMPLE.replace("## Exercise", "```python\nprint 1\n```\n\n## Exercise")


def written(*texts: str) -> tuple[Tutorial, int]:
    """What is taken of texts given one after the other, and how many it took; what the last wish to mend came
    with, where none is taken."""
    make = mended_once(lambda answer: tutorial_of(answer, "en"))
    spare: list[Any] = []
    for number, text in enumerate(texts, 1):
        try:
            return make(TutorialDraft(title="t", summary="s", markdown=text, minutes=20)), number
        except Unfit as unfit:
            spare.append(unfit.spare)
    return spare[-1], len(texts)


@pytest.mark.parametrize(
    ("texts", "taken_of", "asked", "remarks"),
    [
        ([WHOLE], WHOLE, 1, ()),
        ([NO_EXAMPLE, WHOLE], WHOLE, 2, ()),
        ([NO_EXAMPLE, NO_EXAMPLE], NO_EXAMPLE, 2, ("section_missing:example",)),
        ([NO_EXAMPLE, BAD_CODE], NO_EXAMPLE, 2, ("section_missing:example",)),
        ([BAD_CODE, NO_EXAMPLE], NO_EXAMPLE, 2, ("section_missing:example",)),
        ([NO_EXAMPLE, NO_END], NO_EXAMPLE, 2, ("section_missing:example",)),
        ([NO_END, NO_END, NO_EXAMPLE, WHOLE], WHOLE, 4, ()),
        ([BAD_CODE], BAD_CODE, 1, ("section_missing:example", "code_unparsable:python:11")),
    ],
)
def test_a_tutorial_is_asked_to_be_mended_once(
    texts: list[str], taken_of: str, asked: int, remarks: tuple[str, ...]
) -> None:
    tutorial, number = written(*texts)
    assert (tutorial.markdown, number, tutorial.remarks) == (taken_of, asked, remarks)
