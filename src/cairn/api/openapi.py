"""What the OpenAPI document says beyond what the framework reads off the endpoints."""

from collections.abc import Mapping
from typing import Any, cast

from pydantic import BaseModel

from cairn.authors.author import RoadmapEdits
from cairn.domain.edits import MOST_EDITS
from cairn.domain.request import LearnerRequest
from cairn.domain.review import Verdict
from cairn.domain.task import TaskStatus
from cairn.exports.formats import FORMATS

PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "hint"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong with this request."},
        "code": {"type": "string", "description": "Stable; for programs."},
        "hint": {"type": "string", "description": "The way out."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {
        "description": "A problem document (RFC 9457)",
        "content": {"application/problem+json": {"schema": PROBLEM}},
    }
}


TEXT, WHOLE, LIST, OBJECT = ({"type": kind} for kind in ("string", "integer", "array", "object"))
STATUS = {"enum": [status.value for status in TaskStatus]}
NAMED = {"task_id": TEXT, "roadmap_id": TEXT, "run": WHOLE, "status": STATUS}
ACCEPTED = {**NAMED, "links": OBJECT}
TASK = {
    **NAMED, "epoch": WHOLE, "query": TEXT, "current_step": {"type": ["string", "null"]}, "pieces": OBJECT,
    "cost": OBJECT, "created_at": TEXT, "updated_at": TEXT, "waiting?": OBJECT, "error?": OBJECT,
    "place_in_queue?": {**WHOLE, "description": "From 1: the next one to be taken."},
}  # fmt: skip
COSTS = {
    "calls": WHOLE, "input_tokens": WHOLE, "output_tokens": WHOLE, "usd?": {"type": "number"}, "runs": LIST,
    "products": LIST,
}  # fmt: skip
REVIEW = {
    "round": WHOLE, "roadmap": OBJECT, "faults": LIST, "diff": OBJECT, "decision?": OBJECT,
    "expected_cost?": OBJECT,
}  # fmt: skip
QUALITY = {"tree?": OBJECT, "pieces": OBJECT, "links": OBJECT}
VERSION = {"kind": TEXT, "rev": WHOLE, "current": {"type": "boolean"}, "author": TEXT, "created_at": TEXT}


def answered(status: int, fields: Mapping[str, dict[str, Any]]) -> dict[int | str, dict[str, Any]]:
    """The body of an answer that went well; a field marked by `?` may be absent."""
    schema = {
        "type": "object",
        "required": [name for name in fields if not name.endswith("?")],
        "properties": {name.rstrip("?"): kind for name, kind in fields.items()},
    }
    return {status: {"content": {"application/json": {"schema": schema}}}}


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of a model with its parts in place: references into it would lead nowhere, those of a
    discriminator too (each part of it has its constant)."""
    schema = model.model_json_schema()
    parts = schema.pop("$defs", {})

    def in_place(node: Any) -> Any:
        match node:
            case {"$ref": str(reference)}:
                return in_place(parts[reference.rpartition("/")[2]])
            case dict():
                parts_of = cast("dict[str, Any]", node).items()
                return {name: in_place(value) for name, value in parts_of if name != "discriminator"}
            case list():
                return [in_place(item) for item in cast("list[Any]", node)]
            case _:
                return node

    return in_place(schema)


def asked() -> dict[str, Any]:
    """The body that asks for a course."""
    return {
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": schema_of(LearnerRequest)}},
        }
    }


def changed() -> dict[str, Any]:
    """The body of a retry: any of the fields, those that change."""
    schema = {name: value for name, value in schema_of(LearnerRequest).items() if name != "required"}
    return {"requestBody": {"required": False, "content": {"application/json": {"schema": schema}}}}


def exported() -> dict[int | str, dict[str, Any]]:
    """A file of any format there is."""
    kinds = {one.media_type.partition(";")[0]: {} for one in FORMATS.values()}
    return {200: {"description": "The roadmap as a file", "content": kinds}}


def decided() -> dict[str, Any]:
    """The body of a review's decision, an edit typed by its `op`."""
    edits = schema_of(RoadmapEdits)["properties"]["edits"]
    schema: dict[str, Any] = {
        "type": "object",
        "required": ["round", "decision"],
        "properties": {
            "round": {"type": "integer", "description": "The review that was seen."},
            "decision": {"enum": [verdict.value for verdict in Verdict]},
            "feedback": {"type": "string", "description": "What to change, in words; needs a model."},
            "edits": {**edits, "maxItems": MOST_EDITS},
        },
        "additionalProperties": False,
    }
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
