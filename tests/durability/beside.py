"""Jobs in processes of their own, as many at a time as there are cores."""

import os
import pickle
import select
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
        running: dict[int, int] = {}
        for job, answer in zip(jobs, answers, strict=True):
            while len(running) >= (os.cpu_count() or 1):
                wait_for_one(running)
            pid, ends = fork_job(job, answer)
            running[ends] = pid
        while running:
            wait_for_one(running)
        return [read(answer) for answer in answers]


def wait_for_one(running: dict[int, int]) -> None:
    """The first to end. By its id: other children of this process are not ours to wait for."""
    ended, *_ = select.select([*running], [], [])
    os.waitpid(running.pop(ended[0]), 0)
    os.close(ended[0])


def fork_job(job: Callable[[], T], answer: Path) -> tuple[int, int]:
    """The id of its process, and a pipe that closes when that ends."""
    ends, held = os.pipe()
    pid = os.fork()
    if pid:
        os.close(held)
        return pid, ends
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
