"""Makes products of drafts. A draft that is not good enough raises `Unfit`."""

from datetime import date

from pydantic import ValidationError

from cairn.authors.analysis import analyse_by_rule
from cairn.authors.author import CurriculumGiven, RoadmapEdits
from cairn.authors.model.checks import Unfit, faults_of_tutorial, language_faults, sound, to_mend
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
from cairn.authors.model.repair import Judged
from cairn.authors.model.sections import remarks_of_tutorial
from cairn.domain.edits import ONE_EDIT
from cairn.domain.intent import IntentAnalysis
from cairn.domain.lesson import Quiz, Resource, Resources, Tutorial, build_question
from cairn.domain.quality import review, sentences, usable
from cairn.domain.quiz_whole import arranged
from cairn.domain.reading import read
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


def tutorial_of(draft: TutorialDraft, language: str) -> Judged[Tutorial]:
    tutorial = Tutorial(**draft.model_dump())
    reading = read(tutorial.markdown)
    sound(tutorial, faults_of_tutorial(reading, language))
    flaws = remarks_of_tutorial(tutorial, reading)
    remarked = tutorial.model_copy(update={"remarks": tuple(flaw.code for flaw in flaws)})
    return Judged(remarked, [f"{flaw.said} {flaw.cure}" for flaw in flaws], (len(flaws),))


def resources_of(draft: ResourcesDraft, language: str) -> Resources:
    """Words to search for: a model never says an address."""
    found = [Resource(language=language, **item.model_dump()) for item in draft.items]
    return Resources(items=tuple(found))


def quiz_of(draft: QuizDraft | RewrittenDraft, language: str, least: int) -> Judged[Quiz]:
    """Its questions that can be used, `least` of them; flaws of style may be left. The order of options
    is mended by code."""
    written = arranged(
        [
            build_question(
                question.question,
                question.question_type,
                [(option.text, option.correct, option.explanation) for option in question.options],
            )
            for question in draft.questions
        ]
    )
    faults = language_faults(" ".join(question.question for question in written), language)
    reviewed = review(written)
    kept, complaints = usable(reviewed), sentences(reviewed)
    if faults or len(kept) < least:
        raise Unfit(to_mend(faults + complaints))
    quiz = Quiz(questions=tuple(question for question, _ in kept), dropped=len(written) - len(kept))
    without_flaw = sum(not flaws for _, flaws in kept)
    return Judged(quiz, complaints, (-without_flaw, len(complaints)))
