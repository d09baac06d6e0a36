"""The protocol every author keeps, and the values each of its thoughts is given.

An author knows nothing of databases. Each call it makes to something slow goes through `ask`.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import Field

from cairn.domain.course import Level
from cairn.domain.edits import Edit
from cairn.domain.intent import IntentAnalysis
from cairn.domain.lesson import Quiz, Resources, Tutorial, Value
from cairn.domain.request import ContentFormats, LearnerRequest
from cairn.domain.roadmap import Concept, Roadmap
from cairn.domain.structure import Fault, ValidationReport
from cairn.domain.thought import Thought


@dataclass(frozen=True)
class Answer:
    """What came back of one request: content as plain JSON values, and its cost. `usd` None: unknown."""

    content: Any
    input_tokens: int = 0
    output_tokens: int = 0
    usd: float | None = None


@dataclass(frozen=True)
class Estimate:
    """What one or more calls are expected to take. `usd` None: the price is not known."""

    input_tokens: int = 0
    output_tokens: int = 0
    usd: float | None = 0.0
    calls: int = 1


FREE = Estimate()


class Ask(Protocol):
    """Makes one call, or finds its answer in the journal: `await ask(request, send)`.

    `request` is the whole request in plain, typed values: it is part of the journal's key, so it must be the
    same in any process. `send` is given the key, and is only called where no answer is stored. `expected`:
    what the call will take, as far as that can be told beforehand.
    """

    async def __call__(
        self, request: Mapping[str, Any], send: Callable[[str], Awaitable[Answer]], expected: Estimate = FREE
    ) -> Any: ...


class Standing(Value):
    """A concept that has its id, and perhaps a learner's progress. `archived`: it fell out of the course."""

    concept_id: str
    name: str
    description: str
    archived: bool = False


class CurriculumGiven(Value):
    subject: str
    goal: str
    level: Level | None
    known: tuple[str, ...]
    hours_per_week: float | None
    budget_hours: float | None
    language: str
    skills: tuple[str, ...] = ()
    """What the learner must be able to do at the end."""
    standing: tuple[Standing, ...] = ()
    """What the course teaches now, or once taught. It is shown, so that a concept may keep its id, and not
    read: else an unchanged retry would find its own work new."""


class ValidationGiven(Value):
    roadmap: Roadmap
    skills: tuple[str, ...] = ()


class EditGiven(Value):
    """A tree with what is wrong with it, by the structure's check or in a person's words. `by_hand` was
    applied to it by code already."""

    roadmap: Roadmap
    faults: tuple[Fault, ...] = ()
    feedback: str = ""
    by_hand: tuple[Edit, ...] = ()


class RoadmapEdits(Value):
    """What an author would change; code applies it."""

    edits: tuple[Edit, ...] = Field(strict=False)


class PieceGiven(Value):
    """The card of a concept and how the course is to be told; never the goal or the learner's level.
    `variant` and `wish` tell a piece that is asked anew from the ones before it."""

    concept_id: str
    name: str
    description: str
    level: Level
    keywords: tuple[str, ...]
    prerequisite_names: tuple[str, ...]
    language: str
    weights: ContentFormats
    variant: int = 0
    wish: str = ""


class Author(Protocol):
    """One method per thought. `reads` names the given values each one depends on: only those are
    fingerprinted, so what an author does not read never makes its work stale."""

    @property
    def name(self) -> str: ...

    def name_for(self, thought: Thought) -> str:
        """Who is recorded with what comes of a thought."""
        ...

    def provider_for(self, thought: Thought) -> str:
        """Where the calls of a thought go: those to one provider share its slots, and rest together."""
        ...

    @property
    def reads(self) -> Mapping[Thought, frozenset[str]]: ...

    def at_work(self) -> AbstractAsyncContextManager[None]:
        """What it needs to think, open, in the loop that asks it. Raises `Unusable`."""
        ...

    def accepts(self, request: LearnerRequest) -> None:
        """Raises `NotAccepted` where this author has nothing to teach about the goal."""
        ...

    @property
    def understands_words(self) -> bool:
        """Whether feedback in words, or a fault of the structure, can make it edit a tree."""
        ...

    def expects(self, roadmap: Roadmap) -> Estimate | None:
        """What writing every concept of a tree will take; None where nothing is paid."""
        ...

    async def analyse_intent(self, given: LearnerRequest, ask: Ask) -> IntentAnalysis: ...

    async def design_curriculum(self, given: CurriculumGiven, ask: Ask) -> Roadmap: ...

    async def validate_structure(self, given: ValidationGiven, ask: Ask) -> ValidationReport: ...

    async def edit_roadmap(self, given: EditGiven, ask: Ask) -> RoadmapEdits: ...

    async def write_tutorial(self, given: PieceGiven, ask: Ask) -> Tutorial: ...

    async def recommend_resources(self, given: PieceGiven, ask: Ask) -> Resources: ...

    async def write_quiz(self, given: PieceGiven, ask: Ask) -> Quiz: ...


def curriculum_given(analysis: IntentAnalysis) -> CurriculumGiven:
    """What the design is given: the values the analysis settled, not the learner's raw words."""
    settled = analysis.full_analysis_data
    level = settled.get("level")
    return CurriculumGiven(
        subject=settled["subject"],
        goal=analysis.parsed_goal,
        level=None if level is None else Level(level),
        known=tuple(settled["known"]),
        hours_per_week=settled["hours_per_week"],
        budget_hours=settled["budget_hours"],
        language=analysis.language_preferences.primary_language,
        skills=tuple(settled.get("skills", ())),
    )


def piece_given(
    concept: Concept, language: str, weights: ContentFormats, variant: int = 0, wish: str = ""
) -> PieceGiven:
    return PieceGiven(
        concept_id=concept.concept_id,
        name=concept.name,
        description=concept.description,
        level=concept.difficulty,
        keywords=concept.keywords,
        prerequisite_names=concept.prerequisite_names,
        language=language,
        weights=weights,
        variant=variant,
        wish=wish,
    )


def values_read(author: Author, thought: Thought, given: Value) -> dict[str, object]:
    """The part of `given` that this author's thought depends on."""
    return {name: getattr(given, name) for name in sorted(author.reads[thought])}


REQUEST_VALUES = frozenset(LearnerRequest.model_fields) - {"review", "max_cost_usd"}
CURRICULUM_VALUES = frozenset(CurriculumGiven.model_fields) - {"standing"}
EDIT_VALUES = frozenset(EditGiven.model_fields)
PIECE_VALUES = frozenset(PieceGiven.model_fields) - {"concept_id", "variant", "wish"}
"""The variant stands in the fingerprint by itself, and the wish goes with it."""
EVERY_VALUE: Mapping[Thought, frozenset[str]] = {
    Thought.intent: REQUEST_VALUES,
    Thought.curriculum: CURRICULUM_VALUES,
    Thought.validation: frozenset(ValidationGiven.model_fields),
    Thought.edit: EDIT_VALUES,
    Thought.tutorial: PIECE_VALUES,
    Thought.resources: PIECE_VALUES,
    Thought.quiz: PIECE_VALUES,
}
"""What an author reads whose every thought depends on all it is given."""
