"""The shelf of products: what each step made, one current row per natural key."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Table, bindparam, delete, insert, literal, select, union_all
from sqlalchemy.dialects.postgresql import insert as upsert_into  # see store/fenced.py
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from cairn.domain.errors import AuthorFailed
from cairn.domain.intent import IntentAnalysis
from cairn.domain.lesson import Quiz, Resources, Tutorial, Value
from cairn.domain.report import TreeReport
from cairn.domain.request import ContentFormats
from cairn.domain.review import EditedRoadmap
from cairn.domain.roadmap import Roadmap
from cairn.domain.structure import ValidationReport
from cairn.domain.thought import PIECES, Thought
from cairn.store.base import table_of
from cairn.store.fenced import Row, Statement
from cairn.store.tables import (
    CurriculumRow,
    EditRow,
    IntentRow,
    PieceFailure,
    PieceVersion,
    ProductVariant,
    QuizRow,
    ResourcesRow,
    RoadmapRow,
    TutorialRow,
    ValidationRow,
)

SHELVES: dict[Thought, tuple[Table, type[Value]]] = {
    Thought.intent: (table_of(IntentRow), IntentAnalysis),
    Thought.curriculum: (table_of(CurriculumRow), Roadmap),
    Thought.validation: (table_of(ValidationRow), ValidationReport),
    Thought.edit: (table_of(EditRow), EditedRoadmap),
    Thought.tutorial: (table_of(TutorialRow), Tutorial),
    Thought.resources: (table_of(ResourcesRow), Resources),
    Thought.quiz: (table_of(QuizRow), Quiz),
}
STEPS = (Thought.intent, Thought.curriculum, Thought.validation, Thought.edit)
BY_ROUND = (Thought.validation, Thought.edit)
"""Steps that make a product per round of a run."""

roadmaps = table_of(RoadmapRow)
failures = table_of(PieceFailure)
versions = table_of(PieceVersion)
variants = table_of(ProductVariant)


@dataclass(frozen=True)
class Stored:
    """A product as it stands."""

    value: Value
    fingerprint: str
    rev: int


@dataclass(frozen=True)
class Published:
    """The accepted tree, of what it was accepted, and what its pieces were given."""

    roadmap: Roadmap
    fingerprint: str
    author: str
    piece_values: dict[str, Any]
    archived: dict[str, Any]
    report: TreeReport | None = None
    """None for one that was published before there were reports."""

    @property
    def language(self) -> str:
        return self.piece_values["language"]

    @cached_property
    def weights(self) -> ContentFormats:
        return ContentFormats.model_validate(self.piece_values["weights"])


@dataclass(frozen=True)
class Failure:
    concept_id: str
    kind: Thought
    fingerprint: str
    code: str
    cause: str
    hint: str


def row_of(
    thought: Thought, key: Mapping[str, Any], value: Value, *, fingerprint: str, author: str, roadmap_id: str
) -> Row:
    """The row a product is stored as. The analysis has columns of its own; the others are one document."""
    table, _ = SHELVES[thought]
    made = {"fingerprint": fingerprint, "author": author}
    if thought is Thought.intent:
        return Row(table, key, {**value.model_dump(mode="json"), "roadmap_id": roadmap_id, **made})
    return Row(table, key, {"content": value, **made})


def replacing(thought: Thought, key: Mapping[str, str], *, stands: bool, failed: bool) -> list[Statement]:
    """What goes with a new piece: a row that stands is kept as a version, its failure goes. Under one claim
    nobody else makes either, so what was there at its start is what there is."""
    given = {"r": key["roadmap_id"], "c": key["concept_id"]}
    kept = [Statement(KEEP_VERSION[thought], given)] if stands else []
    return [*kept, Statement(FORGET_FAILURE[thought], given)] if failed else kept


def keep_version(thought: Thought) -> Any:
    table, _ = SHELVES[thought]
    names = ["roadmap_id", "concept_id", "rev", "content", "fingerprint", "epoch", "author"]
    names += ["created_at", "updated_at"]
    chosen = select(literal(thought.value), *(table.c[name] for name in names)).where(
        table.c.roadmap_id == bindparam("r"), table.c.concept_id == bindparam("c")
    )
    return insert(versions).from_select(["kind", *names], chosen)


def forget_failure(thought: Thought) -> Any:
    return delete(failures).where(
        failures.c.roadmap_id == bindparam("r"),
        failures.c.concept_id == bindparam("c"),
        failures.c.kind == thought.value,
    )


def made_of(thought: Thought) -> Any:
    table, _ = SHELVES[thought]
    chosen = select(literal(thought.value).label("kind"), table.c.concept_id, table.c.fingerprint)
    return chosen.where(table.c.roadmap_id == bindparam("r"))


def steps_made(thought: Thought) -> Any:
    table, _ = SHELVES[thought]
    statement = select(table).where(table.c.task_id == bindparam("t"))
    return statement.where(table.c.run == bindparam("r")) if thought in BY_ROUND else statement


STEPS_MADE = {thought: steps_made(thought) for thought in STEPS}
PUBLISHED = select(roadmaps).where(roadmaps.c.roadmap_id == bindparam("r"))
FAILED = select(failures).where(failures.c.roadmap_id == bindparam("r"))
VARIANTS = select(variants).where(variants.c.task_id == bindparam("t"))
PIECES_MADE = union_all(*(made_of(thought) for thought in PIECES))
KEEP_VERSION = {thought: keep_version(thought) for thought in PIECES}
FORGET_FAILURE = {thought: forget_failure(thought) for thought in PIECES}


async def of_task(connection: AsyncConnection, task_id: str, run: int) -> dict[tuple[Any, ...], Stored]:
    """The steps' products of a task, keyed (thought, round)."""
    found: dict[tuple[Any, ...], Stored] = {}
    for thought, statement in STEPS_MADE.items():
        given = {"t": task_id, "r": run} if thought in BY_ROUND else {"t": task_id}
        for row in (await connection.execute(statement, given)).mappings():
            found[thought, row.get("round", 0)] = read_stored(SHELVES[thought][1], row)
    return found


async def pieces_made(connection: AsyncConnection, roadmap_id: str) -> dict[tuple[Thought, str], str]:
    """The fingerprint of every piece that stands, keyed (thought, concept id)."""
    rows = (await connection.execute(PIECES_MADE, {"r": roadmap_id})).all()
    return {(Thought(row.kind), row.concept_id): row.fingerprint for row in rows}


async def lesson(connection: AsyncConnection, roadmap_id: str, concept_id: str) -> dict[Thought, Stored]:
    """The pieces of one concept that stand."""
    found: dict[Thought, Stored] = {}
    for thought in PIECES:
        table, value_type = SHELVES[thought]
        statement = select(table).where(table.c.roadmap_id == roadmap_id, table.c.concept_id == concept_id)
        row = (await connection.execute(statement)).mappings().one_or_none()
        if row is not None:
            found[thought] = read_stored(value_type, row)
    return found


async def lessons(connection: AsyncConnection, roadmap_id: str) -> dict[str, dict[Thought, Stored]]:
    """The pieces of all concepts that stand, by concept id: a query for each kind, however many there are."""
    found: dict[str, dict[Thought, Stored]] = {}
    for thought in PIECES:
        table, value_type = SHELVES[thought]
        rows = await connection.execute(select(table).where(table.c.roadmap_id == roadmap_id))
        for row in rows.mappings():
            found.setdefault(row["concept_id"], {})[thought] = read_stored(value_type, row)
    return found


async def intent(connection: AsyncConnection, task_id: str) -> Stored | None:
    table, value_type = SHELVES[Thought.intent]
    row = (await connection.execute(select(table).where(table.c.task_id == task_id))).mappings().one_or_none()
    return None if row is None else read_stored(value_type, row)


async def published(connection: AsyncConnection, roadmap_id: str) -> Published | None:
    one = (await connection.execute(PUBLISHED, {"r": roadmap_id})).mappings().one_or_none()
    if one is None:
        return None
    return Published(
        roadmap=Roadmap.model_validate(one["content"]),
        fingerprint=one["fingerprint"],
        author=one["author"],
        piece_values=one["piece_values"],
        archived=one["archived"],
        report=None if one["report"] is None else TreeReport.model_validate(one["report"]),
    )


async def accepted_from(connection: AsyncConnection, roadmap_id: str) -> str | None:
    """The curriculum fingerprint of the published tree."""
    statement = select(roadmaps.c.fingerprint).where(roadmaps.c.roadmap_id == roadmap_id)
    return (await connection.execute(statement)).scalar()


async def failed(connection: AsyncConnection, roadmap_id: str) -> list[Failure]:
    rows = (await connection.execute(FAILED, {"r": roadmap_id})).mappings()
    return [
        Failure(
            concept_id=row["concept_id"], kind=Thought(row["kind"]), fingerprint=row["fingerprint"],
            code=row["code"], cause=row["cause"], hint=row["hint"],
        )
        for row in rows
    ]  # fmt: skip


@dataclass(frozen=True)
class Variant:
    """How often a product was asked for anew, and with what wish the last time."""

    number: int = 0
    wish: str = ""


async def variants_of(connection: AsyncConnection, task_id: str) -> dict[str, Variant]:
    rows = (await connection.execute(VARIANTS, {"t": task_id})).mappings()
    return {row["product"]: Variant(row["variant"], row["wish"] or "") for row in rows}


async def raise_variants(
    connection: AsyncConnection, task_id: str, products: Collection[str], wish: str | None = None
) -> None:
    """Ask for the products anew; without a wish the one they had stays."""
    if not products:
        return
    statement = upsert_into(variants)
    raised = {"variant": variants.c.variant + 1}
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["task_id", "product"],
            set_=raised if wish is None else {**raised, "wish": statement.excluded.wish},
        ),
        [
            {"task_id": task_id, "product": product, "variant": 1, "wish": wish}
            for product in sorted(products)
        ],
    )


def read_stored(value_type: type[Value], row: RowMapping) -> Stored:
    content = row.get("content")
    if content is None:
        content = {name: row[name] for name in value_type.model_fields}
    return Stored(value_type.model_validate(content), row["fingerprint"], row["rev"])


def record_failure(
    key: Mapping[str, Any], thought: Thought, fingerprint: str, epoch: int, error: AuthorFailed
) -> Statement:
    """The failure of a piece; the last one stands."""
    return Statement(
        RECORD_FAILURE,
        {**key, "kind": thought.value, "fingerprint": fingerprint, "epoch": epoch, "code": error.code,
         "cause": error.detail, "hint": error.hint, "created_at": datetime.now(UTC)},
    )  # fmt: skip


def put_failure() -> Any:
    statement = upsert_into(failures)
    names = ("fingerprint", "epoch", "code", "cause", "hint", "created_at")
    return statement.on_conflict_do_update(
        index_elements=["roadmap_id", "concept_id", "kind"],
        set_={name: statement.excluded[name] for name in names},
    )


RECORD_FAILURE = put_failure()
