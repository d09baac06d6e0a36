"""One save of every product table, as a run makes it, of the task of `tests/store/test_fenced.py`."""

from collections.abc import Callable
from typing import Any

from cairn.domain.intent import IntentAnalysis, LanguagePreferences
from cairn.domain.lesson import (
    QuestionType,
    Quiz,
    Resource,
    Resources,
    ResourceType,
    Tutorial,
    build_question,
)
from cairn.domain.request import ContentFormats
from cairn.domain.review import EditedRoadmap
from cairn.domain.structure import ValidationReport
from cairn.domain.task import Event, Task
from cairn.domain.thought import Thought
from cairn.store import products
from cairn.store.fenced import Row, Write
from tests.domain.sample import COURSE


def analysis(said: str) -> IntentAnalysis:
    return IntentAnalysis(
        parsed_goal=said, key_technologies=("Redis",), difficulty_profile="beginner", time_constraint="none",
        user_profile_summary="s", estimated_learning_path_type="deep_dive",
        content_format_weights=ContentFormats(visual=0.25, text=0.25, audio=0.25, hands_on=0.25),
        language_preferences=LanguagePreferences(primary_language="en"),
    )  # fmt: skip


def quiz(said: str) -> Quiz:
    options = [("Yes", True, "So it is."), ("No", False, "It is not.")]
    return Quiz(questions=(build_question(said, QuestionType.true_false, options),))


def resource(said: str) -> Resources:
    return Resources(items=(Resource(title=said, phrase=said, type=ResourceType.article),))


VALUES: dict[Thought, Callable[[str], Any]] = {
    Thought.intent: analysis,
    Thought.curriculum: lambda said: COURSE.model_copy(update={"summary": said}),
    Thought.validation: lambda said: ValidationReport(notes=(said,)),
    Thought.edit: lambda said: EditedRoadmap(roadmap=COURSE.model_copy(update={"summary": said})),
    Thought.tutorial: lambda said: Tutorial(title="t", summary="s", markdown=said, minutes=1),
    Thought.resources: resource,
    Thought.quiz: quiz,
}
TABLES = [*(thought.table for thought in VALUES), "roadmaps"]


def rows(task: Task, said: str, *, fresh: bool = False) -> list[Row]:
    """One for each product table. `fresh`: under keys that nobody has saved yet."""
    found: list[Row] = []
    for thought, value in VALUES.items():
        key: dict[str, Any] = {"task_id": "never seen" if fresh else task.task_id}
        if thought in products.BY_ROUND:
            key |= {"run": 1, "round": 0}
        if thought not in products.STEPS:
            key = {"roadmap_id": task.roadmap_id, "concept_id": "never seen" if fresh else "c"}
        found.append(products.row_of(thought, key, value(said), fingerprint=said, author="a", roadmap_id="r"))
    tree = {"content": COURSE, "piece_values": {}, "archived": {}, "fingerprint": said, "author": "a"}
    place = "never seen" if fresh else task.roadmap_id
    return [*found, Row(products.roadmaps, {"roadmap_id": place}, tree)]


def save(task: Task, row: Row) -> Write:
    """The row, with the event that tells its rev."""
    table = row.table.name
    return Write(
        f"save {table}", task.task_id, task.epoch,
        lambda revs: [Event(kind="saved", data={"table": table, "rev": revs[0]})], 1, [row],
    )  # fmt: skip
