"""A small course, what edits make of it, and batches of edits that are valid, each at its turn."""

from collections.abc import Sequence
from typing import Any

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


@st.composite
def batches(draw: st.DrawFn) -> list[Edit]:
    """Edits each valid at its turn, kept so by applying them one by one."""
    edits: list[Edit] = []
    now = COURSE
    for step in range(draw(st.integers(0, 8))):
        ids = [c.concept_id for c in now.concepts()]
        one = st.sampled_from(ids)
        needs = st.lists(one, max_size=3, unique=True).map(tuple)
        hours = st.sampled_from([0.5, 1.0, 2.0])
        places = [("First", "Basics"), ("First", "Types"), ("Later", "Types")]
        kept = [p for p in places if any((s.title, m.title) == p for s in now.stages for m in s.modules)]
        place = st.sampled_from(kept)
        name = f"New {step}"
        choices: list[st.SearchStrategy[Edit]] = [
            st.builds(Add, name=st.just(name), after=one, prerequisites=needs, estimated_hours=hours),
            place.map(lambda p, name=name: Add(op="add", name=name, stage=p[0], module=p[1])),
            st.builds(Rename, concept_id=one, name=st.just(name)),
            st.builds(Set, concept_id=one, prerequisites=needs, estimated_hours=st.none() | hours),
            st.builds(Set, concept_id=one, description=st.sampled_from(["d", "e"])),
            st.tuples(one, place).map(
                lambda p: Move(op="move", concept_id=p[0], stage=p[1][0], module=p[1][1])
            ),
        ]  # fmt: skip
        if len(ids) > 1:
            pair = st.permutations(ids).map(lambda p: p[:2])
            choices += [
                pair.map(lambda p: Move(op="move", concept_id=p[0], after=p[1])),
                pair.map(lambda p: Move(op="move", concept_id=p[0], before=p[1])),
                st.builds(Remove, concept_id=one),
            ]
        edit = draw(st.one_of(choices))
        edits.append(edit)
        now = apply_edits(now, [edit], mint)
    return edits
