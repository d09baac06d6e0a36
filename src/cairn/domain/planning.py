"""Chooses and orders a course's concepts for one learner: level, what is known, hours and deadline.

The chosen set is closed under prerequisites, but for those the level or `known` presumes.
"""

import math
from dataclasses import dataclass
from datetime import date

from cairn.domain.course import Course, CourseConcept, Level
from cairn.domain.roadmap import Concept, LeftOut, Module, Roadmap, Stage
from cairn.domain.structure import SMALLEST_ROADMAP
from cairn.domain.text import normalised

DEFAULT_HOURS_PER_WEEK = 5.0

COVERED: dict[Level | None, frozenset[Level]] = {
    None: frozenset(Level),
    Level.beginner: frozenset({Level.beginner, Level.intermediate}),
    Level.intermediate: frozenset({Level.intermediate, Level.advanced}),
    Level.advanced: frozenset({Level.advanced}),
}
"""Levels of concepts that a learner's level is given; lower ones are presumed, higher ones come later."""


@dataclass(frozen=True)
class Plan:
    """What is known of a learner's time. `hours` is the budget until the deadline, None without one."""

    level: Level | None = None
    known: tuple[str, ...] = ()
    hours_per_week: float | None = None
    hours: float | None = None


def budget(hours_per_week: float | None, deadline: date | None, today: date) -> float | None:
    """Hours until the deadline at the learner's pace; None where there is no deadline."""
    if deadline is None:
        return None
    pace = hours_per_week or DEFAULT_HOURS_PER_WEEK
    return round(pace * (deadline - today).days / 7, 1)


def weeks(total_hours: float, hours_per_week: float | None) -> int | None:
    return math.ceil(total_hours / hours_per_week) if hours_per_week else None


def plan_roadmap(course: Course, plan: Plan, language: str) -> Roadmap:
    """The roadmap of `course` for `plan`; what was left out, and why, stands in it."""
    left_out: dict[str, str] = {}
    chosen: list[CourseConcept] = []
    for concept in course.in_order():
        if reason := presumed_or_beyond(concept, plan):
            left_out[concept.concept_id] = reason
        else:
            chosen.append(concept)
    if plan.hours is not None:
        kept = fit(chosen, plan.hours)
        reason = f"does not fit the {plan.hours:g} hours until the deadline"
        left_out |= {c.concept_id: reason for c in chosen if c not in kept}
        chosen = kept
    ids = {concept.concept_id for concept in chosen}
    total = sum(concept.hours for concept in chosen)
    return Roadmap(
        title=course.title if plan.level is None else f"{course.title}: {plan.level.value}",
        summary=course.summary,
        language=language,
        stages=build_stages(course, ids),
        left_out=tuple(
            LeftOut(name=course.concepts[concept_id].name, reason=reason)
            for concept_id, reason in left_out.items()
        ),
        weeks=weeks(total, plan.hours_per_week),
        budget_hours=plan.hours,
    )


def presumed_or_beyond(concept: CourseConcept, plan: Plan) -> str | None:
    """Why a concept is not for this learner, or None."""
    if concept.level not in COVERED[plan.level]:
        assert plan.level is not None
        below = concept.level.rank < plan.level.rank
        return f"presumed at the {plan.level} level" if below else f"beyond the {plan.level} level"
    if any(names(known, concept) for known in plan.known):
        return "you know it already"
    return None


def names(known: str, concept: CourseConcept) -> bool:
    """True where what a learner says they know is this concept: its name, id or one of its keywords."""
    said = normalised(known)
    return said in {
        normalised(concept.name),
        concept.concept_id.replace("-", " "),
        concept.concept_id,
        *(normalised(keyword) for keyword in concept.keywords),
    }


def fit(concepts: list[CourseConcept], hours: float) -> list[CourseConcept]:
    """Drop until the hours fit: optional concepts before core ones, the latest first, never one that a
    kept concept needs, and never below the smallest roadmap."""
    kept = list(concepts)
    while sum(c.hours for c in kept) > hours and len(kept) > SMALLEST_ROADMAP:
        needed = {p for c in kept for p in c.prerequisites}
        free = [c for c in kept if c.concept_id not in needed]
        optional = [c for c in free if not c.core]
        kept.remove((optional or free)[-1])
    return kept


def build_stages(course: Course, ids: set[str]) -> tuple[Stage, ...]:
    """The course's outline with only the concepts of `ids`; empty modules and stages fall away."""
    stages: list[Stage] = []
    for stage in course.stages:
        modules = [
            Module(
                title=module.title,
                summary=module.summary,
                concepts=tuple(card(course, c, ids) for c in module.concepts if c in ids),
            )
            for module in stage.modules
            if ids.intersection(module.concepts)
        ]
        if modules:
            stages.append(Stage(title=stage.title, summary=stage.summary, modules=tuple(modules)))
    return tuple(stages)


def card(course: Course, concept_id: str, ids: set[str]) -> Concept:
    concept = course.concepts[concept_id]
    return Concept(
        concept_id=concept_id,
        name=concept.name,
        description=concept.description,
        estimated_hours=concept.hours,
        difficulty=concept.level,
        keywords=concept.keywords,
        prerequisites=tuple(p for p in concept.prerequisites if p in ids),
        prerequisite_names=tuple(course.concepts[p].name for p in concept.prerequisites),
    )
