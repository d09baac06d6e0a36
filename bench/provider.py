"""A model of a provider, in a process of its own: it answers well, and is as slow as a real one.

How long it thinks is drawn from the request alone, so that the same request takes as long in every process
and every run: 5 s in the mean; one in twenty takes 30 s, the others 1 s and more, 3.7 s in the mean. That is
scaled down by its `pace`. It is told what to do on its standard input, a line for each wish, and says what it
was asked on its standard output.
"""

import asyncio
import hashlib
import json
import math
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from tests.models.answers import curriculum_of, data_in
from tests.models.server import Server, model_server
from tests.models.wire import Asked

SLOW, SHARE_OF_SLOW = 30.0, 0.05
LEAST, MEAN_BEYOND = 1.0, 2.68
"""Seconds: what a call takes at least that is not slow, and what it takes beyond that in the mean."""
HELD = math.inf
"""The pace at which nothing is answered."""
CONCEPTS = (
    "Purpose", "Materials", "First try", "Measuring", "Mistakes", "Variations", "Heat", "Timing", "Storage",
    "History", "Serving", "Tasting", "Leaves", "Growing", "Picking", "Drying", "Buying", "Blending", "Cups",
    "Kettles", "Manners", "Science", "Health", "Trade",
)  # fmt: skip
"""As many as a course mostly has."""


@dataclass(frozen=True)
class Call:
    """One request. `course`: the number in its goal; `came`, `went`: when, by the clock that all processes
    share, in seconds; `went` is 0 where it is not answered. `request`: the same for the same request."""

    course: int
    thought: str
    concept: str
    request: str
    came: float
    went: float = 0.0

    @property
    def latency(self) -> float:
        return self.went - self.came


def goal(course: int) -> str:
    return f"Learn to brew tea no. {course}"


class SlowServer(Server):
    pace = 0.0

    def __init__(self) -> None:
        super().__init__(answers={"curriculum": curriculum_of(CONCEPTS)})
        self.calls: dict[int, Call] = {}

    async def pause(self, asked: Asked) -> None:
        came = time.monotonic()
        call = call_of(asked, came)
        self.calls[asked.number] = call
        if self.pace == HELD:
            await asyncio.sleep(3600)
        if self.pace:
            await asyncio.sleep(latency_of(call.request) * self.pace)
        self.calls[asked.number] = Call(**{**asdict(call), "went": time.monotonic()})


def latency_of(request: str) -> float:
    chance = random.Random(request)
    return SLOW if chance.random() < SHARE_OF_SLOW else LEAST + chance.expovariate(1 / MEAN_BEYOND)


def call_of(asked: Asked, came: float) -> Call:
    course = re.search(r"tea no\. (\d+)", asked.text)
    piece = re.search(rf"({'|'.join(CONCEPTS)}) of brew", data_in(asked))
    concept = piece[1] if piece and asked.thought in ("tutorial", "resources", "quiz", "solve") else ""
    request = hashlib.sha256(json.dumps(asked.body["messages"]).encode()).hexdigest()
    return Call(int(course[1]) if course else 0, asked.thought, concept, request, came)


class Provider:
    """The process as others see it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.url = str(self.said())

    @property
    def environment(self) -> dict[str, str]:
        """For whoever is to ask it."""
        return {"OPENAI_BASE_URL": f"{self.url}/v1", "OPENAI_API_KEY": "k", "CAIRN_MODEL": "openai-chat:x"}

    def pace(self, scale: float) -> None:
        self.ask(f"pace {scale}")

    def until(self, requests: int) -> list[Call]:
        """All the requests it was sent, once it was sent so many."""
        return [Call(**call) for call in self.ask(f"until {requests}")]

    def ask(self, wish: str) -> Any:
        assert self.process.stdin
        self.process.stdin.write(f"{wish}\n")
        self.process.stdin.flush()
        return self.said()

    def said(self) -> Any:
        assert self.process.stdout
        return json.loads(self.process.stdout.readline())


@contextmanager
def provider(pace: float = 0.0) -> Iterator[Provider]:
    """At work until the end; this process and those it starts are told to ask it."""
    command = [sys.executable, "-m", "bench.provider"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        started = Provider(process)
        started.pace(pace)
        before = dict(os.environ)
        os.environ.update(started.environment)
        try:
            yield started
        finally:
            os.environ.clear()
            os.environ.update(before)
            process.kill()


def main() -> None:
    server = SlowServer()
    with model_server(server):
        print(json.dumps(server.url), flush=True)
        for wish in sys.stdin:
            word, _, value = wish.partition(" ")
            said: Any = None
            if word == "pace":
                server.pace = float(value)
            else:
                server.until(int(value))
                said = [asdict(call) for call in list(server.calls.values())]
            print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
