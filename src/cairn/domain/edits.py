"""Edits of a roadmap, by hand or by a model, as typed operations; `editing` applies them."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, cast

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError, model_validator

from cairn.domain.course import Level
from cairn.domain.lesson import Value
from cairn.domain.request import bad_fields, clean, sentence
from cairn.domain.structure import CONCEPT_HOURS
from cairn.domain.text import normalised

MOST_EDITS = 200
NAME_LENGTH = 120
TITLE_LENGTH = 300
"""Of a module or stage that is named: whoever made the course may have been wordy."""
DESCRIPTION_LENGTH = 1000
LIST_LENGTH = 50
"""Of keywords, and of prerequisites."""


def one_line(value: str) -> str:
    value = clean(value)
    if "\n" in value or "\t" in value:
        raise ValueError("must be one line, without tabs")
    if not normalised(value):
        raise ValueError("is empty")
    return value


Line = Annotated[str, Field(min_length=1, max_length=NAME_LENGTH), AfterValidator(one_line)]
Title = Annotated[str, Field(min_length=1, max_length=TITLE_LENGTH), AfterValidator(one_line)]
Description = Annotated[str, Field(max_length=DESCRIPTION_LENGTH), AfterValidator(clean)]
Hours = Annotated[float, Field(ge=CONCEPT_HOURS[0], le=CONCEPT_HOURS[1], allow_inf_nan=False)]
Lines = Annotated[tuple[Line, ...], Field(max_length=LIST_LENGTH, strict=False)]
Difficulty = Annotated[Level, Field(strict=False)]


class Add(Value):
    """A new concept: after the one named, at the end of the module named, or at the very end. Without a
    `difficulty` it has that of the concept it comes after."""

    op: Literal["add"]
    name: Line
    description: Description = ""
    estimated_hours: Hours = 1.0
    difficulty: Difficulty | None = None
    keywords: Lines = ()
    prerequisites: Lines = ()
    after: Line | None = None
    module: Title | None = None
    stage: Title | None = None

    @model_validator(mode="after")
    def one_place_at_most(self) -> "Add":
        check_place([("after", self.after), ("module", self.module)], self.stage, self.module)
        return self


class Remove(Value):
    """What needed the concept still does; that is a fault of the tree until it is set otherwise."""

    op: Literal["remove"]
    concept_id: Line


class Rename(Value):
    """The concept stays itself: its id, lesson and progress."""

    op: Literal["rename"]
    concept_id: Line
    name: Line


class Move(Value):
    """To its place after or before another concept, or at the end of a module."""

    op: Literal["move"]
    concept_id: Line
    after: Line | None = None
    before: Line | None = None
    module: Title | None = None
    stage: Title | None = None

    @model_validator(mode="after")
    def one_place(self) -> "Move":
        places = [("after", self.after), ("before", self.before), ("module", self.module)]
        check_place(places, self.stage, self.module)
        if all(place is None for _, place in places):
            raise ValueError("says no place: give “after”, “before” or “module”")
        return self


class Set(Value):
    """Only what is given changes."""

    op: Literal["set"]
    concept_id: Line
    prerequisites: Lines | None = None
    estimated_hours: Hours | None = None
    description: Description | None = None
    difficulty: Difficulty | None = None

    @model_validator(mode="after")
    def something_changes(self) -> "Set":
        if not self.given():
            raise ValueError(
                "changes nothing: give prerequisites, estimated_hours, description or difficulty"
            )
        return self

    def given(self) -> dict[str, Any]:
        fields = {name: getattr(self, name) for name in SETTABLE}
        return {name: value for name, value in fields.items() if value is not None}


SETTABLE = ("prerequisites", "estimated_hours", "description", "difficulty")

Edit = Annotated[Add | Remove | Rename | Move | Set, Field(discriminator="op")]
OPERATIONS: dict[str, type[Value]] = {
    "add": Add,
    "remove": Remove,
    "rename": Rename,
    "move": Move,
    "set": Set,
}
ONE_EDIT: TypeAdapter[Edit] = TypeAdapter(Edit)


def check_place(places: list[tuple[str, str | None]], stage: str | None, module: str | None) -> None:
    given = [f"“{name}”" for name, place in places if place is not None]
    if len(given) > 1:
        raise ValueError(f"says {len(given)} places, {' and '.join(given)}; one is allowed")
    if stage is not None and module is None:
        raise ValueError("names a stage without a “module” of it")


def read_edits(data: object) -> tuple[Edit, ...]:
    """Checked edits from untyped values. Raises `BadInput` naming each field and what it allows."""
    if not isinstance(data, list | tuple):
        raise bad_fields([{"field": "edits", "message": "must be a list"}])
    items = cast("Sequence[object]", data)
    if len(items) > MOST_EDITS:
        message = f"holds {len(items)} edits; {MOST_EDITS} are allowed at once"
        raise bad_fields([{"field": "edits", "message": message}])
    edits: list[Edit] = []
    faults: list[dict[str, str]] = []
    for at, item in enumerate(items):
        if isinstance(item, Value):
            item = item.model_dump()
        try:
            edits.append(ONE_EDIT.validate_python(item))
        except ValidationError as error:
            faults += [told(fault, at) for fault in error.errors()]
    if faults:
        raise bad_fields(faults)
    return tuple(edits)


def told(fault: Mapping[str, Any], at: int) -> dict[str, str]:
    """A fault with its path and in our words. The library's path names the operation first; ours does not."""
    operation, *path = fault["loc"] or ("",)
    kind, said = str(fault["type"]), fault.get("ctx", {})
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        path, message = ["op"], f"must be one of {', '.join(OPERATIONS)}"
    elif kind == "extra_forbidden":
        message = f"is not known here; known are {', '.join(OPERATIONS[operation].model_fields)}"
    elif kind in ("string_too_long", "too_long"):
        unit = "characters" if kind == "string_too_long" else "entries"
        message = f"may have {said['max_length']} {unit} at most"
    elif kind == "string_too_short":
        message = "is empty"
    elif kind in ("greater_than_equal", "less_than_equal", "finite_number"):
        message = "must be a number of hours from {:g} to {:g}".format(*CONCEPT_HOURS)
    elif kind == "enum":
        message = "must be one of " + ", ".join(level.value for level in Level)
    elif kind in ("model_attributes_type", "dict_type"):
        message = "must be an object"
    else:
        message = sentence(fault)
    return {"field": ".".join(map(str, ["edits", at, *path])), "message": message}
