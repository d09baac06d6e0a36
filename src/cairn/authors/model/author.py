"""A model as an author: for each thought a prompt, the form of the answer, and what code makes of it."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import TYPE_CHECKING, TypeVar

from cairn.authors.analysis import language_of
from cairn.authors.author import (
    EVERY_VALUE,
    Ask,
    CurriculumGiven,
    EditGiven,
    PieceGiven,
    RoadmapEdits,
    ValidationGiven,
)
from cairn.authors.model import drafts, making
from cairn.authors.model.names import check_name
from cairn.authors.model.prompting import card, data, filled, hours, liked, listed, outline
from cairn.authors.model.solving import Solution, shown_to_solver, solution_of, without_doubt
from cairn.domain.intent import IntentAnalysis, level_of
from cairn.domain.lesson import Question, Quiz, Resources, Tutorial, Value
from cairn.domain.request import LearnerRequest
from cairn.domain.roadmap import Roadmap
from cairn.domain.structure import ValidationReport
from cairn.domain.thought import Thought

if TYPE_CHECKING:
    from cairn.authors.model.thinking import Thinker

D = TypeVar("D", bound=drafts.Draft)
V = TypeVar("V", bound=Value)


class ModelAuthor:
    understands_words = True
    reads = EVERY_VALUE

    def __init__(self, name: str, others: Mapping[Thought, str], today: Callable[[], date]) -> None:
        """`others`: models that think some of the thoughts instead."""
        for one in (name, *others.values()):
            check_name(one)
        self.name = name
        self.names = {thought: others.get(thought, name) for thought in Thought}
        self.today = today
        self.thinkers: dict[Thought, Thinker] = {}
        """While it is at work, else none: who only looks does not wait for the libraries of a model."""

    def name_for(self, thought: Thought) -> str:
        return self.names[thought]

    @asynccontextmanager
    async def at_work(self) -> AsyncGenerator[None]:
        from cairn.authors.model.providers import open_thinkers

        async with open_thinkers(self.names) as self.thinkers:
            yield
        self.thinkers = {}

    async def think(
        self, thought: Thought, answer: type[D], prompt: str, ask: Ask, make: Callable[[D], V], form: str = ""
    ) -> V:
        """`form`: what is asked for, where it is not what the thought is named after."""
        return await self.thinkers[thought].think(form or thought.value, answer, prompt, ask, make)

    def accepts(self, request: LearnerRequest) -> None:
        """Any goal that is well formed."""

    async def analyse_intent(self, given: LearnerRequest, ask: Ask) -> IntentAnalysis:
        level = level_of(given)
        prompt = filled(
            Thought.intent,
            language_of(given),
            query=data(given.query),
            background=data(given.background),
            motivation=data(given.motivation),
            known=listed(given.known),
            level=level.value if level else "not said",
        )
        return await self.think(
            Thought.intent, drafts.IntentDraft, prompt, ask,
            lambda draft: making.analysis_of(draft, given, self.today()),
        )  # fmt: skip

    async def design_curriculum(self, given: CurriculumGiven, ask: Ask) -> Roadmap:
        prompt = filled(
            Thought.curriculum,
            given.language,
            hours=hours(given.budget_hours),
            level=given.level.value if given.level else "not said: teach the whole way",
            subject=data(given.subject),
            goal=data(given.goal),
            skills=listed(given.skills),
            known=listed(given.known),
        )
        return await self.think(
            Thought.curriculum, drafts.CurriculumDraft, prompt, ask,
            lambda draft: making.roadmap_of(draft, given),
        )  # fmt: skip

    async def validate_structure(self, given: ValidationGiven, ask: Ask) -> ValidationReport:
        """Code checks the order; a model only notes what a reader should know."""
        prompt = filled(Thought.validation, given.roadmap.language, outline=data(outline(given.roadmap)))
        return await self.think(Thought.validation, drafts.ReviewDraft, prompt, ask, making.report_of)

    async def edit_roadmap(self, given: EditGiven, ask: Ask) -> RoadmapEdits:
        prompt = filled(
            Thought.edit,
            given.roadmap.language,
            outline=data(outline(given.roadmap)),
            faults=listed(fault.message for fault in given.faults),
            feedback=data(given.feedback),
        )
        return await self.think(Thought.edit, drafts.EditsDraft, prompt, ask, making.edits_of)

    async def write_tutorial(self, given: PieceGiven, ask: Ask) -> Tutorial:
        prompt = filled(
            Thought.tutorial,
            given.language,
            card=card(given),
            wish=data(given.wish),
            weights=liked(given.weights),
            prerequisites=listed(given.prerequisite_names),
        )
        return await self.think(
            Thought.tutorial, drafts.TutorialDraft, prompt, ask,
            lambda draft: making.tutorial_of(draft, given.language),
        )  # fmt: skip

    async def recommend_resources(self, given: PieceGiven, ask: Ask) -> Resources:
        prompt = filled(Thought.resources, given.language, card=card(given), wish=data(given.wish))
        return await self.think(
            Thought.resources, drafts.ResourcesDraft, prompt, ask,
            lambda draft: making.resources_of(draft, given.language),
        )  # fmt: skip

    async def write_quiz(self, given: PieceGiven, ask: Ask) -> Quiz:
        """Written, and then answered by a call that is not told the key."""

        def checked(draft: drafts.QuizDraft | drafts.RewrittenDraft) -> Quiz:
            return making.quiz_of(draft, given.language)

        async def solve(questions: Sequence[Question]) -> Solution:
            prompt = filled("solve", given.language, quiz=data(shown_to_solver(questions)))
            return await self.think(
                Thought.quiz, drafts.SolutionDraft, prompt, ask,
                lambda draft: solution_of(draft, questions), form="solve",
            )  # fmt: skip

        async def rewrite(doubted: str) -> Quiz:
            prompt = filled("rewrite", given.language, card=card(given), quiz=data(doubted))
            return await self.think(Thought.quiz, drafts.RewrittenDraft, prompt, ask, checked, form="rewrite")

        prompt = filled("quiz", given.language, card=card(given), wish=data(given.wish))
        quiz = await self.think(Thought.quiz, drafts.QuizDraft, prompt, ask, checked)
        return await without_doubt(quiz, solve, rewrite)
