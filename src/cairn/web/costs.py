"""What a course costs, as its page tells it."""

from collections.abc import Iterable
from dataclasses import dataclass

from cairn.authors.author import Estimate
from cairn.domain.money import dollars
from cairn.domain.thought import PIECES
from cairn.store.calls import Spent
from cairn.usecases.tasks import Costs, TaskView

PARTS = {
    "intent": "Understanding the goal",
    "curriculum": "Designing the curriculum",
    "validation": "Checking its structure",
    "edit": "Editing the outline",
    "tutorial": "Tutorials",
    "resources": "Resources",
    "quiz": "Quizzes",
}


@dataclass(frozen=True)
class Line:
    words: str
    calls: int
    tokens: int
    cost: str


@dataclass(frozen=True)
class CostView:
    """`said`: the meter in one line; `lines`: its parts."""

    said: str
    lines: list[Line]


def cost_view(view: TaskView, costs: Costs) -> CostView | None:
    """None where no call was made."""
    if not costs.total.calls:
        return None
    said = [counted(costs.total.calls, "call"), counted(tokens(costs.total), "token"), price(costs.total)]
    if view.expected is not None and view.expected.usd:
        said[-1] += f", of about {dollars(view.expected.usd)} for a course like this"
    if (ceiling := view.task.request.max_cost_usd) is not None:
        said.append(f"ceiling {dollars(ceiling)}")
    if len(costs.runs) > 1:
        said.append(f"in {len(costs.runs)} runs")
    return CostView(" · ".join(said), list(lines(costs)))


def lines(costs: Costs) -> Iterable[Line]:
    for part, words in PARTS.items():
        of_part = [spent for name, spent in costs.products.items() if name.partition(":")[0] == part]
        if not of_part:
            continue
        known = [spent.usd for spent in of_part if spent.usd is not None]
        usd = sum(known) if len(known) == len(of_part) else None
        whole = Spent(
            sum(s.calls for s in of_part), sum(s.input_tokens for s in of_part),
            sum(s.output_tokens for s in of_part), usd,
        )  # fmt: skip
        named = f"{len(of_part)} {words.lower()}" if part in PIECES and len(of_part) > 1 else words
        yield Line(named, whole.calls, tokens(whole), price(whole))


def expected_said(expected: Estimate | None) -> str | None:
    """What writing an outline will take; None where nothing is paid."""
    if expected is None:
        return None
    about = "at a price that is not known" if expected.usd is None else f"about {dollars(expected.usd)}"
    took = f"{counted(expected.calls, 'call')} of the model, {counted(rounded(tokens(expected)), 'token')}"
    return f"{took}, {about}"


def tokens(cost: Spent | Estimate) -> int:
    return cost.input_tokens + cost.output_tokens


def price(cost: Spent) -> str:
    return "cost not known" if cost.usd is None else dollars(cost.usd)


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def rounded(number: int) -> int:
    """To two digits: an estimate should not look exact."""
    return int(float(f"{number:.2g}"))
