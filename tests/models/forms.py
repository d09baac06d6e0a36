"""A model on loopback that is asked for its answers in several ways, keeps to the form in some of them only,
and writes the language it is asked for."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tests.models.server import ANSWERS, Asked, Reply, Server, completion, data_in, of_message, text_of

TOOL, NATIVE, PROMPTED = "tool", "native", "prompted"
TALK = "Sure! I would be glad to help with that. What would you like to know?"
CHINESE = "这里讲清楚为什么要这样做，以及初学者常犯的错误。"


def way_of(body: dict[str, Any]) -> str:
    if body.get("tools"):
        return TOOL
    return NATIVE if (body.get("response_format") or {}).get("type") == "json_schema" else PROMPTED


def form_of(body: dict[str, Any]) -> str:
    """The name of the form that is asked for, wherever it stands."""
    match way_of(body):
        case "tool":
            return body["tools"][0]["function"]["name"]
        case "native":
            return body["response_format"]["json_schema"]["name"]
        case _:
            system = "\n".join(text_of(m) for m in body["messages"] if m["role"] == "system")
            titles = re.findall(r'"title": "([a-z]+)"', system)
            return titles[-1]


def with_one_system(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A form in the prompt comes in a system message of its own."""
    system = [text_of(message) for message in messages if message["role"] == "system"]
    others = [message for message in messages if message["role"] != "system"]
    return [{"role": "system", "content": "\n".join(system)}, *others]


def stages(asked: Asked) -> dict[str, Any]:
    subject = data_in(asked)
    names = ("Begin", "Go on", "Master")
    holds = [{"title": name, "holds": f"What of {subject} comes at this point: {name}."} for name in names]
    return {"title": subject, "summary": f"All of {subject}.", "stages": holds}


def stage(asked: Asked) -> dict[str, Any]:
    subject, title = data_in(asked), data_in(asked, 1).partition("\n")[0]
    before = re.findall("^- (.*)", data_in(asked, 3), re.MULTILINE)
    names = [f"{word} of {subject}, {title}"[:100] for word in ("Purpose", "Practice")]
    return {
        "concepts": [
            {"name": name, "description": f"What {name} comes to.", "module": f"{title}: {at}",
             "estimated_hours": 1.0, "difficulty": "beginner", "prerequisites": before[-1:]}
            for at, name in enumerate(names)
        ]
    }  # fmt: skip


SAID: dict[str, Callable[[Asked], Any]] = {**ANSWERS, "stages": stages, "stage": stage}
PROSE = {
    "user_profile_summary", "skill_gap_analysis", "must_have_skills", "summary", "description", "markdown",
    "notes", "question", "explanation", "holds",
}  # fmt: skip


def in_chinese(said: Any, name: str = "") -> Any:
    """The answer with its prose in Chinese."""
    if isinstance(said, dict):
        return {key: in_chinese(value, key) for key, value in said.items()}
    if isinstance(said, list):
        return [in_chinese(value, name) for value in said]
    return CHINESE if name in PROSE else said


def wants_chinese(asked: Asked) -> bool:
    return "Write in Simplified Chinese" in asked.text


@dataclass
class Formal(Server):
    """`ways` it keeps to the form in; else it talks. `chinese`: whether it can write that."""

    ways: tuple[str, ...] = (TOOL, NATIVE, PROMPTED)
    chinese: bool = True

    def answer(self, asked: Asked) -> Reply:
        way, form = way_of(asked.body), form_of(asked.body)
        asked = replace(asked, body={**asked.body, "messages": with_one_system(asked.body["messages"])})
        if way not in self.ways:
            return of_message({"role": "assistant", "content": TALK})
        said = (self.answers.get(form) or SAID[form])(asked)
        if self.chinese and wants_chinese(asked):
            said = in_chinese(said)
        if way == TOOL:
            return completion(asked, said)
        return of_message({"role": "assistant", "content": json.dumps(said)})

    def ways_asked(self) -> set[str]:
        return {way_of(asked.body) for asked in self.asked}
