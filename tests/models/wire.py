"""What the parts of the fault server share: a request, whatever its protocol, and what can come back."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import Any
from typing import Protocol as Interface

Reply = tuple[int, dict[str, str], bytes]
"""Status, headers, body."""
Rude = Callable[[asyncio.StreamWriter], Awaitable[None]]
"""Does something else with the connection."""


class Trouble(StrEnum):
    """What a provider says it cannot answer for; each has its own words for it."""

    rate_limited = "rate_limited"
    quota_spent = "quota_spent"
    broken = "broken"
    overloaded = "overloaded"
    bad_key = "bad_key"
    unknown_model = "unknown_model"
    too_long = "too_long"


class End(StrEnum):
    """Why an answer ends where it does."""

    done = "done"
    length = "length"
    refused = "refused"


@dataclass(frozen=True)
class Said:
    """What a body says. `thought`: the form that is asked for; `prompt`: the first words of the user."""

    model: str
    thought: str
    system: str
    prompt: str


@dataclass(frozen=True)
class Asked:
    """One request. `number` counts all of them, from 1; `key`: the one it was sent with."""

    number: int
    speaks: "Protocol"
    said: Said
    key: str
    body: dict[str, Any]
    answers: "Mapping[str, Answer]"

    @property
    def good(self) -> Any:
        """What a well-behaved model would say."""
        return self.answers[self.thought](self)

    @property
    def thought(self) -> str:
        return self.said.thought

    @property
    def prompt(self) -> str:
        return self.said.prompt

    @property
    def text(self) -> str:
        """All that was sent."""
        return "\n".join(texts_in(self.body))

    @property
    def name(self) -> str:
        """Of the answer. A client keeps it with what it stores: so it tells which request it was of."""
        return f"said_{self.number}"

    @property
    def digest(self) -> str:
        """The same where the same is asked."""
        return blake2b(json.dumps(self.body, sort_keys=True).encode(), digest_size=8).hexdigest()


Answer = Callable[[Asked], Any]
"""What a model says, in the form that was asked for."""


class Protocol(Interface):
    """One way to speak to a model over HTTP."""

    @property
    def name(self) -> str: ...

    @property
    def provider(self) -> str:
        """What the name of its models begins with."""
        ...

    @property
    def key_name(self) -> str:
        """The variable a client finds its key in."""
        ...

    @property
    def path(self) -> re.Pattern[str]: ...

    def environment(self, url: str) -> dict[str, str]:
        """Where a client is to find the server."""
        ...

    def key_in(self, headers: Mapping[str, str]) -> str: ...

    def read(self, path: str, body: dict[str, Any]) -> Said: ...

    def calls(self, asked: Asked, arguments: dict[str, Any] | str, end: End = End.done) -> Reply:
        """An answer in the form that was asked for. A text is what should have become JSON and did not."""
        ...

    def says(self, asked: Asked, text: str, end: End = End.done) -> Reply:
        """An answer in prose."""
        ...

    def refuses(self, trouble: Trouble, message: str = "", after: float | None = None) -> Reply:
        """`message` instead of the vendor's own; `after`: the seconds to wait that it asks for."""
        ...


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_in(inner)


def as_json(status: int, body: Any, **headers: str) -> Reply:
    return status, {"Content-Type": "application/json", **headers}, json.dumps(body).encode()


def wait_of(after: float | None) -> dict[str, str]:
    """The headers that ask a client to wait. Whole seconds is all that the older of them can say."""
    if after is None:
        return {}
    return {"Retry-After": f"{after:.0f}", "retry-after-ms": f"{after * 1000:.0f}"}
