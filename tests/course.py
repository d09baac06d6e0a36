"""Courses as programs drive them over HTTP, also several at once; every refusal is looked at whole."""

import re
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier
from typing import Any

from tests.process import Served

API = "/api/v1"
ASK = f"{API}/generation/roadmap"
PROBLEM = ("type", "title", "status", "detail", "code", "hint")
Answer = tuple[int, Any]


def at_once(*requests: Callable[[], Answer]) -> list[Answer]:
    """Each from a thread of its own, let go together."""
    start = Barrier(len(requests))

    def go(send: Callable[[], Answer]) -> Answer:
        start.wait(timeout=30)
        return send()

    with ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(go, requests))


def until(served: Served, task_id: str, kind: str, after: int = 0) -> int:
    """Follow the task until it tells of `kind`; the number of that event."""
    with closing(served.events(task_id, after)) as events:  # type: ignore[type-var]
        return next(seq for seq, told, _ in events if told == kind)


def refused(answer: Answer, status: int, code: str) -> dict[str, Any]:
    """A whole problem document of this status and code."""
    answered, problem = answer
    assert (answered, problem.get("code")) == (status, code), problem
    assert all(problem[name] not in ("", None) for name in PROBLEM), problem
    assert problem["status"] == status
    return problem


class Course:
    """A task asked for over HTTP, and what a person does to it."""

    def __init__(self, served: Served, query: str = "Learn Rust", **more: Any) -> None:
        self.served = served
        status, made = served.call("POST", ASK, {"query": query, **more})
        assert status == 202, made
        self.task, self.roadmap = made["task_id"], made["roadmap_id"]

    def __call__(self, method: str, path: str, body: Any = None, *, by: Served | None = None) -> Answer:
        """`path` may name the task by `T` and the roadmap by `R`."""
        path = re.sub(r"\b[TR]\b", lambda found: self.task if found[0] == "T" else self.roadmap, path)
        return (by or self.served).call(method, f"{API}/{path}", body)

    def until(self, kind: str, after: int = 0) -> int:
        return until(self.served, self.task, kind, after)

    def decide(self, decision: str, number: int = 1, *, by: Served | None = None, **more: Any) -> Answer:
        return self("POST", "tasks/T/review", {"round": number, "decision": decision, **more}, by=by)

    @property
    def state(self) -> str:
        return self("GET", "tasks/T")[1]["status"]

    def kinds(self) -> list[str]:
        """What it has told of so far."""
        rows = self.served.rows(f"SELECT kind FROM task_events WHERE task_id = '{self.task}' ORDER BY seq")
        return [kind for (kind,) in rows]

    def concepts(self) -> list[str]:
        _, tree = self("GET", "roadmaps/R")
        return [c["concept_id"] for s in tree["stages"] for m in s["modules"] for c in m["concepts"]]


def waiting(served: Served, **more: Any) -> Course:
    course = Course(served, review=True, **more)
    course.until("review_wanted")
    return course


def made(served: Served) -> Course:
    course = Course(served)
    course.until("task_ended")
    assert course.state == "completed"
    return course


def fetch(served: Served, path: str) -> tuple[dict[str, str], str]:
    """The headers and the text of a file."""
    with urllib.request.urlopen(f"{served.url}{API}/{path}", timeout=30) as answer:
        assert answer.status == 200
        return {name.lower(): value for name, value in answer.headers.items()}, answer.read().decode()
