"""OpenAI's responses; what goes wrong is said as in its chat completions."""

import json
import re
from typing import Any

from tests.models.openai_chat import OpenAIChat, text_of
from tests.models.wire import Asked, End, Reply, Said, as_json

INCOMPLETE = {End.length: "max_output_tokens", End.refused: "content_filter"}


class OpenAIResponses(OpenAIChat):
    name = "openai-responses"
    provider = "openai"
    path = re.compile(r"/v1/responses")

    def read(self, path: str, body: dict[str, Any]) -> Said:
        user = next(text_of(item["content"]) for item in body["input"] if item.get("role") == "user")
        tools = body.get("tools") or []
        return Said(body["model"], tools[0]["name"] if tools else "none", body.get("instructions", ""), user)

    def calls(self, asked: Asked, arguments: dict[str, Any] | str, end: End = End.done) -> Reply:
        said = arguments if isinstance(arguments, str) else json.dumps(arguments)
        call = {
            "type": "function_call", "id": f"fc_{asked.number}", "call_id": f"call_{asked.number}",
            "name": asked.thought, "arguments": said, "status": "completed",
        }  # fmt: skip
        return self.response(asked, [call], end)

    def says(self, asked: Asked, text: str, end: End = End.done) -> Reply:
        content = [{"type": "output_text", "text": text, "annotations": []}]
        message = {"type": "message", "id": f"msg_{asked.number}", "role": "assistant", "content": content,
                   "status": "completed"}  # fmt: skip
        return self.response(asked, [] if end is End.refused else [message], end)

    def response(self, asked: Asked, output: list[dict[str, Any]], end: End) -> Reply:
        usage = {
            "input_tokens": 100, "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": 50, "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 150,
        }  # fmt: skip
        reason = INCOMPLETE.get(end)
        return as_json(200, {
            "id": asked.name, "object": "response", "created_at": 1_700_000_000, "model": asked.said.model,
            "status": "incomplete" if reason else "completed", "output": output, "usage": usage,
            "incomplete_details": {"reason": reason} if reason else None,
            "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
        })  # fmt: skip
