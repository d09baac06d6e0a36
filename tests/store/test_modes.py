"""What was found of a model is one row per form, whoever writes it and how often."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from cairn.domain.modes import KeptMode, Mode, modes_of
from cairn.store import modes
from cairn.store.writer import Writer
from tests.databases import Database

NOW = datetime(2026, 11, 28, 12, 30, 15, 123456, tzinfo=UTC)


def found(mode: Mode | None = Mode.tool, **more: Any) -> KeptMode:
    given = {"model": "openai-chat:x", "address": "http://host/v1", "form": "quiz", "tried_at": NOW}
    return KeptMode(**{**given, "failed": "", **more}, mode=mode)


async def keep(writer: Writer, one: KeptMode) -> None:
    await writer.move("mode", lambda connection, _: modes.keep(connection, one))


def test_what_was_kept_is_read_as_it_was_given(database: Database) -> None:
    later = found(None, failed="tool: “没有”\nnative: nothing", form="edit", tried_at=NOW + timedelta(days=1))

    async def work() -> list[KeptMode]:
        async with database.store() as store:
            for one in (found(), later):
                await keep(store.writer, one)
            async with store.reading() as connection:
                return await modes.all_kept(connection)

    assert asyncio.run(work()) == [later, found()]
    assert modes_of([later, found()]) == {
        ("openai-chat:x", "http://host/v1"): {"edit": None, "quiz": Mode.tool}
    }  # fmt: skip


def test_the_last_word_counts_and_another_address_is_another_matter(database: Database) -> None:
    elsewhere = found(Mode.prompted, address="http://other/v1")
    last = found(Mode.native, failed="tool: no", tried_at=NOW + timedelta(hours=1))

    async def work() -> list[KeptMode]:
        async with database.store() as store:
            for one in (found(), elsewhere, found(None), last):
                await keep(store.writer, one)
            async with store.reading() as connection:
                return await modes.all_kept(connection)

    assert asyncio.run(work()) == [last, elsewhere]


def test_two_who_keep_at_once_make_one_row(database: Database) -> None:
    async def work() -> None:
        async with database.writers(2) as (_, writers):
            each = [keep(writer, found(mode)) for mode in Mode for writer in writers for _ in range(5)]
            await asyncio.gather(*each)

    asyncio.run(work())
    assert database.rows("SELECT count(*) FROM model_modes") == [(1,)]
