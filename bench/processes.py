"""Which programs run tasks in the benchmarks, and how many at once: changed here when they change."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from tests.databases import Database

import cairn.worker.worker

WORKER = ("serve", "--port", "0")
WORKER_OF_BROKER: tuple[str, ...] | None = None
"""The same where a broker wakes it; None: there is none yet."""
READY = "http://"
"""In what it says once it takes tasks."""
START = "from bench.processes import start; start()"
START_SECONDS = 60


def allow_runs(number: int) -> None:
    """So many runs at once in this process. The one place to change when it becomes a setting."""
    cairn.worker.worker.AT_ONCE = number


def start() -> None:
    """The program itself, in a process of its own, with as many runs as the environment allows."""
    from cairn.cli import main

    if runs := os.environ.get("CAIRN_WORKER_RUNS"):
        allow_runs(int(runs))
    main()


@contextmanager
def workers(
    database: Database, number: int, words: Sequence[str] = WORKER, **settings: str
) -> Iterator[list[subprocess.Popen[str]]]:
    """So many processes that run tasks, all of them ready."""
    with ExitStack() as started:
        yield [
            process
            for process in [started.enter_context(worker(database, words, **settings)) for _ in range(number)]
            if await_ready(process)
        ]


@contextmanager
def worker(
    database: Database, words: Sequence[str] = WORKER, **settings: str
) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", START, *words],
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
