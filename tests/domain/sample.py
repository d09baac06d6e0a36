"""A small course, what edits make of it, and batches of edits that are valid, each at its turn."""

from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from cairn.domain.course import Level
from cairn.domain.editing import apply_edits, mint_id
from cairn.domain.edits import Add, Edit, Move, Remove, Rename, Set, read_edits
from cairn.domain.roadmap import Concept, LeftOut, Module, Roadmap, Stage
from cairn.domain.text import normalised

NAMES = {"k": "Keys", "s": "Strings", "l": "Lists", "t": "Streams", "c": "Cluster"}


def card(concept_id: str, *needs: str, presumed: Sequence[str] = ()) -> Concept:
    return Concept(
        concept_id=concept_id, name=NAMES[concept_id], description="d", estimated_hours=2.0,
        difficulty=Level.intermediate, keywords=("word",), prerequisites=needs,
        prerequisite_names=(*presumed, *(NAMES[p] for p in needs)),
    )  # fmt: skip


def module(title: str, *concepts: Concept) -> Module:
    return Module(title=title, summary=f"about {title}", concepts=concepts)


COURSE = Roadmap(
    title="Redis",
    summary="s",
    language="en",
    stages=(
        Stage(
            title="First",
            modules=(
                module("Basics", card("k"), card("s", "k", presumed=["Shell"])),
                module("Types", card("l", "s", "k")),
            ),
        ),
        Stage(title="Later", modules=(module("Types", card("t", "l"), card("c")),)),
    ),
    left_out=(LeftOut(name="Shell", reason="you know it already"),),
    weeks=5,
)


def mint(name: str) -> str:
    known = {normalised(name): concept_id for concept_id, name in NAMES.items()}
    return mint_id("r1", name, NAMES, known)


def edited(*edits: dict[str, Any], roadmap: Roadmap = COURSE) -> Roadmap:
    return apply_edits(roadmap, read_edits(list(edits)), mint, hours_per_week=2.0)


def order(roadmap: Roadmap) -> str:
    """The names in each module: “Keys Strings | Lists | Streams Cluster”."""
    modules = [module for stage in roadmap.stages for module in stage.modules]
    return " | ".join(" ".join(c.name for c in m.concepts) for m in modules)


def found(roadmap: Roadmap, concept_id: str) -> Concept:
    concept = roadmap.concept(concept_id)
    assert concept is not None
    return concept


UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""For properties over batches: drawing one applies it, which takes its time on a machine with other work."""


@st.composite
def batches(draw: st.DrawFn) -> list[Edit]:
    """Edits each valid at its turn, kept so by applying them one by one."""
    edits: list[Edit] = []
    now = COURSE
    for step in range(draw(st.integers(0, 8))):
        edit = one_edit(draw, now, f"New {step}")
        edits.append(edit)
        now = apply_edits(now, [edit], mint)
    return edits


def one_edit(draw: st.DrawFn, now: Roadmap, name: str) -> Edit:
    ids = [c.concept_id for c in now.concepts()]
    stage, module = draw(st.sampled_from([(s.title, m.title) for s in now.stages for m in s.modules]))
    this, other = draw(st.permutations(ids))[:2] if len(ids) > 1 else (ids[0], "")
    operations = ["add after", "add", "rename", "set needs", "set words", "move to"]
    match draw(st.sampled_from([*operations, *(["after", "before", "remove"] if other else [])])):
        case "add after":
            return Add(op="add", name=name, after=this, prerequisites=(other,) if other else ())
        case "add":
            return Add(op="add", name=name, stage=stage, module=module)
        case "rename":
            return Rename(op="rename", concept_id=this, name=name)
        case "set needs":
            needs = tuple(draw(st.lists(st.sampled_from(ids), max_size=3, unique=True)))
            hours = draw(st.sampled_from([None, 0.5, 1.0, 2.0]))
            return Set(op="set", concept_id=this, prerequisites=needs, estimated_hours=hours)
        case "set words":
            return Set(op="set", concept_id=this, description=draw(st.sampled_from(["d", "e"])))
        case "move to":
            return Move(op="move", concept_id=this, stage=stage, module=module)
        case "after":
            return Move(op="move", concept_id=this, after=other)
        case "before":
            return Move(op="move", concept_id=this, before=other)
        case _:
            return Remove(op="remove", concept_id=this)
