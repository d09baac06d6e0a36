"""Counters, gauges and histograms of this process. No library behind them: counting is one addition, and a
command that is never scraped imports nothing for it."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Labels = tuple[str, ...]
QUICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
LONG = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800)


@dataclass(frozen=True)
class Spread:
    """How many values were at most each bound, and above all of them; and their sum."""

    bounds: Sequence[float]
    counts: Sequence[int]
    total: float


@dataclass(frozen=True)
class Family:
    """One metric as it is told: its name without the suffix of a counter, and a value for each label set."""

    kind: Literal["counter", "gauge", "histogram"]
    name: str
    said: str
    labels: Labels = ()
    values: Mapping[Labels, float | Spread] = field(default_factory=dict[Labels, "float | Spread"])


class Counter:
    def __init__(self, name: str, said: str, *labels: str) -> None:
        self.name, self.said, self.labels = name, said, labels
        self.values: dict[Labels, float] = {} if labels else {(): 0}

    def add(self, *labels: str, by: float = 1) -> None:
        self.values[labels] = self.values.get(labels, 0) + by

    def family(self) -> Family:
        return Family("counter", self.name, self.said, self.labels, self.values.copy())


class Histogram:
    def __init__(self, name: str, said: str, bounds: Sequence[float], *labels: str) -> None:
        self.name, self.said, self.bounds, self.labels = name, said, bounds, labels
        self.counts: dict[Labels, list[int]] = {}
        self.totals: dict[Labels, float] = {}

    def observe(self, value: float, *labels: str) -> None:
        counts = self.counts.get(labels)
        if counts is None:
            counts = self.counts[labels] = [0] * (len(self.bounds) + 1)
            self.totals[labels] = 0
        counts[bisect_left(self.bounds, value)] += 1
        self.totals[labels] += value

    def family(self) -> Family:
        values = {
            labels: Spread(self.bounds, list(counts), self.totals.get(labels, 0))
            for labels, counts in self.counts.copy().items()
        }
        return Family("histogram", self.name, self.said, self.labels, values)


class Meters:
    """All of one process. What an object knows of itself anyway is read of it by `watch` when it is asked
    for: there is no second number to keep in step."""

    def __init__(self) -> None:
        self.runs = Counter(
            "cairn_runs_ended",
            "Claims of this process that ended: by the status they left the task in, or superseded (another "
            "claim or a move took the task), handed_back (this process stopped), out_of_reach (the database "
            "was away for longer than the lease).",
            "outcome",
        )
        self.steps = Histogram(
            "cairn_step_duration_seconds",
            "Seconds a step took in which something was made, waiting for slots of the model included.",
            LONG, "step",
        )  # fmt: skip
        self.calls = Counter(
            "cairn_model_calls",
            "Requests this process sent to a model: answered, failed (refused or never sent), or lost (no "
            "answer came, it may have been billed).",
            "thought", "outcome",
        )  # fmt: skip
        self.call_seconds = Histogram(
            "cairn_model_call_duration_seconds", "Seconds an answered request to a model took.",
            LONG, "thought",
        )  # fmt: skip
        self.replayed = Counter(
            "cairn_model_calls_replayed",
            "Calls that were not made because their answer stood in the journal.",
            "thought",
        )
        self.tokens = Counter(
            "cairn_model_tokens", "Tokens of answered requests, as the model's server counted them.",
            "thought", "direction",
        )  # fmt: skip
        self.cost = Counter("cairn_model_cost_usd", "US dollars of answered requests with a known price.")
        self.unpriced = Counter(
            "cairn_model_calls_unpriced", "Answered requests whose price is not known; the cost lacks them."
        )
        self.lag = Histogram(
            "cairn_event_loop_lag_seconds",
            "How much later than it asked for the event loop came back.",
            QUICK,
        )
        self.runs_tasks = False
        """Where it runs none, a cost of 0 would be read as the cost of all there are."""
        self.viewers = 0
        self.watched: dict[str, Callable[[], Family]] = {}
        self.watch("gauge", "cairn_event_streams", "Open event streams (SSE) of this process.",
                   lambda: self.viewers)  # fmt: skip

    def watch(
        self, kind: Literal["counter", "gauge"], name: str, said: str, read: Callable[[], float]
    ) -> None:
        """A number that is read when it is asked for; a second one of a name takes the place of the first."""
        self.watched[name] = lambda: Family(kind, name, said, (), {(): read()})

    def families(self) -> Iterator[Family]:
        yield self.lag.family()
        of_runs = (self.runs, self.steps, self.calls, self.call_seconds, self.replayed, self.tokens,
                   self.cost, self.unpriced)  # fmt: skip
        for own in of_runs if self.runs_tasks else ():
            yield own.family()
        for read in list(self.watched.values()):
            yield read()

    def answered(
        self, thought: str, seconds: float, input_tokens: int, output_tokens: int, usd: float | None
    ) -> None:
        self.calls.add(thought, "answered")
        self.call_seconds.observe(seconds, thought)
        self.tokens.add(thought, "input", by=input_tokens)
        self.tokens.add(thought, "output", by=output_tokens)
        if usd is None:
            self.unpriced.add()
        else:
            self.cost.add(by=usd)
