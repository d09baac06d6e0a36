"""Collecting a whole course for an export: in as many queries however large it is."""

from typing import Any

import pytest
from sqlalchemy import event

from cairn.bootstrap import open_cairn
from cairn.usecases.exports import safe_name
from tests.databases import Database
from tests.workflow.scripted import OWNER, Scripted, made, run, working


def test_a_large_course_is_collected_in_as_many_queries_as_a_small_one(database: Database) -> None:
    async def scenario() -> None:
        asked: list[int] = []
        for concepts in (3, 30):
            async with working(database, Scripted(concepts)) as cairn:
                task = await made(cairn)
            async with open_cairn(database.settings(model="simulated")) as cairn:  # nothing else reads in it
                sent: list[str] = []

                def count(connection: Any, cursor: Any, statement: str, *rest: Any, to: Any = sent) -> None:
                    to.append(statement)

                event.listen(cairn.exports.store.engines.reader.sync_engine, "before_cursor_execute", count)
                book = await cairn.exports.collect(OWNER, task.roadmap_id)
                assert len(book.lessons) == concepts
                assert book.not_ready == []
                asked.append(len(sent))
        assert asked[0] == asked[1] > 0

    run(scenario())


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Rust: advanced", "rust-advanced"),
        ('../../etc/passwd "x"\r\nSet-Cookie: a', "etc-passwd-x-set-cookie-a"),
        ("学习 Redis", "学习-redis"),
        ("C++ / C#", "c-c"),
        ("🎉", "roadmap"),
        ("CON", "roadmap-con"),
        ("x" * 500, "x" * 80),
    ],
)  # fmt: skip
def test_a_title_becomes_a_name_that_any_system_takes(title: str, name: str) -> None:
    assert safe_name(title) == name
