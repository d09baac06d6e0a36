"""Whether a question can be answered and graded at all. What breaks one of these rules is unusable."""

import re

from cairn.domain.flaw import Rule
from cairn.domain.lesson import Question, QuestionType
from cairn.domain.reading import read
from cairn.domain.text import normalised
from cairn.domain.thresholds import OPTIONS_PER_QUESTION

FENCE = re.compile(r"`{3}|~{3}")


def number_of_options(question: Question) -> str:
    low, high = OPTIONS_PER_QUESTION
    number = len(question.options)
    return "" if low <= number <= high else f"has {number} options, {low} to {high} are allowed"


def options_equal(question: Question) -> str:
    texts = {normalised(option.text) for option in question.options}
    ids = {option.option_id for option in question.options}
    return "equal" if min(len(texts), len(ids)) < len(question.options) else ""


def no_right_option(question: Question) -> str:
    return "" if question.key else "none"


def too_few_right(question: Question) -> str:
    several = question.question_type is QuestionType.multiple_choice
    return "few" if several and (len(question.key) < 2 or len(question.key) == len(question.options)) else ""


def too_many_right(question: Question) -> str:
    several = question.question_type is QuestionType.multiple_choice
    return question.question_type.value if not several and len(question.key) > 1 else ""


def no_pair(question: Question) -> str:
    truth = question.question_type is QuestionType.true_false
    return "no pair" if truth and len(question.options) != 2 else ""


def stem_empty(question: Question) -> str:
    named = re.sub(r"(?i)^\W*(question|quiz|q|问题|题目|第.{1,3}题)?\W*\d*\W*$", "", question.question)
    return "" if any(char.isalnum() for char in named) else "empty"


def fence_open(question: Question) -> str:
    texts = [question.question, *(option.text for option in question.options)]
    marked = [text for text in texts if FENCE.search(text)]
    return next((text for text in marked if not all(fence.closed for fence in read(text).fences)), "")


RULES = (
    Rule("option_count", number_of_options, "{}", "Write three or four options.", True),
    Rule("options_equal", options_equal, "two options are the same", "Write options that differ.", True),
    Rule("no_right_option", no_right_option, "no option is right", "Mark the right option.", True),
    Rule("several_needed", too_few_right, "multiple_choice needs two or more right options and a wrong one",
         "Mark every right option, or ask for one.", True),
    Rule("several_right", too_many_right, "{} has more than one right option",
         "Leave one right option, or make it multiple_choice.", True),
    Rule("true_false_options", no_pair, "true_false needs exactly two options",
         "Give it the options true and false.", True),
    Rule("stem_empty", stem_empty, "the question has no words", "Ask something.", True),
    Rule("fence_open", fence_open, "a code fence is opened and not closed", "Close it.", True),
)  # fmt: skip
