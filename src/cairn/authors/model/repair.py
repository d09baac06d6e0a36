"""One attempt at repair: what can be used and has flaws is asked for once more; the better stays."""

from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

from cairn.authors.model.checks import Unfit, to_mend
from cairn.authors.model.drafts import Draft
from cairn.domain.lesson import Value

D = TypeVar("D", bound=Draft)
V = TypeVar("V", bound=Value)


class Judged(NamedTuple, Generic[V]):
    """What can be used of an answer. `loss`: the smaller, the better."""

    value: V
    complaints: list[str]
    loss: tuple[int, ...]


def mended_once(judge: Callable[[D], Judged[V]]) -> Callable[[D], V]:
    """For one thought: makes products of its answers, one after the other. `judge` raises `Unfit` where
    nothing can be used; that is asked again as often as the thought allows."""
    first: list[Judged[V]] = []

    def make(draft: D) -> V:
        try:
            judged = judge(draft)
        except Unfit:
            if first:
                return first[0].value
            raise
        if first:
            return min(judged, first[0], key=lambda one: one.loss).value  # where equal, the later
        if judged.complaints:
            first.append(judged)
            raise Unfit(to_mend(judged.complaints), spare=judged.value)
        return judged.value

    return make
