"""The roadmap: stages of modules of concepts in learning order, each concept with a stable id."""

from collections.abc import Callable, Iterator
from typing import Any

from pydantic import Field

from cairn.domain.course import Level
from cairn.domain.lesson import Value


class Concept(Value):
    """The card of a concept. `prerequisites` are ids of this roadmap only."""

    concept_id: str
    name: str
    description: str
    estimated_hours: float
    difficulty: Level = Field(strict=False)
    keywords: tuple[str, ...] = Field(default=(), strict=False)
    prerequisites: tuple[str, ...] = Field(default=(), strict=False)
    prerequisite_names: tuple[str, ...] = Field(default=(), strict=False)
    """All direct prerequisites the course names, also those the learner is presumed to know."""

    def card(self) -> dict[str, Any]:
        """As others see it, in plain values; the names above are for who writes its lesson."""
        return self.model_dump(mode="json", exclude={"prerequisite_names"})


class Module(Value):
    title: str
    summary: str = ""
    concepts: tuple[Concept, ...] = Field(strict=False)


class Stage(Value):
    title: str
    summary: str = ""
    modules: tuple[Module, ...] = Field(strict=False)


class LeftOut(Value):
    name: str
    reason: str


class Roadmap(Value):
    """A curriculum as designed, and, once published, the roadmap that is read."""

    title: str
    summary: str
    language: str
    stages: tuple[Stage, ...] = Field(strict=False)
    left_out: tuple[LeftOut, ...] = Field(default=(), strict=False)
    weeks: int | None = None
    budget_hours: float | None = None
    mended: tuple[str, ...] = Field(default=(), strict=False)
    """What code had to mend in it, a sentence each."""

    def concepts(self) -> Iterator[Concept]:
        for stage in self.stages:
            for module in stage.modules:
                yield from module.concepts

    def outline(self, of: Callable[[Concept], dict[str, Any]]) -> list[dict[str, Any]]:
        """The stages in plain values, each concept as `of` tells it."""
        return [
            {
                "title": stage.title,
                "summary": stage.summary,
                "modules": [
                    {
                        "title": module.title,
                        "summary": module.summary,
                        "concepts": [of(concept) for concept in module.concepts],
                    }
                    for module in stage.modules
                ],
            }
            for stage in self.stages
        ]

    def concept(self, concept_id: str) -> Concept | None:
        return next((c for c in self.concepts() if c.concept_id == concept_id), None)

    @property
    def total_hours(self) -> float:
        return round(sum(concept.estimated_hours for concept in self.concepts()), 1)
