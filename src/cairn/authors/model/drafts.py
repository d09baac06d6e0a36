"""What a model is asked to answer for each thought: flat, in words, without ids. Code makes products of it.

The descriptions are part of the request: they are what the model is told of each field.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from cairn.domain.course import Level
from cairn.domain.lesson import QuestionType, ResourceType
from cairn.domain.structure import CONCEPT_HOURS, SMALLEST_ROADMAP
from cairn.domain.thresholds import LEAST_QUESTIONS, OPTIONS_PER_QUESTION

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Hours = Annotated[float, Field(ge=CONCEPT_HOURS[0], le=CONCEPT_HOURS[1])]
MOST_CONCEPTS = 200
MOST_STAGES = 6
"""Of a curriculum that is asked for stage by stage."""


class Draft(BaseModel):
    """A field nobody asked for is left aside: small models add some."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class IntentDraft(Draft):
    subject: Name = Field(
        description="The subject to be taught, in a few words, without the learner's level."
    )
    key_technologies: list[Name] = Field(description="The main topics the subject is made of.", max_length=20)
    recommended_focus: list[Name] = Field(
        description="What this learner should spend most time on.", max_length=20
    )
    must_have_skills: list[Name] = Field(
        description="What the learner must be able to do at the end.", max_length=30
    )
    user_profile_summary: Words = Field(description="Who the learner is, from what they said, in a sentence.")
    skill_gap_analysis: list[Words] = Field(
        description="What lies between what they know and their goal.", max_length=20
    )
    personalized_suggestions: list[Words] = Field(
        default_factory=list, description="Advice for this learner.", max_length=20
    )


class ConceptDraft(Draft):
    name: Name = Field(description="Short and unlike every other name in the course.")
    description: Words = Field(description="What is learnt here, in one sentence.")
    stage: Title = Field(description="The stage it belongs to.")
    module: Title = Field(description="The module of that stage it belongs to.")
    estimated_hours: Hours = Field(description="Reading and practice, in hours.")
    difficulty: Level
    keywords: list[Name] = Field(default_factory=list, max_length=20)
    prerequisites: list[Name] = Field(
        default_factory=list,
        max_length=20,
        description="Names of concepts of this course that must be learnt before.",
    )
    keeps: str | None = Field(
        default=None, description="The id of the concept of the present course that this is, if it is one."
    )


class CurriculumDraft(Draft):
    title: Title
    summary: Words
    concepts: list[ConceptDraft] = Field(
        description="All concepts, in the order they are to be learnt.",
        min_length=SMALLEST_ROADMAP,
        max_length=MOST_CONCEPTS,
    )


class StageDraft(Draft):
    title: Title
    holds: Words = Field(description="What is learnt in this stage, in two or three sentences.")


class StagesDraft(Draft):
    title: Title = Field(description="Of the whole course.")
    summary: Words = Field(description="Of the whole course.")
    stages: list[StageDraft] = Field(
        description="In the order they are gone through.", min_length=1, max_length=MOST_STAGES
    )


class PlacedDraft(Draft):
    """A concept within a stage that is known."""

    name: Name = Field(description="Short and unlike every other name in the course.")
    description: Words = Field(description="What is learnt here, in one sentence.")
    module: Title = Field(description="The module of the stage it belongs to.")
    estimated_hours: Hours = Field(description="Reading and practice, in hours.")
    difficulty: Level
    prerequisites: list[Name] = Field(
        default_factory=list,
        max_length=20,
        description="Names of concepts of this course that must be learnt before.",
    )


class OneStageDraft(Draft):
    concepts: list[PlacedDraft] = Field(
        description="The concepts of this stage, in the order they are to be learnt.",
        min_length=1,
        max_length=MOST_CONCEPTS // MOST_STAGES,
    )


class ReviewDraft(Draft):
    uncovered: list[int] = Field(
        default_factory=list, max_length=30, description="Numbers of the skills that no concept teaches."
    )
    notes: list[Words] = Field(
        default_factory=list, max_length=30, description="What a reader of the outline should know."
    )


class EditDraft(Draft):
    op: Literal["add", "remove", "rename", "move", "set"]
    concept_id: str | None = Field(default=None, description="The concept to change; not for add.")
    name: Name | None = Field(default=None, description="For add and rename.")
    description: Words | None = Field(default=None, description="For add and set.")
    estimated_hours: Hours | None = Field(default=None, description="For add and set.")
    difficulty: Level | None = Field(default=None, description="For add and set.")
    prerequisites: list[str] | None = Field(default=None, description="Concept ids. For add and set.")
    after: str | None = Field(default=None, description="A concept id, the place. For add and move.")
    module: Title | None = Field(default=None, description="A module's title, the place. For add and move.")


class EditsDraft(Draft):
    edits: list[EditDraft] = Field(max_length=200, description="Applied in this order.")


class TutorialDraft(Draft):
    title: Title
    summary: Words = Field(description="What the reader can do afterwards, in one sentence.")
    markdown: str = Field(min_length=1, description="The whole tutorial in Markdown, without the title.")
    minutes: int = Field(ge=1, le=2400, description="Reading and doing, in minutes.")


class ResourceDraft(Draft):
    title: Title
    phrase: Title = Field(description="Words to search for that find it. Never an address.")
    type: ResourceType
    description: Words = Field(description="What it is good for.")


class ResourcesDraft(Draft):
    items: list[ResourceDraft] = Field(min_length=1, max_length=12)


class ChoiceDraft(Draft):
    number: int = Field(ge=1, description="The number of the page.")
    description: Words = Field(description="What it is good for. Never an address.")


class ChoicesDraft(Draft):
    choices: list[ChoiceDraft] = Field(max_length=12, description="The best first; none where none helps.")


class AnswerDraft(Draft):
    question: int = Field(ge=1, description="The number of the question.")
    options: list[int] = Field(description="The numbers of the options that are right.")


class SolutionDraft(Draft):
    answers: list[AnswerDraft] = Field(min_length=1, max_length=24)


class RewrittenDraft(Draft):
    questions: list["QuestionDraft"] = Field(min_length=1, max_length=12)


class OptionDraft(Draft):
    text: Words
    correct: bool
    explanation: Words = Field(description="Why it is right, or why it is wrong.")


class QuestionDraft(Draft):
    question: Words
    question_type: QuestionType
    options: list[OptionDraft] = Field(min_length=OPTIONS_PER_QUESTION[0], max_length=OPTIONS_PER_QUESTION[1])


class QuizDraft(Draft):
    questions: list[QuestionDraft] = Field(min_length=LEAST_QUESTIONS, max_length=12)
