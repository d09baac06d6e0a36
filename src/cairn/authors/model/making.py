"""Makes products of drafts. A draft that is not good enough raises `Unfit`."""

from datetime import date

from pydantic import ValidationError

from cairn.authors.analysis import analyse_by_rule
from cairn.authors.author import CurriculumGiven, RoadmapEdits
from cairn.authors.model.checks import (
    Unfit,
    faults_of_quiz,
    faults_of_resources,
    faults_of_tutorial,
    sound,
)
from cairn.authors.model.curriculum import build_roadmap
from cairn.authors.model.drafts import (
    CurriculumDraft,
    EditsDraft,
    IntentDraft,
    QuizDraft,
    ResourcesDraft,
    ReviewDraft,
    RewrittenDraft,
    TutorialDraft,
)
from cairn.domain.edits import ONE_EDIT
from cairn.domain.intent import IntentAnalysis
from cairn.domain.lesson import Quiz, Resource, Resources, Tutorial, build_question
from cairn.domain.request import LearnerRequest
from cairn.domain.roadmap import Roadmap
from cairn.domain.structure import SMALLEST_ROADMAP, ValidationReport


def analysis_of(draft: IntentDraft, request: LearnerRequest, today: date) -> IntentAnalysis:
    """Level, language and hours follow from the request by rule; what needs reading is the model's."""
    ruled = analyse_by_rule(
        request, subject=draft.subject, title=draft.subject, topics=tuple(draft.key_technologies),
        focus=tuple(draft.recommended_focus), today=today,
        suggestions=tuple(draft.personalized_suggestions),
    )  # fmt: skip
    return ruled.model_copy(
        update={
            "user_profile_summary": draft.user_profile_summary,
            "skill_gap_analysis": tuple(draft.skill_gap_analysis),
            "full_analysis_data": {**ruled.full_analysis_data, "skills": list(draft.must_have_skills)},
        }
    )


def roadmap_of(draft: CurriculumDraft, given: CurriculumGiven) -> Roadmap:
    roadmap = build_roadmap(draft, given)
    if (number := len(list(roadmap.concepts()))) < SMALLEST_ROADMAP:
        raise Unfit(f"Only {number} of the concepts are different; {SMALLEST_ROADMAP} are the least.")
    return roadmap


def report_of(draft: ReviewDraft) -> ValidationReport:
    return ValidationReport(notes=tuple(draft.notes))


def edits_of(draft: EditsDraft) -> RoadmapEdits:
    try:
        edits = [ONE_EDIT.validate_python(edit.model_dump(exclude_none=True)) for edit in draft.edits]
    except ValidationError as error:
        raise Unfit(f"An edit is not right: {error}") from error
    return RoadmapEdits(edits=tuple(edits))


def tutorial_of(draft: TutorialDraft, language: str) -> Tutorial:
    tutorial = Tutorial(**draft.model_dump())
    return sound(tutorial, faults_of_tutorial(tutorial, language))


def resources_of(draft: ResourcesDraft, language: str) -> Resources:
    """Words to search for: a model never says an address."""
    found = [Resource(language=language, **item.model_dump()) for item in draft.items]
    said = [text for item in draft.items for text in (item.title, item.phrase, item.description)]
    return sound(Resources(items=tuple(found)), faults_of_resources(said))


def quiz_of(draft: QuizDraft | RewrittenDraft, language: str) -> Quiz:
    """Also of a draft that holds some questions alone."""
    questions = [
        build_question(
            question.question,
            question.question_type,
            [(option.text, option.correct, option.explanation) for option in question.options],
        )
        for question in draft.questions
    ]
    quiz = Quiz(questions=tuple(questions))
    return sound(quiz, faults_of_quiz(quiz, language))
