"""The shelf of link checks: the last look counts, written however often; what is due is taken once."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from cairn.domain.link import REST, SOONER, LinkCheck, LinkState
from cairn.store import links
from cairn.store.writer import Writer
from tests.databases import Database
from tests.postgres import Postgres

URL = "https://docs.example/"
MINUTE = timedelta(minutes=1)


def check(ago: timedelta = timedelta(), state: LinkState = LinkState.found, url: str = URL) -> LinkCheck:
    return LinkCheck(
        url=url, state=state, checked_at=datetime.now(UTC) - ago, reason="so it is", status=200,
        title="学习 \N{BREAD}", final_url=f"{url}new",
    )  # fmt: skip


async def put(writer: Writer, *checks: LinkCheck) -> None:
    for one in checks:
        await writer.move("link checked", lambda connection, _, one=one: links.put(connection, one))  # type: ignore[misc]


async def take(writer: Writer, most: int = 100) -> list[str]:
    return sorted(await writer.move("links taken", lambda connection, _: links.take(connection, most)))


def on(database: Database, work: Callable[[Writer, AsyncConnection], Awaitable[Any]]) -> Any:
    async def once() -> Any:
        async with database.store() as store, store.reading() as reading:
            return await work(store.writer, reading)

    return asyncio.run(once())


def failures(database: Database) -> list[tuple[Any, ...]]:
    return database.rows("SELECT state, failures FROM link_checks ORDER BY url")


def test_a_look_is_read_as_it_was_written(database: Database) -> None:
    seen = check()

    async def there_and_back(writer: Writer, reading: AsyncConnection) -> Any:
        assert not await links.checks_of(reading, [URL])
        await put(writer, seen)
        assert await links.checks_of(reading, []) == {}
        return await links.checks_of(reading, [URL, "https://other.example/"])

    assert on(database, there_and_back) == {URL: seen}


def test_looks_that_find_nothing_are_counted_until_one_finds_it(database: Database) -> None:
    async def look(writer: Writer, *states: LinkState) -> None:
        for number, state in enumerate(states):
            await put(writer, check(MINUTE * (9 - number), state))

    async def three(writer: Writer, _: object) -> None:
        await look(writer, LinkState.unclear, LinkState.broken, LinkState.unclear)

    async def one_more(writer: Writer, _: object) -> None:
        await put(writer, check())

    on(database, three)
    assert failures(database) == [("unclear", 3)]
    on(database, one_more)
    assert failures(database) == [("found", 0)]


def test_a_look_written_twice_counts_once_and_an_older_one_never(database: Database) -> None:
    """As after a commit whose answer was lost, and from a process that was slow."""
    failed = check(state=LinkState.unclear)

    async def twice(writer: Writer, reading: AsyncConnection) -> Any:
        await put(writer, failed, failed, check(MINUTE))
        return await links.checks_of(reading, [URL])

    assert on(database, twice) == {URL: failed}
    assert failures(database) == [("unclear", 1)]


def test_of_many_first_looks_at_once_none_fails(database: Database) -> None:
    async def ten() -> None:
        async with database.writers(2) as (_, [one, two]):
            looks = [check(MINUTE * n, LinkState.broken) for n in range(10)]
            await asyncio.gather(*(put(writer, look) for look in looks for writer in (one, two)))

    asyncio.run(ten())
    [(state, counted)] = failures(database)
    assert state == "broken"
    assert 1 <= counted <= 10


GAPS = [(0, REST), *enumerate(SOONER, 1), (len(SOONER) + 1, REST), (50, REST)]


@pytest.mark.parametrize(("failed", "gap"), GAPS)
def test_an_address_is_due_after_its_gap(shared_database: Database, failed: int, gap: timedelta) -> None:
    """The more often nothing was found, the longer it is."""
    due, fresh = f"https://due.example/{failed}", f"https://fresh.example/{failed}"
    state = LinkState.broken if failed else LinkState.found

    async def after(writer: Writer, reading: AsyncConnection) -> Any:
        for url, ago in ((due, gap + MINUTE), (fresh, gap - MINUTE)):
            seconds = [timedelta(seconds=n) for n in range(max(0, failed - 1), -1, -1)]
            await put(writer, *(check(ago + second, state, url) for second in seconds))
        assert [await links.is_fresh(reading, url) for url in (due, fresh, URL)] == [False, True, False]
        assert await links.any_due(reading)
        taken = await take(writer)
        assert not await links.any_due(reading), "what is taken is not due"
        return taken

    assert on(shared_database, after) == [due]


def test_what_was_looked_at_longest_ago_is_taken_first(database: Database) -> None:
    names = [f"https://docs.example/{n}" for n in range(6)]

    async def by_twos(writer: Writer, _: object) -> Any:
        await put(writer, *(check(REST + MINUTE * (n + 1), url=url) for n, url in enumerate(names)))
        return [await take(writer, 2) for _ in range(4)]

    assert on(database, by_twos) == [names[4:], names[2:4], names[:2], []]


def test_what_was_taken_and_lost_is_due_again(database: Database) -> None:
    async def lost(writer: Writer, reading: AsyncConnection) -> Any:
        await put(writer, check(REST + MINUTE))
        first = await take(writer)

        async def later(connection: AsyncConnection, _: object) -> None:
            await connection.execute(links.links.update().values(taken_until=datetime.now(UTC) - MINUTE))

        await writer.move("later", later)
        again = await take(writer)
        await put(writer, check())
        return first, again, await links.any_due(reading)

    assert on(database, lost) == ([URL], [URL], False)


def test_of_many_that_take_at_once_each_has_its_own(database: Database) -> None:
    names = [f"https://docs.example/{n:02}" for n in range(40)]

    async def at_once() -> list[list[str]]:
        async with database.writers(4) as (_, writers):
            await put(writers[0], *(check(REST + MINUTE, url=url) for url in names))
            return await asyncio.gather(*(take(writer, 3) for writer in writers * 5))

    taken = [url for some in asyncio.run(at_once()) for url in some]
    assert sorted(taken) == names, "every one, and none twice"


def test_what_another_has_in_its_hands_is_passed_over(postgres: Postgres, on_postgres: Database) -> None:
    names = ["https://docs.example/a", "https://docs.example/b"]

    async def beside(writer: Writer, _: object) -> Any:
        await put(writer, *(check(REST + MINUTE, url=url) for url in names))
        held = postgres.hold_row(
            on_postgres.name, f"SELECT * FROM link_checks WHERE url = '{names[0]}' FOR UPDATE"
        )
        try:
            return await take(writer)
        finally:
            held.close()

    assert on(on_postgres, beside) == names[1:]
