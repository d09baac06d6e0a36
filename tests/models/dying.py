"""Learns in a process that dies just before a write of a given name is committed, without a word."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

from cairn.bootstrap import open_workshop
from cairn.settings import read_settings
from cairn.store.crossing import BEFORE
from cairn.worker.worker import Worker
from tests.models.teaching import learn

ROOT = Path(__file__).parents[2]


def dies(write: str, environment: dict[str, str]) -> None:
    """In a process of its own, which is then gone."""
    command = [sys.executable, "-m", "tests.models.dying", write]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL


async def work(write: str) -> None:
    def cross(name: str, when: str) -> None:
        if (name, when) == (f"commit {write}", BEFORE):
            os.kill(os.getpid(), signal.SIGKILL)

    settings = read_settings()
    async with (
        open_workshop(settings, cross=cross) as cairn,
        Worker(settings, cairn.claims, cairn.runner, cairn.nudge).at_work(),
    ):
        await learn(cairn)


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1]))
