"""Looking at the addresses of resources: when a piece is made, and again in the background.

What was seen stands in the row of the address alone. No connection is held while an address is looked at.
"""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from cairn.domain.lesson import Resources
from cairn.domain.link import Checks
from cairn.store import links
from cairn.usecases.store import Store

if TYPE_CHECKING:
    from cairn.search.checking import Checker

log = structlog.get_logger()

AT_ONCE = 8
"""Addresses looked at in one process."""
A_FEW = 3
"""Looked at again in one pass."""


class Links:
    def __init__(self, store: Store, checker: "Checker") -> None:
        self.store = store
        self.checker = checker
        self.slots = asyncio.Semaphore(AT_ONCE)
        self.locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """Of the addresses that somebody here is looking at, or waits for."""

    async def see_to(self, resources: Resources) -> None:
        """Look at those addresses that nobody has vouched for and that were not looked at lately."""
        await all_of(self.look_unless_fresh(url) for url in addresses_found(resources))

    async def recheck(self, most: int = A_FEW) -> int:
        """Look again at what was looked at longest ago, if its time has come; how many were. Of several
        processes one looks at each."""
        async with self.store.reading() as connection:
            if not await links.any_due(connection):
                return 0
        taken = await self.store.writer.move(
            "links taken", lambda connection, _: links.take(connection, most)
        )
        await all_of(self.look(url) for url in taken)
        return len(taken)

    async def look_unless_fresh(self, url: str) -> None:
        lock = self.locks.setdefault(url, asyncio.Lock())
        async with lock:  # a neighbour of this course may have the same address in hand
            async with self.store.reading() as connection:
                if await links.is_fresh(connection, url):
                    return
            await self.look(url)

    async def look(self, url: str) -> None:
        async with self.slots:
            seen = await self.checker.check(url)
        log.info("link_checked", url=url, state=seen.state.value, reason=seen.reason)
        await self.store.writer.move("link checked", lambda connection, _: links.put(connection, seen))


def addresses_found(resources: Resources) -> list[str]:
    return sorted({item.url for item in resources.items if item.url and item.phrase})


async def all_of(works: Iterable[Awaitable[None]]) -> None:
    """All of them to their end; then the first error, if there was one."""
    for outcome in await asyncio.gather(*works, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome


async def checks_of(connection: AsyncConnection, *listed: Resources | None) -> Checks:
    """What is known of their addresses."""
    given = [item.url for resources in listed if resources for item in resources.items]
    return await links.checks_of(connection, {url for url in given if url})
