"""What it costs to lose nothing, and how soon a killed course goes on, on both databases."""

import asyncio
from collections.abc import Iterator

from bench import checkpoints, journal, recovery, saving
from bench.databases import each_kind
from bench.makespan import logs_to_nowhere
from bench.measure import Result


def run() -> Iterator[Result]:
    for kind in each_kind():
        with logs_to_nowhere():
            yield from asyncio.run(saving.measure(kind))
            yield from asyncio.run(journal.measure(kind))
            yield from asyncio.run(checkpoints.measure(kind))
        yield from recovery.measure(kind)
