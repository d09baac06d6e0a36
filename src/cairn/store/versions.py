"""The shelf of older revisions: what a piece was before, and putting one back."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import RowMapping, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cairn.domain.lesson import Value
from cairn.domain.thought import PIECES, Thought
from cairn.store.fenced import Row, put_row
from cairn.store.products import FORGET_FAILURE, KEEP_VERSION, SHELVES, versions


@dataclass(frozen=True)
class Version:
    """One revision of a piece; `current` is the one that is read."""

    kind: Thought
    rev: int
    current: bool
    author: str
    created_at: datetime


async def of_concept(connection: AsyncConnection, roadmap_id: str, concept_id: str) -> list[Version]:
    """Every revision of every piece of a concept, by piece, the newest first."""
    found: list[Version] = []
    for thought in PIECES:
        table, _ = SHELVES[thought]
        here = (table.c.roadmap_id == roadmap_id, table.c.concept_id == concept_id)
        current = select(table.c.rev, literal(True), table.c.author, table.c.updated_at).where(*here)
        older = select(versions.c.rev, literal(False), versions.c.author, versions.c.updated_at).where(
            versions.c.roadmap_id == roadmap_id,
            versions.c.concept_id == concept_id,
            versions.c.kind == thought.value,
        )
        for statement in (current, older.order_by(versions.c.rev.desc())):
            rows = (await connection.execute(statement)).all()
            found += [Version(thought, rev, bool(is_now), author, at) for rev, is_now, author, at in rows]
    return found


async def content_of(
    connection: AsyncConnection, roadmap_id: str, concept_id: str, kind: Thought, rev: int
) -> RowMapping | None:
    """Content and author of an older revision."""
    statement = select(versions.c.content, versions.c.author).where(
        versions.c.roadmap_id == roadmap_id,
        versions.c.concept_id == concept_id,
        versions.c.kind == kind.value,
        versions.c.rev == rev,
    )
    return (await connection.execute(statement)).mappings().one_or_none()


async def value_of(
    connection: AsyncConnection, roadmap_id: str, concept_id: str, kind: Thought, rev: int
) -> Value:
    """What a revision that is there says. The current one is looked for first: a run may make it an older
    one meanwhile, never the other way round."""
    table, value_type = SHELVES[kind]
    here = (table.c.roadmap_id == roadmap_id, table.c.concept_id == concept_id, table.c.rev == rev)
    found = (await connection.execute(select(table.c.content).where(*here))).mappings().one_or_none()
    found = found or await content_of(connection, roadmap_id, concept_id, kind, rev)
    assert found is not None
    return value_type.model_validate(found["content"])


async def says_the_same(
    connection: AsyncConnection, roadmap_id: str, concept_id: str, kind: Thought, old: RowMapping
) -> bool:
    """Whether the current revision has the content of an older one."""
    table, _ = SHELVES[kind]
    here = (table.c.roadmap_id == roadmap_id, table.c.concept_id == concept_id)
    return (await connection.execute(select(table.c.content).where(*here))).scalar_one() == old["content"]


async def put_back(
    connection: AsyncConnection, epoch: int, roadmap_id: str, concept_id: str, kind: Thought,
    old: RowMapping, fingerprint: str,
) -> int:  # fmt: skip
    """Store older content as a new revision under the fingerprint wanted now, so the next retry leaves it
    alone. The new rev. Called within the move that raised the epoch."""
    key = {"roadmap_id": roadmap_id, "concept_id": concept_id}
    given = {"r": roadmap_id, "c": concept_id}
    await connection.execute(KEEP_VERSION[kind], given)
    await connection.execute(FORGET_FAILURE[kind], given)
    table, _ = SHELVES[kind]
    row = Row(table, key, {"content": old["content"], "author": old["author"], "fingerprint": fingerprint})
    return await put_row(connection, epoch, row, datetime.now(UTC))
