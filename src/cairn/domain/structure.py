"""Pure checks of a roadmap's structure. Each fault has a code and a sentence; no fault means sound."""

from collections import Counter
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

from pydantic import Field

from cairn.domain.lesson import Value
from cairn.domain.likeness import spelling
from cairn.domain.roadmap import Concept, Roadmap
from cairn.domain.text import normalised

CONCEPT_HOURS = (0.25, 40.0)
SMALLEST_ROADMAP = 3
BUDGET_TOLERANCE = 1.1
"""Hours may pass the learner's budget by a tenth."""


SOFT = frozenset({"over_budget", "skill_uncovered"})
"""Codes of faults with which a course can be learnt from all the same."""


class Fault(Value):
    """`concept_id`: the concept at which it can be mended, where it is one."""

    code: str
    message: str
    concept_id: str | None = None


class ValidationReport(Value):
    """What the structure check found, for one tree."""

    faults: tuple[Fault, ...] = Field(default=(), strict=False)
    notes: tuple[str, ...] = Field(default=(), strict=False)

    @property
    def sound(self) -> bool:
        return not self.faults

    @property
    def usable(self) -> bool:
        """Whether a course can be made of the tree, be it with faults."""
        return all(fault.code in SOFT for fault in self.faults)


def structure_faults(roadmap: Roadmap, names: Mapping[str, str] | None = None) -> list[Fault]:
    """Everything wrong with the tree, prerequisites first. `names` are those of concepts that are not in it,
    by id, such as one taken out."""
    return [*prerequisite_faults(roadmap, names), *shape_faults(roadmap), *hour_faults(roadmap)]


def prerequisite_faults(roadmap: Roadmap, names: Mapping[str, str] | None = None) -> list[Fault]:
    place = {concept.concept_id: at for at, concept in enumerate(roadmap.concepts())}
    named = {**(names or {}), **{concept.concept_id: concept.name for concept in roadmap.concepts()}}
    faults: list[Fault] = []
    for concept in roadmap.concepts():
        for needed in concept.prerequisites:
            said = f"“{concept.name}” needs “{named.get(needed, needed)}”"
            if needed not in place:
                faults.append(fault("prerequisite_unknown", f"{said}, not in the roadmap", concept))
            elif place[needed] > place[concept.concept_id]:
                faults.append(fault("prerequisite_later", f"{said}, placed after it", concept))
    graph = {concept.concept_id: concept.prerequisites for concept in roadmap.concepts()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = " → ".join(f"“{named.get(node, node)}”" for node in error.args[1])
        faults.append(fault("prerequisite_circular", f"concepts need each other in a circle: {circle}"))
    return faults


def shape_faults(roadmap: Roadmap) -> list[Fault]:
    ids = Counter(concept.concept_id for concept in roadmap.concepts())
    names = Counter(normalised(concept.name) for concept in roadmap.concepts())
    last = {normalised(concept.name): concept for concept in roadmap.concepts()}
    faults = [
        fault("duplicate_id", f"{sharing(roadmap, i)} have the same id, {i}") for i, n in ids.items() if n > 1
    ]
    faults += [
        fault("duplicate_name", f"“{name}” stands {n} times", last[name])
        for name, n in names.items()
        if n > 1
    ]
    faults += near_duplicates(roadmap)
    for stage in roadmap.stages:
        if not stage.modules:
            faults.append(fault("empty_stage", f"the stage “{stage.title}” has no module"))
        faults += [
            fault("empty_module", f"the module “{module.title}” has no concept")
            for module in stage.modules
            if not module.concepts
        ]
    if ids.total() < SMALLEST_ROADMAP:
        faults.append(fault("too_small", f"{ids.total()} concepts; {SMALLEST_ROADMAP} are the least"))
    return faults


def near_duplicates(roadmap: Roadmap) -> list[Fault]:
    faults: list[Fault] = []
    first: dict[str, Concept] = {}
    for concept in roadmap.concepts():
        before = first.setdefault(spelling(concept.name), concept)
        if normalised(before.name) != normalised(concept.name):
            said = f"“{concept.name}” and “{before.name}” are one concept under two names"
            faults.append(fault("near_duplicate", said, concept))
    return faults


def hour_faults(roadmap: Roadmap) -> list[Fault]:
    low, high = CONCEPT_HOURS
    faults = [
        fault(
            "hours_out_of_bounds",
            f"“{c.name}” takes {c.estimated_hours:g} h; {low:g} to {high:g} are allowed",
            c,
        )
        for c in roadmap.concepts()
        if not low <= c.estimated_hours <= high
    ]
    budget = roadmap.budget_hours
    if budget is not None and roadmap.total_hours > budget * BUDGET_TOLERANCE:
        message = f"{roadmap.total_hours:g} h do not fit the {budget:g} h until the deadline"
        faults.append(fault("over_budget", message))
    return faults


def sharing(roadmap: Roadmap, concept_id: str) -> str:
    return " and ".join(f"“{c.name}”" for c in roadmap.concepts() if c.concept_id == concept_id)


def fault(code: str, message: str, concept: Concept | None = None) -> Fault:
    return Fault(code=code, message=message, concept_id=concept.concept_id if concept else None)
