"""The ledger of one run: finds what is made, makes what is missing, and stores it under the claim."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from cairn.authors.author import Ask, Author, Standing, curriculum_given, values_read
from cairn.domain.errors import AuthorFailed, MustWait
from cairn.domain.fingerprint import fingerprint
from cairn.domain.intent import IntentAnalysis
from cairn.domain.lesson import Value
from cairn.domain.report import TreeReport
from cairn.domain.request import ContentFormats
from cairn.domain.review import Decision, EditedRoadmap
from cairn.domain.roadmap import Roadmap
from cairn.domain.task import Event
from cairn.domain.thought import LONG_NAMES, Thought
from cairn.store import products, reviews
from cairn.store.fenced import Row
from cairn.store.products import Published, Stored, Variant
from cairn.usecases.calls import Calls
from cairn.usecases.claimed import Claimed
from cairn.usecases.limiter import STEP
from cairn.usecases.links import Links
from cairn.usecases.minting import minting
from cairn.usecases.pieces import Piece, Pieces, piece_of, product_of

V = TypeVar("V", bound=Value)


@dataclass(frozen=True)
class OpenEnds:
    """`missing`: what this run was to make and neither made nor failed to make; `gaps`: pieces that failed,
    or that nobody has made yet; `unreadable`: one of the failures, where no tutorial could be written and
    none stands from before."""

    missing: int
    gaps: int
    unreadable: products.Failure | None = None


@dataclass(frozen=True)
class Found:
    """What the store has of a task when a run begins; nothing at first."""

    made: dict[Piece, str] = field(default_factory=dict[Piece, str])
    failed: set[Piece] = field(default_factory=set[Piece])
    variants: dict[str, Variant] = field(default_factory=dict[str, Variant])
    published: Published | None = None
    steps: dict[tuple[Any, ...], Stored] = field(default_factory=dict[tuple[Any, ...], Stored])
    decisions: dict[int, Decision] = field(default_factory=dict[int, Decision])


class RunLedger:
    """Open it with `open_ledger`; a task's keys are read once at the start of the run."""

    def __init__(self, claimed: Claimed, author: Author, calls: Calls, pieces: Pieces, found: Found) -> None:
        self.claimed = claimed
        self.task = claimed.task
        self.author = author
        self.calls = calls
        self.pieces = pieces
        self.steps = found.steps
        self.variants = found.variants
        self.decisions = found.decisions
        self.published = found.published
        self.begun: dict[tuple[str, str | None], float] = {}
        self.made_here: set[tuple[str, str | None]] = set()
        """Steps, and the concept where it is one of many, in which this walk has made something."""
        self.told: set[tuple[Any, ...]] = set()
        """Products of steps of which the log says, for this claim, whether they were made or found."""

    async def started(self, step: str) -> None:
        self.begun[step, None] = time.monotonic()
        await self.claimed.started(step)

    def began(self, step: str, concept_id: str) -> None:
        self.begun[step, concept_id] = time.monotonic()
        self.note(f"{step}_started", concept_id=concept_id)

    def finished(self, step: str, concept_id: str | None = None) -> None:
        """How long it took is counted where something was made: all that was found would hide it."""
        self.note(f"{step}_finished", **({"concept_id": concept_id} if concept_id else {}))
        begun = self.begun.pop((step, concept_id), None)
        if begun is not None and (step, concept_id) in self.made_here:
            self.calls.meters.steps.observe(time.monotonic() - begun, step)

    def note(self, said: str, **about: str) -> None:
        self.claimed.log.info(said, **about)

    async def once(
        self, thought: Thought, given: Value, make: Callable[[Ask], Awaitable[V]], *, number: int = 0,
        by: str | None = None,
    ) -> V:  # fmt: skip
        mark = self.wanted(thought, given)
        step = LONG_NAMES[thought]
        name = f"{thought.value}/{number}" if thought in products.BY_ROUND else thought.value
        self.told.add((thought, number))
        stands = self.steps.get((thought, number))
        if stands is not None and stands.fingerprint == mark:
            await self.claimed.tell(f"{name} reused", self.step_finished(step, "reused"))
            self.note(f"{thought.table}_reused")
            self.finished(step)
            return cast("V", stands.value)
        if stands is not None:
            self.claimed.log.info(f"{thought.table}_updating", rev=stands.rev)
        try:
            ask = self.calls.under(thought, thought.value, self.variant(thought.value), STEP)
            async with ask.slot_first():
                value = await make(ask)
            key = {"run": self.task.run, "round": number} if thought in products.BY_ROUND else {}
            row = products.row_of(
                thought, {"task_id": self.task.task_id, **key}, value, fingerprint=mark,
                author=by or self.author.name_for(thought), roadmap_id=self.task.roadmap_id,
            )  # fmt: skip
            rev = await self.claimed.make(name, row, lambda outcome: self.step_finished(step, outcome))
        except AuthorFailed as error:
            error.extra["product"] = thought.value
            raise
        self.steps[thought, number] = Stored(value, mark, rev)
        self.made_here.add((step, None))
        self.finished(step)
        return value

    def made(self, thought: Thought, kind: type[V], *, number: int = 0) -> V:
        """A step's product. Where a checkpoint led past the step, the log says here that it was found."""
        value = self.steps[thought, number].value
        if (thought, number) not in self.told:
            self.told.add((thought, number))
            self.note(f"{thought.table}_reused")
        assert isinstance(value, kind)
        return value

    def has(self, thought: Thought, number: int) -> bool:
        return (thought, number) in self.steps

    def tree(self, number: int) -> Roadmap:
        """The tree of a round: as designed in round 0, then as edited."""
        if number == 0:
            return self.made(Thought.curriculum, Roadmap)
        return self.made(Thought.edit, EditedRoadmap, number=number).roadmap

    def decision(self, number: int) -> Decision | None:
        return self.decisions.get(number)

    def mint(self, tree: Roadmap) -> Callable[[str], str]:
        return minting(self.task.roadmap_id, tree, self.published)

    def standing(self) -> tuple[Standing, ...]:
        if self.published is None:
            return ()
        live = [c.card() for c in self.published.roadmap.concepts()]
        archived = self.published.archived.values()
        return tuple(
            Standing(concept_id=card["concept_id"], name=card["name"], description=card["description"],
                     archived=at >= len(live))
            for at, card in enumerate([*live, *archived])
        )  # fmt: skip

    def variant(self, product: str) -> int:
        return self.variants.get(product, Variant()).number

    def wanted(self, thought: Thought, given: Value) -> str:
        return fingerprint(values_read(self.author, thought, given), self.variant(thought.value))

    def published_from(self, fingerprint: str, weights: ContentFormats) -> bool:
        stands = self.published
        return (
            stands is not None
            and stands.fingerprint == fingerprint
            and stands.piece_values == piece_values(stands.roadmap.language, weights)
        )

    async def publish(
        self, roadmap: Roadmap, fingerprint: str, weights: ContentFormats, report: TreeReport
    ) -> None:
        """One row. Cards of concepts that fell out are kept with it, so they can come back."""
        values = piece_values(roadmap.language, weights)
        stands = self.published
        if stands and (stands.roadmap, stands.fingerprint, stands.piece_values) == (
            roadmap,
            fingerprint,
            values,
        ):
            await self.claimed.tell("publish reused", self.step_finished("publish", "reused"))
            self.finished("publish")
            return
        kept = {concept.concept_id for concept in roadmap.concepts()}
        cards: dict[str, Any] = {}
        if stands:
            cards = stands.archived | {
                c.concept_id: c.model_dump(mode="json") for c in stands.roadmap.concepts()
            }
        archived = {concept_id: card for concept_id, card in cards.items() if concept_id not in kept}
        row = Row(
            products.roadmaps,
            {"roadmap_id": self.task.roadmap_id},
            {"content": roadmap, "piece_values": values, "archived": archived, "report": report,
             "fingerprint": fingerprint, "author": self.author.name},
        )  # fmt: skip
        await self.claimed.make("publish", row, lambda outcome: self.step_finished("publish", outcome))
        self.published = Published(roadmap, fingerprint, self.author.name, values, archived, report)
        self.pieces.follow(self.published)
        self.made_here.add(("publish", None))
        self.finished("publish")

    def for_one_piece(self) -> bool:
        return self.task.aim is not None

    def concept_ids(self) -> list[str]:
        return [piece_of(self.task.aim)[1]] if self.task.aim else list(self.pieces.places)

    async def piece(
        self, concept_id: str, thought: Thought, written: Callable[[], None] = lambda: None
    ) -> None:
        """A call that must wait leaves the piece unmade and cancels none of its neighbours, as an exception
        in one branch of the graph would."""
        try:
            wanted = self.task.aim in (None, product_of(thought, concept_id))
            if wanted and await self.pieces.make(concept_id, thought, written):
                self.made_here.add(("write_concept", concept_id))
        except MustWait:
            self.note("piece_waits", concept_id=concept_id, kind=thought.value)
        written()

    def tree_wanted(self) -> str | None:
        """The curriculum fingerprint this run's request leads to; None before its goal is analysed."""
        stands = self.steps.get((Thought.intent, 0))
        if stands is None or stands.fingerprint != self.wanted(Thought.intent, self.task.request):
            return None
        return self.wanted(Thought.curriculum, curriculum_given(cast("IntentAnalysis", stands.value)))

    async def open_ends(self) -> OpenEnds:
        """What this run was to make and the store does not have. The store is asked, not what we remember
        having done."""
        async with self.claimed.store.reading() as connection:
            accepted = await products.accepted_from(connection, self.task.roadmap_id)
            made = await products.pieces_made(connection, self.task.roadmap_id)
            failed = await products.failed(connection, self.task.roadmap_id)
        if accepted is None or (self.task.aim is None and accepted != self.tree_wanted()):
            return OpenEnds(missing=1, gaps=0)
        unmade = {(t, c, mark) for (t, c), mark in self.pieces.marks.items() if made.get((t, c)) != mark}
        gaps = unmade & {(f.kind, f.concept_id, f.fingerprint) for f in failed}
        if self.task.aim is None:
            tutorials = [(t, c, mark) for (t, c), mark in self.pieces.marks.items() if t is Thought.tutorial]
            nothing = gaps.issuperset(tutorials) and not any((t, c) in made for t, c, _ in tutorials)
            why = next((f for f in failed if nothing and f.kind is Thought.tutorial), None)
            return OpenEnds(len(unmade) - len(gaps), len(gaps), why)
        left = [(t, c) for t, c, _ in unmade - gaps if product_of(t, c) == self.task.aim]
        return OpenEnds(missing=len(left), gaps=len(unmade))

    def step_finished(self, step: str, outcome: str) -> Event:
        return Event(kind="step_finished", data={"step": step, "outcome": outcome})


def piece_values(language: str, weights: ContentFormats) -> dict[str, Any]:
    return {"language": language, "weights": weights.model_dump(mode="json")}


async def open_ledger(claimed: Claimed, author: Author, calls: Calls, links: Links) -> RunLedger:
    found = Found() if claimed.untouched else await find(claimed)
    pieces = Pieces(
        claimed, author, calls, links, made=found.made, failed=found.failed, variants=found.variants,
        published=found.published,
    )  # fmt: skip
    return RunLedger(claimed, author, calls, pieces, found)


async def find(claimed: Claimed) -> Found:
    task = claimed.task
    async with claimed.store.reading() as connection:
        failures = await products.failed(connection, task.roadmap_id)
        return Found(
            made=await products.pieces_made(connection, task.roadmap_id),
            failed={(f.kind, f.concept_id) for f in failures},
            variants=await products.variants_of(connection, task.task_id),
            published=await products.published(connection, task.roadmap_id),
            steps=await products.of_task(connection, task.task_id, task.run),
            decisions=await reviews.of_run(connection, task.task_id, task.run),
        )
