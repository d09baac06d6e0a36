"""The pieces of one run: which are wanted, which stand, and making one of them."""

from collections.abc import Callable, Mapping
from typing import Any

from cairn.authors.author import Ask, Author, PieceGiven, piece_given, values_read
from cairn.domain.errors import AuthorFailed
from cairn.domain.fingerprint import fingerprint
from cairn.domain.lesson import Resources, Value
from cairn.domain.task import Event
from cairn.domain.thought import PIECES, Thought
from cairn.store import products
from cairn.store.products import Published, Variant
from cairn.usecases.calls import Calls
from cairn.usecases.claimed import Claimed
from cairn.usecases.limiter import priority_of
from cairn.usecases.links import Links

Piece = tuple[Thought, str]
"""A piece is named by its thought and its concept's id."""


def product_of(thought: Thought, concept_id: str) -> str:
    return f"{thought.value}:{concept_id}"


def piece_of(product: str) -> Piece:
    thought, _, concept_id = product.partition(":")
    return Thought(thought), concept_id


def givens_of(published: Published, variants: Mapping[str, Variant]) -> dict[Piece, PieceGiven]:
    """What each piece of the published tree is made from."""
    found: dict[Piece, PieceGiven] = {}
    for concept in published.roadmap.concepts():
        plain = piece_given(concept, published.language, published.weights)
        for thought in PIECES:
            asked = variants.get(product_of(thought, concept.concept_id))
            anew = {"variant": asked.number, "wish": asked.wish} if asked else None
            found[thought, concept.concept_id] = plain.model_copy(update=anew) if anew else plain
    return found


def marks_of(author: Author, givens: Mapping[Piece, PieceGiven]) -> dict[Piece, str]:
    """The fingerprint each piece has when it is made from today's values."""
    known: dict[tuple[int, frozenset[str]], str] = {}
    marks: dict[Piece, str] = {}
    for (thought, concept_id), given in givens.items():
        same = (id(given), author.reads[thought])  # as the pieces of one concept mostly are
        if same not in known:
            known[same] = fingerprint(values_read(author, thought, given), given.variant)
        marks[thought, concept_id] = known[same]
    return marks


class Pieces:
    """`made`: fingerprints of what stands; `failed`: what has a failure on record."""

    def __init__(
        self, claimed: Claimed, author: Author, calls: Calls, links: Links, *, made: dict[Piece, str],
        failed: set[Piece], variants: Mapping[str, Variant], published: Published | None,
    ) -> None:  # fmt: skip
        self.claimed = claimed
        self.author = author
        self.calls = calls
        self.links = links
        self.made = made
        self.failed = failed
        self.variants = variants
        self.places: dict[str, int] = {}
        """The concepts by id, in learning order."""
        self.givens: dict[Piece, PieceGiven] = {}
        self.marks: dict[Piece, str] = {}
        if published:
            self.follow(published)

    def follow(self, published: Published) -> None:
        """From now on the pieces of this tree are wanted."""
        self.places = {c.concept_id: at for at, c in enumerate(published.roadmap.concepts())}
        self.givens = givens_of(published, self.variants)
        self.marks = marks_of(self.author, self.givens)

    async def make(self, concept_id: str, thought: Thought, written: Callable[[], None]) -> bool:
        """Make the piece; False where it stands. A failure is stored. `written`: its call is over."""
        piece = (thought, concept_id)
        mark, given = self.marks[piece], self.givens[piece]
        if self.made.get(piece) == mark:
            self.claimed.log.info(f"{thought.table}_reused", concept_id=concept_id)
            return False
        stands = piece in self.made
        if stands:
            self.claimed.log.info(f"{thought.table}_updating", concept_id=concept_id)
        priority = priority_of(thought, self.places[concept_id])
        ask = self.calls.under(thought, product_of(*piece), given.variant, priority)
        key = {"roadmap_id": self.claimed.task.roadmap_id, "concept_id": concept_id}
        try:
            async with ask.slot_first():
                value = await self.write(thought, given, ask)
            written()
            if isinstance(value, Resources):
                await self.links.see_to(value)
            await self.store(piece, key, mark, value, stands=stands)
        except AuthorFailed as error:
            await self.record_failure(piece, key, mark, error)
            return True
        self.made[piece] = mark
        self.failed.discard(piece)
        return True

    async def write(self, thought: Thought, given: PieceGiven, ask: Ask) -> Value:
        match thought:
            case Thought.tutorial:
                return await self.author.write_tutorial(given, ask)
            case Thought.resources:
                return await self.author.recommend_resources(given, ask)
            case _:
                return await self.author.write_quiz(given, ask)

    async def store(
        self, piece: Piece, key: Mapping[str, Any], mark: str, value: Value, *, stands: bool
    ) -> None:
        """With the event that tells of it. `stands`: an older one is replaced."""
        thought, concept_id = piece
        row = products.row_of(
            thought, key, value, fingerprint=mark, author=self.author.name_for(thought),
            roadmap_id=key["roadmap_id"],
        )  # fmt: skip
        told = {"concept_id": concept_id, "kind": thought.value}
        await self.claimed.make(
            product_of(*piece), row,
            lambda outcome: Event(kind="piece_ready", data={**told, "outcome": outcome}),
            statements=products.replacing(thought, key, stands=stands, failed=piece in self.failed),
            concept_id=concept_id,
        )  # fmt: skip

    async def record_failure(
        self, piece: Piece, key: Mapping[str, Any], mark: str, error: AuthorFailed
    ) -> None:
        thought, concept_id = piece
        told = {"concept_id": concept_id, "kind": thought.value}
        self.claimed.log.warning("piece_failed", code=error.code, **told)
        failure = products.record_failure(key, thought, mark, self.claimed.task.epoch, error)
        event = Event(kind="piece_failed", data={**told, "code": error.code, "cause": error.detail})
        name = f"{product_of(*piece)} failed"
        await self.claimed.tell(name, event, statements=[failure], progress=True)
        self.failed.add(piece)
