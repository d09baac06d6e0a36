"""Google's generateContent."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from tests.models.openai_chat import text_of
from tests.models.wire import Asked, End, Reply, Said, Trouble, as_json

REFUSALS = {
    Trouble.rate_limited: (429, "RESOURCE_EXHAUSTED", "You exceeded your current quota."),
    Trouble.quota_spent: (429, "RESOURCE_EXHAUSTED", "You exceeded your current quota."),
    Trouble.broken: (500, "INTERNAL", "An internal error has occurred."),
    Trouble.overloaded: (503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
    Trouble.bad_key: (400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."),
    Trouble.unknown_model: (404, "NOT_FOUND", "models/x is not found for API version v1beta."),
    Trouble.too_long: (
        400,
        "INVALID_ARGUMENT",
        "The input token count (9000) exceeds the maximum number of tokens allowed (8192).",
    ),
}
"""Status, its name and message, as Google has them."""
DETAILS: dict[Trouble, dict[str, Any]] = {
    Trouble.rate_limited: {"violations": [{"quotaId": "GenerateRequestsPerMinutePerProjectPerModel"}]},
    Trouble.quota_spent: {"violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel"}]},
    Trouble.bad_key: {"reason": "API_KEY_INVALID", "domain": "googleapis.com"},
}
"""What tells apart what its status and message do not."""
ENDS = {End.done: "STOP", End.length: "MAX_TOKENS", End.refused: "SAFETY"}


class GoogleGenerate:
    name = "google"
    provider = "google"
    key_name = "GOOGLE_API_KEY"
    path = re.compile(r"/v1beta/models/(?P<model>[^/:]+):generateContent")

    def environment(self, url: str) -> dict[str, str]:
        return {"GOOGLE_GEMINI_BASE_URL": url}

    def key_in(self, headers: Mapping[str, str]) -> str:
        return headers["x-goog-api-key"]

    def read(self, path: str, body: dict[str, Any]) -> Said:
        found = self.path.fullmatch(path)
        assert found
        tools = body.get("tools") or []
        thought = tools[0]["functionDeclarations"][0]["name"] if tools else "none"
        system = text_of(body.get("systemInstruction", {}).get("parts"))
        return Said(unquote(found["model"]), thought, system, text_of(body["contents"][0]["parts"]))

    def calls(self, asked: Asked, arguments: dict[str, Any] | str, end: End = End.done) -> Reply:
        """What did not become JSON is no call, and Google says so. Its calls have no ids."""
        if isinstance(arguments, str):
            if end is End.done:
                return self.content(asked, [], "MALFORMED_FUNCTION_CALL")
            return self.says(asked, arguments, end)
        return self.content(asked, [{"functionCall": {"name": asked.thought, "args": arguments}}], ENDS[end])

    def says(self, asked: Asked, text: str, end: End = End.done) -> Reply:
        return self.content(asked, [] if end is End.refused else [{"text": text}], ENDS[end])

    def content(self, asked: Asked, parts: list[dict[str, Any]], finish: str) -> Reply:
        candidate = {"content": {"role": "model", "parts": parts}, "finishReason": finish, "index": 0}
        usage = {"promptTokenCount": 100, "candidatesTokenCount": 50, "totalTokenCount": 150}
        named = {"modelVersion": asked.said.model, "responseId": asked.name}
        return as_json(200, {"candidates": [candidate], "usageMetadata": usage, **named})

    def refuses(self, trouble: Trouble, message: str = "", after: float | None = None) -> Reply:
        """The time to wait stands in the body, not in a header."""
        status, named, usual = REFUSALS[trouble]
        details = [DETAILS[trouble]] if trouble in DETAILS else []
        details += [] if after is None else [{"retryDelay": f"{after:g}s"}]
        error = {"code": status, "message": message or usual, "status": named, "details": details}
        return as_json(status, {"error": error})
