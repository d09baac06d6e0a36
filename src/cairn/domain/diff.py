"""What changed between two trees of one roadmap, told by names, as a person looks at it."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Annotated

from pydantic import Field

from cairn.domain.lesson import Value
from cairn.domain.roadmap import Concept, Roadmap

Words = Annotated[tuple[str, ...], Field(strict=False)]
FIELDS = ("estimated_hours", "prerequisites", "description", "difficulty", "keywords")


class Placed(Value):
    """A concept that came or went. `place` is “stage › module”."""

    concept_id: str
    name: str
    place: str


class Renamed(Value):
    concept_id: str
    old: str
    new: str


class Moved(Value):
    """`old` and `new` are “stage › module”; where they are the same, the order within it changed, and
    `after` names the concept it now follows (None: it comes first in the module)."""

    concept_id: str
    name: str
    old: str
    new: str
    after: str | None = None


class Changed(Value):
    """A field of a card; prerequisites by name."""

    concept_id: str
    name: str
    field: str
    old: str | float | Words
    new: str | float | Words


class RoadmapDiff(Value):
    added: tuple[Placed, ...] = Field(default=(), strict=False)
    removed: tuple[Placed, ...] = Field(default=(), strict=False)
    renamed: tuple[Renamed, ...] = Field(default=(), strict=False)
    moved: tuple[Moved, ...] = Field(default=(), strict=False)
    changed: tuple[Changed, ...] = Field(default=(), strict=False)
    hours_before: float | None = None
    """None where there was no tree before."""
    hours_after: float

    @property
    def empty(self) -> bool:
        return not (self.added or self.removed or self.renamed or self.moved or self.changed)


def diff(before: Roadmap | None, after: Roadmap) -> RoadmapDiff:
    """What came, went, changed its name, place or card. Concepts are the same where their ids are."""
    old = {c.concept_id: c for c in before.concepts()} if before else {}
    new = {c.concept_id: c for c in after.concepts()}
    was = places(before) if before else {}
    now = places(after)
    both = [concept_id for concept_id in new if concept_id in old]
    return RoadmapDiff(
        added=tuple(placed(concept, now) for i, concept in new.items() if i not in old),
        removed=tuple(placed(concept, was) for i, concept in old.items() if i not in new),
        renamed=tuple(
            Renamed(concept_id=i, old=old[i].name, new=new[i].name)
            for i in both
            if old[i].name != new[i].name
        ),
        moved=tuple(
            Moved(concept_id=i, name=new[i].name, old=was[i], new=now[i], after=neighbour(i, after))
            for i in moved(both, list(old), was, now)
        ),
        changed=tuple(
            Changed(concept_id=i, name=new[i].name, field=field, old=one, new=other)
            for i in both
            for field in FIELDS
            if getattr(old[i], field) != getattr(new[i], field)
            for one, other in [(told(old[i], field, new | old), told(new[i], field, old | new))]
        ),
        hours_before=before.total_hours if before else None,
        hours_after=after.total_hours,
    )


def places(roadmap: Roadmap) -> dict[str, str]:
    return {
        concept.concept_id: f"{stage.title} › {module.title}"
        for stage in roadmap.stages
        for module in stage.modules
        for concept in module.concepts
    }


def placed(concept: Concept, place: Mapping[str, str]) -> Placed:
    return Placed(concept_id=concept.concept_id, name=concept.name, place=place[concept.concept_id])


def told(concept: Concept, field: str, cards: Mapping[str, Concept]) -> str | float | Words:
    if field == "prerequisites":
        return tuple(cards[p].name if p in cards else p for p in concept.prerequisites)
    if field == "difficulty":
        return concept.difficulty.value
    return getattr(concept, field)


def moved(
    both: Sequence[str], before: list[str], was: Mapping[str, str], now: Mapping[str, str]
) -> list[str]:
    """Those whose module changed, and as few of the others as explain the new order."""
    at = {concept_id: n for n, concept_id in enumerate(before)}
    stayed = [i for i in both if was[i] == now[i]]
    ranks = longest_rising([at[i] for i in stayed])
    return [i for i in both if at[i] not in ranks]


def longest_rising(numbers: Sequence[int]) -> set[int]:
    """A longest rising subsequence of different numbers."""
    ends: list[int] = []
    before: dict[int, int | None] = {}
    for number in numbers:
        length = bisect_left(ends, number)
        before[number] = ends[length - 1] if length else None
        ends[length : length + 1] = [number]
    found: set[int] = set()
    last = ends[-1] if ends else None
    while last is not None:
        found.add(last)
        last = before[last]
    return found


def neighbour(concept_id: str, roadmap: Roadmap) -> str | None:
    """The name of the concept just before this one in its module."""
    for stage in roadmap.stages:
        for module in stage.modules:
            for left, right in pairwise(module.concepts):
                if right.concept_id == concept_id:
                    return left.name
    return None
