"""What the OpenAPI document says beyond what the framework reads off the endpoints."""

from typing import Any, cast

from pydantic import BaseModel

from cairn.authors.author import RoadmapEdits
from cairn.domain.request import LearnerRequest
from cairn.domain.review import Verdict

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


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of a model with its parts in place: references into it would lead nowhere."""
    schema = model.model_json_schema()
    parts = schema.pop("$defs", {})

    def in_place(node: Any) -> Any:
        match node:
            case {"$ref": str(reference)}:
                return in_place(parts[reference.rpartition("/")[2]])
            case dict():
                return {name: in_place(value) for name, value in cast("dict[str, Any]", node).items()}
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
            "edits": edits,
        },
        "additionalProperties": False,
    }
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
