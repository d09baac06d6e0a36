"""Applies edits to a roadmap, purely and in order, and mints the ids of what is added.

It says nothing of the tree that comes out: whether that is sound is for `structure_faults` to say.
"""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, groupby
from typing import Any

from cairn.domain.course import Level
from cairn.domain.edits import Add, Edit, Move, Remove, Rename, Set
from cairn.domain.errors import BadInput
from cairn.domain.lesson import content_id
from cairn.domain.planning import weeks
from cairn.domain.request import bad_fields
from cairn.domain.roadmap import Concept, LeftOut, Module, Roadmap, Stage
from cairn.domain.text import normalised

TAKEN_OUT = "taken out by hand"


def apply_edits(
    roadmap: Roadmap,
    edits: Sequence[Edit],
    mint: Callable[[str], str],
    hours_per_week: float | None = None,
) -> Roadmap:
    """The roadmap after `edits`. `mint` gives an added concept's id from its name; `hours_per_week` is the
    learner's pace, without which the weeks stay as they are. Raises `BadInput` for what is not there."""
    if not edits:
        return roadmap
    rows = [
        Row(at, stage, module, list(module.concepts))
        for at, stage in enumerate(roadmap.stages)
        for module in stage.modules
    ]
    table = Table(rows, mint, list(roadmap.left_out))
    for at, edit in enumerate(edits):
        table.at = at
        table.apply(edit)
    before = {concept.concept_id: concept for concept in roadmap.concepts()}
    after = {concept.concept_id: concept for concept in table.concepts()}
    for row in rows:
        row.concepts = [keep_names_in_step(concept, before, after) for concept in row.concepts]
    total = sum(concept.estimated_hours for concept in after.values())
    paced = roadmap.weeks is not None and hours_per_week is not None
    return roadmap.model_copy(
        update={
            "stages": built(rows),
            "left_out": tuple(table.left_out),
            "weeks": weeks(total, hours_per_week) if paced else roadmap.weeks,
        }
    )


def mint_id(roadmap_id: str, name: str, taken: Container[str], known: Mapping[str, str]) -> str:
    """The id of a concept that is added by name. `known` has the ids of live and archived concepts by their
    normalised names: a name that comes back is the same concept, with its progress."""
    name = normalised(name)
    if name in known:
        return known[name]
    return next(i for n in count() if (i := content_id("c", roadmap_id, name, str(n))) not in taken)


def built(rows: list["Row"]) -> tuple[Stage, ...]:
    """The stages again, without modules and stages that were emptied."""
    full = [row for row in rows if row.concepts]
    stages: list[Stage] = []
    for _, of_stage in groupby(full, key=lambda row: row.stage_at):
        kept = list(of_stage)
        modules = tuple(row.module.model_copy(update={"concepts": tuple(row.concepts)}) for row in kept)
        stages.append(kept[0].stage.model_copy(update={"modules": modules}))
    return tuple(stages)


def keep_names_in_step(
    concept: Concept, before: Mapping[str, Concept], after: Mapping[str, Concept]
) -> Concept:
    """The card with `prerequisite_names` of today. Where no prerequisite came, went or changed its name, and
    where some were only renamed, the names keep their order: another order would make lessons stale."""
    names = concept.prerequisite_names
    old = before.get(concept.concept_id)
    was = [before[p].name for p in old.prerequisites if p in before] if old else []
    now = [after[p].name for p in concept.prerequisites if p in after]
    kept = old and old.prerequisites == concept.prerequisites and old.prerequisite_names == names
    if kept and was == now:
        return concept
    if kept and len(was) == len(now) and set(was) <= set(names):
        renamed = dict(zip(was, now, strict=True))
        return concept.model_copy(update={"prerequisite_names": tuple(renamed.get(n, n) for n in names)})
    said = {normalised(name) for name in [*now, *(c.name for c in before.values())]}
    presumed = [name for name in names if normalised(name) not in said]
    return concept.model_copy(update={"prerequisite_names": (*now, *presumed)})


@dataclass
class Row:
    """A module being edited; it may be empty until the last edit is done."""

    stage_at: int
    stage: Stage
    module: Module
    concepts: list[Concept]


@dataclass
class Table:
    """A roadmap laid out for editing."""

    rows: list[Row]
    mint: Callable[[str], str]
    left_out: list[LeftOut]
    at: int = 0
    """Which edit is being applied."""

    def refuse(self, name: str, message: str) -> BadInput:
        return bad_fields([{"field": f"edits.{self.at}.{name}", "message": message}])

    def concepts(self) -> Iterable[Concept]:
        return (concept for row in self.rows for concept in row.concepts)

    def find(self, name: str, concept_id: str) -> tuple[list[Concept], int]:
        """The list a concept stands in, and where. `name` is the edit's field that asks."""
        for row in self.rows:
            for at, concept in enumerate(row.concepts):
                if concept.concept_id == concept_id:
                    return row.concepts, at
        raise self.refuse(name, f"names a concept that is not in the roadmap: {concept_id}")

    def end_of(self, module: str, stage: str | None) -> tuple[list[Concept], int]:
        rows = [row for row in self.rows if normalised(row.module.title) == normalised(module)]
        if not rows:
            raise self.refuse("module", f"names a module that is not in the roadmap: “{module}”")
        if stage is not None:
            rows = [row for row in rows if normalised(row.stage.title) == normalised(stage)]
            if not rows:
                raise self.refuse("stage", f"has no module “{module}”: “{stage}”")
        if len({row.stage_at for row in rows}) > 1:
            raise self.refuse("module", f"stands in several stages: “{module}”; say which by “stage”")
        return rows[0].concepts, len(rows[0].concepts)

    def apply(self, edit: Edit) -> None:
        match edit:
            case Add():
                self.add(edit)
            case Remove():
                concepts, at = self.find("concept_id", edit.concept_id)
                self.leave_out(concepts.pop(at).name)
            case Rename():
                self.change(edit.concept_id, name=edit.name)
                self.take_back(edit.name)
            case Move():
                self.move(edit)
            case Set():
                self.check_prerequisites(edit.prerequisites or ())
                self.change(edit.concept_id, **edit.given())

    def add(self, edit: Add) -> None:
        self.check_prerequisites(edit.prerequisites)
        if edit.after is not None:
            concepts, at = self.find("after", edit.after)
            at += 1
        elif edit.module is not None:
            concepts, at = self.end_of(edit.module, edit.stage)
        elif self.rows:
            concepts, at = self.rows[-1].concepts, len(self.rows[-1].concepts)
        else:
            raise self.refuse("after", "has no place: the roadmap has no module")
        card = Concept(
            concept_id=self.new_id(edit.name),
            name=edit.name,
            description=edit.description,
            estimated_hours=edit.estimated_hours,
            difficulty=edit.difficulty or (concepts[at - 1].difficulty if at else Level.beginner),
            keywords=edit.keywords,
            prerequisites=unique(edit.prerequisites),
        )
        concepts.insert(at, card)
        self.take_back(edit.name)

    def new_id(self, name: str) -> str:
        """Minted; another one where a concept of that name was renamed in this batch and keeps its id."""
        here = {concept.concept_id: normalised(concept.name) for concept in self.concepts()}
        if normalised(name) in here.values():
            raise self.refuse("name", f"stands in the roadmap already: “{name}”")
        minted = self.mint(name)
        if minted not in here:
            return minted
        return next(i for n in count() if (i := content_id("c", minted, name, str(n))) not in here)

    def move(self, edit: Move) -> None:
        concepts, at = self.find("concept_id", edit.concept_id)
        card = concepts[at]
        neighbour = "after" if edit.after is not None else "before"
        if edit.concept_id in (edit.after, edit.before):
            raise self.refuse(neighbour, f"names the concept itself: “{card.name}”")
        del concepts[at]
        if edit.module is not None:
            concepts, at = self.end_of(edit.module, edit.stage)
        else:
            concepts, at = self.find(neighbour, edit.after or edit.before or "")
            at += edit.after is not None
        concepts.insert(at, card)

    def change(self, concept_id: str, **fields: Any) -> None:
        concepts, at = self.find("concept_id", concept_id)
        if "prerequisites" in fields:
            fields["prerequisites"] = unique(fields["prerequisites"])
        concepts[at] = concepts[at].model_copy(update=fields)

    def check_prerequisites(self, ids: Sequence[str]) -> None:
        for at, concept_id in enumerate(ids):
            self.find(f"prerequisites.{at}", concept_id)

    def leave_out(self, name: str) -> None:
        if normalised(name) not in {normalised(item.name) for item in self.left_out}:
            self.left_out.append(LeftOut(name=name, reason=TAKEN_OUT))

    def take_back(self, name: str) -> None:
        self.left_out = [item for item in self.left_out if normalised(item.name) != normalised(name)]


def unique(items: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))
