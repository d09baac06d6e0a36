"""What a learner asks for, and the rules a request must keep before anything is stored."""

import math
import re
import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Literal, cast

from pydantic import Field, ValidationError, field_validator

from cairn.domain.course import Level
from cairn.domain.errors import BadInput
from cairn.domain.lesson import Value

Language = Literal["en", "zh"]

QUERY_LENGTH = 500
TEXT_LENGTH = 2000
HOURS = (0.5, 80.0)
DAYS_TO_DEADLINE = (3, 3650)
KNOWN_ITEMS = 50

PLAIN_WORDS = {
    "missing": "is missing",
    "string_type": "must be text",
    "string_unicode": "holds characters that are not text; only plain text is allowed",
    "tuple_type": "must be a list",
    "bool_type": "must be true or false",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "model_type": "must be an object",
    "greater_than_equal": "must be 0 or more",
}
TEXTS = ("query", "background", "motivation")


class ContentFormats(Value):
    """How much a learner wants of each form; the four are made to sum 1."""

    visual: float = Field(default=0.25, ge=0, le=1, strict=False)
    text: float = Field(default=0.25, ge=0, le=1, strict=False)
    audio: float = Field(default=0.25, ge=0, le=1, strict=False)
    hands_on: float = Field(default=0.25, ge=0, le=1, strict=False)

    def scaled(self) -> "ContentFormats":
        total = self.visual + self.text + self.audio + self.hands_on
        if not total:
            return ContentFormats()
        shares = {name: round(share / total, 4) for name, share in self.model_dump().items()}
        return ContentFormats(**shares)


class LearnerRequest(Value):
    """A checked request. `level` is None where the goal's words are to decide it."""

    query: str
    level: Level | None = Field(default=None, strict=False)
    hours_per_week: float | None = Field(default=None, strict=False)
    deadline: date | None = Field(default=None, strict=False)
    background: str = ""
    motivation: str = ""
    known: tuple[str, ...] = Field(default=(), strict=False)
    content_formats: ContentFormats | None = None
    language: Language | None = None
    secondary_language: Language | None = None
    review: bool = False
    max_cost_usd: float | None = Field(default=None, ge=0, allow_inf_nan=False, strict=False)

    @field_validator("hours_per_week", mode="before")
    @classmethod
    def hours_are_a_number(cls, value: object) -> object:
        low, high = HOURS
        if value is None:
            return None
        try:
            hours = float(cast("str", value)) if not isinstance(value, bool) else math.nan
        except (TypeError, ValueError):
            hours = math.nan
        if not low <= hours <= high:
            raise ValueError(f"must be a number of hours from {low:g} to {high:g}")
        return hours

    @field_validator(*TEXTS)
    @classmethod
    def text_is_clean(cls, value: str) -> str:
        return clean(value)

    @field_validator("known")
    @classmethod
    def known_is_clean(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(value) > KNOWN_ITEMS:
            raise ValueError(f"may hold {KNOWN_ITEMS} entries at most")
        return tuple(item for item in (clean(text) for text in value) if item)

    @field_validator("query")
    @classmethod
    def query_says_something(cls, value: str) -> str:
        if not value:
            raise ValueError("is empty: say what you want to learn, for example “Learn Redis”")
        if len(value) > QUERY_LENGTH:
            raise ValueError(f"has {len(value)} characters; {QUERY_LENGTH} are allowed")
        if not re.search(r"[^\W_]", value):
            raise ValueError("holds no letters: say in words what you want to learn")
        return value


def clean(value: str) -> str:
    """NFC, blanks at the ends gone. Raises ValueError for control characters and over-long text."""
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t" for char in value):
        raise ValueError("holds control characters; only plain text is allowed")
    if len(value) > TEXT_LENGTH * 10 or (len(value) > TEXT_LENGTH and "\n" not in value):
        raise ValueError(f"has {len(value)} characters; {TEXT_LENGTH} are allowed")
    return unicodedata.normalize("NFC", value).strip()


def read_request(data: Mapping[str, Any], today: date) -> LearnerRequest:
    """A checked request from untyped values. Raises `BadInput` naming each field and what it allows."""
    try:
        request = LearnerRequest.model_validate(dict(data))
    except ValidationError as error:
        faults = [
            {"field": ".".join(str(part) for part in fault["loc"]) or "body", "message": sentence(fault)}
            for fault in error.errors()
        ]
        raise bad_fields(faults) from error
    if request.deadline is not None:
        check_deadline(request.deadline, today)
    return request


def check_deadline(deadline: date, today: date) -> None:
    first, last = (today + timedelta(days=days) for days in DAYS_TO_DEADLINE)
    if not first <= deadline <= last:
        said = "is in the past" if deadline < today else "leaves too little or too much time"
        message = f"{deadline} {said}; allowed is {first} to {last}, or none"
        raise bad_fields([{"field": "deadline", "message": message}])


def bad_fields(faults: list[dict[str, str]]) -> BadInput:
    detail = "; ".join(f"{fault['field']} {fault['message']}" for fault in faults)
    return BadInput(detail, errors=faults)


def sentence(fault: Mapping[str, Any]) -> str:
    """A validation fault in our words rather than the library's."""
    field = str(fault["loc"][0]) if fault["loc"] else ""
    kind = str(fault["type"])
    if kind == "value_error":
        return str(fault["ctx"]["error"])
    if kind == "extra_forbidden":
        return f"is not known here; known are {', '.join(LearnerRequest.model_fields)}"
    if kind in PLAIN_WORDS:
        return PLAIN_WORDS[kind]
    if field == "level":
        return "must be one of " + ", ".join(level.value for level in Level)
    if field == "deadline":
        return "must be a date such as 2027-03-31"
    if kind == "literal_error":
        return f"must be {fault['ctx']['expected']}"
    return str(fault["msg"]).lower()
