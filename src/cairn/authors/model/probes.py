"""What a model is tried with: each form of answer about a small matter, by the prompts that courses are made
with, two times in English and once in Chinese."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from cairn.authors.author import Ask, CurriculumGiven, EditGiven, PieceGiven, ValidationGiven
from cairn.authors.model import drafts
from cairn.authors.model.author import ModelAuthor
from cairn.authors.model.staging import fill_stage, plan_stages
from cairn.domain.course import Level
from cairn.domain.lesson import content_id
from cairn.domain.request import ContentFormats, Language, LearnerRequest
from cairn.domain.roadmap import Concept, Module, Roadmap, Stage
from cairn.domain.thought import Thought


@dataclass(frozen=True)
class Matter:
    """Something small to teach. `concepts`: names and descriptions, each needs the one before."""

    language: Language
    goal: str
    subject: str
    skill: str
    concepts: tuple[tuple[str, str], ...]
    feedback: str

    @property
    def request(self) -> LearnerRequest:
        return LearnerRequest(query=self.goal, language=self.language)

    @property
    def curriculum(self) -> CurriculumGiven:
        return CurriculumGiven(
            subject=self.subject, goal=self.goal, level=Level.beginner, known=(), hours_per_week=2.0,
            budget_hours=6.0, language=self.language, skills=(self.skill,),
        )  # fmt: skip

    @property
    def stages(self) -> drafts.StagesDraft:
        stages = [drafts.StageDraft(title=name, holds=said) for name, said in self.concepts]
        return drafts.StagesDraft(title=self.subject, summary=self.goal, stages=stages)

    @property
    def roadmap(self) -> Roadmap:
        names = [name for name, _ in self.concepts]
        cards = [
            Concept(
                concept_id=content_id("c", name), name=name, description=said, estimated_hours=1.0,
                difficulty=Level.beginner,
                prerequisites=tuple(content_id("c", needed) for needed in names[max(0, at - 1) : at]),
            )
            for at, (name, said) in enumerate(self.concepts)
        ]  # fmt: skip
        module = Module(title=self.subject, concepts=tuple(cards))
        stage = Stage(title=self.subject, modules=(module,))
        return Roadmap(title=self.subject, summary=self.goal, language=self.language, stages=(stage,))

    @property
    def piece(self) -> PieceGiven:
        (needed, _), (name, said) = self.concepts[:2]
        return PieceGiven(
            concept_id="c", name=name, description=said, level=Level.beginner, keywords=(self.subject,),
            prerequisite_names=(needed,), language=self.language, weights=ContentFormats(),
        )  # fmt: skip


TEA = Matter(
    "en", "Learn to make tea", "Making tea", "make a pot of tea that is not bitter",
    (
        ("Water for tea", "How hot the water should be for which tea, and why."),
        ("Steeping time", "How long leaves are left in the water, and what happens when it is too long."),
        ("Serving tea", "Warming the pot, pouring, and keeping the second cup good."),
    ),
    "Add a concept about choosing tea leaves, at the beginning.",
)  # fmt: skip
COFFEE = Matter(
    "zh", "学习手冲咖啡", "手冲咖啡", "能独立冲出一杯不苦的咖啡",
    (
        ("研磨粗细", "咖啡豆磨得多细合适，以及原因。"),
        ("水温与水量", "用多热、多少的水，水太热会怎样。"),
        ("注水手法", "怎样分段、匀速地注水。"),
    ),
    "在最前面加一个关于挑选咖啡豆的知识点。",
)  # fmt: skip
MAP = Matter(
    "en", "Learn to read a hiking map", "Reading a hiking map", "find the way back with a paper map",
    (
        ("Scale", "How a distance on the map becomes a distance on the ground."),
        ("Contour lines", "What the lines say about slopes, peaks and valleys."),
        ("Finding where you are", "Laying the map to the north and naming what is seen."),
    ),
    "The last concept should come first.",
)  # fmt: skip
MATTERS = (TEA, COFFEE, MAP)

Try = Callable[[ModelAuthor, Matter, Ask], Awaitable[Any]]

FORMS: Mapping[str, tuple[Thought, Try]] = {
    "intent": (Thought.intent, lambda author, m, ask: author.analyse_intent(m.request, ask)),
    "curriculum": (Thought.curriculum, lambda author, m, ask: author.design_at_once(m.curriculum, ask)),
    "validation": (
        Thought.validation,
        lambda author, m, ask: author.validate_structure(ValidationGiven(roadmap=m.roadmap), ask),
    ),
    "edit": (
        Thought.edit,
        lambda author, m, ask: author.edit_roadmap(EditGiven(roadmap=m.roadmap, feedback=m.feedback), ask),
    ),
    "tutorial": (Thought.tutorial, lambda author, m, ask: author.write_tutorial(m.piece, ask)),
    "resources": (Thought.resources, lambda author, m, ask: author.recommend_resources(m.piece, ask)),
    "quiz": (Thought.quiz, lambda author, m, ask: author.write_quiz(m.piece, ask)),
    "stages": (
        Thought.curriculum,
        lambda author, m, ask: plan_stages(m.curriculum, author.thinking(Thought.curriculum, ask)),
    ),
    "stage": (
        Thought.curriculum,
        lambda author, m, ask: fill_stage(
            m.curriculum, m.stages, m.stages.stages[0], [], author.thinking(Thought.curriculum, ask)
        ),
    ),
}
"""By the name of a form its thought, and how it is asked for."""


def prose_of(draft: BaseModel) -> str:
    """What of an answer is written in the language of the course: titles of books are not, nor are ids."""
    match draft:
        case drafts.IntentDraft():
            words = [draft.user_profile_summary, *draft.skill_gap_analysis, *draft.must_have_skills]
        case drafts.CurriculumDraft():
            words = [draft.summary, *(concept.description for concept in draft.concepts)]
        case drafts.StagesDraft():
            words = [draft.summary, *(stage.holds for stage in draft.stages)]
        case drafts.OneStageDraft():
            words = [concept.description for concept in draft.concepts]
        case drafts.ReviewDraft():
            words = draft.notes
        case drafts.EditsDraft():
            words = [edit.description or "" for edit in draft.edits]
        case drafts.TutorialDraft():
            words = [draft.summary, draft.markdown]
        case drafts.ResourcesDraft():
            words = [item.description for item in draft.items]
        case drafts.QuizDraft():
            explained = [option.explanation for one in draft.questions for option in one.options]
            words = [*(question.question for question in draft.questions), *explained]
        case _:
            words = []
    return " ".join(words)
