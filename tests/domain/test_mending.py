"""Whatever tree there is, what code mends of it is sound, and keeps all that was right."""

from hypothesis import given, settings
from hypothesis import strategies as st

from cairn.domain.course import Level
from cairn.domain.likeness import spelling
from cairn.domain.mending import mended
from cairn.domain.roadmap import Concept, Module, Roadmap, Stage
from cairn.domain.structure import structure_faults

NAMES = ("Flour", "Water", "Salt", "Kneading", "Proofing", "Proofing.", "Oven 1", "Oven 2", "oven 2")


def concept(concept_id: str, name: str, *needs: str, hours: float = 1.0) -> Concept:
    return Concept(
        concept_id=concept_id, name=name, description=f"About {name}.", estimated_hours=hours,
        difficulty=Level.beginner, prerequisites=needs,
    )  # fmt: skip


def tree(*modules: list[Concept]) -> Roadmap:
    """Each module in a stage of its own."""
    stages = [
        Stage(title=f"Stage {at}", modules=(Module(title=f"Module {at}", concepts=tuple(concepts)),))
        for at, concepts in enumerate(modules)
    ]
    return Roadmap(title="Bread", summary="All of it.", language="en", stages=tuple(stages))


IDS = tuple(f"c{n}" for n in range(8))
concepts = st.builds(
    concept, st.sampled_from(IDS), st.sampled_from(NAMES), st.sampled_from((*IDS, "nobody")),
    st.sampled_from((*IDS, "nobody")), hours=st.sampled_from([0.01, 1.0, 2.5, 900.0]),
)  # fmt: skip
trees = st.lists(st.lists(concepts, max_size=8), min_size=1, max_size=4).map(lambda modules: tree(*modules))


@settings(max_examples=400, deadline=None)
@given(trees)
def test_what_is_mended_is_sound(roadmap: Roadmap) -> None:
    after = mended(roadmap)
    assert {fault.code for fault in structure_faults(after)} <= {"too_small"}
    assert mended(after) == after, "mended once is mended"


@settings(max_examples=400, deadline=None)
@given(trees)
def test_what_is_right_is_kept(roadmap: Roadmap) -> None:
    """A concept falls out only where another has its id or its name; no need is invented."""
    after = mended(roadmap)
    kept = list(after.concepts())
    names = {spelling(c.name) for c in kept}
    for concept in roadmap.concepts():
        same_id = any(c.concept_id == concept.concept_id for c in kept)
        assert same_id or spelling(concept.name) in names
    before = {c.concept_id: c for c in roadmap.concepts()}
    for concept in kept:
        assert concept.name in {c.name for c in roadmap.concepts()}
        assert concept.concept_id in before
    if not structure_faults(roadmap) or {f.code for f in structure_faults(roadmap)} == {"too_small"}:
        assert after == roadmap, "a sound tree stays as it is"


def test_it_says_what_was_done() -> None:
    roadmap = tree(
        [concept("a", "Dough", "c", "x"), concept("b", "Flour", "d")],
        [concept("c", "Loaf", "a", hours=99.0), concept("d", "Crust"), concept("e", "Flour.")],
    )
    after = mended(roadmap)
    assert after.mended == (
        "“Flour.” stood twice.",
        "“Dough” no longer needs what is not in the roadmap.",
        "“Dough” no longer needs “Loaf”, which comes after it.",
        "“Flour” no longer needs “Crust”, which comes after it.",
        "“Loaf” takes 40 h, not 99.",
    )
    assert [c.prerequisites for c in after.concepts()] == [(), (), ("a",), ()]


def test_names_of_what_is_no_longer_needed_go_too() -> None:
    named = {"prerequisite_names": ("Loaf", "Flour", "Care")}
    dough = concept("a", "Dough", "b", "d").model_copy(update=named)
    after = mended(tree([concept("d", "Flour"), dough], [concept("b", "Loaf")]))
    assert [c.prerequisite_names for c in after.concepts()][1] == ("Flour", "Care")
