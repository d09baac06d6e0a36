"""What can come instead of a good answer. Written once: each protocol has its own form and words for it."""

import asyncio
import json
import random
from collections.abc import Callable
from typing import Any

from tests import loopback
from tests.models.wire import Asked, End, Reply, Rude, Trouble

Bad = Callable[[Asked], Reply | Rude]
Fault = Callable[[Asked], Reply | Rude | None]
"""What is sent instead of an answer; None: the answer."""


def always(bad: Bad, thought: str = "any") -> Fault:
    return lambda asked: bad(asked) if thought in ("any", asked.thought) else None


def once(bad: Bad, thought: str) -> Fault:
    """The first request of a thought is answered like this, all others well."""
    left = [bad]
    return lambda asked: left.pop()(asked) if left and asked.thought == thought else None


def at_random(share: float, seed: int) -> Fault:
    """So many of all answers are bad, each in a way that a client can get over."""
    dice = random.Random(seed)

    def fault(asked: Asked) -> Reply | Rude | None:
        unlucky, bad = dice.random() < share, dice.choice(PASSING)
        return bad(asked) if unlucky else None

    return fault


def refused(trouble: Trouble, message: str = "", after: float | None = None) -> Bad:
    return lambda asked: asked.speaks.refuses(trouble, message, after)


def saying(change: Callable[[Any], Any]) -> Bad:
    """The good answer, changed."""
    return lambda asked: asked.speaks.calls(asked, change(asked.good))


def talk(asked: Asked) -> Reply:
    return asked.speaks.says(asked, "Sure!")


def silent(asked: Asked) -> Reply:
    return asked.speaks.says(asked, "")


def unwilling(asked: Asked) -> Reply:
    return asked.speaks.says(asked, "", End.refused)


def prose(asked: Asked) -> Reply:
    return asked.speaks.says(asked, f"Of course! Here it is: {json.dumps(asked.good)} Enjoy.")


def fenced(asked: Asked) -> Reply:
    return asked.speaks.says(asked, f"```json\n{json.dumps(asked.good)}\n```")


def no_json(asked: Asked) -> Reply:
    return asked.speaks.calls(asked, "{'a': ")


def another_form(asked: Asked) -> Reply:
    return asked.speaks.calls(asked, {"answer": 42})


def wrong_type(asked: Asked) -> Reply:
    """Words where anything else is wanted."""
    return asked.speaks.calls(asked, {name: {"so": "to say"} for name in asked.good})


def cut(asked: Asked) -> Reply:
    """By the limit of its length, in the middle of the answer."""
    whole = json.dumps(asked.good)
    return asked.speaks.calls(asked, whole[: len(whole) // 2], End.length)


def html(asked: Asked) -> Reply:
    return 200, {"Content-Type": "text/html"}, b"<html><body>Welcome to the proxy</body></html>"


def empty(asked: Asked) -> Reply:
    return 200, {"Content-Type": "application/json"}, b""


def foreign(asked: Asked) -> Reply:
    return 200, {"Content-Type": "application/json"}, b'{"status": "ok"}'


def reset(asked: Asked) -> Rude:
    async def go(writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    return go


def cut_off(asked: Asked) -> Rude:
    async def go(writer: asyncio.StreamWriter) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n"
        writer.write(head + b'{"id": "chat')
        await writer.drain()

    return go


def hang(asked: Asked) -> Rude:
    return loopback.hang


def trickle(asked: Asked) -> Rude:
    """A byte now and then, without an end."""

    async def go(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 50000\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    return go


LATER = refused(Trouble.rate_limited, after=0.05)
PASSING: tuple[Bad, ...] = (
    LATER, refused(Trouble.broken), refused(Trouble.overloaded), html, empty, foreign, silent, prose, fenced,
    no_json, another_form, wrong_type, cut, reset, cut_off,
)  # fmt: skip
"""Those that a client gets over by asking again. None of them makes it wait for its deadline."""
