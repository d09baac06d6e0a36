"""Whatever list of concepts a model gives, what code makes of it is sound in order and names."""

from hypothesis import given, settings
from hypothesis import strategies as st

from cairn.authors.author import CurriculumGiven
from cairn.authors.model.curriculum import build_roadmap
from cairn.authors.model.drafts import ConceptDraft, CurriculumDraft
from cairn.domain.course import Level
from cairn.domain.structure import prerequisite_faults, structure_faults

GIVEN = CurriculumGiven(
    subject="bread", goal="Learn bread.", level=None, known=(), hours_per_week=3.0, budget_hours=None,
    language="en",
)  # fmt: skip
NAMES = ("Flour", "Water", "Salt", "Starter", "Kneading", "Proofing", "Proofing.", "Oven 1", "Oven 2")


def concept(
    name: str, *needs: str, stage: str = "One", module: str = "First", hours: float = 1.0
) -> ConceptDraft:
    return ConceptDraft(
        name=name, description=f"About {name}.", stage=stage, module=module, estimated_hours=hours,
        difficulty=Level.beginner, prerequisites=list(needs),
    )  # fmt: skip


def built(*concepts: ConceptDraft):
    return build_roadmap(CurriculumDraft(title="Bread", summary="All of it.", concepts=list(concepts)), GIVEN)


def names_of(*concepts: ConceptDraft) -> list[str]:
    return [card.name for card in built(*concepts).concepts()]


drafts = st.builds(
    concept,
    st.sampled_from(NAMES),
    st.sampled_from(NAMES),
    st.sampled_from((*NAMES, "Nothing that is there")),
    stage=st.sampled_from(["One", "Two"]),
    module=st.sampled_from(["First", "Second"]),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(drafts, min_size=3, max_size=20))
def test_whatever_is_given_the_tree_is_in_order(concepts: list[ConceptDraft]) -> None:
    roadmap = built(*concepts)
    faults = structure_faults(roadmap)
    assert [fault.code for fault in faults if fault.code != "too_small"] == []
    stages = [stage.title for stage in roadmap.stages]
    assert len(stages) == len(set(stages)), "a stage stands once"
    for stage in roadmap.stages:
        titles = [module.title for module in stage.modules]
        assert len(titles) == len(set(titles)), "a module stands once in its stage"
    assert {card.name.strip(".") for card in roadmap.concepts()} == {c.name.strip(".") for c in concepts}


def test_what_is_needed_comes_first_within_a_module() -> None:
    assert names_of(concept("Loaf", "Dough"), concept("Dough", "Flour"), concept("Flour")) == [
        "Flour", "Dough", "Loaf",
    ]  # fmt: skip


def test_concepts_of_a_module_are_put_together() -> None:
    roadmap = built(
        concept("Flour"), concept("Oven", "Flour", stage="Two"), concept("Water", "Oven"), concept("Salt")
    )
    assert [card.name for card in roadmap.concepts()] == ["Flour", "Water", "Salt", "Oven"]
    assert not prerequisite_faults(roadmap), "what came to stand before what it needs no longer needs it"


def test_a_circle_is_cut_in_one_place_alone() -> None:
    roadmap = built(concept("A", "C"), concept("B", "A"), concept("C", "B"))
    assert sum(len(card.prerequisites) for card in roadmap.concepts()) == 2


def test_two_spellings_are_one_concept_and_both_are_understood() -> None:
    roadmap = built(
        concept("Pre-ferment"), concept("Preferment!"), concept("Dough", "preferment"), concept("X")
    )
    cards = {card.name: card for card in roadmap.concepts()}
    assert list(cards) == ["Pre-ferment", "Dough", "X"]
    assert cards["Dough"].prerequisite_names == ("Pre-ferment",)


def test_numbers_tell_names_apart() -> None:
    assert names_of(concept("Baking, part 1"), concept("Baking, part 2"), concept("Baking, part 3")) == [
        "Baking, part 1", "Baking, part 2", "Baking, part 3",
    ]  # fmt: skip


def test_ids_are_of_subject_and_name_alone() -> None:
    """A concept that is named again, in another place of another tree, is the same concept."""
    once = {card.name: card.concept_id for card in built(concept("A"), concept("B"), concept("C")).concepts()}
    again = built(concept("C", hours=9), concept("D"), concept("  a. "), concept("B", stage="Two"))
    assert {card.concept_id for card in again.concepts()} > set(once.values())
