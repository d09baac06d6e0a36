"""Anthropic's messages."""

import re
from collections.abc import Mapping
from typing import Any

from tests.models.openai_chat import text_of
from tests.models.wire import Asked, End, Reply, Said, Trouble, as_json, wait_of

REFUSALS = {
    Trouble.rate_limited: (429, "rate_limit_error", "This request would exceed your rate limit."),
    Trouble.quota_spent: (400, "invalid_request_error", "Your credit balance is too low to access the API."),
    Trouble.broken: (500, "api_error", "Internal server error"),
    Trouble.overloaded: (529, "overloaded_error", "Overloaded"),
    Trouble.bad_key: (401, "authentication_error", "invalid x-api-key"),
    Trouble.unknown_model: (404, "not_found_error", "model: x"),
    Trouble.too_long: (400, "invalid_request_error", "prompt is too long: 208310 tokens > 200000 maximum"),
}
"""Status, type and message, as Anthropic has them."""
ENDS = {End.done: "end_turn", End.length: "max_tokens", End.refused: "refusal"}


class AnthropicMessages:
    name = "anthropic"
    provider = "anthropic"
    key_name = "ANTHROPIC_API_KEY"
    path = re.compile(r"/v1/messages")

    def environment(self, url: str) -> dict[str, str]:
        return {"ANTHROPIC_BASE_URL": url}

    def key_in(self, headers: Mapping[str, str]) -> str:
        """In either header; its own client uses the second."""
        return headers.get("x-api-key") or headers["authorization"].removeprefix("Bearer ")

    def read(self, path: str, body: dict[str, Any]) -> Said:
        tools = body.get("tools") or []
        thought = tools[0]["name"] if tools else "none"
        system = text_of(body.get("system"))
        return Said(body["model"], thought, system, text_of(body["messages"][0]["content"]))

    def calls(self, asked: Asked, arguments: dict[str, Any] | str, end: End = End.done) -> Reply:
        """What did not become JSON is left out by Anthropic, which answers objects."""
        said = {} if isinstance(arguments, str) else arguments
        block = {"type": "tool_use", "id": f"toolu_{asked.number}", "name": asked.thought, "input": said}
        return self.message(asked, [block], "tool_use" if end is End.done else ENDS[end])

    def says(self, asked: Asked, text: str, end: End = End.done) -> Reply:
        content = [] if end is End.refused else [{"type": "text", "text": text}]
        return self.message(asked, content, ENDS[end])

    def message(self, asked: Asked, content: list[dict[str, Any]], stop: str) -> Reply:
        return as_json(200, {
            "id": asked.name, "type": "message", "role": "assistant", "model": asked.said.model,
            "content": content, "stop_reason": stop, "stop_sequence": None,
            "usage": {"input_tokens": 100, "output_tokens": 50},
        })  # fmt: skip

    def refuses(self, trouble: Trouble, message: str = "", after: float | None = None) -> Reply:
        status, kind, usual = REFUSALS[trouble]
        error = {"type": kind, "message": message or usual}
        return as_json(status, {"type": "error", "error": error, "request_id": "req_1"}, **wait_of(after))
