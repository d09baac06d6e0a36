"""A small web on loopback: pages with titles, and what else can answer at an address."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ssl import SSLContext
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cairn.search.addresses import Address, Reach
from tests.loopback import listening

NAME = "docs.example"
"""What the pages go by; the tests' resolver alone knows it."""


@dataclass(frozen=True)
class Asked:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.target).query).items()}


Reply = tuple[int, dict[str, str], bytes]
"""Status, headers, body; the answer to HEAD is sent without its body."""
Rude = Callable[[asyncio.StreamWriter], Awaitable[None]]
"""Does something else with the connection."""
Says = Callable[[Asked], Reply | Rude]


@dataclass
class Pages:
    """`says` by path; what is not there is answered 404. `asked` is every request, in order."""

    says: dict[str, Says] = field(default_factory=dict[str, Says])
    asked: list[Asked] = field(default_factory=list[Asked])
    came: threading.Condition = field(default_factory=threading.Condition)
    port: int = 0

    def url(self, path: str, name: str = NAME, scheme: str = "http") -> str:
        return f"{scheme}://{name}:{self.port}{path}"

    def page(self, path: str, title: str) -> str:
        """Put one there; its address."""
        self.says[path] = lambda asked: html(title)
        return self.url(path)

    def until(self, requests: int) -> None:
        """Waits for so many."""
        with self.came:
            assert self.came.wait_for(lambda: len(self.asked) >= requests, timeout=30)

    def until_asked(self, path: str) -> None:
        """Waits for a request for it."""
        with self.came:
            assert self.came.wait_for(lambda: path in [asked.path for asked in self.asked], timeout=30)

    def seen(self) -> list[tuple[str, str]]:
        return [(asked.method, asked.path) for asked in self.asked]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                method, target, _ = first.split(" ")
                pairs = [line.partition(":") for line in lines if line]
                headers = {name.lower(): value.strip() for name, _, value in pairs}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                asked = Asked(method, target, headers, body)
                with self.came:
                    self.asked.append(asked)
                    self.came.notify_all()
                reply = self.says.get(asked.path, lambda _: (404, {}, b"nothing here"))(asked)
                if not isinstance(reply, tuple):
                    await reply(writer)
                    return
                status, more, content = reply
                head = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(content)}"]
                head += [f"{name}: {value}" for name, value in more.items()]
                writer.write("\r\n".join([*head, "", ""]).encode())
                writer.write(b"" if method == "HEAD" else content)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the other side has gone, or the test is over
        finally:
            writer.close()


def html(title: str, more: str = "") -> Reply:
    text = f"<!doctype html><html><head><meta charset=utf-8><title>{title}</title></head><body>{more}</body>"
    return 200, {"Content-Type": "text/html"}, text.encode()


def json_reply(said: Any) -> Reply:
    return 200, {"Content-Type": "application/json"}, json.dumps(said).encode()


def moved(to: str, status: int = 302) -> Reply:
    return status, {"Location": to}, b""


@contextmanager
def web(host: str = "127.0.0.1", port: int = 0, ssl: SSLContext | None = None) -> Iterator[Pages]:
    pages = Pages()
    with listening(pages.serve, host, port, ssl) as pages.port:
        yield pages


ANY_PORT = range(1, 2**16)


def only(*addresses: str) -> Callable[[Address], bool]:
    return lambda address: str(address) in addresses


def knowing(**names: str) -> Callable[[str, int], Awaitable[list[str]]]:
    """A resolver of the names `docs.example` and others, written `docs`."""

    async def resolve(name: str, port: int) -> list[str]:
        return names.get(name.removesuffix(".example"), name).split()

    return resolve


HOME = Reach(allowed=only("127.0.0.1"), ports=ANY_PORT, resolve=knowing(docs="127.0.0.1"))
"""This machine alone, where the pages of tests are."""
