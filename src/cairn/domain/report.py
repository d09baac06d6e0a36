"""The quality report of a roadmap: what was checked of its tree, in plain numbers, and what stayed wrong."""

from collections.abc import Sequence

from pydantic import Field

from cairn.domain.lesson import Value
from cairn.domain.roadmap import Roadmap
from cairn.domain.structure import Fault, ValidationReport


class TreeReport(Value):
    """`skills`: what the learner must be able to do at the end, and how many of it no concept teaches.
    `rounds` of edits the tree went through; `mended`: what code had to mend. `faults` are those that
    stayed."""

    concepts: int
    hours: float
    budget_hours: float | None = None
    skills: int
    skills_uncovered: int
    rounds: int
    mended: int
    faults: tuple[Fault, ...] = Field(default=(), strict=False)


def report_of(roadmap: Roadmap, found: ValidationReport, skills: Sequence[str], rounds: int) -> TreeReport:
    return TreeReport(
        concepts=sum(1 for _ in roadmap.concepts()),
        hours=roadmap.total_hours,
        budget_hours=roadmap.budget_hours,
        skills=len(skills),
        skills_uncovered=sum(fault.code == "skill_uncovered" for fault in found.faults),
        rounds=rounds,
        mended=len(roadmap.mended),
        faults=found.faults,
    )
