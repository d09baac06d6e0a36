"""What a quiz gives away over all its questions, and the order of options that code mends."""

from hypothesis import given
from hypothesis import strategies as st

from cairn.domain.lesson import Question
from cairn.domain.quiz_whole import arranged, flaws_across
from tests.domain.items import SEVERAL, SINGLE, TRUTH, codes, item, sound_items, truth

WORDS = ("Rye", "Spelt", "Wheat", "Oat")
WORDS_ZH = ("黑麦", "斯佩尔特小麦", "小麦", "燕麦")


def at(place: int, number: int, words: tuple[str, ...] = WORDS) -> Question:
    """Question `number`, its right option at `place`."""
    options = [f"{'*' if n == place else ''}{word} {number}" for n, word in enumerate(words)]
    return item(f"Which flour is in loaf {number}?", *options)


def found(questions: list[Question]) -> list[str]:
    return [flaw.code for flaw in flaws_across(questions)]


def test_one_place_for_all_right_options_is_found() -> None:
    assert found([at(1, n) for n in range(4)]) == ["same_place"]
    assert found([at(0, n, WORDS_ZH) for n in range(5)]) == ["same_place"]


def test_places_that_differ_or_are_too_few_tell_nothing() -> None:
    assert found([at(1, 1), at(1, 2), at(1, 3), at(2, 4)]) == []
    assert found([at(1, n) for n in range(3)]) == []
    assert found([at(0, n, WORDS[:2]) for n in range(4)]) == [], "of two options there is little to choose"
    several = [item(f"Which are in loaf {n}?", "*Rye", "*Oat", "Tin", kind=SEVERAL) for n in range(4)]
    assert found(several) == []
    keyless = [item(f"Which is in loaf {n}?", "Rye", "Oat", "Tin", kind=SINGLE) for n in range(4)]
    assert found(keyless) == []


def longest(number: int, right: str, wrong: str) -> Question:
    options = [f"*{right}", wrong, "Rye"]
    return item(f"Which flour is in loaf {number}?", *options[number % 3 :], *options[: number % 3])


def test_right_options_that_are_always_the_longest_are_found() -> None:
    assert found([longest(n, "Flour of whole wheat", "Flour of wheat") for n in range(4)]) == [
        "always_longest"
    ]
    assert found([longest(n, "全麦面粉加上黑麦", "全麦面粉") for n in range(4)]) == ["always_longest"]


def test_right_options_that_are_hardly_longer_or_only_mostly_so_tell_nothing() -> None:
    assert found([longest(n, "Flour of wheat 1", "Flour of wheat") for n in range(4)]) == []
    mostly = [longest(n, "Flour of whole wheat", "Flour of wheat") for n in range(4)]
    assert found([*mostly, longest(4, "Wheat", "Flour of wheat")]) == []


def test_statements_that_are_all_true_or_all_false_are_found() -> None:
    assert found([truth(f"Loaf {n} is baked.") for n in range(3)]) == ["same_truths"]
    assert found([item(f"第{n}条面包烤好了。", "对", "*错", kind=TRUTH) for n in range(3)]) == ["same_truths"]


def test_statements_of_both_kinds_or_two_alone_tell_nothing() -> None:
    assert found([truth(f"Loaf {n} is baked.", true=n > 1) for n in range(3)]) == []
    assert found([truth(f"Loaf {n} is baked.") for n in range(2)]) == []
    keys = [item("甲烤好了。", "*对", "错", kind=TRUTH), item("乙烤好了。", "对", "*错", kind=TRUTH)]
    assert found([*keys, item("丙烤好了。", "*对", "错", kind=TRUTH)]) == []


def test_one_place_is_mended_by_code_with_ids_of_their_content() -> None:
    questions = [at(2, n) for n in range(6)]
    mended = arranged(questions)
    assert found(mended) == []
    assert mended == arranged([at(2, n) for n in range(6)]), "the same each time"
    for before, after in zip(questions, mended, strict=True):
        assert after.key == before.key
        assert {o.option_id: o for o in after.options} == {o.option_id: o for o in before.options}
        again = item(after.question, *[f"{'*' if o.correct else ''}{o.text}" for o in after.options])
        assert after.question_id == again.question_id


def test_one_place_that_chance_gives_back_is_mended_too() -> None:
    """Questions whose right options stand at one place in the order of their ids."""
    by_place: dict[int, list[Question]] = {}
    for question in (at(0, n) for n in range(40)):
        ordered = sorted(question.options, key=lambda option: option.option_id)
        by_place.setdefault([option.correct for option in ordered].index(True), []).append(question)
    for questions in by_place.values():
        assert len(questions) >= 4
        assert found(arranged(questions[:4])) == []


def test_numbers_are_put_in_order_and_nothing_else_is_touched() -> None:
    numbers = item("How many loaves are there?", "30", "*4", "12")
    [mended, other] = arranged([numbers, sound_items()[0]])
    assert [option.text for option in mended.options] == ["4", "12", "30"]
    assert codes(mended) == []
    assert other == sound_items()[0]
    assert arranged([mended]) == [mended]


@given(st.lists(st.integers(0, 3), max_size=8), st.booleans())
def test_an_arranged_quiz_gives_no_place_away(where: list[int], numeric: bool) -> None:
    words = ("7", "30", "4", "12") if numeric else WORDS
    questions = [at(place, number, words) for number, place in enumerate(where)]
    mended = arranged(questions)
    assert [q.key for q in mended] == [q.key for q in questions]
    assert "same_place" not in found(mended) or numeric
    if len(set(where)) > 1 and not numeric:
        assert mended == questions
