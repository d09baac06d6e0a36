"""Finds what could be read beside a lesson: in lists that are known, and by a search engine.

What is found are candidates: resources whose description is what their source says of them. Nobody is shown
one before it was chosen, looked at and described anew.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import zip_longest
from typing import NamedTuple, Protocol

import structlog

from cairn.domain.lesson import Resource, Value
from cairn.domain.text import one_line

log = structlog.get_logger()

AT_ONCE = 4
"""Requests to an engine under way in one process."""
HITS = 3
"""Of each phrase so many are candidates, and of all together:"""
MOST = 16
TITLE, SNIPPET = 160, 160
"""Characters that are kept: a model with a short memory must be able to look through all of them."""


class Subject(Value):
    """What a lesson is about."""

    name: str
    keywords: tuple[str, ...] = ()
    description: str = ""

    @property
    def named(self) -> tuple[str, ...]:
        return (self.name, *self.keywords)


class Hit(NamedTuple):
    """One thing that an engine found. Title and snippet are as its makers wrote them."""

    url: str
    title: str
    snippet: str


class SearchFailed(Exception):
    """An engine gave no answer that can be read; says why, without address or key."""


class Engine(Protocol):
    async def search(self, phrase: str, language: str) -> list[Hit]:
        """The best first. Raises `SearchFailed`."""
        ...


Known = Callable[[Subject], Sequence[Resource]]
"""What a list at hand has about a subject."""


class Find(Protocol):
    def at_work(self) -> AbstractAsyncContextManager[None]:
        """What it needs, open, in the loop that asks it. Raises `Unusable`."""
        ...

    async def __call__(self, subject: Subject, phrases: Sequence[Resource]) -> list[Resource]:
        """Candidates, each address once, the best of each phrase first; none where nothing is found or nobody
        could be asked."""
        ...


class Finder:
    """`engine`: as `CAIRN_SEARCH` names it."""

    def __init__(self, engine: str, known: Sequence[Known] = ()) -> None:
        self.name = engine
        self.known = known
        self.engine: Engine | None = None
        self.slots = asyncio.Semaphore(AT_ONCE)

    @asynccontextmanager
    async def at_work(self) -> AsyncGenerator[None]:
        from cairn.search.engines import (
            open_engine,
        )  # with the HTTP library, which who only looks does without

        async with open_engine(self.name) as self.engine:
            yield
        self.engine = None

    async def __call__(self, subject: Subject, phrases: Sequence[Resource]) -> list[Resource]:
        found = [item for known in self.known for item in known(subject)]
        searched = await asyncio.gather(*(self.search(phrase) for phrase in phrases))
        found += [item for of_a_rank in zip_longest(*searched) for item in of_a_rank if item]
        first: dict[str | None, Resource] = {}
        for item in found:
            first.setdefault(item.url, item)
        return list(first.values())[:MOST]

    async def search(self, phrase: Resource) -> list[Resource]:
        """By its words. An engine that cannot be asked finds nothing."""
        if self.engine is None or phrase.phrase is None:
            return []
        async with self.slots:
            try:
                hits = await self.engine.search(phrase.phrase, phrase.language)
            except SearchFailed as error:
                log.warning("search_failed", cause=str(error))
                return []
        return [candidate(hit, phrase) for hit in hits[:HITS]]


def candidate(hit: Hit, phrase: Resource) -> Resource:
    """The phrase stays with it: it is shown where the address is not confirmed."""
    title, snippet = one_line(hit.title, TITLE), one_line(hit.snippet, SNIPPET)
    return phrase.model_copy(update={"title": title or hit.url, "url": hit.url, "description": snippet})
