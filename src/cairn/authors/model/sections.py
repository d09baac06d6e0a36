"""What a tutorial that can be read still lacks: a section, words for its minutes, code that can be read.
Remarks: they are stored with it, after one attempt at repair."""

from cairn.domain.flaw import Flaw
from cairn.domain.lesson import Tutorial
from cairn.domain.reading import Block, Reading
from cairn.domain.samples import judged
from cairn.domain.text import CJK, any_of, word_count
from cairn.domain.thresholds import (
    LEAST_EXPLAINED,
    READING_SHARE,
    SIGNS_PER_MINUTE,
    WORDS_PER_MINUTE,
)

NAMED = {
    "solution": any_of(r"\b(?:solutions?|answers?)\b", "解答|答案|解法|解析|参考"),
    "exercise": any_of(
        r"\b(?:exercises?|practi[cs]e|your turn|try it|tasks?|challenges?|assignments?)\b",
        "练习|习题|动手|试一试|作业|任务|挑战|思考题",
    ),
    "example": any_of(
        r"\b(?:examples?|walk-?through|case study|demonstration|step by step|in action|recipe)\b",
        "示例|例子|实例|案例|演示|范例|例题|举例|实战",
    ),
    "why": any_of(
        r"\b(?:why|matters?|motivation|purpose|importance|introduction|overview|what (?:it|this) is for)\b",
        "为什么|为何|意义|重要|作用|用途|动机|引言|简介|概述",
    ),
}
"""How a heading names a section, asked in this order."""
WANTED = {
    "why": "a section that says why it matters",
    "explanation": "an explanation under a heading of its own",
    "example": "a worked example",
    "exercise": "an exercise",
    "solution": "the solution of the exercise",
}


def remarks_of_tutorial(tutorial: Tutorial, reading: Reading) -> list[Flaw]:
    return [*missing_sections(reading), *length_remarks(tutorial, reading), *code_remarks(reading)]


def missing_sections(reading: Reading) -> list[Flaw]:
    there = sections_of(reading)
    return [
        Flaw(code=f"section_missing:{name}", said=f"It lacks {what}.", cure="Add it.")
        for name, what in WANTED.items()
        if name not in there
    ]


def sections_of(reading: Reading) -> set[str]:
    """Which of them are there. What stands before the first heading says why it matters; a solution may be
    folded, or stand in bold below the exercise."""
    there: set[str] = set()
    section, words = "why", 0
    for block in reading.blocks:
        if block.kind == "heading":
            section, words = name_of(block), 0
            there.add(section)
            continue
        words += word_count(block.text)
        if section == "why" or words >= LEAST_EXPLAINED:
            there.add(section or "explanation")
        if section == "exercise" and NAMED["solution"].search(block.text):
            there.add("solution")
    return there - {""}


def name_of(heading: Block) -> str:
    return next((name for name, words in NAMED.items() if words.search(heading.text)), "")


def length_remarks(tutorial: Tutorial, reading: Reading) -> list[Flaw]:
    prose = reading.prose
    signs = len(CJK.findall(prose))
    words = word_count(CJK.sub(" ", prose))
    takes = words / WORDS_PER_MINUTE + signs / SIGNS_PER_MINUTE
    low, high = READING_SHARE
    said = f"Reading it takes {takes:.0f} of its {tutorial.minutes} minutes."
    if takes < low * tutorial.minutes:
        return [Flaw(code="too_short", said=said, cure="Explain more, or plan fewer minutes.")]
    if takes > high * tutorial.minutes:
        return [Flaw(code="too_long", said=said, cure="Say less, or plan the minutes it takes.")]
    return []


def code_remarks(reading: Reading) -> list[Flaw]:
    return [
        Flaw(
            code=f"code_unparsable:{fence.language}:{fence.line}",
            said=f"The {fence.language} code in line {fence.line} cannot be parsed.",
            cure="Write code that runs as it stands.",
        )
        for fence, unreadable in judged(reading.fences)
        if unreadable
    ]
