"""What can be wrong with a question: a code for programs, a sentence, and what to do about it."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from cairn.domain.lesson import Question, Value


class Flaw(Value):
    """`unusable`: nobody can learn from the question. Else it is a flaw of style, with which it can stand."""

    code: str
    said: str
    cure: str
    unusable: bool = False


class Rule(NamedTuple):
    """`found` gives the words at fault, or a mark where there are none to quote; empty where all is well.
    `said` may quote them as `{}`."""

    code: str
    found: Callable[[Question], str]
    said: str
    cure: str
    unusable: bool = False


def broken(rules: Iterable[Rule], question: Question) -> list[Flaw]:
    return [
        Flaw(code=rule.code, said=rule.said.format(words), cure=rule.cure, unusable=rule.unusable)
        for rule in rules
        if (words := rule.found(question))
    ]
