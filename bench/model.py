"""A slow provider: how long courses take, what calls and waiting runs weigh, and what a kill costs."""

from collections.abc import Iterator

from bench import courses, percall, waiting
from bench.makespan import logs_to_nowhere
from bench.measure import Result


def run() -> Iterator[Result]:
    with logs_to_nowhere():
        yield from courses.measure()
        yield from percall.measure()
    yield from waiting.measure()
