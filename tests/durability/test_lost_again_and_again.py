"""A task that takes its process down each time ends after five lost claims in a row and takes no neighbour
with it; one that makes progress does not end, however often it is killed. Real processes, killed from inside
as the kernel kills one that is out of memory."""

import asyncio
import os
import signal
from pathlib import Path

from cairn.domain.task import ALONE_FROM, MAX_ATTEMPTS, Task, TaskStatus
from cairn.worker.worker import Worker
from tests.durability.actor import OWNER, Stage, fork
from tests.durability.grounds import Ground, Grounds
from tests.durability.points import play
from tests.durability.scenarios import first_generation
from tests.durability.verdicts import outcome_on, paid_again

KILLS = 20


async def one_quiz_short(stage: Stage) -> None:
    """A course whose one missing piece is all that a retry has to make."""
    stage.flag("no_quiz").touch()
    await first_generation(stage)
    stage.flag("no_quiz").unlink()


async def both(stage: Stage) -> tuple[Task, Task]:
    """The doomed task, asked for anew, and its neighbour; the same in every process."""
    doomed = await stage.cairn.tasks.ask(OWNER, {"query": "Learn Rust"}, "the-one")
    if doomed.run == 1:
        doomed = await stage.cairn.moves.retry(OWNER, doomed.task_id)
    return doomed, await stage.cairn.tasks.ask(OWNER, {"query": "Learn Go"}, "neighbour")


async def work_beside_each_other(stage: Stage) -> None:
    """The neighbour commits something in each process in which it runs, and ends only when the doomed one has
    ended; the doomed one's call takes the process down."""
    cairn, author = stage.cairn, stage.author
    author.concepts = 8
    doomed, neighbour = await both(stage)
    neighbour_went_on, may_end = asyncio.Event(), asyncio.Event()
    worker = Worker(stage.settings, cairn.claims, cairn.runner, cairn.nudge)
    plain = author.call

    async def call(key: str) -> None:
        if key.startswith(neighbour.task_id):
            if made_by_now(stage, neighbour.task_id) > at_first:
                neighbour_went_on.set()
                await may_end.wait()
            await plain(key)
            return
        task = await cairn.tasks.get(OWNER, doomed.task_id)
        if task.attempts < ALONE_FROM:
            await neighbour_went_on.wait()
        with stage.flag("kills").open("a") as kills:
            names = ["doomed" if name == doomed.task_id else "neighbour" for name in sorted(worker.running)]
            kills.write(f"{task.attempts} {' '.join(sorted(names))}\n")
        os.kill(os.getpid(), signal.SIGKILL)

    at_first = made_by_now(stage, neighbour.task_id)
    author.call = call  # type: ignore[method-assign]
    async with worker.at_work():
        async for _ in cairn.tasks.follow(OWNER, doomed.task_id, doomed.last_seq):
            pass
        may_end.set()
        async for _ in cairn.tasks.follow(OWNER, neighbour.task_id):
            pass


def made_by_now(stage: Stage, task_id: str) -> int:
    """What stands of a task, in steps and pieces."""
    ground = Ground(stage.folder, stage.settings.postgres)
    told = "SELECT count(*) FROM task_events WHERE kind IN ('step_finished', 'piece_ready') AND task_id = "
    [[number]] = ground.rows(f"{told}'{task_id}'")
    return number


def test_it_ends_after_five_lost_claims_and_its_neighbour_completes(grounds: Grounds) -> None:
    with grounds.copy(None) as ground:
        assert play(ground, one_quiz_short) == 0
        died = 0
        while ended(ground, work_beside_each_other) != 0:
            died += 1
            grounds.expire_leases(ground)
            assert died <= MAX_ATTEMPTS
        kills = (ground.folder / "kills").read_text().splitlines()
        beside, alone = kills[:ALONE_FROM], kills[ALONE_FROM:]
        assert beside == [f"{lost} doomed neighbour" for lost in range(ALONE_FROM)]
        assert alone == [f"{lost} doomed" for lost in range(ALONE_FROM, MAX_ATTEMPTS)], "from then on alone"
        found = ground.rows("SELECT status, error FROM roadmap_tasks ORDER BY created_at")
        assert [status for status, _ in found] == ["failed", "completed"]
        assert '"code":"attempts"' in found[0][1]
        assert ground.rows("SELECT count(*) FROM quiz_metadata") == [(2 + 8,)], "but for the one, all stand"


def ended(ground: Ground, play: object) -> int:
    settings = ground.settings.model_copy(update={"model_concurrency": 0})
    _, status = os.waitpid(fork(Stage(settings, False, ground.folder), play), 0)  # type: ignore[arg-type]
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, -signal.SIGKILL), Path(ground.folder / "errors").read_text()
    return code


async def eight_concepts(stage: Stage) -> None:
    stage.author.concepts = 8
    await first_generation(stage)


async def one_commit_more(stage: Stage) -> None:
    """Killed as soon as one more piece stands."""

    def cross(name: str, when: str) -> None:
        words = name.partition(":")[0].split()
        if when == "after" and words in (["commit", "tutorial"], ["commit", "resources"], ["commit", "quiz"]):
            os.kill(os.getpid(), signal.SIGKILL)

    stage.cairn.tasks.store.writer.cross = cross
    await eight_concepts(stage)


def test_twenty_kills_of_a_task_that_makes_progress_do_not_end_it(grounds: Grounds) -> None:
    with grounds.copy(None) as ground:
        for _ in range(KILLS):
            assert play(ground, one_commit_more) == -signal.SIGKILL
            grounds.expire_leases(ground)
        assert ground.rows("SELECT status FROM roadmap_tasks") == [("running",)]
        assert play(ground, eight_concepts) == 0
        outcome = outcome_on(ground)
        assert (outcome.status, outcome.broken) == (TaskStatus.completed.value, [])
        assert paid_again(outcome, ground) == []
        [[claims]] = ground.rows("SELECT count(*) FROM task_events WHERE kind = 'task_claimed'")
        assert claims == KILLS + 1
