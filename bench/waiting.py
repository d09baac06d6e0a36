"""What runs weigh that wait for a provider, and what is paid for again after one was killed."""

import tempfile
from collections import Counter
from pathlib import Path

import psutil
from tests.process import Served, serving

from bench.measure import Result
from bench.provider import HELD, Call, Provider, goal, provider

FEW, MANY = 40, 200
"""Runs at once; a process takes no more."""
KILLED_AFTER = (2, 30, 80)
"""Requests, of the 99 of a course."""
PACE = 0.05


def measure() -> list[Result]:
    return [memory("for a slot", slots=8), memory("for an answer", slots=0), repaid()]


def memory(waiting: str, slots: int) -> Result:
    """A process at work, all of its runs at their first call, and no answer comes. Those that wait for one,
    all at once, hold a connection each, and what the provider's own library needs for it: that and its agent
    alone take 135 kB."""
    with (
        provider(HELD) as asked,
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder) / "data", CAIRN_MODEL_CONCURRENCY=str(slots)) as cairn,
    ):
        few, many = (weighed(cairn, asked, upto, slots) for upto in (range(FEW), range(FEW, MANY)))
    each = (many - few) / (MANY - FEW) / 1000
    detail = f"{few / 1e6:.0f} MB with {FEW} runs, {many / 1e6:.0f} MB with {MANY}"
    return Result(f"model: a run that waits {waiting}", round(each), "kB", 150, detail)


def weighed(cairn: Served, asked: Provider, runs: range, slots: int) -> int:
    """Bytes in memory once these runs wait too."""
    for task_id in [ask(cairn, number) for number in runs]:
        next(kind for _, kind, _ in cairn.events(task_id) if kind == "step_started")
    asked.until(min(slots, runs.stop) or runs.stop)
    return psutil.Process(cairn.process.pid).memory_info().rss


def ask(cairn: Served, number: int) -> str:
    status, task = cairn.call("POST", "/api/v1/generation/roadmap", {"query": goal(number)})
    assert status == 202, task
    return task["task_id"]


def repaid() -> Result:
    """Killed at several places of a course, each time started again. A call is finished when its answer is in
    the journal; the provider says whether it was asked for it again."""
    task_id = ""
    with provider(PACE) as asked, tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        for requests in KILLED_AFTER:
            with serving(data) as cairn:
                task_id = task_id or ask(cairn, 1)
                asked.until(requests)
                cairn.kill()
        with serving(data) as cairn:
            list(cairn.events(task_id))
            assert cairn.call("GET", f"/api/v1/tasks/{task_id}")[1]["status"] == "completed"
            journal = cairn.rows("SELECT key, state FROM model_calls")
        return of_counts(asked.until(0), journal)


def of_counts(calls: list[Call], journal: list[tuple[str, str]]) -> Result:
    """What was asked again must have a row without an answer to explain it, and no key two answers."""
    answered = [key for key, state in journal if state == "answered"]
    times = Counter(call.request for call in calls)
    again, lost = len(calls) - len(times), len(journal) - len(answered)
    value = len(answered) - len(set(answered)) + max(0, again - lost)
    detail = f"{len(KILLED_AFTER)} kills; asked {len(calls)} times for {len(times)} answers, {lost} lost rows"
    return Result("model: finished calls paid again", value, "", 0, detail)
