"""What a quiz gives away over all its questions, and what of it code mends: the order of the options."""

from collections import Counter
from collections.abc import Sequence

from cairn.domain.flaw import Flaw
from cairn.domain.lesson import Option, Question, QuestionType, build_question
from cairn.domain.quiz_options import numbers, out_of_order
from cairn.domain.text import normalised, width
from cairn.domain.thresholds import NOTICEABLY, PATTERN, SAME_TRUTHS

FALSE = {"false", "no", "wrong", "incorrect", "错", "错误", "不对", "不正确", "否", "假"}


def flaws_across(questions: Sequence[Question]) -> list[Flaw]:
    """What no question shows alone."""
    stems = Counter(normalised(question.question) for question in questions)
    twice = [
        Flaw(
            code="asked_twice", said=f"the question is asked {times} times: “{stem}”",
            cure="Ask for something else.", unusable=True,
        )
        for stem, times in stems.items()
        if times > 1
    ]  # fmt: skip
    return twice + [flaw for found, flaw in PATTERNS if found(questions)]


def choices(questions: Sequence[Question]) -> list[Question]:
    """Of three options and more, one is right."""
    return [
        question
        for question in questions
        if question.question_type is QuestionType.single_choice
        and len(question.options) > 2
        and len(question.key) == 1
    ]


def place(question: Question) -> int:
    return next(at for at, option in enumerate(question.options) if option.correct)


def same_place(questions: Sequence[Question]) -> bool:
    places = [place(question) for question in choices(questions)]
    return len(places) >= PATTERN and len(set(places)) == 1


def always_longest(questions: Sequence[Question]) -> bool:
    asked = choices(questions)
    return len(asked) >= PATTERN and all(stands_out(question) for question in asked)


def stands_out(question: Question) -> bool:
    right = width(question.options[place(question)].text)
    return right >= NOTICEABLY * max(width(option.text) for option in question.options if not option.correct)


def same_truths(questions: Sequence[Question]) -> bool:
    asked = [q for q in questions if q.question_type is QuestionType.true_false and len(q.key) == 1]
    truths = {normalised(question.options[place(question)].text) in FALSE for question in asked}
    return len(asked) >= SAME_TRUTHS and len(truths) == 1


PATTERNS = (
    (same_place, Flaw(code="same_place", cure="Let its place differ.",
                      said="the right option stands at the same place in each question")),
    (always_longest, Flaw(code="always_longest", cure="Let wrong options be as long.",
                          said="in each question the right option is the longest")),
    (same_truths, Flaw(code="same_truths", cure="Let some be true and some be false.",
                       said="all its statements are true, or all are false")),
)  # fmt: skip


def arranged(questions: Sequence[Question]) -> list[Question]:
    """Numbers in their order; where the right option always stands at one place, the others by their ids, an
    order that nobody chose."""
    ordered = [by_number(question) if out_of_order(question) else question for question in questions]
    if not same_place(ordered):
        return ordered
    mixed = [by_id(question) if movable(question) else question for question in ordered]
    if same_place(mixed):  # by chance
        first = next((at for at, question in enumerate(mixed) if movable(question)), None)
        return [turned(question) if at == first else question for at, question in enumerate(mixed)]
    return mixed


def movable(question: Question) -> bool:
    return bool(choices([question])) and not numbers(question)


def by_number(question: Question) -> Question:
    pairs = sorted(zip(numbers(question), question.options, strict=True), key=lambda pair: pair[0])
    return with_options(question, [option for _, option in pairs])


def by_id(question: Question) -> Question:
    return with_options(question, sorted(question.options, key=lambda option: option.option_id))


def turned(question: Question) -> Question:
    return with_options(question, [*question.options[1:], question.options[0]])


def with_options(question: Question, options: Sequence[Option]) -> Question:
    return build_question(
        question.question,
        question.question_type,
        [(option.text, option.correct, option.explanation) for option in options],
    )
