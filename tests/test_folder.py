"""A new folder is made whole once, whoever else opens it at the same moment."""

import asyncio
import sqlite3
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path

from cairn.prepare import prepare_folder
from cairn.settings import Settings
from cairn.store.checkpoints import checkpoints_in_file

PROGRAMS = 6
FOLDERS = 5


def test_programs_that_open_a_new_folder_at_once_all_find_it_whole(tmp_path: Path) -> None:
    processes = get_context("forkserver")
    processes.set_forkserver_preload(["tests.test_folder"])
    ready = processes.Barrier(PROGRAMS)
    programs = [processes.Process(target=open_all, args=(tmp_path, ready)) for _ in range(PROGRAMS)]
    for program in programs:
        program.start()
    for program in programs:
        program.join()
    assert [program.exitcode for program in programs] == [0] * PROGRAMS
    for number in range(FOLDERS):
        with sqlite3.connect(tmp_path / str(number) / "cairn.db") as database:
            assert database.execute("SELECT count(*) FROM roadmap_tasks").fetchone() == (0,)


def open_all(folder: Path, ready: Barrier) -> None:
    """All of them one new folder at a time. Whoever fails lets the others go."""
    try:
        for number in range(FOLDERS):
            ready.wait()
            settings = Settings(data_dir=folder / str(number))
            prepare_folder(settings)
            ready.wait()
            asyncio.run(open_checkpoints_of(settings))
    except BaseException:
        ready.abort()
        raise


async def open_checkpoints_of(settings: Settings) -> None:
    async with checkpoints_in_file(settings.checkpoints, 30) as saver:
        assert await saver.aget_tuple({"configurable": {"thread_id": "none", "checkpoint_ns": ""}}) is None
