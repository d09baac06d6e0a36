"""Every request is given an id, which all log lines made under it carry, and a line of its own at its end."""

import re
import time
from collections.abc import Awaitable, Callable
from uuid import uuid4

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, reset_contextvars

from cairn.meters.counting import Meters

HEADER = b"x-request-id"
SANE = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")
"""What may come from outside into a log and back into a header."""
QUIET = ("/static/", "/healthz", "/readyz", "/metrics")
"""Asked for every few seconds, or with each page: in the log only where they fail."""

log = structlog.get_logger()


class Access:
    """Around all else, so that what breaks is told under its id too. A stream is told of once, at its end."""

    def __init__(self, app: ASGIApp, meters: Callable[[], Meters | None]) -> None:
        self.app = app
        self.meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER.decode(), "")
        request_id = given if SANE.fullmatch(given) else uuid4().hex
        answer = Answer(request_id, send, self.meters())
        begun = time.monotonic()
        tokens = bind_contextvars(request_id=request_id)
        try:
            await self.app(scope, receive, answer.send)
        except Exception:
            # The handler of our own faults has answered and logged it by then. What broke an answer under
            # way, or that handler, is the server's to tell: in this context, so under the id as well.
            if not answer.whole:
                raise
        finally:
            answer.over()
            tell(scope, answer.status, time.monotonic() - begun)
        reset_contextvars(**tokens)


class Answer:
    """What is sent for one request; `whole`: to its end."""

    def __init__(self, request_id: str, send: Send, meters: Meters | None) -> None:
        self.request_id = request_id
        self.on: Callable[[Message], Awaitable[None]] = send
        self.meters = meters
        self.status: int | None = None
        self.whole = False
        self.streams = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [*message.get("headers", ()), (HEADER, self.request_id.encode())]
            self.begin(Headers(raw=headers).get("content-type", ""))
            message = {**message, "headers": headers}
        await self.on(message)
        self.whole = message["type"] == "http.response.body" and not message.get("more_body")

    def begin(self, content_type: str) -> None:
        self.streams = self.meters is not None and content_type.startswith("text/event-stream")
        if self.meters and self.streams:
            self.meters.viewers += 1

    def over(self) -> None:
        if self.meters and self.streams:
            self.meters.viewers -= 1


def tell(scope: Scope, status: int | None, seconds: float) -> None:
    """The path as it was sent, so percent-encoded, and without its query."""
    failed = status is None or status >= 500
    if scope["path"].startswith(QUIET) and status is not None and status < 400:
        return
    path = scope.get("raw_path", b"").decode("latin-1")[:500]
    client = (scope.get("client") or ("",))[0]
    say = log.warning if failed else log.info
    say(
        "http_request", method=scope["method"], path=path, status=status,
        ms=round(seconds * 1000, 1), client=client,
    )  # fmt: skip
