"""Flaws of the explanations, from which a learner is to learn why. English and Chinese."""

from collections import Counter

from cairn.domain.flaw import Rule
from cairn.domain.lesson import Question
from cairn.domain.quiz_stems import negation
from cairn.domain.text import any_of, measure, normalised
from cairn.domain.thresholds import LEAST_WHY

THIS = r"^\W*(?:this|that|it) is (?:the )?"
THING = r"(?: (?:answer|option|choice))?"
STOP = r"\s*(?:[.!:;—–]|$|,(?! but))"
ITEM = r"^\W*(?:这|此项|该选项|本项)就?是?"
SAYS_RIGHT = any_of(
    rf"{THIS}(?:correct|right){THING}{STOP}",
    rf"^\W*(?:correct(?: answer)?|right answer){STOP}",
    r"^\W*(?:回答)?(?:正确|对|没错)[。！，：!,.]",
    rf"{ITEM}(?:正确的?(?:答案|选项)?|对的)(?:[。！!.]|$)",
)
SAYS_WRONG = any_of(
    rf"{THIS}(?:incorrect|wrong){THING}{STOP}",
    rf"^\W*(?:incorrect|wrong)(?: answer)?{STOP}",
    r"^\W*(?:回答)?(?:错误|不正确|不对|错)[。！，：!,.]",
    rf"{ITEM}(?:错误的?(?:答案|选项)?|错的|不正确的?|不对的?)(?:[。！!.]|$)",
)
ASKS_FOR_FALSE = any_of(r"\b(?:false|wrong|incorrect|untrue|mistakes?|errors?|bug|fault)\b", "错|不正确|不对")


def says_nothing(question: Question) -> str:
    for option in question.options:
        why = option.explanation
        few = len(why.split()) < LEAST_WHY and measure(why) < LEAST_WHY
        if few or normalised(why) == normalised(option.text):
            return why
    return ""


def same_twice(question: Question) -> str:
    said = Counter(normalised(option.explanation) for option in question.options)
    return next((why for why, times in said.items() if times > 1), "")


def contradicts(question: Question) -> str:
    """“Correct!” said of a wrong option, or “Wrong.” of a right one."""
    if ASKS_FOR_FALSE.search(question.question) or negation(question.question):
        return ""
    for option in question.options:
        if (SAYS_WRONG if option.correct else SAYS_RIGHT).search(option.explanation):
            return option.explanation
    return ""


RULES = (
    Rule("explanation_bare", says_nothing, "an explanation explains nothing (“{}”)", "Say why."),
    Rule("explanation_twice", same_twice, "two options have the same explanation (“{}”)",
         "Say of each why it is right, or why it is wrong."),
    Rule("explanation_contradicts", contradicts, "an explanation says the contrary of the key (“{}”)",
         "Find out which of them is true, and mend the other."),
)  # fmt: skip
