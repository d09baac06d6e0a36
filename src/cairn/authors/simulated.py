"""The shipped stand-in: any goal, believable filling, a delay and a log per call. It teaches nothing.

Used by tests, the benchmarks and demonstrations; every answer follows from what it is given alone.
"""

import asyncio
import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import date
from pathlib import Path
from typing import TypeVar

from cairn.authors.analysis import analyse_by_rule
from cairn.authors.author import (
    EVERY_VALUE,
    Answer,
    Ask,
    CurriculumGiven,
    EditGiven,
    PieceGiven,
    RoadmapEdits,
    ValidationGiven,
)
from cairn.domain.course import Level
from cairn.domain.edits import Add
from cairn.domain.intent import IntentAnalysis
from cairn.domain.lesson import (
    QuestionType,
    Quiz,
    Resource,
    Resources,
    ResourceType,
    Tutorial,
    Value,
    build_question,
    content_id,
)
from cairn.domain.planning import weeks
from cairn.domain.request import LearnerRequest
from cairn.domain.roadmap import Concept, Module, Roadmap, Stage
from cairn.domain.structure import ValidationReport
from cairn.domain.thought import Thought

ASPECTS = (
    "Purpose", "Vocabulary", "First steps", "Building blocks", "Daily use", "Typical errors",
    "Checking results", "Working with others", "Limits", "Larger examples", "Speed", "Safety",
)  # fmt: skip
STAGE_TITLES = ("Foundations", "Practice", "Depth")
CONCEPTS_PER_MODULE = 4
CONCEPT_HOURS = 1.0
SETTING_WORDS = frozenset(
    ["learn", "study", "master", "advanced", "beginner", "intermediate", "basics", "to", "the", "about"]
)
V = TypeVar("V", bound=Value)


class SimulatedAuthor:
    """`delay` in seconds per call; `log` gets a line `start KEY` and a line `end KEY` for each."""

    name = "simulated"
    understands_words = True
    reads = EVERY_VALUE

    def __init__(self, *, concepts: int, delay: float, log: Path | None, today: Callable[[], date]) -> None:
        self.concepts = concepts
        self.delay = delay
        self.log = log
        self.today = today

    def name_for(self, thought: Thought) -> str:
        return self.name

    def provider_for(self, thought: Thought) -> str:
        return self.name

    def at_work(self) -> AbstractAsyncContextManager[None]:
        """Nothing is opened."""
        return nullcontext()

    def accepts(self, request: LearnerRequest) -> None:
        """Any goal that is well formed."""

    def expects(self, roadmap: Roadmap) -> None:
        """It costs nothing."""

    async def analyse_intent(self, given: LearnerRequest, ask: Ask) -> IntentAnalysis:
        subject = subject_of(given.query)
        analysis = analyse_by_rule(
            given, subject=subject, title=subject, topics=(subject,), focus=STAGE_TITLES, today=self.today()
        )
        return await self.answer(ask, Thought.intent, given, analysis)

    async def design_curriculum(self, given: CurriculumGiven, ask: Ask) -> Roadmap:
        """Its concepts have the ids of their names: it is asked the same, whatever stands already."""
        given = given.model_copy(update={"standing": ()})
        number = self.concepts
        if given.budget_hours is not None:
            number = max(3, min(number, int(given.budget_hours / CONCEPT_HOURS)))
        concepts = build_concepts(given.subject, number)
        share = -(-number // len(STAGE_TITLES))
        stages = [
            Stage(title=title, modules=build_modules(title, concepts[at * share : (at + 1) * share]))
            for at, title in enumerate(STAGE_TITLES)
            if concepts[at * share : (at + 1) * share]
        ]
        roadmap = Roadmap(
            title=given.subject if given.level is None else f"{given.subject}: {given.level.value}",
            summary=f"{given.goal} (Filling text by the stand-in; it teaches nothing.)",
            language=given.language,
            stages=tuple(stages),
            weeks=weeks(number * CONCEPT_HOURS, given.hours_per_week),
            budget_hours=given.budget_hours,
        )
        return await self.answer(ask, Thought.curriculum, given, roadmap)

    async def validate_structure(self, given: ValidationGiven, ask: Ask) -> ValidationReport:
        return await self.answer(ask, Thought.validation, given, ValidationReport())

    async def edit_roadmap(self, given: EditGiven, ask: Ask) -> RoadmapEdits:
        """Feedback becomes one concept at the end, named by its first words."""
        wished = " ".join(given.feedback.split()[:8])[:100]
        name = f"As wished: {wished}" if wished else "What the check missed"
        added = Add(op="add", name=name, description=given.feedback[:500], estimated_hours=CONCEPT_HOURS)
        return await self.answer(ask, Thought.edit, given, RoadmapEdits(edits=(added,)))

    async def write_tutorial(self, given: PieceGiven, ask: Ask) -> Tutorial:
        before = ", ".join(given.prerequisite_names) or "nothing"
        markdown = (
            f"This is filling text about *{given.name}*; it builds on {before}.\n\n"
            f"## Why it matters\n\n{given.description}\n\n"
            f'## Worked example\n\n```python\nprint("{given.name}")\n```\n\n'
            "## Exercise\n\nSay in your own words what this page is for.\n"
        )
        if given.variant:
            wish = f", with the wish “{given.wish}”" if given.wish else ""
            markdown += f"\n## Written anew\n\nThis is writing number {given.variant + 1}{wish}.\n"
        tutorial = Tutorial(title=given.name, summary=given.description, markdown=markdown, minutes=10)
        return await self.answer(ask, Thought.tutorial, given, tutorial)

    async def recommend_resources(self, given: PieceGiven, ask: Ask) -> Resources:
        words = ["guide", "reference", "examples", *([given.wish[:80]] if given.wish else [])]
        phrases = [f"{given.name} {word}" for word in words]
        resources = Resources(
            items=tuple(
                Resource(title=phrase, phrase=phrase, type=ResourceType.article, language=given.language)
                for phrase in phrases
            )
        )
        return await self.answer(ask, Thought.resources, given, resources)

    async def write_quiz(self, given: PieceGiven, ask: Ask) -> Quiz:
        anew = f", written for the {given.variant + 1}. time," if given.variant else ""
        options = [
            ("Filling text", True, "The stand-in writes nothing else."),
            ("Real teaching", False, "A model or a built-in course would write that."),
            ("Nothing at all", False, "There is a page, as you see."),
        ]
        questions = [
            build_question(
                f"What is page {number} of “{given.name}”{anew} made of?",
                QuestionType.single_choice,
                options[number % len(options) :] + options[: number % len(options)],
            )
            for number in range(1, 5)
        ]
        return await self.answer(ask, Thought.quiz, given, Quiz(questions=tuple(questions)))

    async def answer(self, ask: Ask, thought: Thought, given: Value, value: V) -> V:
        """The value by the way a model's answer takes: asked for, sent as JSON, journaled, read back."""

        async def send(key: str) -> Answer:
            await self.call(key)
            return Answer(value.model_dump(mode="json"), usd=0.0)

        request = {"thought": thought.value, "given": given.model_dump(mode="json")}
        return type(value).model_validate(await ask(request, send))

    async def call(self, key: str) -> None:
        """What a call to a model would be: it starts, takes its time, and ends."""
        self.note("start", key)
        await asyncio.sleep(self.delay)
        self.note("end", key)

    def note(self, word: str, key: str) -> None:
        if self.log is None:
            return
        handle = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(handle, f"{word} {key}\n".encode())
        finally:
            os.close(handle)


def subject_of(query: str) -> str:
    words = [word for word in query.split() if word.casefold() not in SETTING_WORDS]
    return " ".join(words) or query


def build_concepts(subject: str, number: int) -> list[Concept]:
    """Concepts in a chain: each needs the one before it in its module."""
    names: list[str] = []
    for at in range(number):
        part = at // len(ASPECTS)
        names.append(f"{ASPECTS[at % len(ASPECTS)]} of {subject}" + (f", part {part + 1}" if part else ""))
    ids = [content_id("c", name) for name in names]
    return [
        Concept(
            concept_id=ids[at],
            name=name,
            description=f"What {name[0].lower()}{name[1:]} means, and where it shows.",
            estimated_hours=CONCEPT_HOURS,
            difficulty=list(Level)[min(2, at * 3 // number)],
            keywords=(subject,),
            prerequisites=() if at % CONCEPTS_PER_MODULE == 0 else (ids[at - 1],),
            prerequisite_names=() if at % CONCEPTS_PER_MODULE == 0 else (names[at - 1],),
        )
        for at, name in enumerate(names)
    ]


def build_modules(stage: str, concepts: list[Concept]) -> tuple[Module, ...]:
    starts = range(0, len(concepts), CONCEPTS_PER_MODULE)
    return tuple(
        Module(title=f"{stage} {number}", concepts=tuple(concepts[at : at + CONCEPTS_PER_MODULE]))
        for number, at in enumerate(starts, 1)
    )
