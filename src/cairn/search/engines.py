"""Search engines behind one small protocol. What they find is data, and no more than some text of others."""

import os
from asyncio import timeout
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, cast

import httpx2
from pydantic_core import from_json

from cairn.domain.errors import Unusable
from cairn.search.addresses import Refused, read_address
from cairn.search.finding import Engine, Hit, SearchFailed

SECONDS = 10.0
"""For one request."""
LARGEST = 1024 * 1024
"""Bytes of an answer."""
KEY, ADDRESS = "TAVILY_API_KEY", "TAVILY_BASE_URL"
TAVILY = "https://api.tavily.com"


class Searxng:
    """A SearXNG of one's own, with `json` among the formats of its settings."""

    def __init__(self, client: httpx2.AsyncClient, url: str) -> None:
        self.client = client
        self.url = url.rstrip("/")

    async def search(self, phrase: str, language: str) -> list[Hit]:
        asked = {"q": phrase, "format": "json", "language": language}
        return hits_in(await answer(self.client, self.client.build_request(
            "GET", f"{self.url}/search", params=asked)))  # fmt: skip


class Tavily:
    def __init__(self, client: httpx2.AsyncClient, url: str, key: str) -> None:
        self.client = client
        self.url = url.rstrip("/")
        self.key = key

    async def search(self, phrase: str, language: str) -> list[Hit]:
        request = self.client.build_request(
            "POST", f"{self.url}/search", json={"query": phrase},
            headers={"Authorization": f"Bearer {self.key}"},
        )  # fmt: skip
        return hits_in(await answer(self.client, request))


@asynccontextmanager
async def open_engine(name: str) -> AsyncGenerator[Engine | None]:
    """The one a setting names, None for `none`. Raises `Unusable` naming the variable that is missing."""
    kind, _, url = name.partition(":")
    if kind == "none":
        yield None
        return
    async with httpx2.AsyncClient(timeout=None, follow_redirects=False) as client:
        yield Searxng(client, url) if kind == "searxng" else Tavily(client, *tavily_place())


def tavily_place() -> tuple[str, str]:
    """Its address and the key for it."""
    key = os.environ.get(KEY, "").strip()
    if not key:
        raise Unusable(
            f"{KEY} is empty or not set, and CAIRN_SEARCH=tavily needs it.",
            code="bad_setting",
            hint=f"Set {KEY}, or CAIRN_SEARCH=none to do without a search.",
        )
    return os.environ.get(ADDRESS, "").strip() or TAVILY, key


async def answer(client: httpx2.AsyncClient, request: httpx2.Request) -> Any:
    """The JSON that comes back."""
    try:
        async with timeout(SECONDS):
            response = await client.send(request, stream=True)
            try:
                return from_json(await body_of(response))
            finally:
                await response.aclose()
    except TimeoutError as error:
        raise SearchFailed(f"it did not answer within {SECONDS:g} seconds") from error
    except (OSError, ValueError, httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise SearchFailed(f"it could not be asked ({type(error).__name__})") from error


async def body_of(response: httpx2.Response) -> bytes:
    if response.status_code != HTTPStatus.OK:
        raise SearchFailed(f"it answers {response.status_code}")
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > LARGEST:
            raise SearchFailed(f"its answer is longer than {LARGEST} bytes")
    return bytes(body)


def hits_in(said: Any) -> list[Hit]:
    """Both engines list `results` with url, title and content. What has no title, or an address that no page
    of the web has, is left out."""
    results = cast("dict[str, Any]", said).get("results") if isinstance(said, dict) else None
    if not isinstance(results, list):
        raise SearchFailed("its answer lists no results")
    found: list[Hit] = []
    for one in cast("list[Any]", results):
        row = cast("dict[str, Any]", one) if isinstance(one, dict) else {}
        url, title, snippet = (row.get(name) for name in ("url", "title", "content"))
        if not (isinstance(url, str) and isinstance(title, str) and title.strip()):
            continue
        try:
            url = str(read_address(url))
        except Refused:
            continue
        found.append(Hit(url, title, snippet if isinstance(snippet, str) else ""))
    return found
