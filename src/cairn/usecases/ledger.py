"""The ledger of one run: finds what is made, makes what is missing, and stores it under the claim."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import structlog

from cairn.authors.author import Ask, Author, PieceGiven, curriculum_given, piece_given, values_read
from cairn.domain.errors import AuthorFailed, Superseded
from cairn.domain.fingerprint import fingerprint
from cairn.domain.intent import IntentAnalysis
from cairn.domain.lesson import Value
from cairn.domain.request import ContentFormats
from cairn.domain.roadmap import Concept, Roadmap
from cairn.domain.task import Event, Task
from cairn.domain.thought import LONG_NAMES, PIECES, Thought
from cairn.store import products
from cairn.store.fenced import Row, Statement, Write
from cairn.store.products import Published, Stored
from cairn.usecases.calls import Calls
from cairn.usecases.store import Store

V = TypeVar("V", bound=Value)
log = structlog.get_logger()


@dataclass(frozen=True)
class OpenEnds:
    """`missing`: pieces never tried with the wanted values, or the tree itself; `gaps`: tried and failed."""

    missing: int
    gaps: int


class RunLedger:
    """Open it with `open_ledger`; a task's keys are read once at the start of the run."""

    def __init__(
        self, store: Store, task: Task, author: Author, calls: Calls, *,
        steps: dict[tuple[Any, ...], Stored], pieces: dict[tuple[Thought, str], str],
        failed: set[tuple[Thought, str]], variants: dict[str, int], published: Published | None,
    ) -> None:  # fmt: skip
        self.store = store
        self.task = task
        self.author = author
        self.calls = calls
        self.steps = steps
        self.pieces = pieces
        self.failed = failed
        self.variants = variants
        self.published = published
        self.log = log.bind(task_id=task.task_id, run=task.run, epoch=task.epoch)
        self.concepts: dict[str, Concept] = {}
        self.places: dict[str, int] = {}
        self.givens: dict[str, PieceGiven] = {}
        self.marks: dict[tuple[Thought, str], str] = {}
        self.beginning: asyncio.Future[Any] | None = None
        self.index()

    def index(self) -> None:
        concepts = list(self.published.roadmap.concepts()) if self.published else []
        self.concepts = {concept.concept_id: concept for concept in concepts}
        self.places = {concept.concept_id: at for at, concept in enumerate(concepts)}
        if self.published:
            how = (self.published.language, self.published.weights)
            self.givens = {concept.concept_id: piece_given(concept, *how) for concept in concepts}
        self.marks = {
            (thought, c): self.wanted(thought, given, product_of(thought, c))
            for c, given in self.givens.items()
            for thought in PIECES
        }

    async def started(self, step: str) -> None:
        """Handed over and not waited for: the step's own write comes after it and tells whether it failed."""
        self.log.info(f"{step}_started")
        begun = Event(kind="step_started", data={"step": step})
        write = Write(self.task.task_id, self.task.epoch, lambda revs: [begun], 1)
        self.beginning = self.store.writer.hand_over(write)

    def note(self, said: str, **about: str) -> None:
        self.log.info(said, **about)

    async def once(
        self, thought: Thought, given: Value, make: Callable[[Ask], Awaitable[V]], *, number: int = 0
    ) -> V:
        mark = self.wanted(thought, given)
        step = LONG_NAMES[thought]
        stands = self.steps.get((thought, number))
        if stands is not None and stands.fingerprint == mark:
            await self.write(self.step_finished(step, "reused"))
            self.log.info(f"{thought.table}_reused")
            self.log.info(f"{step}_finished")
            return cast("V", stands.value)
        if stands is not None:
            self.log.info(f"{thought.table}_updating", rev=stands.rev)
        value = await make(self.calls.under(self.call_key(thought.value, mark), priority=0))
        key = {"task_id": self.task.task_id}
        if thought is Thought.validation:
            key |= {"run": self.task.run, "round": number}
        row = products.row_of(
            thought, key, value, fingerprint=mark, author=self.author.name, roadmap_id=self.task.roadmap_id
        )
        [rev] = await self.write_made(thought.table, [row], lambda outcome: self.step_finished(step, outcome))
        self.steps[thought, number] = Stored(value, mark, rev)
        self.log.info(f"{step}_finished")
        return value

    def made(self, thought: Thought, kind: type[V], *, number: int = 0) -> V:
        value = self.steps[thought, number].value
        assert isinstance(value, kind)
        return value

    def wanted(self, thought: Thought, given: Value, product: str = "") -> str:
        variant = self.variants.get(product or thought.value, 0)
        return fingerprint(values_read(self.author, thought, given), variant)

    def published_from(self, fingerprint: str, weights: ContentFormats) -> bool:
        stands = self.published
        return (
            stands is not None
            and stands.fingerprint == fingerprint
            and stands.piece_values == piece_values(stands.roadmap.language, weights)
        )

    async def publish(
        self, roadmap: Roadmap, fingerprint: str, language: str, weights: ContentFormats
    ) -> None:
        """One row. Cards of concepts that fell out are kept with it, so they can come back."""
        values = piece_values(language, weights)
        stands = self.published
        if stands and (stands.roadmap, stands.fingerprint, stands.piece_values) == (
            roadmap,
            fingerprint,
            values,
        ):
            await self.write(self.step_finished("publish", "reused"))
            self.log.info("roadmaps_reused")
            self.log.info("publish_finished")
            return
        kept = {concept.concept_id for concept in roadmap.concepts()}
        archived: dict[str, Any] = dict(stands.archived) if stands else {}
        archived |= {c.concept_id: c.model_dump(mode="json") for c in self.concepts.values()}
        archived = {concept_id: card for concept_id, card in archived.items() if concept_id not in kept}
        row = Row(
            products.roadmaps,
            {"roadmap_id": self.task.roadmap_id},
            {"content": roadmap, "piece_values": values, "archived": archived,
             "fingerprint": fingerprint, "author": self.author.name},
        )  # fmt: skip
        await self.write_made("roadmaps", [row], lambda outcome: self.step_finished("publish", outcome))
        self.published = Published(roadmap, fingerprint, self.author.name, values, archived)
        self.index()
        self.log.info("publish_finished")

    def concept_ids(self) -> list[str]:
        return list(self.concepts)

    def concept(self, concept_id: str) -> Concept:
        return self.concepts[concept_id]

    async def piece(self, concept_id: str, thought: Thought) -> None:
        mark = self.marks[thought, concept_id]
        if self.pieces.get((thought, concept_id)) == mark:
            self.log.info(f"{thought.table}_reused", concept_id=concept_id)
            return
        key = {"roadmap_id": self.task.roadmap_id, "concept_id": concept_id}
        place = self.places[concept_id] * len(PIECES) + PIECES.index(thought)
        stands = (thought, concept_id) in self.pieces
        if stands:
            self.log.info(f"{thought.table}_updating", concept_id=concept_id)
        ask = self.calls.under(self.call_key(product_of(thought, concept_id), mark), priority=place)
        told = {"concept_id": concept_id, "kind": thought.value}
        try:
            value = await self.make_piece(thought, self.givens[concept_id], ask)
        except AuthorFailed as error:
            self.log.warning("piece_failed", code=error.code, **told)
            failure = products.record_failure(key, thought, mark, self.task.epoch, error)
            event = Event(kind="piece_failed", data={**told, "code": error.code, "cause": error.detail})
            await self.write(event, statements=[failure])
            self.failed.add((thought, concept_id))
            return
        row = products.row_of(
            thought, key, value, fingerprint=mark, author=self.author.name, roadmap_id=self.task.roadmap_id
        )
        await self.write_made(
            thought.table, [row],
            lambda outcome: Event(kind="piece_ready", data={**told, "outcome": outcome}),
            statements=products.replacing(
                thought, key, stands=stands, failed=(thought, concept_id) in self.failed
            ),
            concept_id=concept_id,
        )  # fmt: skip
        self.pieces[thought, concept_id] = mark
        self.failed.discard((thought, concept_id))

    async def make_piece(self, thought: Thought, given: PieceGiven, ask: Ask) -> Value:
        match thought:
            case Thought.tutorial:
                return await self.author.write_tutorial(given, ask)
            case Thought.resources:
                return await self.author.recommend_resources(given, ask)
            case _:
                return await self.author.write_quiz(given, ask)

    def tree_wanted(self) -> str | None:
        """The curriculum fingerprint this run's request leads to; None before its goal is analysed."""
        stands = self.steps.get((Thought.intent, 0))
        if stands is None or stands.fingerprint != self.wanted(Thought.intent, self.task.request):
            return None
        return self.wanted(Thought.curriculum, curriculum_given(cast("IntentAnalysis", stands.value)))

    async def open_ends(self) -> OpenEnds:
        """What this run was to make and the store does not have: the tree its request asks for, or pieces of
        it. The store is asked, not what we remember having done."""
        async with self.store.reading() as connection:
            accepted = await products.accepted_from(connection, self.task.roadmap_id)
            made = await products.pieces_made(connection, self.task.roadmap_id)
            failed = await products.failed(connection, self.task.roadmap_id)
        if accepted is None or accepted != self.tree_wanted():
            return OpenEnds(missing=1, gaps=0)
        unmade = {(t, c, mark) for (t, c), mark in self.marks.items() if made.get((t, c)) != mark}
        gaps = unmade & {(f.kind, f.concept_id, f.fingerprint) for f in failed}
        return OpenEnds(missing=len(unmade) - len(gaps), gaps=len(gaps))

    def call_key(self, product: str, mark: str) -> str:
        return f"{self.task.task_id}/{product}/{mark}"

    def step_finished(self, step: str, outcome: str) -> Event:
        return Event(kind="step_finished", data={"step": step, "outcome": outcome})

    async def write(self, *events: Event, statements: Sequence[Statement] = ()) -> None:
        await self.commit(
            "task_events",
            Write(self.task.task_id, self.task.epoch, lambda revs: events, len(events), (), statements),
        )

    async def write_made(
        self, table: str, rows: list[Row], tell: Callable[[str], Event], *,
        statements: Sequence[Statement] = (), **about: Any,
    ) -> list[int]:  # fmt: skip
        """Store rows with the event that tells of the first; logs whether it was created or updated."""
        write = Write(
            self.task.task_id, self.task.epoch, lambda revs: [tell(outcome_of(revs[0]))], 1, rows, statements
        )
        revs = await self.commit(table, write)
        self.log.info(f"{table}_{outcome_of(revs[0])}", rev=revs[0], **about)
        return revs

    async def commit(self, table: str, write: Write) -> list[int]:
        try:
            revs = await self.store.writer.write(write)
            if self.beginning is not None:
                await self.beginning
                self.beginning = None
            return revs
        except Superseded:
            self.log.info(f"{table}_refused")
            raise


def outcome_of(rev: int) -> str:
    return "created" if rev == 1 else "updated"


def product_of(thought: Thought, concept_id: str) -> str:
    return f"{thought.value}:{concept_id}"


def piece_values(language: str, weights: ContentFormats) -> dict[str, Any]:
    return {"language": language, "weights": weights.model_dump(mode="json")}


async def open_ledger(store: Store, task: Task, author: Author, calls: Calls) -> RunLedger:
    async with store.reading() as connection:
        failures = await products.failed(connection, task.roadmap_id)
        return RunLedger(
            store, task, author, calls,
            steps=await products.of_task(connection, task.task_id, task.run),
            pieces=await products.pieces_made(connection, task.roadmap_id),
            failed={(f.kind, f.concept_id) for f in failures},
            variants=await products.variants_of(connection, task.task_id),
            published=await products.published(connection, task.roadmap_id),
        )  # fmt: skip
