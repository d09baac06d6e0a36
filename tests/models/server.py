"""A model on loopback that speaks every protocol, answers in the form that was asked for, and fails as a test
says. Its own count of requests is the judge of ours.

By hand: `python -m tests.models.server --port 8099 --faults 0.2`.
"""

import argparse
import asyncio
import json
import random
import signal
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.loopback import listening
from tests.models.answers import ANSWERS, of_concepts
from tests.models.anthropic_messages import AnthropicMessages
from tests.models.faults import Fault, at_random
from tests.models.google_generate import GoogleGenerate
from tests.models.openai_chat import OpenAIChat
from tests.models.openai_responses import OpenAIResponses
from tests.models.wire import Answer, Asked, Protocol, Reply, as_json

CHAT = OpenAIChat()
PROTOCOLS: Mapping[str, Protocol] = {
    speaks.name: speaks for speaks in (CHAT, OpenAIResponses(), AnthropicMessages(), GoogleGenerate())
}
VENDORS = ("openai-chat", "anthropic", "google")
"""The protocols that have a provider of their own; the other is OpenAI's too."""
KEY = "k-of-the-tests"


@dataclass
class Server:
    """`fault` decides of each request what is wrong with its answer; `answers` what is said to a thought
    other than usual; `speaks` what the processes that ask it are told. `log` gets a line for each request as
    it comes, by which the count outlives a process that is killed."""

    fault: Fault = lambda asked: None
    answers: dict[str, Answer] = field(default_factory=dict[str, Answer])
    speaks: Protocol = CHAT
    asked: list[Asked] = field(default_factory=list[Asked])
    delay: float = 0.0
    log: Path | None = None
    came: threading.Condition = field(default_factory=threading.Condition)
    before: int = 0
    """How many came before this server was started."""
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """For processes that are to ask it."""
        speaks = self.speaks
        return {
            **speaks.environment(self.url),
            speaks.key_name: KEY,
            "CAIRN_MODEL": f"{speaks.provider}:x",
        }

    def until(self, requests: int) -> None:
        """Waits for so many."""
        with self.came:
            assert self.came.wait_for(lambda: len(self.asked) >= requests, timeout=30)

    def thoughts(self) -> Counter[str]:
        return Counter(asked.thought for asked in self.asked)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (head := await read_head(reader)) is not None:
                path, headers = head
                body = json.loads(await reader.readexactly(int(headers.get("content-length", "0"))) or b"{}")
                reply = as_json(404, {"error": {"message": f"Nothing is at {path}."}})
                if asked := self.note(path, headers, body):
                    await self.pause(asked)
                    answer = self.fault(asked) or self.answer(asked)
                    if not isinstance(answer, tuple):
                        await answer(writer)
                        return
                    reply = answer
                await send(writer, reply)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the other side has gone, or the test is over
        finally:
            writer.close()

    async def pause(self, asked: Asked) -> None:
        """What it takes to think."""
        await asyncio.sleep(self.delay)

    def note(self, path: str, headers: Mapping[str, str], body: dict[str, object]) -> Asked | None:
        """A request that has come, counted; None where no protocol has such a path."""
        speaks = next((one for one in PROTOCOLS.values() if one.path.fullmatch(path)), None)
        if speaks is None:
            return None
        number = self.before + len(self.asked) + 1
        said, key = speaks.read(path, body), speaks.key_in(headers)
        asked = Asked(number, speaks, said, key, body, {**ANSWERS, **self.answers})
        if self.log is not None:
            line = {"number": number, "digest": asked.digest, "thought": asked.thought, "key": key}
            with self.log.open("a") as log:
                log.write(f"{json.dumps(line)}\n")
        with self.came:
            self.asked.append(asked)
            self.came.notify_all()
        return asked

    def answer(self, asked: Asked) -> Reply:
        return asked.speaks.calls(asked, asked.good)


async def send(writer: asyncio.StreamWriter, reply: Reply) -> None:
    status, headers, content = reply
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(content)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    writer.write("\r\n".join([*lines, "", ""]).encode() + content)
    await writer.drain()


async def read_head(reader: asyncio.StreamReader) -> tuple[str, dict[str, str]] | None:
    """The path of the next request and its headers by lower name; None where the other side has gone."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
    except asyncio.IncompleteReadError:
        return None
    first, *rest = head.split("\r\n")
    lines = [line.partition(":") for line in rest if line]
    path = first.split(" ")[1].partition("?")[0]
    return path, {name.lower(): value.strip() for name, _, value in lines}


@contextmanager
def model_server(server: Server | None = None) -> Iterator[Server]:
    """Serves in a thread of its own until the end, on a free port."""
    server = server or Server()
    with listening(server.serve) as server.port:
        yield server


async def serve_until_told(server: Server) -> None:
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", server.port)
    server.port = listening.sockets[0].getsockname()[1]
    asking = " ".join(f"{name}={value}" for name, value in server.environment.items())
    print(f"The model is at {server.url}; to ask it: {asking}", flush=True)
    await told.wait()
    listening.close()
    print(f"{len(server.asked)} requests", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.models.server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument(
        "--protocol", choices=PROTOCOLS, default=CHAT.name, help="told; it speaks all of them"
    )
    parser.add_argument("--faults", type=float, default=0.0, help="share of the answers that are bad")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="of the faults")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds each answer takes")
    parser.add_argument("--concepts", type=int, default=6, help="of a course, at most 6")
    parser.add_argument("--log", type=Path, help="gets a line for each request")
    given = parser.parse_args()
    before = len(given.log.read_text().splitlines()) if given.log and given.log.exists() else 0
    print(f"{given.faults:.0%} of the answers are bad, by the seed {given.seed}.", flush=True)
    asyncio.run(serve_until_told(Server(
        at_random(given.faults, given.seed), of_concepts(given.concepts), PROTOCOLS[given.protocol],
        delay=given.delay, log=given.log, before=before, port=given.port,
    )))  # fmt: skip


if __name__ == "__main__":
    main()
