"""A team's load: what the others take for one course, a thousand courses at once, several workers, a long
queue and a long past, how soon a task is taken up, and many who look on. Each part runs alone by its name."""

import importlib.util
from collections.abc import Iterator

from bench.measure import Result

PARTS = ("peers", "inflight", "workers", "queued", "wakeup", "viewers")


def run() -> Iterator[Result]:
    for part in PARTS:
        if importlib.util.find_spec(f"bench.{part}") is None:
            print(f"scale: {part}: NOT MEASURED, there is no bench/{part}.py", flush=True)
            continue
        yield from importlib.import_module(f"bench.{part}").run()
