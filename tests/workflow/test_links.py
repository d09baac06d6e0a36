"""Looking at addresses as the use case does: once each, by one process, and never for nothing."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from cairn.bootstrap import open_workshop
from cairn.domain.lesson import Resource, Resources, ResourceType
from cairn.domain.link import LinkCheck, LinkState
from cairn.search.checking import Checker
from cairn.store import links as shelf
from cairn.usecases.links import Links
from cairn.usecases.store import Store
from cairn.worker.rechecking import Rechecking
from cairn.worker.worker import Worker
from tests.databases import Database
from tests.loopback import hang
from tests.pages import HOME, Pages, html, web
from tests.workflow.scripted import Scripted, made, run

LONG_AGO = timedelta(days=15)
FOR_EVER = 3600.0


@pytest.fixture
def pages() -> Iterator[Pages]:
    with web() as pages:
        yield pages


@asynccontextmanager
async def processes(database: Database, number: int) -> AsyncGenerator[list[Links]]:
    """As several processes have it: writers, connections and clients of their own."""
    async with database.writers(number) as (engines, writers), checkers(number) as opened:
        yield [Links(Store(engines, w), c) for w, c in zip(writers, opened, strict=True)]


@asynccontextmanager
async def checkers(number: int) -> AsyncGenerator[list[Checker]]:
    opened = [Checker(HOME) for _ in range(number)]
    try:
        yield opened
    finally:
        for checker in opened:
            await checker.__aexit__()


def found(*urls: str) -> Resources:
    """As a model has chosen them."""
    items = [Resource(title="A guide", url=url, phrase="guide", type=ResourceType.article) for url in urls]
    return Resources(items=tuple(items))


async def looked_at(links: Links, ago: timedelta, *urls: str) -> None:
    for url in urls:
        seen = LinkCheck(url=url, state=LinkState.found, checked_at=datetime.now(UTC) - ago)
        await links.store.writer.move("link checked", lambda c, _, seen=seen: shelf.put(c, seen))  # type: ignore[misc]


def rows(database: Database) -> list[tuple[str, ...]]:
    return database.rows("SELECT url, state, title, failures FROM link_checks ORDER BY url")


def test_what_was_chosen_is_looked_at_and_the_rest_is_not(database: Database, pages: Pages) -> None:
    there, gone = pages.page("/guide", "A guide"), pages.url("/gone")
    written = Resource(title="By hand", url=pages.url("/by-hand"), type=ResourceType.article)
    words = Resource(title="Words", phrase="words", type=ResourceType.article)

    async def look() -> None:
        async with processes(database, 1) as [links]:
            await links.see_to(Resources(items=(*found(there, gone).items, written, words)))

    run(look())
    assert rows(database) == [(gone, "broken", "", 1), (there, "found", "A guide", 0)]
    assert {path for _, path in pages.seen()} == {"/guide", "/gone"}


def test_an_address_in_many_lessons_is_looked_at_once(database: Database, pages: Pages) -> None:
    url = pages.page("/guide", "A guide")

    async def look() -> None:
        async with processes(database, 1) as [links]:
            await asyncio.gather(*(links.see_to(found(url)) for _ in range(20)))
            await links.see_to(found(url, url))

    run(look())
    assert pages.seen() == [("HEAD", "/guide"), ("GET", "/guide")]


def test_what_was_looked_at_long_ago_is_looked_at_again(database: Database, pages: Pages) -> None:
    url = pages.page("/guide", "A guide")

    async def look() -> None:
        async with processes(database, 1) as [links]:
            await looked_at(links, LONG_AGO, url)
            await links.see_to(found(url))

    run(look())
    assert rows(database) == [(url, "found", "A guide", 0)]


def test_nothing_due_is_nothing_done(database: Database, pages: Pages) -> None:
    url = pages.page("/guide", "A guide")

    async def recheck() -> list[int]:
        async with processes(database, 1) as [links]:
            done = [await links.recheck()]
            await looked_at(links, timedelta(days=1), url)
            return [*done, await links.recheck()]

    assert asyncio.run(recheck()) == [0, 0]
    assert not pages.asked


def test_two_processes_at_once_look_at_each_address_once(database: Database, pages: Pages) -> None:
    urls = [pages.page(f"/{n:02}", f"Page {n}") for n in range(12)]

    async def recheck() -> None:
        async with processes(database, 2) as both:
            await looked_at(both[0], LONG_AGO, *urls)
            while sum(await asyncio.gather(*(links.recheck(2) for links in both))):
                pass

    run(recheck())
    assert sorted(pages.seen()) == sorted((m, f"/{n:02}") for n in range(12) for m in ("GET", "HEAD"))
    assert [title for _, _, title, _ in rows(database)] == [f"Page {n}" for n in range(12)]


def test_a_few_per_pass(database: Database, pages: Pages) -> None:
    urls = [pages.page(f"/{n}", "A guide") for n in range(7)]

    async def recheck() -> list[int]:
        async with processes(database, 1) as [links]:
            await looked_at(links, LONG_AGO, *urls)
            return [await links.recheck() for _ in range(4)]

    assert asyncio.run(recheck()) == [3, 3, 1, 0]


def test_one_that_breaks_keeps_none_of_the_others(database: Database, pages: Pages) -> None:
    """Nor does it end the passes to come."""
    urls = [pages.page(f"/{n}", f"Page {n}") for n in range(3)]

    async def recheck() -> None:
        async with processes(database, 1) as [links]:
            usual = links.checker.check

            async def check(url: str) -> LinkCheck:
                if url == urls[1]:
                    raise RuntimeError("a mistake of ours")
                return await usual(url)

            await looked_at(links, LONG_AGO, *urls)
            links.checker.check = check  # type: ignore[method-assign]
            with pytest.raises(RuntimeError):
                await links.recheck()

    run(recheck())
    assert [title for _, _, title, _ in rows(database)] == ["Page 0", "", "Page 2"]


@asynccontextmanager
async def rechecking(links: Links) -> AsyncGenerator[Rechecking]:
    passes = Rechecking(links)
    going = asyncio.create_task(passes.for_ever())
    try:
        yield passes
    finally:
        going.cancel()
        await asyncio.gather(going, return_exceptions=True)


async def until(pages: Pages, requests: int) -> None:
    await asyncio.to_thread(pages.until, requests)


def test_passes_go_on_when_they_are_woken(database: Database, pages: Pages) -> None:
    """Also after one that broke."""
    url = pages.page("/guide", "A guide")

    async def recheck() -> None:
        async with processes(database, 1) as [links], rechecking(links) as passes:
            broke = asyncio.Event()
            usual = links.recheck

            async def breaks(most: int = 3) -> int:
                links.recheck = usual  # type: ignore[method-assign]
                broke.set()
                raise RuntimeError("a mistake of ours")

            links.recheck = breaks  # type: ignore[method-assign]
            passes.nudge.wake()
            await broke.wait()
            await looked_at(links, LONG_AGO, url)
            passes.nudge.wake()
            await until(pages, 2)

    run(recheck())
    assert pages.seen() == [("HEAD", "/guide"), ("GET", "/guide")]


def test_a_worker_looks_beside_its_tasks_and_stops_at_once(database: Database, pages: Pages) -> None:
    pages.says["/slow"] = lambda asked: hang
    settings = database.settings(model="simulated")

    async def work() -> None:
        async with open_workshop(settings, Scripted()) as cairn:
            links = cairn.runner.links
            links.checker.reach, links.checker.seconds = HOME, FOR_EVER
            await looked_at(links, LONG_AGO, pages.page("/guide", "A guide"), pages.url("/slow"))
            worker = Worker(settings, cairn.claims, cairn.runner, cairn.nudge)
            async with worker.at_work():
                worker.rechecking.nudge.wake()
                await until(pages, 3)
                await made(cairn)
            assert "rechecking" not in {task.get_name() for task in asyncio.all_tasks()}

    run(work())
    assert sorted(pages.seen()) == [("GET", "/guide"), ("HEAD", "/guide"), ("HEAD", "/slow")]


def test_it_stops_in_the_middle_of_a_look(database: Database, pages: Pages) -> None:
    """And what it had in its hands is left as it was, for the next to take later."""

    pages.says["/slow"] = lambda asked: hang if asked.method == "HEAD" else html("A guide")
    url = pages.url("/slow")

    async def stop() -> None:
        async with processes(database, 1) as [links]:
            await looked_at(links, LONG_AGO, url)
            links.checker.seconds = FOR_EVER
            async with rechecking(links) as passes:
                passes.nudge.wake()
                await until(pages, 1)
            assert await links.recheck() == 0, "it is still in somebody's hands"

    run(stop())
    assert rows(database) == [(url, "found", "", 0)]
    assert database.rows("SELECT taken_until IS NULL FROM link_checks") in ([(0,)], [(False,)])
