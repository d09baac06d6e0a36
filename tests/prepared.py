"""Processes that begin where the imports of Cairn are over: each is a fork of one that has made them.

To import takes ten times as long as what most commands do, and tests start hundreds of processes. `--full`
starts each from nothing, as a user does; so do terminals and Celery's own command always.
"""

import multiprocessing
import os
import runpy
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from multiprocessing.reduction import DupFd
from typing import IO, Any

forks = multiprocessing.get_context("forkserver")


def from_nothing(
    words: Sequence[str], environment: dict[str, str], stdout: IO[str] | None, stderr: IO[str]
) -> "subprocess.Popen[str]":
    """The module named first, as a process. Without `stdout` what it prints can be read from the process."""
    return subprocess.Popen(
        [sys.executable, "-m", *words], env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if stdout is None else stdout, stderr=stderr, text=True,
    )  # fmt: skip


class Handle:
    """A file as the new process is given it: there, the number it is open under."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __reduce__(self) -> tuple[Any, ...]:
        return taken, (DupFd(self.number),)


def taken(handle: Any) -> int:
    return handle.detach()


def become(words: Sequence[str], environment: dict[str, str], folder: str, handles: Sequence[int]) -> None:
    """The first word is the module that is run."""
    for number, handle in enumerate(handles):
        os.dup2(handle, number)
        os.close(handle)
    sys.stdin, sys.stdout, sys.stderr = (
        os.fdopen(number, mode, closefd=False) for number, mode in enumerate(("r", "w", "w"))
    )
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.argv = list(words)
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)


class Prepared:
    """What the tests use of `subprocess.Popen`."""

    def __init__(
        self, words: Sequence[str], environment: dict[str, str], stdout: IO[str] | None, stderr: IO[str]
    ) -> None:
        """Without `stdout` what it prints there can be read from `stdout` here."""
        forks.set_forkserver_preload(["tests.imported"])
        reading, writing = os.pipe() if stdout is None else (None, os.dup(stdout.fileno()))
        self.stdout = None if reading is None else os.fdopen(reading, encoding="utf-8")
        with open(os.devnull) as nothing:
            handles = [Handle(nothing.fileno()), Handle(writing), Handle(stderr.fileno())]
            self.process = forks.Process(
                target=become, args=(list(words), environment, os.getcwd(), handles), daemon=True
            )
            self.process.start()
        os.close(writing)
        assert self.process.pid
        self.pid = self.process.pid

    def poll(self) -> int | None:
        return self.process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self.process.join(timeout)
        if self.process.exitcode is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return self.process.exitcode

    def communicate(self, timeout: float | None = None) -> tuple[str, None]:
        self.wait(timeout)
        if self.stdout is None:
            return "", None
        with self.stdout:
            return self.stdout.read(), None

    def send_signal(self, how: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, how)

    def kill(self) -> None:
        self.process.kill()


Begin = Callable[..., "subprocess.Popen[str] | Prepared"]


def begin(
    words: Sequence[str], environment: dict[str, str], stdout: IO[str] | None, stderr: IO[str]
) -> "Prepared | subprocess.Popen[str]":
    """What Python itself is told by its environment, a fork of it cannot hear: such a process starts from
    nothing."""
    told = {name for name in environment if name.startswith("PYTHON")}
    if any(environment[name] != os.environ.get(name) for name in told):
        return from_nothing(words, environment, stdout, stderr)
    return Prepared(words, environment, stdout, stderr)
