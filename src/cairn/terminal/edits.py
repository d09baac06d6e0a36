"""Edits of an outline by hand, a short command each: tried and said back at once, stored nowhere here."""

import re
from collections.abc import Callable, Sequence

from cairn.domain.edits import Edit, read_edits
from cairn.domain.errors import BadInput
from cairn.domain.roadmap import Concept, Roadmap
from cairn.domain.structure import Fault, structure_faults
from cairn.terminal.outline import print_outline
from cairn.terminal.question import ask_line
from cairn.usecases.reviews import Review, edited

HELP = """\
  remove 3              take it out             rename 3 New name     it stays the same concept
  add Name after 3      or at the end           move 3 after 5        or: move 3 before 1
  hours 3 2.5           what it takes           needs 3 1,2           or: needs 3 nothing
  undo · show · done (apply them) · drop (forget them)
The numbers are those of the outline above; what is added gets the next one."""


def ask_for_edits(review: Review) -> tuple[Edit, ...]:
    """None, where the person drops them."""
    print(HELP)
    draft = Draft(review.roadmap, review.faults, lambda edits: edited(review, edits))
    while True:
        line = ask_line("edit> ")
        match line and line.casefold():
            case None | "drop":
                return ()
            case "":
                continue
            case "done" if not draft.broken():
                return draft.edits
            case "done":
                print("This must be put right first:")
            case "show":
                print_outline(draft.roadmap, draft.number)
            case "help" | "?":
                print(HELP)
            case _:
                try:
                    print(draft.obey(line or ""))
                except BadInput as error:
                    print(said_plainly(error))
        for fault in draft.faults():
            print(f"  not sound: {fault.message}")


def said_plainly(error: BadInput) -> str:
    """Without the path of a field in a list that nobody here wrote."""
    return re.sub(r"\bedits\.\d+\.(\w+\.)*", "", error.detail)


class Draft:
    """An outline with the edits made so far. A concept keeps the number it was shown under."""

    def __init__(
        self, shown: Roadmap, faults: Sequence[Fault], edited: Callable[[Sequence[Edit]], Roadmap]
    ) -> None:
        self.faults_before = faults
        self.edited = edited
        self.edits: tuple[Edit, ...] = ()
        self.ids: list[str] = []
        self.names: dict[str, str] = {}
        self.follow(shown)

    def follow(self, roadmap: Roadmap) -> None:
        self.roadmap = roadmap
        for concept in roadmap.concepts():
            if concept.concept_id not in self.names:
                self.ids.append(concept.concept_id)
            self.names[concept.concept_id] = concept.name

    def faults(self) -> list[Fault]:
        return structure_faults(self.roadmap, self.names)

    def broken(self) -> list[Fault]:
        """What these edits broke."""
        return [fault for fault in self.faults() if fault not in self.faults_before]

    def number(self, concept: Concept) -> int:
        return self.ids.index(concept.concept_id) + 1

    def named(self, concept: Concept) -> str:
        return f"{self.number(concept)}. {concept.name}"

    def concept(self, number: str) -> Concept:
        if not number.isdecimal() or not 0 < int(number) <= len(self.ids):
            raise BadInput(f"There is no {number or 'number'} in the outline; numbers go to {len(self.ids)}.")
        found = self.roadmap.concept(self.ids[int(number) - 1])
        if found is None:
            raise BadInput(f"{number} was taken out before; `undo` brings the last one back.")
        return found

    def obey(self, line: str) -> str:
        """Do it and say what was done. Raises `BadInput` for what cannot be done or is no command."""
        word, _, rest = line.partition(" ")
        commands = {
            "remove": self.remove, "rename": self.rename, "add": self.add, "move": self.move,
            "hours": self.hours, "needs": self.needs, "undo": self.undo,
        }  # fmt: skip
        command = commands.get(word.casefold())
        if command is None:
            raise BadInput(f"“{word}” is no command here; `help` shows them.")
        return command(rest.strip())

    def apply(self, **edit: object) -> None:
        edits = (*self.edits, *read_edits([edit]))
        self.follow(self.edited(edits))
        self.edits = edits

    def remove(self, rest: str) -> str:
        concept = self.concept(rest)
        self.apply(op="remove", concept_id=concept.concept_id)
        return f"removed {self.named(concept)}"

    def rename(self, rest: str) -> str:
        number, _, name = rest.partition(" ")
        concept = self.concept(number)
        self.apply(op="rename", concept_id=concept.concept_id, name=name)
        return f"renamed {self.named(concept)} to “{self.concept(number).name}”"

    def add(self, rest: str) -> str:
        name, _, number = rest.rpartition(" after ")
        after = self.concept(number) if number.isdecimal() and name else None
        before = {concept.concept_id for concept in self.roadmap.concepts()}
        place = {"after": after.concept_id} if after else {}
        self.apply(op="add", name=name if after else rest, **place)
        added = next(c for c in self.roadmap.concepts() if c.concept_id not in before)
        return f"added {self.named(added)}, {f'after {self.named(after)}' if after else 'at the end'}"

    def move(self, rest: str) -> str:
        said = re.fullmatch(r"(\d+) +(after|before) +(\d+)", rest)
        if said is None:
            raise BadInput("Say it so: move 3 after 5, or move 3 before 1.")
        concept, other = self.concept(said[1]), self.concept(said[3])
        self.apply(op="move", concept_id=concept.concept_id, **{said[2]: other.concept_id})
        return f"moved {self.named(concept)} {said[2]} {self.named(other)}"

    def hours(self, rest: str) -> str:
        number, _, hours = rest.partition(" ")
        concept = self.concept(number)
        try:
            wanted = float(hours)
        except ValueError as error:
            raise BadInput("Say it so: hours 3 2.5") from error
        self.apply(op="set", concept_id=concept.concept_id, estimated_hours=wanted)
        return f"{self.named(concept)} takes {wanted:g} h"

    def needs(self, rest: str) -> str:
        number, _, others = rest.partition(" ")
        concept = self.concept(number)
        if not others:
            raise BadInput("Say it so: needs 3 1,2, or needs 3 nothing.")
        wanted = [] if others.strip().casefold() == "nothing" else re.split(r"[,，\s]+", others.strip(" ,"))
        needed = [self.concept(one) for one in wanted]
        self.apply(op="set", concept_id=concept.concept_id, prerequisites=[c.concept_id for c in needed])
        return f"{self.named(concept)} needs {', '.join(map(self.named, needed)) or 'nothing'}"

    def undo(self, rest: str) -> str:
        if not self.edits:
            raise BadInput("There is nothing to undo.")
        *kept, last = self.edits
        self.edits = tuple(kept)
        self.follow(self.edited(self.edits))
        return f"undone: {last.op}"
