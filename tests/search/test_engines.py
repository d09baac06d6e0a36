"""Search engines, asked over real HTTP on loopback: what is sent, what is read, and what can go wrong."""

import asyncio
import json
from collections.abc import Iterator

import pytest

from cairn.domain.errors import Unusable
from cairn.search import engines
from cairn.search.engines import LARGEST, open_engine
from cairn.search.finding import Hit, SearchFailed
from tests.loopback import hang
from tests.pages import Pages, Reply, html, json_reply, web

KEY = "tvly-of-the-tests"
RESULTS = [
    {"url": "https://docs.example/a b", "title": "A guide", "content": "All of it.", "score": 0.9},
    {"url": "http://other.example/", "title": "Another", "content": None},
]
HITS = [
    Hit("https://docs.example/a%20b", "A guide", "All of it."),
    Hit("http://other.example/", "Another", ""),
]


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pages]:
    with web() as pages:
        monkeypatch.setenv("TAVILY_API_KEY", KEY)
        monkeypatch.setenv("TAVILY_BASE_URL", at(pages))
        pages.says["/search"] = lambda asked: json_reply({"results": RESULTS})
        yield pages


def at(pages: Pages) -> str:
    return f"http://127.0.0.1:{pages.port}"


def search(name: str, phrase: str = "bread & butter", language: str = "zh") -> list[Hit]:
    async def once() -> list[Hit]:
        async with open_engine(name) as engine:
            assert engine
            return await engine.search(phrase, language)

    return asyncio.run(once())


def test_searxng_is_asked_and_read(pages: Pages) -> None:
    assert search(f"searxng:{at(pages)}/") == HITS
    [asked] = pages.asked
    assert (asked.method, asked.path) == ("GET", "/search")
    assert asked.query == {"q": "bread & butter", "format": "json", "language": "zh"}


def test_tavily_is_asked_and_read(pages: Pages) -> None:
    assert search("tavily") == HITS
    [asked] = pages.asked
    assert (asked.method, asked.path) == ("POST", "/search")
    assert json.loads(asked.body) == {"query": "bread & butter"}
    assert asked.headers["authorization"] == f"Bearer {KEY}"


def test_without_an_engine_there_is_none() -> None:
    async def open_none() -> object:
        async with open_engine("none") as engine:
            return engine

    assert asyncio.run(open_none()) is None


@pytest.mark.parametrize("key", ["", "  ", None])
def test_a_missing_key_is_told_by_its_name(monkeypatch: pytest.MonkeyPatch, key: str | None) -> None:
    monkeypatch.delenv("TAVILY_API_KEY", raising=False)
    if key is not None:
        monkeypatch.setenv("TAVILY_API_KEY", key)
    with pytest.raises(Unusable, match="TAVILY_API_KEY"):
        search("tavily")


FAULTS: list[tuple[Reply, str]] = [
    ((500, {}, b"boom"), "answers 500"),
    ((403, {}, b"json is not among the formats"), "answers 403"),
    ((302, {"Location": "http://127.0.0.1:1/"}, b""), "answers 302"),
    ((401, {}, KEY.encode()), "answers 401"),
    (html("Welcome to the proxy"), "could not be asked"),
    ((200, {}, b""), "could not be asked"),
    (json_reply({"status": "ok"}), "lists no results"),
    (json_reply(["results"]), "lists no results"),
    (json_reply({"results": "none"}), "lists no results"),
    ((200, {}, b'{"results": [' + b" " * LARGEST + b"]}"), "longer than"),
]


@pytest.mark.parametrize("name", ["searxng:{}", "tavily"])
@pytest.mark.parametrize(("reply", "said"), FAULTS)
def test_what_is_no_answer_is_told_without_key_or_address(
    pages: Pages, name: str, reply: Reply, said: str
) -> None:
    pages.says["/search"] = lambda asked: reply
    with pytest.raises(SearchFailed, match=said) as failed:
        search(name.format(at(pages)))
    assert KEY not in str(failed.value)
    assert str(pages.port) not in str(failed.value)
    assert len(pages.asked) == 1


def test_a_silent_engine_is_not_waited_for(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "SECONDS", 0.2)
    pages.says["/search"] = lambda asked: hang
    with pytest.raises(SearchFailed, match="did not answer within"):
        search("tavily")


def test_an_engine_that_is_down_is_told() -> None:
    with pytest.raises(SearchFailed, match="could not be asked"):
        search("searxng:http://127.0.0.1:1")


def test_what_is_no_page_of_the_web_is_left_out(pages: Pages) -> None:
    odd = [
        "a word", None, {}, {"url": 7, "title": "A number"}, {"url": "https://docs.example/"},
        {"url": "https://docs.example/", "title": "  "}, {"url": "javascript:alert(1)", "title": "A trap"},
        {"url": "https://me:pw@docs.example/", "title": "A trap"}, {"url": "file:///etc", "title": "No"},
        {"url": "https://docs.example/" + "a" * 3000, "title": "Long"},
    ]  # fmt: skip
    pages.says["/search"] = lambda asked: json_reply({"results": [*odd, *RESULTS]})
    assert search(f"searxng:{at(pages)}") == HITS
