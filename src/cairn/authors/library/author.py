"""The library as an author: it plans from a built-in course and hands out its lessons as written."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import date

from cairn.authors.analysis import analyse_by_rule, language_of
from cairn.authors.author import (
    EDIT_VALUES,
    REQUEST_VALUES,
    Ask,
    CurriculumGiven,
    EditGiven,
    PieceGiven,
    RoadmapEdits,
    ValidationGiven,
)
from cairn.authors.library.format import CourseFile
from cairn.authors.library.shelf import Shelf
from cairn.domain.course import CourseConcept
from cairn.domain.errors import AuthorFailed, BadInput, NotAccepted
from cairn.domain.intent import IntentAnalysis, level_of
from cairn.domain.lesson import Quiz, Resources, Tutorial
from cairn.domain.planning import Plan, budget, names, plan_roadmap
from cairn.domain.request import LearnerRequest
from cairn.domain.roadmap import Roadmap
from cairn.domain.structure import SMALLEST_ROADMAP, ValidationReport
from cairn.domain.thought import Thought

IN_ENGLISH = "This course is written in English. (本课程内容为英文。)"
LANGUAGE_ALONE = frozenset({"language"})


class LibraryAuthor:
    """Needs no model, no key and no network. Concept ids come from the course's files."""

    name = "library"
    understands_words = False
    reads = {
        Thought.intent: REQUEST_VALUES,
        Thought.curriculum: frozenset(
            {"subject", "level", "known", "hours_per_week", "budget_hours", "language"}
        ),
        Thought.validation: frozenset({"roadmap"}),
        Thought.edit: EDIT_VALUES,
        Thought.tutorial: LANGUAGE_ALONE,
        Thought.resources: LANGUAGE_ALONE,
        Thought.quiz: LANGUAGE_ALONE,
    }

    def __init__(self, shelf: Shelf, today: Callable[[], date]) -> None:
        self.shelf = shelf
        self.today = today

    def name_for(self, thought: Thought) -> str:
        return self.name

    def provider_for(self, thought: Thought) -> str:
        return self.name

    def at_work(self) -> AbstractAsyncContextManager[None]:
        """Nothing is opened."""
        return nullcontext()

    def accepts(self, request: LearnerRequest) -> None:
        """The goal must name a course, and the time must hold a course of the smallest size."""
        head = self.find(request)
        roadmap = plan_roadmap(self.shelf.course(head.id), self.plan(request), head.language)
        chosen = list(roadmap.concepts())
        if len(chosen) < SMALLEST_ROADMAP:
            raise BadInput(
                f"After what you know already, {len(chosen)} concepts of {head.title} remain.",
                code="nothing_left_to_learn",
                hint="Name less as known, or choose another level.",
            )
        if roadmap.budget_hours is not None and roadmap.total_hours > roadmap.budget_hours * 1.1:
            raise BadInput(
                f"{roadmap.budget_hours:g} hours until the deadline do not hold the smallest course of "
                f"{head.title}, {roadmap.total_hours:g} hours.",
                code="too_little_time",
                hint="Give a later deadline or more hours a week.",
            )

    def expects(self, roadmap: Roadmap) -> None:
        """It costs nothing."""

    async def analyse_intent(self, given: LearnerRequest, ask: Ask) -> IntentAnalysis:
        head = self.find(given)
        notes = [IN_ENGLISH] if language_of(given) != head.language else []
        concepts = self.shelf.course(head.id).concepts.values()
        if strange := [known for known in given.known if not any(names(known, c) for c in concepts)]:
            notes.append(f"Not a concept of this course, so not left out as known: {', '.join(strange)}.")
        return analyse_by_rule(
            given,
            subject=head.id,
            title=head.title,
            topics=(head.title, *head.topics[:5]),
            focus=tuple(stage.title for stage in head.stages),
            today=self.today(),
            suggestions=tuple(notes),
        )

    async def design_curriculum(self, given: CurriculumGiven, ask: Ask) -> Roadmap:
        course = self.shelf.course(given.subject)
        plan = Plan(given.level, given.known, given.hours_per_week, given.budget_hours)
        roadmap = plan_roadmap(course, plan, course.language)
        if given.language == course.language:
            return roadmap
        return roadmap.model_copy(update={"summary": f"{roadmap.summary} {IN_ENGLISH}"})

    async def validate_structure(self, given: ValidationGiven, ask: Ask) -> ValidationReport:
        return ValidationReport()

    async def edit_roadmap(self, given: EditGiven, ask: Ask) -> RoadmapEdits:
        raise AuthorFailed("The library cannot act on words; edit the outline by hand.", code="no_words")

    async def write_tutorial(self, given: PieceGiven, ask: Ask) -> Tutorial:
        return self.concept(given).tutorial

    async def recommend_resources(self, given: PieceGiven, ask: Ask) -> Resources:
        return self.concept(given).resources

    async def write_quiz(self, given: PieceGiven, ask: Ask) -> Quiz:
        return self.concept(given).quiz

    def plan(self, request: LearnerRequest) -> Plan:
        hours = budget(request.hours_per_week, request.deadline, self.today())
        return Plan(level_of(request), request.known, request.hours_per_week, hours)

    def find(self, request: LearnerRequest) -> CourseFile:
        if both := self.shelf.joined(request.query):
            raise BadInput(
                f"The goal names two courses, {both[0]} and {both[1]}.",
                code="two_courses",
                hint="Ask for one of them at a time; each becomes a roadmap of its own.",
            )
        head = self.shelf.match(request.query)
        if head is None:
            titles = [head.title for head in self.shelf.heads]
            raise NotAccepted(
                f"No built-in course covers “{request.query}”. There are: {', '.join(titles) or 'none yet'}.",
                hint="Ask for one of these courses, or set CAIRN_MODEL: CAIRN_MODEL=simulated takes any goal "
                "and fills it with text that teaches nothing; docs/models.md tells how to let a model teach.",
                courses=titles,
            )
        return head

    def concept(self, given: PieceGiven) -> CourseConcept:
        """By id; where two courses use one, by what its card says, or by its name: a person may have changed
        either by hand."""
        courses = [self.shelf.course(head.id) for head in self.shelf.heads]
        found = [c for course in courses if (c := course.concepts.get(given.concept_id))]
        found = (
            [c for c in found if c.description == given.description]
            or [c for c in found if c.name == given.name]
            or found
        )
        if len(found) == 1:
            return found[0]
        raise AuthorFailed(
            f"No built-in course has a lesson about “{given.name}”.",
            code="concept_gone",
            hint="Take the concept out of the outline, or set CAIRN_MODEL to an author that writes lessons.",
        )
