"""A task: one learner's request and the one roadmap that comes of it. Its states and allowed moves."""

import json
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from cairn.domain.lesson import Value
from cairn.domain.request import LearnerRequest

MAX_ATTEMPTS = 5
"""Claims lost in a row after which the run ends `failed`."""
LONGEST_LEASE = 900.0
"""Seconds. No claim is given for longer."""
ALONE_FROM = 3
"""Claims lost in a row from which a task runs alone in its process until it commits."""


class TaskStatus(StrEnum):
    queued = "queued"
    running = "running"
    awaiting_review = "awaiting_review"
    completed = "completed"
    completed_with_gaps = "completed_with_gaps"
    failed = "failed"
    cancelled = "cancelled"


ACTIVE = frozenset({TaskStatus.queued, TaskStatus.running, TaskStatus.awaiting_review})
ENDED = frozenset(TaskStatus) - ACTIVE

MOVES: dict[str, frozenset[TaskStatus]] = {
    "claim": frozenset({TaskStatus.queued, TaskStatus.running}),
    "end": frozenset({TaskStatus.running}),
    "decide": frozenset({TaskStatus.awaiting_review}),
    "retry": ENDED,
    "retry_changed": ENDED | {TaskStatus.awaiting_review},
    "retry_waiting": frozenset({TaskStatus.queued}),
    "regenerate": ENDED,
    "restore_piece": ENDED,
    "cancel": ACTIVE,
    "delete": frozenset(TaskStatus),
    "restore": frozenset(TaskStatus),
}
"""From which states each move may start. A move that finds another state writes nothing."""


class TaskError(Value):
    code: str
    cause: str
    hint: str
    product: str | None = None
    """The step's product that could not be made, where it was one; a retry asks for it anew."""


class Waiting(Value):
    """Why a task stands still; `until` None waits for a person."""

    reason: str
    until: datetime | None = None


NEVER_CLAIMED = 0
"""The epoch a task is made with. Each claim and each move raises it."""


class Task(Value):
    """The task row as others see it."""

    task_id: str
    roadmap_id: str
    owner_id: str
    run: int
    paid_from_run: int
    epoch: int
    status: TaskStatus
    aim: str | None
    review_round: int
    attempts: int
    last_seq: int
    request: LearnerRequest
    error: TaskError | None = None
    waiting: Waiting | None = None
    queued_at: datetime | None = None
    """Since when it is in the queue; None where it is not."""
    created_at: datetime
    updated_at: datetime


class Event(Value):
    """Something that happened to a task; it is stored in the transaction that made it true."""

    kind: str
    data: dict[str, Any] = {}


class StoredEvent(Event):
    seq: int
    created_at: datetime

    @cached_property
    def as_json(self) -> str:
        """As it is told outside. Made once, however many look on."""
        told = {**self.data, "seq": self.seq, "at": self.created_at.isoformat()}
        return json.dumps(told, ensure_ascii=False)
