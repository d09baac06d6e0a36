"""The outline as a form: what a person typed into it, read as typed edits, and each fault put at its place.

It judges nothing: whether the edits are sound is for the use case to say.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import FormData

from cairn.domain.roadmap import Concept, Module, Roadmap, Stage

NEAR = 60
"""How many concepts around one are offered as its prerequisites and places: in a long course the page would
grow with the square of its length."""
FIELDS = {
    "name": "The name", "description": "The sentence", "estimated_hours": "The hours", "op": "The edit",
    "prerequisites": "What it needs", "after": "The place", "before": "The place", "concept_id": "The edit",
}  # fmt: skip
WAYS_OUT = {
    "prerequisite_unknown": "Untick it under “Needs”, or keep it in the course.",
    "prerequisite_later": "Untick it under “Needs”, or move one of the two.",
    "duplicate_name": "Give one of them another name.",
    "over_budget": "Take something out, or give fewer hours.",
}
AT_FAULT = {"duplicate_name": "name", "hours_out_of_bounds": "estimated_hours"}


@dataclass
class Line:
    """A concept of the outline as it was typed; `place` is empty where it stays. `wrong` names the fields
    at fault."""

    concept: Concept
    number: int
    name: str
    hours: str
    needs: list[str]
    place: str = ""
    out: bool = False
    faults: list[str] = field(default_factory=list[str])
    wrong: set[str] = field(default_factory=set[str])


@dataclass
class New:
    """A concept that is to be added to a module; `after` is empty for its end."""

    name: str = ""
    about: str = ""
    hours: str = "1"
    after: str = ""
    faults: list[str] = field(default_factory=list[str])
    wrong: set[str] = field(default_factory=set[str])

    @property
    def begun(self) -> bool:
        return bool(self.name or self.about)


class OutlineForm:
    """`said` None: nothing is typed yet. `lines` by concept id, `new` by the module's place in the course."""

    def __init__(self, roadmap: Roadmap, said: FormData | None = None) -> None:
        self.roadmap = roadmap
        self.feedback = text(said, "feedback")
        self.faults: list[str] = []
        self.feedback_faults: list[str] = []
        self.lines = {
            concept.concept_id: read_line(concept, number, said)
            for number, concept in enumerate(roadmap.concepts(), 1)
        }
        self.new = [read_new(at, said) for at, _ in enumerate(self.modules())]
        self.made: list[tuple[Line | New, dict[str, Any]]] = list(self.make_edits())

    @property
    def edits(self) -> list[dict[str, Any]]:
        return [edit for _, edit in self.made]

    def modules(self) -> Iterator[tuple[Stage, Module]]:
        for stage in self.roadmap.stages:
            for module in stage.modules:
                yield stage, module

    def make_edits(self) -> Iterator[tuple[Line | New, dict[str, Any]]]:
        """What differs from the outline shown. What is added stands at the places shown, so it comes before
        the moves; what goes is still a place for others, so it goes last."""
        kept = [line for line in self.lines.values() if not line.out]
        for line in kept:
            about = {"concept_id": line.concept.concept_id}
            if one_line(line.name) != one_line(line.concept.name):
                yield line, {"op": "rename", **about, "name": line.name}
            changed: dict[str, Any] = {}
            if set(line.needs) != set(line.concept.prerequisites):
                changed["prerequisites"] = line.needs
            if line.hours != hours_shown(line.concept):
                changed["estimated_hours"] = number(line.hours)
            if changed:
                yield line, {"op": "set", **about, **changed}
        for new, (_, module) in zip(self.new, self.modules(), strict=True):
            if new.begun:
                after = new.after or module.concepts[-1].concept_id
                card = {"name": new.name, "description": new.about, "estimated_hours": number(new.hours)}
                yield new, {"op": "add", **card, "after": after}
        yield from self.make_moves([line for line in kept if line.place])
        for line in self.lines.values():
            if line.out:
                yield line, {"op": "remove", "concept_id": line.concept.concept_id}

    def make_moves(self, moving: Sequence[Line]) -> Iterator[tuple[Line, dict[str, Any]]]:
        """First those whose neighbour stays. Of several that follow the same one, each follows the last."""
        left = {line.concept.concept_id: line for line in moving}
        last: dict[str, str] = {}
        while left:
            free = [i for i, line in left.items() if line.place.partition(":")[2] not in left]
            for concept_id in free or list(left):
                line = left.pop(concept_id)
                side, _, neighbour = line.place.partition(":")
                if side == "after":
                    neighbour, last[neighbour] = last.get(neighbour, neighbour), concept_id
                yield line, {"op": "move", "concept_id": concept_id, side: neighbour}

    def put_faults(self, faults: Sequence[Mapping[str, str]]) -> None:
        """Each fault beside what it is about, with the way out; what is about none of the lines stands above
        them all."""
        for fault in faults:
            way = WAYS_OUT.get(fault.get("code", ""))
            said = f"{fault['message']}.{f' {way}' if way else ''}"
            part, _, rest = fault["field"].partition(".")
            line = self.lines.get(fault.get("concept_id", ""))
            if part == "feedback":
                self.feedback_faults.append(f"What you say {said}")
            elif rest:
                at, _, name = rest.partition(".")
                owner, _ = self.made[int(at)]
                name = name.partition(".")[0]
                owner.faults.append(f"{FIELDS.get(name, 'This')} {said}")
                owner.wrong.add(name)
            elif line is not None:
                line.faults.append(said)
                line.wrong.add(AT_FAULT.get(fault.get("code", ""), ""))
            else:
                self.faults.append(f"{said[0].upper()}{said[1:]}")
        for line in self.lines.values():
            needing = [f"“{other.name}”" for other in self.needing(line)] if line.out else []
            if needing:
                need = "needs" if len(needing) == 1 else "need"
                line.faults.append(f"{' and '.join(needing)} {need} this. Untick it there, or keep it.")

    def needing(self, line: Line) -> Iterator[Line]:
        """Those that still need a concept."""
        for other in self.lines.values():
            if line.concept.concept_id in other.needs and not other.out:
                yield other

    @property
    def faulty(self) -> list[Line]:
        return [line for line in self.lines.values() if line.faults]

    def candidates(self, line: Line) -> list[Line]:
        """What can be ticked as needed: what is, and the concepts before this one, the nearest of them."""
        before = [other for other in self.lines.values() if other.number < line.number][-NEAR:]
        ids = {other.concept.concept_id for other in before}
        wanted = (*line.concept.prerequisites, *line.needs)
        more = [self.lines[i] for i in dict.fromkeys(wanted) if i in self.lines and i not in ids]
        return [*more, *before]

    def places(self, line: Line) -> list[tuple[str, list[tuple[str, str]]]]:
        """Where a concept can be moved: (module, [(value, words)]), the nearest places."""
        found: list[tuple[str, list[tuple[str, str]]]] = []
        for _, module in self.modules():
            options: list[tuple[str, str]] = []
            for at, concept in enumerate(module.concepts):
                other = self.lines[concept.concept_id]
                if abs(other.number - line.number) > NEAR or other is line:
                    continue
                if at == 0:
                    options.append((f"before:{concept.concept_id}", f"First in {module.title}"))
                options.append((f"after:{concept.concept_id}", f"After {other.number}. {concept.name}"))
            if options:
                found.append((module.title, options))
        return found


def read_line(concept: Concept, number: int, said: FormData | None) -> Line:
    concept_id = concept.concept_id
    if said is None or f"name.{concept_id}" not in said:
        return Line(concept, number, concept.name, hours_shown(concept), list(concept.prerequisites))
    ticked = [str(value) for value in said.getlist(f"needs.{concept_id}")]
    needs = [p for p in concept.prerequisites if p in ticked]
    needs += [p for p in dict.fromkeys(ticked) if p not in needs]
    return Line(
        concept, number, text(said, f"name.{concept_id}"), text(said, f"hours.{concept_id}"), needs,
        place=text(said, f"place.{concept_id}"), out=f"out.{concept_id}" in said,
    )  # fmt: skip


def read_new(at: int, said: FormData | None) -> New:
    return New(
        text(said, f"new.{at}.name"), text(said, f"new.{at}.about"),
        text(said, f"new.{at}.hours") or "1", text(said, f"new.{at}.after"),
    )  # fmt: skip


def text(said: FormData | None, name: str) -> str:
    value = said.get(name, "") if said else ""
    return value.strip() if isinstance(value, str) else ""


def one_line(value: str) -> str:
    """As a field of one line gives it back."""
    return " ".join(value.split())


def hours_shown(concept: Concept) -> str:
    return f"{concept.estimated_hours:g}"


def number(typed: str) -> float | str:
    """What is no number stays as it was typed, to be refused by name."""
    try:
        return float(typed.replace(",", "."))
    except ValueError:
        return typed
