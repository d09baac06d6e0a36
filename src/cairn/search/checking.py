"""Looks at an address: what answers there, and what the page calls itself.

Redirects are followed by hand, each hop judged like the first; nothing is sent but the request itself, no
cookie, no proxy between; what comes back is read to a bound and searched for its title alone.
"""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cached_property
from http.cookiejar import CookieJar, DefaultCookiePolicy
from ssl import SSLContext
from typing import NamedTuple

import httpx2
import structlog

from cairn import __version__
from cairn.domain.link import LinkCheck, LinkState
from cairn.search.addresses import PUBLIC, Reach, Refused, read_address, way_to
from cairn.search.title import CLOSING, title_in

log = structlog.get_logger()

SECONDS = 10.0
"""For one look, with all its hops."""
REDIRECTS = 5
LARGEST = 512 * 1024
"""Bytes of a page that are read for its title."""
PLACES = 3
"""Of the machines a name leads to so many are tried."""
NO_SUCH_NAME = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))
GONE = (404, 410)
HTML = ("text/html", "application/xhtml+xml")
HEADERS = {
    "User-Agent": f"cairn/{__version__} (looks whether a link still stands)",
    "Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.1",
    "Accept-Encoding": "identity",  # what is packed could be any size when it is unpacked
}


class Answer(NamedTuple):
    """The last answer on the way. `kind`: its media type, empty where none was told."""

    url: str
    status: int
    kind: str
    title: str

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_page(self) -> bool:
        return self.kind in HTML


class Checker:
    """Open it in the event loop that uses it. `verify`: which certificates are trusted."""

    def __init__(
        self, reach: Reach = PUBLIC, seconds: float = SECONDS, verify: SSLContext | bool = True
    ) -> None:
        self.reach = reach
        self.seconds = seconds
        self.verify = verify

    @cached_property
    def client(self) -> httpx2.AsyncClient:
        """Made when the first address is looked at: many a process never does. No connection is kept, for it
        is known by its machine, on which another name may live."""
        return httpx2.AsyncClient(
            headers=HEADERS, timeout=None, follow_redirects=False, trust_env=False, verify=self.verify,
            limits=httpx2.Limits(max_keepalive_connections=0),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        )  # fmt: skip

    async def __aenter__(self) -> "Checker":
        return self

    async def __aexit__(self, *ended: object) -> None:
        if "client" in self.__dict__:
            await self.client.aclose()

    async def check(self, url: str) -> LinkCheck:
        """What is at the address now. Whatever goes wrong is said in the answer, never raised."""
        try:
            async with asyncio.timeout(self.seconds):
                answer = await self.visit(url)
        except Refused as error:
            return said(url, LinkState.broken, f"it {error}")
        except TimeoutError:
            return said(url, LinkState.unclear, f"it did not answer within {self.seconds:g} seconds")
        except socket.gaierror as error:
            gone = error.errno in NO_SUCH_NAME
            return said(url, LinkState.broken if gone else LinkState.unclear, "its name leads nowhere")
        except (OSError, ValueError, httpx2.HTTPError, httpx2.InvalidURL) as error:
            return said(url, LinkState.unclear, f"it could not be reached ({type(error).__name__})")
        except Exception as error:  # a link never fails a lesson
            log.exception("link_check_broke")
            return said(url, LinkState.unclear, f"looking at it broke ({type(error).__name__})")
        return judged(url, answer)

    async def visit(self, url: str) -> Answer:
        """By HEAD; then by GET, unless that would bring no page."""
        start = url
        try:
            head = await self.follow("HEAD", url)
        except httpx2.HTTPError:  # some do not know how to answer it
            pass
        else:
            if head.good and head.kind and not head.is_page:
                return head
            start = head.url if head.good else url
        return await self.follow("GET", start)

    async def follow(self, method: str, url: str) -> Answer:
        at = read_address(url)
        for _ in range(REDIRECTS + 1):
            async with self.asked(method, at) as response:
                onward = response.headers.get("location") if response.has_redirect_location else None
                if onward is None:
                    return await read(at, response)
            at = read_address(str(at.join(onward)))
        raise httpx2.TooManyRedirects(f"more than {REDIRECTS}")

    @asynccontextmanager
    async def asked(self, method: str, url: httpx2.URL) -> AsyncGenerator[httpx2.Response]:
        """Its answer, the body not yet read. The machine is named by its number, which was judged; the name
        it is asked by, and must prove, is that of the address."""
        response = await self.first_answer(method, url)
        try:
            yield response
        finally:
            await response.aclose()

    async def first_answer(self, method: str, url: httpx2.URL) -> httpx2.Response:
        *others, last = (await way_to(url, self.reach))[:PLACES]
        for address in others:
            try:
                return await self.send(method, url, str(address))
            except httpx2.ConnectError:
                continue
        return await self.send(method, url, str(last))

    async def send(self, method: str, url: httpx2.URL, address: str) -> httpx2.Response:
        request = self.client.build_request(
            method, url.copy_with(host=address), headers={"Host": url.netloc.decode("ascii")},
            extensions={"sni_hostname": url.raw_host.decode("ascii")},
        )  # fmt: skip
        return await self.client.send(request, stream=True)


async def read(url: httpx2.URL, response: httpx2.Response) -> Answer:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    answer = Answer(str(url.copy_with(fragment=None)), response.status_code, kind, "")
    if not (answer.good and answer.is_page):
        return answer
    body = bytearray()
    async for chunk in response.aiter_raw():
        seen = max(0, len(body) - len(CLOSING))
        body += chunk
        if len(body) >= LARGEST or CLOSING in body[seen:].lower():
            break
    return answer._replace(title=title_in(bytes(body[:LARGEST]), response.charset_encoding))


def judged(url: str, answer: Answer) -> LinkCheck:
    if answer.status in GONE:
        state, reason = LinkState.broken, f"it answers {answer.status}"
    elif not answer.good:
        state, reason = LinkState.unclear, f"it answers {answer.status}"
    elif not answer.is_page:
        state, reason = LinkState.unclear, "it is no page of HTML"
    elif not answer.title:
        state, reason = LinkState.unclear, "it has no title"
    else:
        state, reason = LinkState.found, ""
    return said(url, state, reason, status=answer.status, title=answer.title, final_url=answer.url)


def said(
    url: str,
    state: LinkState,
    reason: str,
    *,
    status: int | None = None,
    title: str = "",
    final_url: str = "",
) -> LinkCheck:
    return LinkCheck(
        url=url, state=state, reason=reason, status=status, title=title, final_url=final_url,
        checked_at=datetime.now(UTC),
    )  # fmt: skip
