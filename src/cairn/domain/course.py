"""A course as its writer made it: the whole subject, before anything is chosen for a learner."""

from enum import StrEnum

from pydantic import Field

from cairn.domain.lesson import Quiz, Resources, Tutorial, Value


class Level(StrEnum):
    beginner = "beginner"
    intermediate = "intermediate"
    advanced = "advanced"

    @property
    def rank(self) -> int:
        return list(Level).index(self)


class CourseConcept(Value):
    """One concept with the lesson written for it. `prerequisites` are concept ids of the same course."""

    concept_id: str
    name: str
    description: str
    level: Level
    hours: float
    prerequisites: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    core: bool = True
    tutorial: Tutorial
    resources: Resources
    quiz: Quiz


class CourseModule(Value):
    title: str
    summary: str = ""
    concepts: tuple[str, ...]


class CourseStage(Value):
    title: str
    summary: str = ""
    modules: tuple[CourseModule, ...]


class Course(Value):
    course_id: str
    title: str
    aliases: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    language: str
    summary: str
    stages: tuple[CourseStage, ...]
    concepts: dict[str, CourseConcept] = Field(repr=False)

    @property
    def total_hours(self) -> float:
        return round(sum(concept.hours for concept in self.concepts.values()), 1)

    def in_order(self) -> list[CourseConcept]:
        """Every concept in the order the outline names it."""
        return [
            self.concepts[concept_id]
            for stage in self.stages
            for module in stage.modules
            for concept_id in module.concepts
        ]
