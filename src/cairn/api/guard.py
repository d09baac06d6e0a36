"""Looks at a request before anyone reads it: its host, where it comes from, how large it is."""

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cairn.api.errors import problem
from cairn.domain.errors import NotFound

BODY_BYTES = 1_000_000
DROPPED_BYTES = 64_000_000
HEADERS = {
    b"content-security-policy": b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    b"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
}
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard:
    """Refuses names that are not ours (DNS rebinding), writes from other sites, and bodies beyond 1 MB."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self.app = app
        self.hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if "\0" in scope["path"]:  # PostgreSQL cannot even be asked for such an id
            answer = problem(404, "Not found", "No address has a NUL in it.", "not_found", NotFound.hint)
            await answer(scope, receive, send)
            return
        if refusal := self.refusal(scope["method"], headers):
            await refusal(scope, receive, send)
            return
        body = await read_body(receive) if scope["method"] not in SAFE else b""
        if body is None:
            hint = "A request needs a few kilobytes."
            answer = problem(413, "Too large", f"The body passes {BODY_BYTES} bytes.", "body_too_large", hint)
            await answer(scope, receive, send)
            return
        await self.app(scope, replay(body, receive), guarded(send))

    def refusal(self, method: str, headers: Headers) -> ASGIApp | None:
        host = headers.get("host", "")
        if not self.ours(hostname(f"//{host}")):
            hint = "Use the address that `cairn serve` printed."
            return problem(400, "Unknown host", f"This server is not {host!r}.", "unknown_host", hint)
        if method in SAFE:
            return None
        origin = headers.get("origin")
        if (origin is not None and urlsplit(origin).netloc != host) or headers.get("sec-fetch-site") in (
            "cross-site", "same-site",
        ):  # fmt: skip
            hint = "Send it from Cairn's own pages, or from a program without an Origin header."
            return problem(403, "Foreign origin", "Another site sent this.", "foreign_origin", hint)
        return None

    def ours(self, name: str) -> bool:
        """A name we were given, or any bare address: what is rebound to us is always a name."""
        if name in self.hosts:
            return True
        try:
            ip_address(name)
        except ValueError:
            return False
        return True


def guarded(send: Send) -> Send:
    """Answers carry what keeps a browser from running or framing anything that is not ours."""

    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), *HEADERS.items()]
        await send(message)

    return with_headers


def hostname(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


async def read_body(receive: Receive) -> bytes | None:
    """The whole body; None where it is too large. The rest is read and dropped: a connection closed while
    the other side still sends would hide the answer from it."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        part: bytes = message.get("body", b"")
        size += len(part)
        if size <= BODY_BYTES:
            parts.append(part)
        elif size > DROPPED_BYTES:
            return None
        if not message.get("more_body"):
            return b"".join(parts) if size <= BODY_BYTES else None


def replay(body: bytes, receive: Receive) -> Receive:
    """Hand the body on once; after it, whatever the connection tells."""
    told = False

    async def once() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return once
