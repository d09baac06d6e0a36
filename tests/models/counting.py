"""The journal against the server's own count: which row is which request.

A client keeps the name of an answer with what it stores, so an answered row tells which request it was.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.models.wire import Asked

JOURNAL = "SELECT key, state, answer FROM model_calls ORDER BY key, sent"


@dataclass(frozen=True)
class Came:
    """A request as the server noted it; the same `digest` where the same was asked."""

    number: int
    digest: str
    thought: str
    key: str = ""


def came_to(asked: Iterable[Asked]) -> list[Came]:
    return [Came(one.number, one.digest, one.thought, one.key) for one in asked]


def logged(log: Path) -> list[Came]:
    """What a server in a process of its own wrote down."""
    return [Came(**json.loads(line)) for line in log.read_text().splitlines()] if log.exists() else []


def unexplained(journal: Sequence[tuple[str, str, str | None]], came: Sequence[Came]) -> list[str]:
    """What contradicts the promise, as sentences: answered <= came <= rows, the difference exactly rows
    without an answer, each call answered at most once, and nothing that was answered sent again."""
    rows: Mapping[str, list[tuple[str, str | None]]] = defaultdict(list)
    for key, state, answer in journal:
        rows[key].append((state, answer))
    sent = Counter(one.digest for one in came)
    by_number = {one.number: one for one in came}
    said = list(totals(journal, came))
    of_answered: set[str] = set()
    for key, states in rows.items():
        answers = [json.loads(answer) for state, answer in states if state == "answered" and answer]
        if len(answers) > 1:
            said.append(f"{key} was answered {len(answers)} times")
        if "answered" in [state for state, _ in states[:-1]]:
            said.append(f"{key} was asked again after it was answered")
        for answer in answers[:1]:
            found = by_number.get(number_of(answer))
            if found is None:
                said.append(f"{key} holds an answer of a request that never came")
            elif found.digest in of_answered:
                said.append(f"{key} asks what another call asks")
            else:
                of_answered.add(found.digest)
                said += sent_again(key, sent[found.digest], len(states))
    others = sum(number for digest, number in sent.items() if digest not in of_answered)
    room = sum(len(states) for states in rows.values() if all(state != "answered" for state, _ in states))
    if others > room:
        said.append(f"{others} requests came that were never answered; {room} rows tell of such")
    return said


def totals(journal: Sequence[tuple[str, str, str | None]], came: Sequence[Came]) -> Iterator[str]:
    answered = sum(state == "answered" for _, state, _ in journal)
    if not answered <= len(came) <= len(journal):
        yield f"{answered} rows are answered, {len(came)} requests came, there are {len(journal)} rows"


def sent_again(key: str, times: int, rows: int) -> Iterator[str]:
    """One row is the answer; each further request needs a row without one."""
    if times > rows:
        yield f"{key} was sent {times} times; {rows - 1} rows without an answer explain {rows - 1} of them"


def number_of(answer: Any) -> int:
    """Of the request that it answers."""
    name: str = answer["provider_response_id"]
    return int(name.removeprefix("said_"))
