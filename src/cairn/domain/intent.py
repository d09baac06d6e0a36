"""What the intent analysis says of a learner and a goal."""

from typing import Any, Literal

from pydantic import Field

from cairn.domain.course import Level
from cairn.domain.lesson import Value
from cairn.domain.request import ContentFormats, Language, LearnerRequest

PathType = Literal["quick_start", "deep_dive", "career_transition", "skill_upgrade"]


class LanguagePreferences(Value):
    primary_language: Language
    secondary_language: Language | None = None
    resource_ratio: float = Field(default=1.0, ge=0, le=1)
    """Share of the resources that are in the primary language."""


class IntentAnalysis(Value):
    """`full_analysis_data` holds only what has no field of its own here."""

    parsed_goal: str
    """One sentence that names subject and level."""
    key_technologies: tuple[str, ...] = Field(strict=False)
    difficulty_profile: str
    time_constraint: str
    recommended_focus: tuple[str, ...] = Field(default=(), strict=False)
    user_profile_summary: str
    skill_gap_analysis: tuple[str, ...] = Field(default=(), strict=False)
    personalized_suggestions: tuple[str, ...] = Field(default=(), strict=False)
    estimated_learning_path_type: PathType
    content_format_weights: ContentFormats
    language_preferences: LanguagePreferences
    full_analysis_data: dict[str, Any] = Field(default_factory=dict)


LEVEL_WORDS: dict[Level, tuple[str, ...]] = {
    Level.beginner: ("beginner", "beginners", "basics", "basic", "introduction", "intro", "from scratch",
                     "newbie", "fundamentals", "入门", "基础", "零基础", "初学", "初级"),
    Level.intermediate: ("intermediate", "中级", "进阶"),
    Level.advanced: ("advanced", "expert", "in depth", "deep dive", "mastery", "internals",
                     "高级", "深入", "精通"),
}  # fmt: skip

RANGE_WORDS = (
    "everything",
    "from zero to",
    "from beginner to",
    "beginner to",
    "complete",
    "全部",
    "从入门到",
)


def infer_level(query: str) -> Level | None:
    """The level the goal's words name; None where they say nothing, name a range or "everything"."""
    text = " " + " ".join(query.casefold().replace("-", " ").split()) + " "
    if any(word in text for word in RANGE_WORDS):
        return None
    named = {level for level, words in LEVEL_WORDS.items() if any(says(text, word) for word in words)}
    return named.pop() if len(named) == 1 else None


def says(text: str, word: str) -> bool:
    return f" {word} " in text if word.isascii() else word in text


def level_of(request: LearnerRequest) -> Level | None:
    return request.level or infer_level(request.query)


def path_type(request: LearnerRequest, level: Level | None) -> PathType:
    """What kind of way this is, from what the learner said of time, motive and level."""
    motive = f"{request.motivation} {request.query}".casefold()
    if any(word in motive for word in ("career", "job", "switch", "转行", "求职")):
        return "career_transition"
    if level in (Level.intermediate, Level.advanced):
        return "skill_upgrade"
    return "quick_start" if request.deadline else "deep_dive"
