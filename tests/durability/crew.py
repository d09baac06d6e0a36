"""Workers of several open Cairns on one database, here and in a second process, woken as a test says.

None of them heeds the lock of the data folder: the claims alone decide, on both databases.
"""

import asyncio
import os
import sys
import traceback
from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from cairn.bootstrap import Workshop, open_workshop
from cairn.domain.task import Task
from cairn.worker.worker import Worker
from tests.databases import Database
from tests.durability.actor import CONCEPTS, Author

FIRST_CALL = "intent"
CALLS = 3 + 3 * CONCEPTS
"""Of one whole course: the three steps that ask, and the pieces."""


@dataclass
class Crew:
    members: list[tuple[Workshop, Worker]]
    author: Author
    gate: asyncio.Event
    """Runs wait for it in their first call."""

    async def wake(self, task_id: str, times: int) -> None:
        """Each time a nudge, and a message that names the task."""

        async def once(cairn: Workshop, worker: Worker) -> tuple[Worker, Task] | None:
            cairn.nudge.wake()
            task = await cairn.claims.claim(task_id, worker.name)
            return None if task is None else (worker, task)

        answers = await asyncio.gather(*(once(*self.members[at % len(self.members)]) for at in range(times)))
        taken = [answer for answer in answers if answer is not None]
        assert len(taken) <= 1, f"{len(taken)} of {times} messages took the task"
        for worker, task in taken:
            worker.start(task)

    async def finish(self) -> None:
        """Let what runs here come to its end."""
        self.gate.set()
        await asyncio.gather(*(run for _, worker in self.members for run in worker.running.values()))


@asynccontextmanager
async def at_work(database: Database, number: int, folder: Path) -> AsyncGenerator[Crew]:
    async with AsyncExitStack() as opened:
        author, gate = Author(folder), asyncio.Event()
        author.hold[FIRST_CALL] = gate
        settings = database.settings(model="simulated", lease_seconds=600)
        members: list[tuple[Workshop, Worker]] = []
        for _ in range(number):
            cairn = await opened.enter_async_context(open_workshop(settings, author))
            worker = Worker(settings, cairn.claims, cairn.runner, cairn.nudge)
            worker.folder = None
            await opened.enter_async_context(worker.at_work())
            members.append((cairn, worker))
        yield Crew(members, author, gate)


@dataclass
class Elsewhere:
    """A crew in another process, told in words what to do."""

    words: IO[str]
    answers: IO[str]

    async def wake(self, task_id: str, times: int) -> None:
        await self.ask(f"wake {task_id} {times}")

    async def finish(self) -> None:
        await self.ask("finish")

    async def ask(self, words: str) -> None:
        self.words.write(f"{words}\n")
        self.words.flush()
        assert await asyncio.to_thread(self.answers.readline) == "done\n"


@contextmanager
def elsewhere(database: Database, number: int, folder: Path) -> Iterator[Elsewhere]:
    """Call it where no event loop runs: the process is forked."""
    hear, tell = os.pipe()
    listen, answer = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            os.close(tell)
            os.close(listen)
            asyncio.run(obey(database, number, folder, os.fdopen(hear), os.fdopen(answer, "w")))
            code = 0
        except BaseException:
            traceback.print_exc(file=sys.stderr)
        finally:
            os._exit(code)
    os.close(hear)
    os.close(answer)
    try:
        with os.fdopen(tell, "w") as words, os.fdopen(listen) as answers:
            yield Elsewhere(words, answers)
    finally:
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert code == 0


async def obey(database: Database, number: int, folder: Path, words: IO[str], answers: IO[str]) -> None:
    async with at_work(database, number, folder) as crew:
        while said := (await asyncio.to_thread(words.readline)).split():
            match said:
                case ["wake", task_id, times]:
                    await crew.wake(task_id, int(times))
                case _:
                    await crew.finish()
            answers.write("done\n")
            answers.flush()
