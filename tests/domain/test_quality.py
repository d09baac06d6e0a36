"""Questions reviewed, chosen and counted; a sound quiz passes."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from cairn.domain.lesson import Question, Quiz, Tutorial
from cairn.domain.quality import (
    PiecesReport,
    best,
    quiz_faults,
    quiz_remarks,
    report_of_pieces,
    review,
    usable,
)
from tests.domain.items import codes, flawed_items, item, sound_items, truth

SOUND = sound_items()

BROKEN = item("Which type has no key at all?", "A set", "A list")
NEGATIVE = item("Which type is not ordered?", "*A set", "A list", "A stream")
NEGATIVE_TOO = item("Which type is not a map?", "*A set", "A hash", "A list of pairs")
WORSE = item("Which one is not it?", "*A set", "A list", "None of these", "I don't know")
PLACES = ("same_place", "numbers_unordered")
"""The codes of flaws that lie in the order of the options."""
ANY = st.sampled_from([*SOUND, *(flawed.question for flawed in flawed_items())])


def test_a_sound_quiz_has_no_fault() -> None:
    assert quiz_faults(Quiz(questions=tuple(SOUND[:6]))) == []


def test_a_fault_is_a_sentence_that_quotes_the_question_and_says_what_to_do() -> None:
    [said] = quiz_faults(Quiz(questions=(BROKEN, SOUND[0])))
    assert said == f"“{BROKEN.question}”: no option is right. Mark the right option."
    [said] = quiz_faults(Quiz(questions=(NEGATIVE,)))
    assert "does not stress it (“Which type is not”). Ask for what is so, or write NOT" in said


def test_a_stem_may_stand_once() -> None:
    twice = (SOUND[0], item(f"  {SOUND[0].question.upper()}", "*Yes", "By no means"))
    assert [said for said in quiz_faults(Quiz(questions=twice)) if "asked 2 times" in said]
    assert [question for question, _ in usable(review(twice))] == [SOUND[0]]


def test_what_nobody_can_answer_is_not_usable_and_what_is_ill_said_is() -> None:
    kept = usable(review([BROKEN, NEGATIVE, SOUND[0], WORSE]))
    assert [question for question, _ in kept] == [NEGATIVE, SOUND[0], WORSE]


def test_flawed_questions_go_while_three_remain_and_the_worst_go_first() -> None:
    first, second, third = SOUND[:3]
    assert best(review([first, NEGATIVE, second, third, WORSE])) == [first, second, third]
    assert best(review([WORSE, first, NEGATIVE, second])) == [first, NEGATIVE, second]
    assert best(review([WORSE, NEGATIVE_TOO, NEGATIVE, first])) == [NEGATIVE_TOO, NEGATIVE, first]
    assert best(review([WORSE, NEGATIVE])) == [WORSE, NEGATIVE], "never more than there are"


def test_what_is_left_is_named_by_code_and_question() -> None:
    assert quiz_remarks(SOUND[:4]) == ()
    assert quiz_remarks([NEGATIVE, SOUND[0]]) == (f"negative_stem:{NEGATIVE.question_id}",)
    truths = [truth(f"A loaf of {n} kg is baked for {n} hours.") for n in range(3)]
    assert quiz_remarks(truths) == ("same_truths",)


@given(ANY, st.randoms())
def test_the_order_of_options_makes_no_flaw_but_of_order(question: Question, chance: Random) -> None:
    options = list(question.options)
    chance.shuffle(options)
    turned = question.model_copy(update={"options": tuple(options)})
    assert {code for code in codes(turned) if code not in PLACES} == {
        code for code in codes(question) if code not in PLACES
    }


@given(st.lists(ANY, max_size=8))
def test_what_is_chosen_was_there_in_that_order_and_is_enough_where_there_was_enough(
    questions: list[Question],
) -> None:
    can_be_used = [question for question, _ in usable(review(questions))]
    chosen = best(usable(review(questions)))
    assert chosen == [question for question in can_be_used if question in chosen]
    assert len(chosen) >= min(3, len(can_be_used))
    assert all(question in chosen for question in can_be_used if not codes(question))


def test_ids_come_from_content_not_from_places_or_from_how_the_quiz_came_about() -> None:
    there, turned = item("Which?", "*one", "two", "three"), item("Which?", "three", "two", "*one")
    ids = {option.text: option.option_id for option in there.options}
    assert {option.text: option.option_id for option in turned.options} == ids
    quiz = Quiz(questions=(there,), dropped=2, rewritten=1, remarks=("unfocused_stem:q1",))
    assert quiz.questions[0].question_id == item("Which?", "*one", "two", "three").question_id


def test_rows_of_before_still_load_and_rows_of_today_come_back() -> None:
    old = {"questions": [SOUND[0].model_dump(mode="json")]}
    assert Quiz.model_validate(old) == Quiz(questions=(SOUND[0],))
    plain = {"title": "t", "summary": "s", "markdown": "m", "minutes": 5}
    assert Tutorial.model_validate(plain).remarks == ()
    quiz = Quiz(questions=(NEGATIVE,), dropped=2, rewritten=1, remarks=quiz_remarks([NEGATIVE]))
    tutorial = Tutorial(**plain, remarks=("too_short", "code_unparsable:python:3"))
    for value in (quiz, tutorial):
        assert type(value).model_validate(value.model_dump(mode="json")) == value


CODE = "Words of it.\n\n```python\nprint(1)\n```\n\n```json\n{1}\n```\n\n```sh\nls |\n```\n"


def test_pieces_add_up() -> None:
    tutorials = [
        Tutorial(title="a", summary="", markdown=CODE, minutes=5, remarks=("code_unparsable:json:7",)),
        Tutorial(title="b", summary="", markdown="Two words.", minutes=5),
    ]
    quizzes = [
        Quiz(questions=tuple(SOUND[:3]), dropped=1),
        Quiz(questions=(NEGATIVE, *SOUND[:3]), dropped=1, rewritten=2, remarks=quiz_remarks([NEGATIVE])),
    ]
    assert report_of_pieces(iter(tutorials), iter(quizzes)) == PiecesReport(
        tutorials=2, tutorials_with_remarks=1, words=5, samples_checked=2, samples_unparsable=1,
        quizzes=2, questions=7, questions_dropped=2, questions_rewritten=2, flaws_left=1,
    )  # fmt: skip
    assert set(report_of_pieces([], []).model_dump().values()) == {0}
