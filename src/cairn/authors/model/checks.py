"""What code finds wrong with an answer before anyone sees it, each as a sentence the model can act on."""

import re
from collections.abc import Iterable
from typing import TypeVar

from cairn.domain.lesson import Value
from cairn.domain.reading import Reading
from cairn.domain.text import CJK, any_of, without_code, word_count
from cairn.domain.thresholds import (
    FEW_WORDS,
    LEAST_WORDS,
    SHARE_OF_CJK,
    SHARE_OF_ENGLISH,
    SHARE_OF_KANA,
    SIGN_OFF,
)

V = TypeVar("V", bound=Value)
MARKS = any_of(
    r"</?(?:think|thinking|thought|reasoning|scratchpad|reflection|analysis)>|◁/?think▷",
    r"<\|[a-z_]{2,30}\|>|\[/?INST\]",
)
"""A model's own: of what it thinks, and of its turns."""
LESSON = r"(?:lesson|tutorial|markdown|json|教程|课程|一课)"
TALKS_OF_TASK = any_of(
    r"^\W*(?:okay|ok|alright|hmm+)\W+(?:so\W+)?the user (?:wants|asks|asked|is asking|needs)\b",
    rf"^\W*(?:so\W+)?the user (?:wants|asks|asked|is asking|needs)\b[^.]{{0,80}}\b{LESSON}\b",
    r"^\W*(?:(?:okay|ok|alright|so|first)\W+)*(?:we|i) (?:need|have) to (?:write|produce) (?:a|the) (?:\w+ )?"
    r"(?:lesson|tutorial)\b",
    r"^\W*(?:好的|嗯)[，,。]\s*用户(?:要求|想要|希望|需要|让我)",
    rf"^\W*用户(?:要求|想要|希望|需要|让我)[^。]{{0,40}}{LESSON}",
    r"^\W*(?:(?:好的|嗯|首先)[，,。]\s*)?我(?:需要|应该|要)(?:写|编写|生成|输出)一?[篇个份]",
)
"""Asked of the beginning alone."""
LITTLE_WORDS = {
    "the", "of", "and", "to", "that", "it", "for", "with", "be", "are", "this", "by", "not", "from", "you",
    "what", "which", "if", "when", "have", "its",
}  # fmt: skip
KANA = re.compile(r"[\u3041-\u30ff\uac00-\ud7a3]")
BREAKS_OFF = any_of(
    r"[,;:(\[{，；：、（【《“‘\-–—]$",
    r"(?:^|\s)(?:and|or|but|the|an?|of|because)$",
    r"(?:和|与|或|以及|因为|但是|把|被)$",
)
ENDS_WHOLE = re.compile(r"https?://\S+$|`$|\$$|\\\)$|\\\]$|\d$|[A-Z]$")
"""An address, code, a formula, a number or a name in capitals: they end without a full stop."""
LETTER = re.compile(r"[^\W\d_]$")
ADDRESS = re.compile(r"https?:|www\.|\]\(|<\s*a\b|\bhref\b", re.IGNORECASE)
"""Also what Markdown or HTML would make a link of."""
UNUSABLE, TOO_LONG, NOT_SAID = "unusable_answer", "context_too_long", "content_refused"
"""Codes: of an answer that stayed unfit to the last re-ask, of a request that does not fit, and of one that
the provider will not have answered."""


class Unfit(Exception):
    """An answer that is not good enough; says what is to be mended. `spare`: what was made of it all the
    same, taken where no better comes."""

    def __init__(self, said: str, spare: Value | None = None) -> None:
        super().__init__(said)
        self.spare = spare


def to_mend(faults: list[str]) -> str:
    return "Mend this and answer again, whole: " + " ".join(faults)


def sound(value: V, faults: list[str]) -> V:
    if faults:
        raise Unfit(to_mend(faults))
    return value


def faults_of_tutorial(reading: Reading, language: str) -> list[str]:
    """Why nobody should be shown it. What stands in code is the lesson's own, whatever it looks like."""
    prose = without_code(reading.prose)
    faults: list[str] = []
    if (words := word_count(prose)) < LEAST_WORDS:
        faults.append(f"It has {words} words besides code; {LEAST_WORDS} are the least.")
    if open_at := [fence.line for fence in reading.fences if not fence.closed]:
        faults.append(f"A code fence is opened in line {open_at[0]} and not closed.")
    elif broken_off(reading):
        faults.append("It breaks off in the middle of a sentence.")
    if MARKS.search(without_code(reading.written)) or TALKS_OF_TASK.search(prose):
        faults.append("It holds your own reasoning; only the lesson itself is wanted.")
    return faults + language_faults(prose, language)


def broken_off(reading: Reading) -> bool:
    """It ends where no text ends: with a heading, in the middle of a sentence, with something folded open."""
    folded = re.findall(r"<(/?)details\b", without_code(reading.written))
    if folded.count("") > folded.count("/"):
        return True
    last = reading.blocks[-1] if reading.blocks else None
    if last is None or last.kind in ("code", "html", "rule", "cell"):
        return False
    text = last.text.strip().rstrip("*_~")
    if last.kind == "heading" or BREAKS_OFF.search(text):
        return True
    if last.kind == "item" or ENDS_WHOLE.search(text) or word_count(text) < SIGN_OFF:
        return False
    return LETTER.search(text) is not None


def language_faults(text: str, language: str) -> list[str]:
    prose = without_code(text)
    letters = max(1, sum(map(str.isalpha, prose)))
    chinese = len(CJK.findall(prose)) / letters
    foreign = len(KANA.findall(prose)) / letters
    if language == "zh" and (chinese < SHARE_OF_CJK or foreign > SHARE_OF_KANA):
        return ["It is not written in Chinese."]
    if language == "en" and (chinese > SHARE_OF_CJK or foreign > SHARE_OF_KANA or not reads_english(prose)):
        return ["It is not written in English."]
    return []


def reads_english(prose: str) -> bool:
    words = re.findall(r"[^\W\d_]+", prose.casefold())
    little = sum(word in LITTLE_WORDS for word in words)
    return len(words) < FEW_WORDS or little >= SHARE_OF_ENGLISH * len(words)


def faults_of_resources(words: Iterable[str]) -> list[str]:
    """Of a model's own words: a reader would take an address in them for one that was looked at."""
    told = any(ADDRESS.search(text) for text in words)
    return ["It holds an address or a link; only words are wanted."] if told else []
