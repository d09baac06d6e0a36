"""Processes that run tasks, for the benchmarks."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.databases import Database

READY = "worker_up"
"""In what it says once it takes tasks."""
START_SECONDS = 60


@contextmanager
def workers(database: Database, number: int, **settings: str) -> Iterator[list[subprocess.Popen[str]]]:
    """So many processes that run tasks, all of them ready."""
    with ExitStack() as started:
        yield [
            process
            for process in [started.enter_context(worker(database, **settings)) for _ in range(number)]
            if await_ready(process)
        ]


@contextmanager
def worker(database: Database, **settings: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "cairn", "worker"],
        env={**os.environ, **database.environment, "CAIRN_LOG_FORMAT": "json", **settings},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdout
        process.stdout.close()


def await_ready(process: subprocess.Popen[str]) -> bool:
    """Then reads on, so that it never waits to be heard."""
    assert process.stdout
    late = threading.Timer(START_SECONDS, process.kill)
    late.start()
    said: list[str] = []
    for line in process.stdout:
        said.append(line)
        if READY in line:
            late.cancel()
            threading.Thread(target=lambda: [None for _ in process.stdout or ()], daemon=True).start()
            return True
    late.cancel()
    raise RuntimeError("a worker did not start: " + "".join(said[-5:]))
