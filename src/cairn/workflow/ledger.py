"""The one door through which steps make and keep products. Implemented two floors up."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from cairn.authors.author import Ask, Standing
from cairn.domain.lesson import Value
from cairn.domain.report import TreeReport
from cairn.domain.request import ContentFormats
from cairn.domain.review import Decision
from cairn.domain.roadmap import Roadmap
from cairn.domain.thought import Thought

V = TypeVar("V", bound=Value)


class Ledger(Protocol):
    async def started(self, step: str) -> None:
        """Tell that a step of the line begins."""
        ...

    def began(self, step: str, concept_id: str) -> None:
        """Tell that one of the steps side by side begins."""
        ...

    def finished(self, step: str, concept_id: str | None = None) -> None:
        """Tell that a step is over."""
        ...

    def note(self, said: str, **about: str) -> None:
        """A line in the log, with the run it belongs to."""
        ...

    async def once(
        self, thought: Thought, given: Value, make: Callable[[Ask], Awaitable[V]], *, number: int = 0,
        by: str | None = None,
    ) -> V:  # fmt: skip
        """The product of a step: the stored one if it was made from these values, else made and stored.
        `by`: who made it, where that is not the author."""
        ...

    def made(self, thought: Thought, kind: type[V], *, number: int = 0) -> V:
        """A product an earlier step of this run has made or found."""
        ...

    def has(self, thought: Thought, number: int) -> bool:
        """Whether the step's product of a round was made or found."""
        ...

    def tree(self, number: int) -> Roadmap:
        """The tree of a round: as designed in round 0, then as edited."""
        ...

    def decision(self, number: int) -> Decision | None:
        """What a person decided of the tree of a round."""
        ...

    def mint(self, tree: Roadmap) -> Callable[[str], str]:
        """Gives the id of a concept that is added to the tree."""
        ...

    def standing(self) -> tuple[Standing, ...]:
        """The concepts that have an id: of the published tree, and those that fell out of it."""
        ...

    def wanted(self, thought: Thought, given: Value) -> str:
        """The fingerprint a product has that is made from `given`."""
        ...

    async def publish(
        self, roadmap: Roadmap, fingerprint: str, weights: ContentFormats, report: TreeReport
    ) -> None:
        """Make the tree the one that is read."""
        ...

    def published_from(self, fingerprint: str, weights: ContentFormats) -> bool:
        """Whether the published tree was accepted from this curriculum, its pieces given these values."""
        ...

    def for_one_piece(self) -> bool:
        """Whether this run is to make one piece, and not the whole course."""
        ...

    def concept_ids(self) -> list[str]:
        """The concepts this run writes, in learning order."""
        ...

    async def piece(
        self, concept_id: str, thought: Thought, written: Callable[[], None] = lambda: None
    ) -> None:
        """Make one piece if it is wanted and does not stand; a failure is stored, not raised. `written` is
        called as soon as the author has no more to do with it."""
        ...
