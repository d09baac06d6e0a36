"""A roadmap with all its lessons, as it stands: the one value every export is made from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from cairn.domain.lesson import Quiz, Resources, Tutorial, Value
from cairn.domain.roadmap import Concept, Roadmap
from cairn.domain.task import TaskStatus
from cairn.domain.thought import PIECES, Thought


@dataclass(frozen=True)
class Lesson:
    """The pieces of one concept; None where one is not ready."""

    tutorial: Tutorial | None = None
    resources: Resources | None = None
    quiz: Quiz | None = None

    def piece(self, kind: Thought) -> Value | None:
        return {
            Thought.tutorial: self.tutorial, Thought.resources: self.resources, Thought.quiz: self.quiz,
        }[kind]  # fmt: skip


class NotReady(Value):
    concept_id: str
    name: str
    kind: Thought
    why: Literal["pending", "failed"]
    cause: str = ""


@dataclass(frozen=True)
class Book:
    """`roadmap` is None before the outline is published. `lessons` by concept id; `failures` has the cause by
    (piece, concept id), in the order the store's shelves have their keys."""

    roadmap_id: str
    goal: str
    """What the learner asked for, in their words: the title until there is an outline."""
    status: TaskStatus
    language: str
    author: str = ""
    roadmap: Roadmap | None = None
    lessons: Mapping[str, Lesson] = field(default_factory=dict[str, Lesson])
    failures: Mapping[tuple[Thought, str], str] = field(default_factory=dict[tuple[Thought, str], str])

    @property
    def title(self) -> str:
        return self.roadmap.title if self.roadmap else self.goal

    def concepts(self) -> Iterator[Concept]:
        if self.roadmap:
            yield from self.roadmap.concepts()

    def lesson(self, concept: Concept) -> Lesson:
        return self.lessons.get(concept.concept_id, Lesson())

    def missing(self, concept: Concept) -> list[NotReady]:
        """The pieces of a concept that cannot be read. A piece whose remaking failed still can."""
        lesson, concept_id = self.lesson(concept), concept.concept_id
        return [
            NotReady(
                concept_id=concept_id,
                name=concept.name,
                kind=kind,
                why="failed" if (kind, concept_id) in self.failures else "pending",
                cause=self.failures.get((kind, concept_id), ""),
            )
            for kind in PIECES
            if lesson.piece(kind) is None
        ]

    @property
    def not_ready(self) -> list[NotReady]:
        return [gap for concept in self.concepts() for gap in self.missing(concept)]
