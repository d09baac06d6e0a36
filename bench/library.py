"""“Learn Redis” by the built-in library over HTTP: from the request to `completed`, in a fresh folder."""

import statistics
import tempfile
import time
from pathlib import Path

from tests.process import serving

from bench.measure import Result

RUNS = 5


def run() -> list[Result]:
    spans = [once() for _ in range(RUNS)]
    detail = f"median of {RUNS}, {min(spans):.2f} to {max(spans):.2f} s"
    return [Result("library: Learn Redis", round(statistics.median(spans), 2), "s", 3.0, detail)]


def once() -> float:
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "data") as cairn:
        start = time.perf_counter()
        status, task = cairn.call("POST", "/api/v1/generation/roadmap", {"query": "Learn Redis"})
        assert status == 202, task
        *_, (_, kind, data) = cairn.events(task["task_id"])
        span = time.perf_counter() - start
        assert (kind, data["status"]) == ("task_ended", "completed"), (kind, data)
        return span
