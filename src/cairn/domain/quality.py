"""Pure checks of lessons: faults that would teach wrongly or give an answer away, and their thresholds."""

import re
from collections import Counter

from cairn.domain.lesson import Question, QuestionType, Quiz
from cairn.domain.text import normalised

OPTIONS_PER_QUESTION = (2, 6)
LENGTH_GIVEAWAY = 1.6
"""A right option this many times longer than the longest wrong one is guessed without knowing."""
SHORT_OPTION = 24
"""Below so many characters a difference in length tells nothing."""

CATCH_ALL = re.compile(r"\b(all|none|both|neither) of (the )?(above|below|these|them)\b|以上(都|皆)", re.I)


def quiz_faults(quiz: Quiz) -> list[str]:
    """Each fault as one sentence; an empty list is a sound quiz."""
    stems = Counter(normalised(question.question) for question in quiz.questions)
    faults = [f"the question is asked {n} times: {stem!r}" for stem, n in stems.items() if n > 1]
    for question in quiz.questions:
        faults += [f"{fault}: {question.question!r}" for fault in question_faults(question)]
    return faults


def question_faults(question: Question) -> list[str]:
    """What is wrong with one question taken alone."""
    faults: list[str] = []
    texts = [normalised(option.text) for option in question.options]
    right = [option for option in question.options if option.correct]
    wrong = [option for option in question.options if not option.correct]
    low, high = OPTIONS_PER_QUESTION
    if not low <= len(texts) <= high:
        faults.append(f"has {len(texts)} options, {low} to {high} are allowed")
    if len(set(texts)) < len(texts) or len({o.option_id for o in question.options}) < len(texts):
        faults.append("two options are the same")
    if not right:
        faults.append("no option is right")
    if question.question_type is QuestionType.multiple_choice:
        if len(right) < 2 or not wrong:
            faults.append("multiple_choice needs two or more right options and a wrong one")
    elif len(right) > 1:
        faults.append(f"{question.question_type} has more than one right option")
    if question.question_type is QuestionType.true_false and len(texts) != 2:
        faults.append("true_false needs exactly two options")
    if any(CATCH_ALL.search(option.text) for option in question.options):
        faults.append('"all of the above" and its like are no options')
    if right and wrong and given_away_by_length(question):
        faults.append("the right option is given away by its length")
    return faults


def given_away_by_length(question: Question) -> bool:
    """True where every right option stands out as far longer than every wrong one."""
    shortest_right = min(len(option.text) for option in question.options if option.correct)
    longest_wrong = max(len(option.text) for option in question.options if not option.correct)
    return shortest_right > SHORT_OPTION and shortest_right > LENGTH_GIVEAWAY * longest_wrong
