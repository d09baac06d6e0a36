"""The one list of thoughts, used for steps, tables, prompts, events, log names and settings alike."""

from enum import StrEnum


class Thought(StrEnum):
    """Short names; `table` and `step` give the long ones where the outside knows them."""

    intent = "intent"
    curriculum = "curriculum"
    validation = "validation"
    edit = "edit"
    tutorial = "tutorial"
    resources = "resources"
    quiz = "quiz"

    @property
    def table(self) -> str:
        return f"{LONG_NAMES.get(self, self.value)}_metadata"


LONG_NAMES = {
    Thought.intent: "intent_analysis",
    Thought.curriculum: "curriculum_design",
    Thought.validation: "structure_validation",
    Thought.edit: "roadmap_edit",
    Thought.resources: "resource_recommendation",
}

PIECES = (Thought.tutorial, Thought.resources, Thought.quiz)
