"""What a learner reads and answers for one concept: tutorial, resources, quiz."""

from enum import StrEnum
from hashlib import blake2s

from pydantic import BaseModel, ConfigDict, Field

from cairn.domain.text import normalised


class Value(BaseModel):
    """An immutable, strictly typed value; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ResourceType(StrEnum):
    documentation = "documentation"
    article = "article"
    video = "video"
    book = "book"
    course = "course"
    tool = "tool"


class QuestionType(StrEnum):
    single_choice = "single_choice"
    multiple_choice = "multiple_choice"
    true_false = "true_false"


class Tutorial(Value):
    title: str = Field(min_length=1)
    summary: str
    markdown: str = Field(min_length=1)
    minutes: int = Field(ge=1)
    """Reading and doing, in minutes."""
    remarks: tuple[str, ...] = Field(default=(), strict=False)
    """What checks found and its author could not mend, as codes: `code_unparsable:python:12` (the line)."""


class Resource(Value):
    """Something to read or watch elsewhere: a `url`, or a `phrase` to search for where none is confirmed."""

    title: str = Field(min_length=1)
    url: str | None = None
    phrase: str | None = None
    type: ResourceType = Field(strict=False)
    language: str = "en"
    description: str = ""


class Resources(Value):
    items: tuple[Resource, ...] = Field(strict=False)


class Option(Value):
    option_id: str
    text: str = Field(min_length=1)
    correct: bool
    explanation: str = Field(min_length=1)


class Question(Value):
    question_id: str
    question_type: QuestionType = Field(strict=False)
    question: str = Field(min_length=1)
    options: tuple[Option, ...] = Field(strict=False)

    @property
    def key(self) -> frozenset[str]:
        """The ids of the right options."""
        return frozenset(option.option_id for option in self.options if option.correct)


class Quiz(Value):
    """With how it came about: how many questions its author wrote that are not in it, how many of its own
    were written anew, and the flaws left, as codes: `negative_stem:q1c0ffee` (the question's id)."""

    questions: tuple[Question, ...] = Field(strict=False)
    dropped: int = Field(default=0, ge=0)
    rewritten: int = Field(default=0, ge=0)
    remarks: tuple[str, ...] = Field(default=(), strict=False)


def content_id(prefix: str, *parts: str) -> str:
    """An id made from what it names, so it is the same wherever and whenever that is made."""
    digest = blake2s("\x1f".join(normalised(part) for part in parts).encode(), digest_size=6)
    return f"{prefix}{digest.hexdigest()}"


def build_question(
    question: str, question_type: QuestionType, options: list[tuple[str, bool, str]]
) -> Question:
    """A question with ids made from its content. `options`: (text, correct, explanation) each."""
    question_id = content_id("q", question, *(text for text, _, _ in options))
    return Question(
        question_id=question_id,
        question_type=question_type,
        question=question,
        options=tuple(
            Option(option_id=content_id("o", text), text=text, correct=correct, explanation=explanation)
            for text, correct, explanation in options
        ),
    )
