"""Questions in short, and the tables of them: flawed_items.md and sound_items.md."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from cairn.domain.flaw import broken
from cairn.domain.lesson import Question, QuestionType, build_question
from cairn.domain.quality import RULES
from cairn.domain.text import has_cjk

SINGLE, SEVERAL, TRUTH = QuestionType.single_choice, QuestionType.multiple_choice, QuestionType.true_false
OPTIONS = {False: ("*A set", "A list", "A hash"), True: ("*集合", "列表", "哈希")}
"""A sound set, in English and in Chinese."""
TRUTHS = {"true": ("*True", "False"), "false": ("True", "*False")}


class Item(NamedTuple):
    code: str
    has: bool
    question: Question


def item(stem: str, *options: str, kind: QuestionType | None = None) -> Question:
    """Options in the writer's order, the right ones with a star, an explanation behind `::` or a sound one.
    `kind`: else by the number of stars."""
    several = sum(option.startswith("*") for option in options) > 1
    rows: list[tuple[str, bool, str]] = []
    for at, option in enumerate(options):
        text, _, why = option.partition(" :: ")
        rows.append(
            (text.removeprefix("*"), text.startswith("*"), why or f"It is so for reason {at} of some.")
        )
    return build_question(stem, kind or (SEVERAL if several else SINGLE), rows)


def truth(statement: str, *, true: bool = True) -> Question:
    return item(statement, *TRUTHS["true" if true else "false"], kind=TRUTH)


def codes(question: Question) -> list[str]:
    return [flaw.code for flaw in broken(RULES, question)]


def parsed(line: str) -> Question:
    """`[kind] stem | *option | option :: why`; without options the sound set."""
    found = re.match(r"(?:\[(\w+)\] )?(.*)", line)
    assert found
    stem, *options = found[2].replace("\\n", "\n").split(" | ")
    if found[1] in TRUTHS:
        return truth(stem, true=found[1] == "true")
    return item(stem, *(options or OPTIONS[has_cjk(stem)]), kind=QuestionType(found[1]) if found[1] else None)


def lines(name: str) -> Sequence[str]:
    """Below the words at the head of the table."""
    text = Path(__file__).with_name(name).read_text("utf-8")
    return [line for line in text.partition("\n\n")[2].splitlines() if line]


def flawed_items() -> list[Item]:
    items: list[Item] = []
    code = ""
    for line in lines("flawed_items.md"):
        word, _, rest = line.partition(" ")
        if word == "#":
            code = rest
        else:
            items.append(Item(code, {"has": True, "near": False}[word], parsed(rest.strip())))
    return items


def sound_items() -> list[Question]:
    return [parsed(line) for line in lines("sound_items.md")]
