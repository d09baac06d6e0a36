"""How a ratio is measured: all sides run in turn, and medians are compared, so a slow moment hits all."""

import gc
import statistics
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Literal, TypeVar

T = TypeVar("T")
Bound = Literal["at most", "at least"]
Work = Callable[[], Awaitable[float]]
"""Does the work once and says how many seconds it took, without what went before or after."""


@dataclass(frozen=True)
class Result:
    """One line of the table. `bound`: on which side of its limit the value must stay."""

    name: str
    value: float
    unit: str
    limit: float
    detail: str
    bound: Bound = "at most"

    @property
    def kept(self) -> bool:
        return self.value >= self.limit if self.bound == "at least" else self.value <= self.limit

    def as_dict(self) -> dict[str, object]:
        return {**asdict(self), "kept": self.kept}


async def in_turn(*works: Callable[[], Awaitable[T]], rounds: int) -> list[list[T]]:
    """What each of the works gave in every round, after one unmeasured round."""
    for work in works:
        await work()
    found: list[list[T]] = [[] for _ in works]
    for _ in range(rounds):
        for work, given in zip(works, found, strict=True):
            gc.collect()
            given.append(await work())
    return found


async def compare(name: str, ours: Work, floor: Work, *, pairs: int, limit: float) -> Result:
    """The ratio of medians of `pairs` interleaved runs."""
    floors, own = await in_turn(floor, ours, rounds=pairs)
    return ratio(name, own, floors, limit=limit)


def ratio(name: str, own: list[float], floors: list[float], *, limit: float) -> Result:
    """How many times as long ours took."""
    high, low = statistics.median(own), statistics.median(floors)
    detail = f"{high:.3f} s against {low:.3f} s, {len(own)} pairs"
    return Result(name, round(high / low, 2), "×", limit, detail)
