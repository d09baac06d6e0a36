"""What code finds wrong with an answer before anyone sees it, each as a sentence the model can act on."""

import re
from collections.abc import Iterable
from typing import TypeVar

from cairn.domain.lesson import Quiz, Tutorial, Value
from cairn.domain.quality import quiz_faults
from cairn.domain.text import has_cjk, word_count

V = TypeVar("V", bound=Value)
LEAST_WORDS = 80
"""Of a tutorial, without its code."""
FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})", re.MULTILINE)
REASONING = re.compile(r"</?(think|thinking|reasoning|scratchpad)>", re.IGNORECASE)
CUT_END = re.compile(r"[\w,;:(\[{-]$")
ADDRESS = re.compile(r"https?:|www\.|\]\(|<\s*a\b|\bhref\b", re.IGNORECASE)
"""Also what Markdown or HTML would make a link of."""
UNUSABLE, TOO_LONG, NOT_SAID = "unusable_answer", "context_too_long", "content_refused"
"""Codes: of an answer that stayed unfit to the last re-ask, of a request that does not fit, and of one that
the provider will not have answered."""
SHARE_OF_CJK = 0.2
"""Of the letters of a Chinese text; English terms and code names take the rest."""


class Unfit(Exception):
    """An answer that is not good enough; says what is to be mended."""


def sound(value: V, faults: list[str]) -> V:
    if faults:
        raise Unfit("Mend this and answer again, whole: " + " ".join(faults))
    return value


def faults_of_tutorial(tutorial: Tutorial, language: str) -> list[str]:
    text = tutorial.markdown.strip()
    faults: list[str] = []
    if word_count(text) < LEAST_WORDS:
        faults.append(f"It has {word_count(text)} words besides code; {LEAST_WORDS} are the least.")
    if len(FENCE.findall(text)) % 2:
        faults.append("A code fence is opened and not closed.")
    elif CUT_END.search(text):
        faults.append("It breaks off in the middle of a sentence.")
    if REASONING.search(text):
        faults.append("It holds your own reasoning; only the lesson itself is wanted.")
    faults += language_faults(text, language)
    return faults


def language_faults(text: str, language: str) -> list[str]:
    prose = re.sub(r"```.*?```|`[^`]*`", " ", text, flags=re.DOTALL)
    letters = [char for char in prose if char.isalpha()]
    chinese = sum(has_cjk(char) for char in letters) / max(1, len(letters))
    if language == "zh" and chinese < SHARE_OF_CJK:
        return ["It is not written in Chinese."]
    if language == "en" and chinese > SHARE_OF_CJK:
        return ["It is not written in English."]
    return []


def faults_of_resources(words: Iterable[str]) -> list[str]:
    """Of a model's own words: a reader would take an address in them for one that was looked at."""
    told = any(ADDRESS.search(text) for text in words)
    return ["It holds an address or a link; only words are wanted."] if told else []


def faults_of_quiz(quiz: Quiz, language: str) -> list[str]:
    return [*quiz_faults(quiz), *language_faults(" ".join(q.question for q in quiz.questions), language)]
