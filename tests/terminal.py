"""Cairn at a real terminal: a process on a pty, read and answered as a person would."""

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.process import environment

PATIENCE = 90.0
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
SECONDS_OF_SILENCE = 5
CTRL_C, CTRL_D = "\x03", "\x04"


class Terminal:
    """`screen`: all that was printed so far; the echo of what was typed is in it."""

    def __init__(self, folder: Path, *words: str, **settings: str) -> None:
        ours, its = pty.openpty()
        self.handle = ours
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cairn", *words], stdin=its, stdout=its, stderr=its,
            env=environment(folder, TERM="dumb", COLUMNS="200", **settings),
            preexec_fn=own_terminal, close_fds=True,
        )  # fmt: skip
        os.close(its)
        self.screen = ""
        self.read_to = 0

    def until(self, words: str) -> str:
        """What was printed since the last time, up to these words."""
        deadline = time.monotonic() + PATIENCE
        while (at := self.screen.find(words, self.read_to)) < 0:
            assert time.monotonic() < deadline, f"“{words}” did not come:\n{self.screen}"
            assert self.more(), f"it ended before “{words}” came:\n{self.screen}"
        told, self.read_to = self.screen[self.read_to : at], at + len(words)
        return told

    def say(self, line: str) -> None:
        os.write(self.handle, f"{line}\r".encode())

    def press(self, key: str) -> None:
        os.write(self.handle, key.encode())

    def ask(self, prompt: str, line: str) -> str:
        """Answer the next prompt; what was printed before it."""
        told = self.until(prompt)
        self.say(line)
        return told

    def more(self) -> bool:
        ready, _, _ = select.select([self.handle], [], [], 1.0)
        if not ready:
            return True
        try:
            read = os.read(self.handle, 65536)
        except OSError:  # how Linux says that the other side is closed
            read = b""
        self.screen += ESCAPES.sub("", read.decode(errors="replace")).replace("\r\n", "\n")
        return bool(read)

    def end(self) -> tuple[int, str]:
        """The exit code, and what was printed since the last time."""
        deadline = time.monotonic() + PATIENCE
        while self.more():
            assert time.monotonic() < deadline, f"it did not end:\n{self.screen}"
        return self.process.wait(timeout=30), self.screen[self.read_to :]

    def interrupt(self) -> tuple[int, str]:
        """Ctrl-C to its end. One that comes while readline sets up its prompt is seen at the next key only:
        after some seconds in which nothing came of it, it is pressed again, as a person would."""
        self.press(CTRL_C)
        began = len(self.screen)
        for _ in range(SECONDS_OF_SILENCE):
            if not self.more() or len(self.screen) > began:
                return self.end()
        self.press(CTRL_C)
        return self.end()


def own_terminal() -> None:
    """In the new process: the pty is its terminal, so that Ctrl-C reaches it as a signal."""
    import fcntl
    import termios

    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@contextmanager
def at_terminal(folder: Path, *words: str, **settings: str) -> Iterator[Terminal]:
    terminal = Terminal(folder, *words, **settings)
    try:
        yield terminal
    finally:
        if terminal.process.poll() is None:
            terminal.process.kill()
            terminal.process.wait()
        os.close(terminal.handle)
