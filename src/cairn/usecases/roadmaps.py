"""What can be asked of roadmaps: the outline with its states, and one concept with its lesson."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from cairn.domain.errors import NotFound
from cairn.domain.learning import PASSED
from cairn.domain.lesson import Quiz, Resources, Tutorial
from cairn.domain.link import Checks, LinksReport, report_of_links, shown
from cairn.domain.quality import PiecesReport, report_of_pieces
from cairn.domain.report import TreeReport
from cairn.domain.roadmap import Concept, Roadmap
from cairn.domain.task import Task
from cairn.domain.thought import PIECES, Thought
from cairn.store import learning, products, tasks
from cairn.store.products import Failure, Stored
from cairn.usecases.links import checks_of
from cairn.usecases.store import Store

T = TypeVar("T")


@dataclass(frozen=True)
class RoadmapView:
    """`status` per (piece, concept): pending, ready or failed; `progress` per concept; `failures` say why.
    `failed_anew`: pieces that were asked for anew and could not be made; the ones before them are read."""

    task: Task
    roadmap: Roadmap
    author: str
    status: dict[tuple[Thought, str], str]
    progress: dict[str, str]
    failures: list[Failure]
    failed_anew: list[Failure]

    def made(self, concept_id: str) -> bool:
        """Whether every piece of the concept can be read."""
        return all(self.status[piece, concept_id] == "ready" for piece in PIECES)

    def passed(self, concept_id: str) -> bool:
        return self.progress[concept_id] in PASSED

    @property
    def next(self) -> Concept | None:
        """The first concept in learning order that is not behind the learner."""
        return next((c for c in self.roadmap.concepts() if not self.passed(c.concept_id)), None)


@dataclass(frozen=True)
class LessonView:
    """`resources` as they may be shown; `checks` says when their addresses were looked at."""

    roadmap: RoadmapView
    concept: Concept
    tutorial: Tutorial | None
    tutorial_rev: int | None
    resources: Resources | None
    checks: Checks
    quiz: Quiz | None
    quiz_rev: int | None


@dataclass(frozen=True)
class Quality:
    """How a roadmap was checked: its tree when it was published (None: before there were reports), and the
    pieces that are read now with their links."""

    tree: TreeReport | None
    pieces: PiecesReport
    links: LinksReport


class Roadmaps:
    def __init__(self, store: Store) -> None:
        self.store = store

    async def get(self, owner: str, roadmap_id: str) -> RoadmapView:
        """Raises `NotFound` also before the first publish: follow the task until then."""
        async with self.store.reading() as connection:
            task = await tasks.of_roadmap(connection, roadmap_id, owner)
            published = await products.published(connection, roadmap_id)
            made = await products.pieces_made(connection, roadmap_id)
            failed = await products.failed(connection, roadmap_id)
            states = await learning.progress_of(connection, owner, [roadmap_id])
        if task is None:
            raise no_roadmap(roadmap_id)
        if published is None:
            raise NotFound(
                f"The roadmap {roadmap_id} is not published yet.",
                code="roadmap_not_ready",
                hint=f"Follow the task {task.task_id}.",
            )
        gaps = {(f.kind, f.concept_id) for f in failed}
        status = {
            (piece, c.concept_id): state_of((piece, c.concept_id), made, gaps)
            for c in published.roadmap.concepts()
            for piece in PIECES
        }
        progress = {
            c.concept_id: states.get((roadmap_id, c.concept_id), "not_started")
            for c in published.roadmap.concepts()
        }
        open_failures = [f for f in failed if status.get((f.kind, f.concept_id)) == "failed"]
        anew = [f for f in failed if status.get((f.kind, f.concept_id)) == "ready"]
        return RoadmapView(task, published.roadmap, published.author, status, progress, open_failures, anew)

    async def list(
        self, owner: str, limit: int = 50, before: tuple[datetime, str] | None = None
    ) -> list[RoadmapView]:
        async with self.store.reading() as connection:
            found = await tasks.page(connection, owner, limit, before)
        views: list[RoadmapView] = []
        for task in found:
            try:
                views.append(await self.get(owner, task.roadmap_id))
            except NotFound:
                continue
        return views

    async def lesson(self, owner: str, roadmap_id: str, concept_id: str) -> LessonView:
        view = await self.get(owner, roadmap_id)
        concept = view.roadmap.concept(concept_id)
        if concept is None:
            raise NotFound(f"The roadmap has no concept {concept_id}.", code="concept_not_found")
        async with self.store.reading() as connection:
            pieces = await products.lesson(connection, roadmap_id, concept_id)
            resources = value_of(pieces.get(Thought.resources), Resources)
            checks = await checks_of(connection, resources)
        tutorial, quiz = pieces.get(Thought.tutorial), pieces.get(Thought.quiz)
        return LessonView(
            roadmap=view,
            concept=concept,
            tutorial=value_of(tutorial, Tutorial),
            tutorial_rev=tutorial.rev if tutorial else None,
            resources=shown(resources, checks) if resources else None,
            checks=checks,
            quiz=value_of(quiz, Quiz),
            quiz_rev=quiz.rev if quiz else None,
        )

    async def quality(self, owner: str, roadmap_id: str) -> Quality:
        """Raises `NotFound` also before the first publish."""
        view = await self.get(owner, roadmap_id)
        async with self.store.reading() as connection:
            published = await products.published(connection, roadmap_id)
            found = await products.lessons(connection, roadmap_id)
            lessons = [found.get(concept.concept_id, {}) for concept in view.roadmap.concepts()]
            listed = [value_of(made.get(Thought.resources), Resources) for made in lessons]
            checks = await checks_of(connection, *listed)
        tutorials = [value_of(made.get(Thought.tutorial), Tutorial) for made in lessons]
        quizzes = [value_of(made.get(Thought.quiz), Quiz) for made in lessons]
        pieces = await asyncio.to_thread(  # all samples of a long course take a while
            report_of_pieces, [one for one in tutorials if one], [one for one in quizzes if one]
        )
        links = report_of_links([one for one in listed if one], checks)
        return Quality(published.report if published else None, pieces, links)


def no_roadmap(roadmap_id: str) -> NotFound:
    return NotFound(f"There is no roadmap {roadmap_id}.", code="roadmap_not_found")


def state_of(
    piece: tuple[Thought, str], made: dict[tuple[Thought, str], str], gaps: set[tuple[Thought, str]]
) -> str:
    return "ready" if piece in made else "failed" if piece in gaps else "pending"


def value_of(stored: Stored | None, kind: type[T]) -> T | None:
    if stored is None:
        return None
    assert isinstance(stored.value, kind)
    return stored.value
