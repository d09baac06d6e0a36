"""A model as an author: for each thought a prompt, the form of the answer, and what code makes of it."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel

from cairn.authors.analysis import language_of
from cairn.authors.author import (
    EVERY_VALUE,
    Ask,
    CurriculumGiven,
    EditGiven,
    Estimate,
    PieceGiven,
    RoadmapEdits,
    ValidationGiven,
)
from cairn.authors.model import drafts, making
from cairn.authors.model.checks import NOT_SAID, TOO_LONG, UNUSABLE
from cairn.authors.model.choosing import resources_chosen, shown_to_chooser
from cairn.authors.model.expecting import expected_of_concepts
from cairn.authors.model.names import check_name, provider_of
from cairn.authors.model.price import Price, Rates
from cairn.authors.model.prompting import (
    card,
    data,
    filled,
    hours,
    level_said,
    liked,
    listed,
    numbered,
    outline,
    standing,
)
from cairn.authors.model.repair import Judged, mended_once
from cairn.authors.model.solving import Solution, shown_to_solver, solution_of, without_doubt
from cairn.authors.model.staging import Think, design_in_stages, or_shorter
from cairn.domain.errors import AuthorFailed
from cairn.domain.intent import IntentAnalysis, level_of
from cairn.domain.lesson import Question, Quiz, Resources, Tutorial
from cairn.domain.modes import Modes
from cairn.domain.request import LearnerRequest
from cairn.domain.roadmap import Roadmap
from cairn.domain.structure import ValidationReport
from cairn.domain.thought import Thought
from cairn.domain.thresholds import LEAST_QUESTIONS
from cairn.search.finding import Find, Subject

if TYPE_CHECKING:
    from cairn.authors.model.thinking import Thinker

D = TypeVar("D", bound=drafts.Draft)
V = TypeVar("V", bound=BaseModel)


async def nothing_kept() -> Modes:
    return {}


class ModelAuthor:
    understands_words = True
    reads = EVERY_VALUE

    def __init__(
        self, name: str, others: Mapping[Thought, str], today: Callable[[], date],
        find: Find, kept_modes: Callable[[], Awaitable[Modes]] = nothing_kept, rates: Rates | None = None,
    ) -> None:  # fmt: skip
        """`others`: models that think some of the thoughts instead; `find`: where to look for resources.
        `kept_modes` tells, when it goes to work, how each model was found to be best asked; `rates`: what
        those cost that have no list price."""
        for one in (name, *others.values()):
            check_name(one)
        self.name = name
        self.prices = {thought: Price(others.get(thought, name), rates) for thought in Thought}
        self.today = today
        self.kept_modes = kept_modes
        self.find = find
        self.thinkers: dict[Thought, Thinker] = {}
        """While it is at work, else none: who only looks does not wait for the libraries of a model."""

    def name_for(self, thought: Thought) -> str:
        return self.prices[thought].name

    def provider_for(self, thought: Thought) -> str:
        return provider_of(self.prices[thought].name)

    @asynccontextmanager
    async def at_work(self) -> AsyncGenerator[None]:
        from cairn.authors.model.providers import open_thinkers

        modes = await self.kept_modes()
        async with open_thinkers(self.prices, modes) as self.thinkers, self.find.at_work():
            yield
        self.thinkers = {}

    async def think(
        self, thought: Thought, answer: type[D], prompt: str, ask: Ask, make: Callable[[D], V], form: str = ""
    ) -> V:
        """`form`: what is asked for, where it is not what the thought is named after."""
        return await self.thinkers[thought].think(form or thought.value, answer, prompt, ask, make)

    def thinking(self, thought: Thought, ask: Ask) -> Think:
        """Its model, to be asked for forms of any name."""

        async def think(form: str, answer: type[D], prompt: str, make: Callable[[D], V]) -> V:
            return await self.think(thought, answer, prompt, ask, make, form)

        return think

    def accepts(self, request: LearnerRequest) -> None:
        """Any goal that is well formed."""

    def expects(self, roadmap: Roadmap) -> Estimate | None:
        return expected_of_concepts(len(list(roadmap.concepts())), self.prices)

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
        """In one call, or stage by stage where the model has not the room for that."""

        async def in_stages() -> Roadmap:
            return await design_in_stages(given, self.thinking(Thought.curriculum, ask))

        if self.thinkers[Thought.curriculum].has_room_for_stages_only:
            return await in_stages()
        return await or_shorter(lambda: self.design_at_once(given, ask), in_stages)

    async def design_at_once(self, given: CurriculumGiven, ask: Ask) -> Roadmap:
        prompt = filled(
            Thought.curriculum,
            given.language,
            hours=hours(given.budget_hours),
            level=level_said(given.level),
            subject=data(given.subject),
            goal=data(given.goal),
            skills=listed(given.skills),
            known=listed(given.known),
            standing=data(standing(given.standing)),
        )
        return await self.think(
            Thought.curriculum, drafts.CurriculumDraft, prompt, ask,
            lambda draft: making.roadmap_of(draft, given),
        )  # fmt: skip

    async def validate_structure(self, given: ValidationGiven, ask: Ask) -> ValidationReport:
        """Code checks the order; a model says which skills are not taught, and what a reader should know."""

        async def read(*, short: bool = False) -> ValidationReport:
            prompt = filled(
                Thought.validation,
                given.roadmap.language,
                outline=data(outline(given.roadmap, short=short)),
                skills=data(numbered(given.skills)),
            )
            return await self.think(
                Thought.validation, drafts.ReviewDraft, prompt, ask,
                lambda draft: making.report_of(draft, given.skills),
            )  # fmt: skip

        return await or_shorter(read, lambda: read(short=True))

    async def edit_roadmap(self, given: EditGiven, ask: Ask) -> RoadmapEdits:
        async def edit(*, short: bool = False) -> RoadmapEdits:
            prompt = filled(
                Thought.edit,
                given.roadmap.language,
                outline=data(outline(given.roadmap, short=short)),
                faults=listed(fault.message for fault in given.faults),
                feedback=data(given.feedback),
            )
            return await self.think(
                Thought.edit, drafts.EditsDraft, prompt, ask, lambda draft: making.edits_of(draft, given)
            )

        return await or_shorter(edit, lambda: edit(short=True))

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
            mended_once(lambda draft: making.tutorial_of(draft, given.language)),
        )  # fmt: skip

    async def recommend_resources(self, given: PieceGiven, ask: Ask) -> Resources:
        """Phrases first; then, of what was found by them and in the lists at hand, what the model chooses."""
        told = {"card": card(given), "wish": data(given.wish)}
        phrases = await self.think(
            Thought.resources, drafts.ResourcesDraft, filled(Thought.resources, given.language, **told), ask,
            lambda draft: making.resources_of(draft, given.language),
        )  # fmt: skip
        subject = Subject(name=given.name, keywords=given.keywords, description=given.description)
        candidates = await self.find(subject, phrases.items)
        if not candidates:
            return phrases
        prompt = filled("choose", given.language, **told, pages=data(shown_to_chooser(candidates)))
        try:
            return await self.think(
                Thought.resources, drafts.ChoicesDraft, prompt, ask,
                lambda draft: resources_chosen(draft, candidates, phrases.items), form="choose",
            )  # fmt: skip
        except AuthorFailed as error:
            if error.code not in (UNUSABLE, TOO_LONG, NOT_SAID):
                raise
            return phrases  # they are good without a choice

    async def write_quiz(self, given: PieceGiven, ask: Ask) -> Quiz:
        """Written, and then answered by a call that is not told the key."""

        def judge(draft: drafts.QuizDraft) -> Judged[Quiz]:
            return making.quiz_of(draft, given.language, LEAST_QUESTIONS)

        def judge_anew(draft: drafts.RewrittenDraft) -> Judged[Quiz]:
            return making.quiz_of(draft, given.language, least=1)

        async def solve(questions: Sequence[Question]) -> Solution:
            prompt = filled("solve", given.language, quiz=data(shown_to_solver(questions)))
            return await self.think(
                Thought.quiz, drafts.SolutionDraft, prompt, ask,
                lambda draft: solution_of(draft, questions), form="solve",
            )  # fmt: skip

        async def rewrite(doubted: str) -> Quiz:
            prompt = filled("rewrite", given.language, card=card(given), quiz=data(doubted))
            make = mended_once(judge_anew)
            return await self.think(Thought.quiz, drafts.RewrittenDraft, prompt, ask, make, form="rewrite")

        prompt = filled("quiz", given.language, card=card(given), wish=data(given.wish))
        quiz = await self.think(Thought.quiz, drafts.QuizDraft, prompt, ask, mended_once(judge))
        return await without_doubt(quiz, solve, rewrite)
