"""How a ratio is measured: pairs run in turn, medians of both sides, so a slow moment hits both."""

import gc
import statistics
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass

Work = Callable[[], Awaitable[float]]
"""Does the work once and says how many seconds it took, without what went before or after."""


@dataclass(frozen=True)
class Result:
    """One line of the table. `limit`: the most the value may be."""

    name: str
    value: float
    unit: str
    limit: float
    detail: str

    @property
    def kept(self) -> bool:
        return self.value <= self.limit

    def as_dict(self) -> dict[str, object]:
        return {**asdict(self), "kept": self.kept}


async def compare(name: str, ours: Work, floor: Work, *, pairs: int, limit: float) -> Result:
    """The ratio of medians of `pairs` interleaved runs, after one unmeasured pair."""
    await floor()
    await ours()
    floors: list[float] = []
    own: list[float] = []
    for _ in range(pairs):
        gc.collect()
        floors.append(await floor())
        gc.collect()
        own.append(await ours())
    low, high = statistics.median(floors), statistics.median(own)
    detail = f"{high:.3f} s against {low:.3f} s, {pairs} pairs"
    return Result(name, round(high / low, 2), "×", limit, detail)
