"""The fault server as somebody starts it by hand: a process of its own, stopped or killed."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.models.server import CHAT
from tests.models.wire import Protocol

ROOT = Path(__file__).parents[2]


class ByHand:
    """`environment` is what it says a client needs; `count` what it says at its end."""

    def __init__(self, *words: str, speaks: Protocol = CHAT) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.models.server", "--protocol", speaks.name, *words],
            cwd=ROOT, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout
        self.about_faults = self.process.stdout.readline()
        _, _, asking = self.process.stdout.readline().partition("to ask it: ")
        self.environment = dict(word.split("=", 1) for word in asking.split())
        self.count: int | None = None

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        said, _ = self.process.communicate(timeout=30)
        self.count = int(said.split()[0])
        return self.count

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()


@contextmanager
def by_hand(*words: str, speaks: Protocol = CHAT) -> Iterator[ByHand]:
    server = ByHand(*words, speaks=speaks)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.kill()
