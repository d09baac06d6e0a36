"""A process of Cairn that a test forks from one warm parent, and ends or freezes at a named crossing.

No worker loop here: claims, lease renewals and sweeps come when the actor says so, one call at a time, so the
same work crosses the same points in every run.
"""

import asyncio
import importlib
import os
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cairn.authors.author import Answer, PieceGiven
from cairn.authors.author import Author as AnyAuthor
from cairn.authors.simulated import SimulatedAuthor
from cairn.bootstrap import Workshop, open_workshop
from cairn.domain.errors import AuthorFailed, MustWait
from cairn.domain.lesson import Quiz
from cairn.domain.task import Task
from cairn.domain.thought import LONG_NAMES
from cairn.logs import set_up_logs
from cairn.settings import Settings

for module in (
    "cairn.usecases.run",
    "asyncpg",
    "langgraph.checkpoint.sqlite.aio",
    "langgraph.checkpoint.postgres.aio",
):  # what a program imports when it is opened, so that no child has to
    importlib.import_module(module)

OWNER = "local"
KINDS = (
    dict.fromkeys(("tutorial", "resources", "quiz"), "piece")
    | dict.fromkeys(("intent", "curriculum", "validation", "edit"), "step")
    | dict.fromkeys(LONG_NAMES.values(), "step")
)
CONCEPTS = 3


@dataclass(frozen=True)
class Point:
    """One crossing: its name, before or after, and which time it is passed."""

    name: str
    when: str
    nth: int = 1

    def __str__(self) -> str:
        return f"{self.when} {self.name}" + (f" ({self.nth})" if self.nth > 1 else "")

    @property
    def kind(self) -> str:
        """The same for all steps, pieces and rounds: what a sample has at least one of."""
        words = [word.partition(":")[0].partition("/")[0] for word in self.name.split("#")[0].split()]
        return f"{self.when} {' '.join(KINDS.get(word, word) for word in words)}"


class Author(SimulatedAuthor):
    """The stand-in; files in `folder` tell it what fails and what must wait, so every process agrees."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            concepts=CONCEPTS, delay=0, log=folder / "calls.log", today=lambda: datetime.now(UTC).date()
        )
        self.folder = folder
        self.hold: dict[str, asyncio.Event] = {}
        """Calls of these products wait for their event."""

    async def call(self, key: str) -> None:
        if (event := self.hold.get(key.split("/")[1])) is not None:
            await event.wait()
        await super().call(key)

    async def write_quiz(self, given: PieceGiven, ask: Any) -> Quiz:
        if given.name.startswith("Vocabulary") and (self.folder / "no_quiz").exists():
            raise AuthorFailed("No quiz today.", code="no_quiz")
        if given.name.startswith("Vocabulary") and (self.folder / "no_quota").exists():

            async def refuse(key: str) -> Any:
                raise MustWait("The quota is spent.", until=datetime(2026, 1, 1, tzinfo=UTC))

            return await ask({"thought": "quiz", "given": given.concept_id}, refuse)
        if given.name.startswith("Vocabulary"):
            return await self.write_checked_quiz(given, ask)
        return await super().write_quiz(given, ask)

    async def write_checked_quiz(self, given: PieceGiven, ask: Any) -> Quiz:
        """As a model's answer is: what came back may be refused after it was paid for."""

        async def ask_once(request: Any, send: Any) -> Any:
            async def spoil(key: str) -> Answer:
                answer = await send(key)
                return Answer({"questions": []}) if (self.folder / "bad_quiz").exists() else answer

            return await ask(request, spoil)

        quiz = await super().write_quiz(given, ask_once)
        if not quiz.questions:
            raise AuthorFailed("The answer is no quiz.", code="bad_answer")
        return quiz


@dataclass
class Stage:
    """What one actor works with."""

    settings: Settings
    embedded: bool
    """Whether it may presume that all other processes on the database are gone."""
    folder: Path
    """Beside the database: the log of calls, the trace of crossings, and the author's files."""
    stop_at: Point | None = None
    stop_by: signal.Signals = signal.SIGKILL
    name: str = "actor"
    """Of its log."""
    author_in: Callable[[Path], AnyAuthor] = Author
    """Given the folder."""
    passed: Counter[tuple[str, str]] = field(default_factory=Counter)
    opened: Workshop | None = None
    at: dict[str, Callable[[], Any]] = field(default_factory=dict)
    """What to do after a commit of this name."""
    running: asyncio.Task[None] | None = None

    @property
    def cairn(self) -> Workshop:
        assert self.opened is not None
        return self.opened

    @property
    def author(self) -> Author:
        assert isinstance(self.cairn.runner.author, Author)
        return self.cairn.runner.author

    def cross(self, name: str, when: str) -> None:
        self.passed[name, when] += 1
        point = Point(name, when, self.passed[name, when])
        with (self.folder / "trace").open("a") as trace:
            trace.write(f"{when}\t{name}\t{point.nth}\n")
        if point == self.stop_at:
            os.kill(os.getpid(), self.stop_by)
        if when == "after" and (act := self.at.pop(name, None)):
            act()

    def flag(self, name: str) -> Path:
        return self.folder / name

    async def work(self, task_id: str) -> Task:
        """Claim and run until the task has ended, waits for a person, or is another's."""
        while True:
            task = await self.cairn.claims.claim(task_id, f"actor-{os.getpid()}")
            if task is None:
                return await self.cairn.tasks.get(OWNER, task_id)
            run = asyncio.create_task(self.cairn.runner.run(task, lambda: True))
            self.running = run
            await asyncio.wait([run])
            if not run.cancelled():
                run.result()


def fork(stage: Stage, play: Callable[[Stage], Awaitable[Any]]) -> int:
    """Start the actor; its process id. It ends with 0, or 70 after an error, which stands in `errors`."""
    pid = os.fork()
    if pid:
        return pid
    code = 0
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        log = os.open(stage.folder / f"{stage.name}.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        os.dup2(log, 2)
        sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
        set_up_logs("json")
        asyncio.run(on_stage(stage, play))
    except BaseException:
        (stage.folder / "errors").write_text(traceback.format_exc())
        code = 70
    finally:
        os._exit(code)


async def on_stage(stage: Stage, play: Callable[[Stage], Awaitable[Any]]) -> None:
    async with open_workshop(stage.settings, stage.author_in(stage.folder), stage.cross) as cairn:
        stage.opened = cairn
        if stage.embedded:
            await cairn.claims.release_all()
        async with asyncio.timeout(60):
            await play(stage)
