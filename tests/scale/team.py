"""Workers as processes of their own, as a team runs them: started, told to stop, frozen, killed."""

import json
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

from tests.databases import Database
from tests.process import Starting, environment

PATIENCE = 90.0
CAIRN = ("cairn", "worker")
CELERY = ("celery", "-A", "cairn.worker.celery", "worker")
NEVER_LOOKS = ("tests.scale.never_looks", "worker")


class Worked:
    """One worker. What it logs is read as it comes: `until` waits for a line."""

    def __init__(self, database: Database, command: Sequence[str] = CAIRN, **settings: str) -> None:
        self.lines: list[dict[str, Any]] = []
        self.other: list[str] = []
        self.came = threading.Condition()
        self.ended = False
        said, saying = os.pipe()
        quiet = {"PYTHONWARNINGS": "ignore"} if command is CELERY else {}
        around = environment(database.folder, **quiet, **database.environment, **settings)
        with open(os.devnull, "w") as nowhere, os.fdopen(saying, "w") as errors:
            self.process = Starting.begin(command, around, nowhere, errors)
        self.reader = threading.Thread(target=self.read, args=(os.fdopen(said),), daemon=True)
        self.reader.start()

    def read(self, stream: IO[str]) -> None:
        for line in stream:
            with self.came:
                try:
                    self.lines.append(json.loads(line))
                except ValueError:
                    self.other.append(line)
                self.came.notify_all()
        with self.came:
            self.ended = True
            self.came.notify_all()
        stream.close()

    def until(self, event: str, number: int = 1, **said: Any) -> dict[str, Any]:
        """The line that tells of it, the first or a later one."""

        def there() -> list[dict[str, Any]]:
            return [
                line for line in self.lines if line.get("event") == event and said.items() <= line.items()
            ]

        with self.came:
            self.came.wait_for(lambda: len(there()) >= number or self.ended, PATIENCE)
            found = there()
        assert len(found) >= number, f"{event} {said} did not come:\n{self.log()}"
        return found[number - 1]

    def log(self) -> str:
        return "\n".join([*self.other, *(json.dumps(line) for line in self.lines)])

    def told(self, event: str) -> int:
        return sum(line.get("event") == event for line in self.lines)

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        if self.process.poll() is None:
            self.kill()
        self.reader.join(PATIENCE)


@contextmanager
def working(database: Database, command: Sequence[str] = CAIRN, **settings: str) -> Iterator[Worked]:
    """Until the end of the block; begins when it takes tasks."""
    worked = Worked(database, command, **settings)
    try:
        worked.until("worker_up")
        yield worked
    finally:
        worked.close()


@contextmanager
def crew(number: int, database: Database, **settings: str) -> Iterator[list[Worked]]:
    """So many, begun together; the block begins when all take tasks. Who joins the list ends with them."""
    with ExitStack() as stack:
        workers = [Worked(database, **settings) for _ in range(number)]
        stack.callback(lambda: [worker.close() for worker in workers])
        for worker in workers:
            worker.until("worker_up")
        yield workers


def calls_of(log: Path) -> tuple[list[str], list[str]]:
    """The keys of the stand-in's calls that were begun, and of those that were finished."""
    said = [line.split() for line in log.read_text().splitlines()] if log.exists() else []
    return [key for word, key in said if word == "start"], [key for word, key in said if word == "end"]
