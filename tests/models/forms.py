"""A model on loopback that keeps to the form of its answers in some ways of being asked only, and writes the
language it is asked for."""

from dataclasses import dataclass
from typing import Any

from tests.models.openai_chat import NATIVE, PROMPTED, TOOL, way_of
from tests.models.server import Server
from tests.models.wire import Asked, Reply

TALK = "Sure! I would be glad to help with that. What would you like to know?"
CHINESE = "这里讲清楚为什么要这样做，以及初学者常犯的错误。"
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
        if way_of(asked.body) not in self.ways:
            return asked.speaks.says(asked, TALK)
        said = asked.good
        return asked.speaks.calls(asked, in_chinese(said) if self.chinese and wants_chinese(asked) else said)

    def ways_asked(self) -> set[str]:
        return {way_of(asked.body) for asked in self.asked}
