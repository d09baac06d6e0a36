"""Jobs in processes of their own, as many at a time as there are cores."""

import os
import pickle
import tempfile
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


def beside_each_other(jobs: Sequence[Callable[[], T]]) -> list[T]:
    """What each job answers, in order. A job that breaks breaks this."""
    with tempfile.TemporaryDirectory() as folder:
        answers = [Path(folder) / str(at) for at in range(len(jobs))]
        running: set[int] = set()
        for job, answer in zip(jobs, answers, strict=True):
            while len(running) >= (os.cpu_count() or 1):
                running.discard(wait_for_one(running))
            running.add(fork_job(job, answer))
        while running:
            running.discard(wait_for_one(running))
        return [read(answer) for answer in answers]


def wait_for_one(running: set[int]) -> int:
    """Waits for our own children only, by their ids: the oldest first."""
    pid = min(running)
    os.waitpid(pid, 0)
    return pid


def fork_job(job: Callable[[], T], answer: Path) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        try:
            outcome: tuple[bool, object] = (True, job())
        except BaseException:
            outcome = (False, traceback.format_exc())
        answer.write_bytes(pickle.dumps(outcome))
    finally:
        os._exit(0)


def read(answer: Path) -> T:  # type: ignore[type-var]
    done, outcome = pickle.loads(answer.read_bytes())
    assert done, outcome
    return outcome
