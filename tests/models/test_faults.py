"""What can go wrong with a provider, by each protocol: what the learner sees, what is stored, what it cost.

After each fault the server's own count of requests is the number of rows in the journal.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle, product

import pytest

from cairn.domain.task import TaskStatus
from tests.databases import Database
from tests.models import faults
from tests.models.answers import of_concepts
from tests.models.faults import Bad, Fault, always, once, refused
from tests.models.server import KEY, VENDORS, Server
from tests.models.teaching import accounted_for, calls_of, learn_as_far_as_it_goes, states, taught
from tests.models.wire import Trouble

CONCEPTS = 3
CALLS = calls_of(CONCEPTS)


@dataclass(frozen=True)
class Passing:
    """Once there, the course is whole all the same. `left`: what its row says: that it failed on its way,
    that nobody knows what it cost, or that it was answered, and paid for, and asked again."""

    name: str
    thought: str
    bad: Bad
    left: str = "failed"


PASSING = [
    Passing("429 with a time to wait", "intent", faults.LATER),
    Passing("500", "curriculum", refused(Trouble.broken)),
    Passing("overloaded", "tutorial", refused(Trouble.overloaded)),
    Passing("a reset", "tutorial", faults.reset, left="lost"),
    Passing("a body cut off", "quiz", faults.cut_off, left="lost"),
    Passing("HTML with 200", "quiz", faults.html, left="lost"),
    Passing("an empty body", "quiz", faults.empty, left="lost"),
    Passing("foreign JSON", "resources", faults.foreign, left="lost"),
    Passing("silence", "quiz", faults.hang, left="lost"),
    Passing("an endless trickle", "quiz", faults.trickle, left="lost"),
    Passing("an empty answer", "tutorial", faults.silent, left="answered"),
    Passing("prose around JSON", "curriculum", faults.prose, left="answered"),
    Passing("fenced JSON", "quiz", faults.fenced, left="answered"),
    Passing("no JSON", "quiz", faults.no_json, left="answered"),
    Passing("another form", "intent", faults.another_form, left="answered"),
    Passing("a wrong type", "tutorial", faults.saying(lambda a: {**a, "minutes": "soon"}), left="answered"),
    Passing("out of range", "tutorial", faults.saying(lambda a: {**a, "minutes": 0}), left="answered"),
    Passing("cut by length", "tutorial", faults.cut, left="answered"),
]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each fault in one protocol, in turn; with `--full` in each."""
    passing, lasting = test_a_fault_that_passes_leaves_a_whole_course, test_a_fault_that_lasts_is_told
    if faults := {passing: PASSING, lasting: LASTING}.get(metafunc.function):
        full = metafunc.config.getoption("--full")
        pairs = product(VENDORS, faults) if full else zip(cycle(VENDORS), faults, strict=False)
        named = {"ids": lambda one: getattr(one, "name", one)}
        metafunc.parametrize(("any_server", "fault"), list(pairs), indirect=["any_server"], **named)


def test_a_fault_that_passes_leaves_a_whole_course(
    any_server: Server, folder: Database, fault: Passing
) -> None:
    whole_course_after(fault, any_server, folder)


def whole_course_after(fault: Passing, server: Server, folder: Database) -> None:
    server.answers = of_concepts(CONCEPTS)
    server.fault = once(fault.bad, fault.thought)
    seen = taught(folder, learn_as_far_as_it_goes)
    assert (seen.task.status, seen.told) == (TaskStatus.completed, "")
    assert states(folder) == Counter({"answered": CALLS}) + Counter([fault.left])
    assert folder.rows("SELECT count(*) FROM quiz_metadata") == [(CONCEPTS,)]
    accounted_for(server, folder, seen)


@dataclass(frozen=True)
class Lasting:
    """Always there: how the task ends, by which words, and how many requests that takes; `pieces` are made
    of those that are wanted."""

    name: str
    fault: Fault
    status: TaskStatus
    told: str
    requests: int
    pieces: int = 0


FAILED, GAPS, WAITS = TaskStatus.failed, TaskStatus.completed_with_gaps, TaskStatus.queued
ECHO = f"Incorrect API key provided: {KEY}."
LASTING = [
    Lasting("a wrong key", always(refused(Trouble.bad_key)), FAILED, "Set {key_name} to a valid key", 1),
    Lasting("a key echoed", always(refused(Trouble.bad_key, ECHO)), FAILED, "provided: (key)", 1),
    Lasting("an unknown model", always(refused(Trouble.unknown_model)), FAILED, "does not know the model", 1),
    Lasting("a prompt too long", always(refused(Trouble.too_long)), FAILED, "is too long for", 1),
    Lasting("a model that refuses", always(faults.unwilling), FAILED, "refuses to answer", 1),
    Lasting("no model server", always(faults.html), FAILED, "is no answer of a model", 3),
    Lasting("another server", always(faults.foreign), FAILED, "is no answer of a model", 3),
    Lasting("a server that is down", always(refused(Trouble.broken)), FAILED, "could not be asked", 5),
    Lasting("a model that ignores the form", always(faults.talk), FAILED, "gave no usable answer", 4),
    Lasting("one that refuses quizzes alone", always(faults.unwilling, "quiz"), GAPS, "refuses to", 12, 6),
    Lasting(
        "one that refuses tutorials alone",
        always(faults.unwilling, "tutorial"),
        FAILED,
        "Not one tutorial could be written",
        15,
        6,
    ),
    Lasting("spent quota", always(refused(Trouble.quota_spent)), WAITS, "quota for", 1),
]


def test_a_fault_that_lasts_is_told(any_server: Server, folder: Database, fault: Lasting) -> None:
    any_server.answers = of_concepts(CONCEPTS)
    any_server.fault = fault.fault
    seen = taught(folder, learn_as_far_as_it_goes)
    assert (seen.task.status, seen.pieces) == (fault.status, fault.pieces), seen.told
    assert fault.told.format(key_name=any_server.speaks.key_name) in seen.told
    assert KEY not in seen.told
    assert len(any_server.asked) == fault.requests
    accounted_for(any_server, folder, seen)


@pytest.mark.parametrize("any_server", VENDORS, indirect=True)
def test_a_provider_is_left_alone_for_as_long_as_it_asks(any_server: Server, folder: Database) -> None:
    """Very long: without a claim."""
    any_server.fault = always(refused(Trouble.rate_limited, after=3600))
    seen = taught(folder, learn_as_far_as_it_goes)
    assert seen.task.waiting
    assert seen.task.waiting.until
    assert timedelta(minutes=59) < seen.task.waiting.until - datetime.now(UTC) <= timedelta(hours=1)
    assert len(any_server.asked) == 1
    accounted_for(any_server, folder, seen)


OF_RESPONSES = [
    fault for fault in PASSING if fault.name in ("500", "HTML with 200", "cut by length", "no JSON")
]


@pytest.mark.parametrize("fault", OF_RESPONSES, ids=lambda fault: fault.name)
def test_openais_second_protocol_comes_to_the_same(
    responses_server: Server, folder: Database, fault: Passing
) -> None:
    whole_course_after(fault, responses_server, folder)


def test_a_refusal_by_openais_second_protocol_is_told(responses_server: Server, folder: Database) -> None:
    responses_server.fault = always(faults.unwilling)
    seen = taught(folder, learn_as_far_as_it_goes)
    assert "refuses to answer" in seen.told
    accounted_for(responses_server, folder, seen)
