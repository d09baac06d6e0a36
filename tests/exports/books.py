"""Books to export: a whole one from the built-in course, half-made ones, one without an outline."""

from cairn.authors.library.shelf import Shelf
from cairn.domain.lesson import (
    QuestionType,
    Quiz,
    Resource,
    Resources,
    ResourceType,
    Tutorial,
    build_question,
)
from cairn.domain.planning import Plan, plan_roadmap
from cairn.domain.task import TaskStatus
from cairn.domain.thought import Thought
from cairn.exports.book import Book, Lesson
from tests.domain.sample import COURSE

QUIZ = Quiz(
    questions=(
        build_question(
            "Which command\nreads `a`?",
            QuestionType.single_choice,
            [("`GET a`", True, "It reads."), ("`SET a`", False, "It *writes*.")],
        ),
        build_question(
            "Which are types?",
            QuestionType.multiple_choice,
            [("Lists", True, "One of them."), ("Tables", False, "No."), ("Streams", True, "Another.")],
        ),
    )
)
RESOURCES = Resources(
    items=(
        Resource(title="Docs [all]", url="https://redis.io/a (b)", type=ResourceType.documentation),
        Resource(title="A talk", phrase="redis talk", type=ResourceType.video, language="zh",
                 description="Long."),
        Resource(title="A trap", url="javascript:alert(1)", type=ResourceType.article),
    )
)  # fmt: skip


def tutorial(markdown: str) -> Tutorial:
    return Tutorial(title="t", summary="s", markdown=markdown, minutes=5)


def whole(*, course_id: str = "redis") -> Book:
    """The built-in course with every lesson, as it is shipped."""
    course = Shelf().course(course_id)
    lessons = {c.concept_id: Lesson(c.tutorial, c.resources, c.quiz) for c in course.in_order()}
    return Book(
        roadmap_id="r1", goal="Learn Redis", status=TaskStatus.completed, language="en", author="library",
        roadmap=plan_roadmap(course, Plan(hours_per_week=5.0), "en"), lessons=lessons,
    )  # fmt: skip


def half(**tutorials: str) -> Book:
    """Five concepts: one whole, one without a quiz for a known cause, the rest not begun."""
    lessons = {
        "k": Lesson(tutorial("## Why\n\nText.\n"), RESOURCES, QUIZ),
        "s": Lesson(tutorial("Text alone."), Resources(items=())),
        **{concept_id: Lesson(tutorial(markdown)) for concept_id, markdown in tutorials.items()},
    }
    return Book(
        roadmap_id="r1", goal="Learn Redis", status=TaskStatus.running, language="en", author="a_model",
        roadmap=COURSE, lessons=lessons,
        failures={(Thought.quiz, "s"): "the model <refused>", (Thought.quiz, "k"): "a remake failed"},
    )  # fmt: skip


def unborn() -> Book:
    return Book(roadmap_id="r1", goal="Learn *C#* #", status=TaskStatus.queued, language="en")
