"""A process killed again and again in the middle of a course: how soon the next one makes a new call, and how
many calls are paid twice."""

import os
import queue
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tests.databases import Database
from tests.process import Served, serving_on

from bench.databases import Kind
from bench.measure import Result
from bench.start import import_time

KILLS = 7
LEASE = 5
IN_FLIGHT = 20
SETTINGS = {
    "CAIRN_MODEL": "simulated", "CAIRN_SIMULATED_DELAY": "2", "CAIRN_SIMULATED_CONCEPTS": "500",
    "CAIRN_MODEL_CONCURRENCY": str(IN_FLIGHT), "CAIRN_LEASE_SECONDS": str(LEASE),
}  # fmt: skip
EARLIEST, LATEST = 0.8, 4.8
"""Seconds after its first call at which a process is killed: a span of twice what a call takes."""
MARK, CLOSED = "mark\n", "closed\n"


@dataclass
class Seen:
    """What the kills showed. `paid_twice`: calls that had ended and were made again; `broken`: those of them
    whose answer was in the database at the kill, which must not be."""

    recoveries: list[float] = field(default_factory=list[float])
    imports: list[float] = field(default_factory=list[float])
    ended: set[str] = field(default_factory=set[str])
    answered: set[str] = field(default_factory=set[str])
    paid_twice: int = 0
    broken: int = 0

    def count(self, lines: list[str]) -> None:
        """What one process has written to the log, from its start to its end."""
        begun, ended = (
            {line.partition(" ")[2] for line in lines if line.startswith(word)} for word in ("start", "end")
        )
        self.paid_twice += len(begun & self.ended)
        self.broken += len(begun & self.answered)
        self.ended |= ended


def measure(kind: Kind) -> list[Result]:
    with kind.fresh() as database, tempfile.TemporaryDirectory() as folder, calls_in(folder) as calls:
        seen = kill_again_and_again(database, calls)
    each = f"{KILLS} kills, {IN_FLIGHT} calls in flight"
    return [
        until_first_call(kind.name, seen),
        Result(f"{kind.name}: committed calls made again", seen.broken, "", 0, each),
        Result(
            f"{kind.name}: calls paid twice per kill", round(seen.paid_twice / KILLS, 2), "", 1.0,
            f"{each}, {seen.paid_twice} in all",
        ),
    ]  # fmt: skip


def until_first_call(name: str, seen: Seen) -> Result:
    whole = statistics.median(seen.recoveries)
    if not seen.imports:
        detail = (
            f"of a process beside it, lease {LEASE} s, the longest of {KILLS} kills, median {whole:.1f} s"
        )
        return Result(f"{name}: first call", round(max(seen.recoveries), 2), "s", LEASE + 7, detail)
    imports = statistics.median(seen.imports)
    detail = f"{whole:.2f} s against {imports:.2f} s, medians of {KILLS} kills"
    return Result(f"{name}: first call beyond imports", round(whole - imports, 2), "s", 2.0, detail)


def kill_again_and_again(database: Database, calls: "Calls") -> Seen:
    """On a file the next process is started when the one before is dead; on a server it is there already and
    must find out."""
    seen, moments = Seen(), random.Random(4)
    with ExitStack() as processes:

        def start() -> Served:
            settings = {**SETTINGS, "CAIRN_SIMULATED_LOG": str(calls.path)}
            return processes.enter_context(serving_on(database, **settings))

        served = start()
        status, task = served.call("POST", "/api/v1/generation/roadmap", {"query": "Learn Redis"})
        assert status == 202, task
        calls.next_start()
        for _ in range(KILLS):
            heir = start() if database.url else None
            time.sleep(moments.uniform(EARLIEST, LATEST))
            served.kill()
            begun = time.perf_counter()
            seen.count(calls.up_to_now())
            answered = database.rows("SELECT key FROM model_calls WHERE state = 'answered'")
            seen.answered = {key for (key,) in answered}
            if heir is None:
                seen.imports.append(import_time())
                begun = time.perf_counter()
            served = heir or start()
            seen.recoveries.append(calls.next_start() - begun)
        time.sleep(LATEST)  # long enough to begin again all that was in flight
        seen.count(calls.up_to_now())
    return seen


class Calls:
    """The stand-in's log as a pipe: each line is heard at the moment it is written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: queue.Queue[tuple[float, str]] = queue.Queue()
        self.heard: list[str] = []
        """What `next_start` went past."""

    def listen(self, pipe: IO[str]) -> None:
        for line in pipe:
            self.lines.put((time.perf_counter(), line.strip()))
            if line == CLOSED:
                return

    def next(self) -> tuple[float, str]:
        return self.lines.get(timeout=60)

    def next_start(self) -> float:
        """When the next call was begun."""
        while True:
            at, line = self.next()
            self.heard.append(line)
            if line.startswith("start"):
                return at

    def up_to_now(self) -> list[str]:
        """All that was written since it was asked the last time."""
        self.say(MARK)
        while (line := self.next()[1]) != MARK.strip():
            self.heard.append(line)
        heard, self.heard = self.heard, []
        return heard

    def say(self, line: str) -> None:
        with self.path.open("a") as pipe:
            pipe.write(line)


@contextmanager
def calls_in(folder: str) -> Iterator[Calls]:
    calls = Calls(Path(folder) / "calls")
    os.mkfifo(calls.path)
    with open(os.open(calls.path, os.O_RDWR)) as pipe:  # ours to write too, so it outlives every process
        listener = threading.Thread(target=calls.listen, args=(pipe,))
        listener.start()
        try:
            yield calls
        finally:
            calls.say(CLOSED)
            listener.join()
