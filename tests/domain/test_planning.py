"""A plan is closed under prerequisites, fits its hours, and says of all the rest why it was left out."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.domain.course import Course, CourseConcept, CourseModule, CourseStage, Level
from cairn.domain.lesson import Quiz, Resources, Tutorial
from cairn.domain.planning import COVERED, Plan, budget, plan_roadmap
from cairn.domain.structure import SMALLEST_ROADMAP, prerequisite_faults

EMPTY = Tutorial(title="t", summary="", markdown="m", minutes=1)


@st.composite
def courses(draw: st.DrawFn) -> Course:
    """Concepts of rising level, each resting on some of those before it."""
    levels = sorted(
        draw(st.lists(st.sampled_from(list(Level)), min_size=1, max_size=20)), key=lambda v: v.rank
    )
    concepts: dict[str, CourseConcept] = {}
    for at, level in enumerate(levels):
        earlier = list(concepts)
        needs = draw(st.lists(st.sampled_from(earlier), unique=True, max_size=3)) if earlier else []
        concepts[f"c{at}"] = CourseConcept(
            concept_id=f"c{at}", name=f"Name {at}", description="d", level=level,
            hours=draw(st.sampled_from([0.25, 0.5, 1.0, 2.5])), prerequisites=tuple(needs),
            core=draw(st.booleans()), tutorial=EMPTY, resources=Resources(items=()), quiz=Quiz(questions=()),
        )  # fmt: skip
    half = len(levels) // 2
    modules = [tuple(list(concepts)[:half]), tuple(list(concepts)[half:])]
    stages = tuple(
        CourseStage(title="s", modules=(CourseModule(title="m", concepts=ids),)) for ids in modules if ids
    )
    return Course(course_id="x", title="X", language="en", summary="", stages=stages, concepts=concepts)


plans = st.builds(
    Plan,
    level=st.none() | st.sampled_from(list(Level)),
    known=st.lists(st.sampled_from([f"Name {n}" for n in range(20)]), max_size=4).map(tuple),
    hours_per_week=st.none() | st.floats(0.5, 40),
    hours=st.none() | st.floats(0.5, 60),
)


@given(courses(), plans)
def test_every_plan_keeps_the_promises(course: Course, plan: Plan) -> None:
    roadmap = plan_roadmap(course, plan, "en")
    chosen = [c.concept_id for c in roadmap.concepts()]
    assert prerequisite_faults(roadmap) == []
    left_out = {item.name for item in roadmap.left_out}
    assert {c.name for c in course.in_order()} == left_out | {c.name for c in roadmap.concepts()}
    assert len(chosen) + len(roadmap.left_out) == len(course.concepts), "nothing is left out in silence"
    assert all(item.reason for item in roadmap.left_out)
    for concept_id in chosen:
        concept = course.concepts[concept_id]
        assert concept.level in COVERED[plan.level]
        assert concept.name not in plan.known
        presumed = [p for p in concept.prerequisites if p not in chosen]
        for needed in (course.concepts[p] for p in presumed):
            assert needed.level not in COVERED[plan.level] or needed.name in plan.known, "closed"
    if plan.hours is None:
        assert not any("hours" in item.reason for item in roadmap.left_out), "no budget, nothing lost to time"
    else:
        assert roadmap.total_hours <= plan.hours or len(chosen) <= SMALLEST_ROADMAP


def test_hours_until_the_deadline() -> None:
    assert budget(7, date(2026, 12, 25), date(2026, 11, 25)) == 30.0
    assert budget(None, date(2026, 12, 2), date(2026, 11, 25)) == 5.0
    assert budget(7, None, date(2026, 11, 25)) is None


@pytest.mark.parametrize("said", ["Name 1", " name 1. ", "c1", "a keyword"])
def test_what_is_known_may_be_said_by_name_id_or_keyword(said: str) -> None:
    concepts = {
        f"c{at}": CourseConcept(
            concept_id=f"c{at}", name=f"Name {at}", description="d", level=Level.beginner, hours=1.0,
            keywords=("A keyword",) if at == 1 else (), prerequisites=("c1",) if at == 2 else (),
            tutorial=EMPTY, resources=Resources(items=()), quiz=Quiz(questions=()),
        )
        for at in range(4)
    }  # fmt: skip
    stage = CourseStage(title="s", modules=(CourseModule(title="m", concepts=tuple(concepts)),))
    course = Course(course_id="x", title="X", language="en", summary="", stages=(stage,), concepts=concepts)
    roadmap = plan_roadmap(course, Plan(known=(said,)), "en")
    assert [c.concept_id for c in roadmap.concepts()] == ["c0", "c2", "c3"]
    last = roadmap.concept("c2")
    assert last is not None
    assert (last.prerequisites, last.prerequisite_names) == ((), ("Name 1",))
    assert [(item.name, item.reason) for item in roadmap.left_out] == [("Name 1", "you know it already")]
