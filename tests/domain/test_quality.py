"""Each flaw of a quiz is found, and a sound one passes."""

import pytest

from cairn.domain.lesson import Question, QuestionType, Quiz, build_question
from cairn.domain.quality import quiz_faults

SINGLE, SEVERAL, TRUTH = QuestionType.single_choice, QuestionType.multiple_choice, QuestionType.true_false


def ask(kind: QuestionType, *options: tuple[str, bool], stem: str = "Which?") -> Question:
    return build_question(stem, kind, [(text, right, "because") for text, right in options])


SOUND = [
    ask(SINGLE, ("one", True), ("two", False), ("three", False)),
    ask(SEVERAL, ("one", True), ("two", True), ("three", False), stem="Which two?"),
    ask(TRUTH, ("True", True), ("False", False), stem="So?"),
]


def test_a_sound_quiz_has_no_fault() -> None:
    assert quiz_faults(Quiz(questions=tuple(SOUND))) == []


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (ask(SINGLE, ("one", False), ("two", False)), "no option is right"),
        (ask(SINGLE, ("one", True), ("two", True), ("three", False)), "more than one right"),
        (ask(SINGLE, ("One.", True), ("one", False), ("two", False)), "two options are the same"),
        (ask(SINGLE, ("one", True)), "has 1 options"),
        (ask(SINGLE, *[(str(n), n == 1) for n in range(7)]), "has 7 options"),
        (ask(SINGLE, ("one", True), ("All of the above", False)), "all of the above"),
        (ask(SINGLE, ("一", True), ("以上都对", False)), "all of the above"),
        (ask(SEVERAL, ("one", True), ("two", False)), "two or more right"),
        (ask(SEVERAL, ("one", True), ("two", True)), "two or more right"),
        (ask(TRUTH, ("True", True), ("False", False), ("Maybe", False)), "exactly two"),
        (ask(SINGLE, ("x" * 60, True), ("y" * 20, False), ("z" * 30, False)), "given away by its length"),
    ],
)
def test_each_flaw_is_found(question: Question, said: str) -> None:
    assert any(said in fault for fault in quiz_faults(Quiz(questions=(question,))))


def test_a_stem_may_stand_once() -> None:
    twice = Quiz(questions=(SOUND[0], ask(SINGLE, ("a", True), ("b", False), stem="WHICH? ")))
    assert any("asked 2 times" in fault for fault in quiz_faults(twice))


def test_ids_come_from_content_not_from_places() -> None:
    turned = ask(SINGLE, ("three", False), ("two", False), ("one", True))
    ids = {option.text: option.option_id for option in SOUND[0].options}
    assert {option.text: option.option_id for option in turned.options} == ids
