"""An intent analysis made by rule from a request, for authors that need no model to read one."""

from datetime import date

from cairn.domain.course import Level
from cairn.domain.intent import IntentAnalysis, LanguagePreferences, level_of, path_type
from cairn.domain.planning import budget
from cairn.domain.request import ContentFormats, Language, LearnerRequest
from cairn.domain.text import has_cjk

AIMS = {
    None: "the whole path, from the first steps to advanced work",
    Level.beginner: "the beginner level",
    Level.intermediate: "the intermediate level",
    Level.advanced: "the advanced level",
}
GAPS = {
    None: "Everything the subject needs, from the ground up",
    Level.beginner: "The basic ideas and the vocabulary",
    Level.intermediate: "What turns basic knowledge into daily practice",
    Level.advanced: "How it works underneath, and what matters at scale",
}


def language_of(request: LearnerRequest) -> Language:
    return request.language or ("zh" if has_cjk(request.query) else "en")


def analyse_by_rule(
    request: LearnerRequest, *, subject: str, title: str, topics: tuple[str, ...], focus: tuple[str, ...],
    today: date, suggestions: tuple[str, ...] = (),
) -> IntentAnalysis:  # fmt: skip
    """`subject` identifies the matter for the design; `title` names it for people."""
    level = level_of(request)
    hours = budget(request.hours_per_week, request.deadline, today)
    return IntentAnalysis(
        parsed_goal=f"Learn {title}: {AIMS[level]}.",
        key_technologies=topics,
        difficulty_profile=level.value if level else "beginner to advanced",
        time_constraint=describe_time(request, hours),
        recommended_focus=focus,
        user_profile_summary=describe_learner(request),
        skill_gap_analysis=(GAPS[level],),
        personalized_suggestions=suggestions,
        estimated_learning_path_type=path_type(request, level),
        content_format_weights=(request.content_formats or ContentFormats()).scaled(),
        language_preferences=LanguagePreferences(
            primary_language=language_of(request), secondary_language=request.secondary_language
        ),
        full_analysis_data={
            "subject": subject,
            "level": level.value if level else None,
            "known": list(request.known),
            "hours_per_week": request.hours_per_week,
            "budget_hours": hours,
        },
    )


def describe_time(request: LearnerRequest, hours: float | None) -> str:
    pace = f"{request.hours_per_week:g} hours a week" if request.hours_per_week else "no weekly hours named"
    if request.deadline is None:
        return f"{pace}, no deadline"
    return f"{pace}, until {request.deadline}: {hours:g} hours in all"


def describe_learner(request: LearnerRequest) -> str:
    told = [text for text in (request.background, request.motivation) if text]
    if request.known:
        told.append("Knows already: " + ", ".join(request.known) + ".")
    return " ".join(told) or "Nothing was said about earlier knowledge."
