"""OpenAI's chat completions, as OpenAI and most servers at home speak them."""

import json
import re
from collections.abc import Mapping
from typing import Any

from tests.models.wire import Asked, End, Reply, Said, Trouble, as_json, wait_of

REFUSALS = {
    Trouble.rate_limited: (429, "rate_limit_exceeded", "Rate limit reached for x in requests per min."),
    Trouble.quota_spent: (
        429,
        "insufficient_quota",
        "You exceeded your current quota, please check your plan.",
    ),
    Trouble.broken: (500, "server_error", "The server had an error while processing your request."),
    Trouble.overloaded: (503, "server_is_overloaded", "That model is currently overloaded."),
    Trouble.bad_key: (401, "invalid_api_key", "Incorrect API key provided."),
    Trouble.unknown_model: (
        404,
        "model_not_found",
        "The model `x` does not exist or you do not have access.",
    ),
    Trouble.too_long: (400, "context_length_exceeded", "This model's maximum context length is 8192 tokens."),
}
"""Status, code and message, as OpenAI has them."""
TOOL, NATIVE, PROMPTED = "tool", "native", "prompted"
"""The ways to ask for a form."""
ENDS = {End.done: "stop", End.length: "length", End.refused: "content_filter"}
REFUSED = "I'm sorry, I can't help with that."


class OpenAIChat:
    name = "openai-chat"
    provider = "openai-chat"
    key_name = "OPENAI_API_KEY"
    path = re.compile(r"/v1/chat/completions")

    def environment(self, url: str) -> dict[str, str]:
        return {"OPENAI_BASE_URL": f"{url}/v1"}

    def key_in(self, headers: Mapping[str, str]) -> str:
        return headers["authorization"].removeprefix("Bearer ")

    def read(self, path: str, body: dict[str, Any]) -> Said:
        texts = [(message["role"], text_of(message["content"])) for message in body["messages"]]
        system = "\n".join(text for role, text in texts if role == "system")
        prompt = next(text for role, text in texts if role == "user")
        return Said(body["model"], form_of(body, system), system, prompt)

    def calls(self, asked: Asked, arguments: dict[str, Any] | str, end: End = End.done) -> Reply:
        said = arguments if isinstance(arguments, str) else json.dumps(arguments)
        if way_of(asked.body) != TOOL:
            return self.says(asked, said, end)
        call = {"name": asked.thought, "arguments": said}
        tools = [{"id": f"call_{asked.number}", "type": "function", "function": call}]
        finish = "tool_calls" if end is End.done else ENDS[end]
        return self.completion(asked, {"role": "assistant", "content": None, "tool_calls": tools}, finish)

    def says(self, asked: Asked, text: str, end: End = End.done) -> Reply:
        message = {"role": "assistant", "content": None if end is End.refused else text}
        return self.completion(asked, message, ENDS[end])

    def completion(self, asked: Asked, message: dict[str, Any], finish: str) -> Reply:
        choices = [{"index": 0, "message": message, "finish_reason": finish}]
        usage = {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150}
        made = {
            "id": asked.name,
            "object": "chat.completion",
            "created": 1_700_000_000,
            "model": asked.said.model,
        }
        return as_json(200, {**made, "choices": choices, "usage": usage})

    def refuses(self, trouble: Trouble, message: str = "", after: float | None = None) -> Reply:
        status, code, usual = REFUSALS[trouble]
        error = {"message": message or usual, "type": code, "param": None, "code": code}
        return as_json(status, {"error": error}, **wait_of(after))


def error(status: int, message: str, code: str = "", **headers: str) -> Reply:
    """What a server says in its own words."""
    body = {"error": {"message": message, "type": code or None, "code": code or None}}
    return as_json(status, body, **{name.replace("_", "-"): value for name, value in headers.items()})


def way_of(body: Mapping[str, Any]) -> str:
    if body.get("tools"):
        return TOOL
    return NATIVE if (body.get("response_format") or {}).get("type") == "json_schema" else PROMPTED


def form_of(body: Mapping[str, Any], system: str) -> str:
    """The name of the form that is asked for, wherever it stands."""
    match way_of(body):
        case "tool":
            return body["tools"][0]["function"]["name"]
        case "native":
            return body["response_format"]["json_schema"]["name"]
        case _:
            return ["none", *re.findall(r'"title": "([a-z]+)"', system)][-1]


def text_of(content: Any) -> str:
    if isinstance(content, list):
        return "\n".join(part.get("text", "") for part in content)
    return content or ""
