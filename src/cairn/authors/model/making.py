"""Makes products of drafts. A draft that is not good enough raises `Unfit`."""

from collections.abc import Sequence
from datetime import date

from pydantic import ValidationError

from cairn.authors.analysis import analyse_by_rule
from cairn.authors.author import CurriculumGiven, EditGiven, RoadmapEdits
from cairn.authors.model.checks import (
    Unfit,
    faults_of_resources,
    faults_of_tutorial,
    language_faults,
    sound,
    to_mend,
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
from cairn.authors.model.repair import Judged
from cairn.authors.model.sections import remarks_of_tutorial
from cairn.domain.editing import apply_edits
from cairn.domain.edits import ONE_EDIT, Add, Remove
from cairn.domain.errors import BadInput
from cairn.domain.intent import IntentAnalysis
from cairn.domain.lesson import Quiz, Resource, Resources, Tutorial, build_question, content_id
from cairn.domain.quality import review, sentences, usable
from cairn.domain.quiz_whole import arranged
from cairn.domain.reading import read
from cairn.domain.request import LearnerRequest
from cairn.domain.roadmap import Roadmap
from cairn.domain.structure import SMALLEST_ROADMAP, Fault, ValidationReport, structure_faults


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


def report_of(draft: ReviewDraft, skills: Sequence[str]) -> ValidationReport:
    if wrong := [number for number in draft.uncovered if not 1 <= number <= len(skills)]:
        raise Unfit(f"There is no skill {wrong[0]}; the skills are 1 to {len(skills)}.")
    missing = [skills[number - 1] for number in dict.fromkeys(draft.uncovered)]
    faults = [Fault(code="skill_uncovered", message=f"no concept teaches “{skill}”") for skill in missing]
    return ValidationReport(faults=tuple(faults), notes=tuple(draft.notes))


def edits_of(draft: EditsDraft, given: EditGiven) -> RoadmapEdits:
    """Tried on the tree before they are taken: edits that do not fit it, that bring a fault into it which was
    not there, or that undo what a person did by hand, are not good enough."""
    tree = given.roadmap
    try:
        edits = [ONE_EDIT.validate_python(edit.model_dump(exclude_none=True)) for edit in draft.edits]
        edited = apply_edits(tree, edits, lambda name: content_id("c", tree.title, name))
    except ValidationError as error:
        raise Unfit(f"An edit is not right: {error}") from error
    except BadInput as error:
        raise Unfit(f"The edits do not fit the outline: {error.detail}") from error
    names = {concept.concept_id: concept.name for concept in tree.concepts()}
    known = {fault.message for fault in structure_faults(tree)}
    faults = [fault.message for fault in structure_faults(edited, names) if fault.message not in known]
    touched = {edit.concept_id for edit in given.by_hand if not isinstance(edit, (Add, Remove))}
    by_hand = {edit.name for edit in given.by_hand if isinstance(edit, Add)}
    kept = {c.concept_id: c.name for c in edited.concepts()}
    for concept in tree.concepts():
        mine = concept.concept_id in touched or concept.name in by_hand
        if mine and kept.get(concept.concept_id) != concept.name:
            faults.append(f"“{concept.name}” was put there by hand and must stay as it is")
    if faults:
        raise Unfit("After these edits the outline would be wrong: " + "; ".join(faults))
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
    said = [text for item in draft.items for text in (item.title, item.phrase, item.description)]
    return sound(Resources(items=tuple(found)), faults_of_resources(said))


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
