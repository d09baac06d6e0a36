"""Each fault of a tree is found, under its own code, and a sound tree has none."""

from collections.abc import Sequence

import pytest

from cairn.domain.course import Level
from cairn.domain.roadmap import Concept, Module, Roadmap, Stage
from cairn.domain.structure import structure_faults


def concept(name: str, *needs: str, hours: float = 1.0, concept_id: str = "") -> Concept:
    return Concept(
        concept_id=concept_id or name, name=name, description="d", estimated_hours=hours,
        difficulty=Level.beginner, prerequisites=needs,
    )  # fmt: skip


def tree(concepts: Sequence[Concept], budget: float | None = None, *more: Stage) -> Roadmap:
    stage = Stage(title="s", modules=(Module(title="m", concepts=tuple(concepts)),))
    return Roadmap(title="t", summary="s", language="en", stages=(stage, *more), budget_hours=budget)


A, B, C = concept("a"), concept("b", "a"), concept("c", "b")


def codes(roadmap: Roadmap) -> list[str]:
    return [fault.code for fault in structure_faults(roadmap)]


def test_a_sound_tree_has_no_fault() -> None:
    assert codes(tree([A, B, C], budget=3.0)) == []


@pytest.mark.parametrize(
    ("roadmap", "code"),
    [
        (tree([A, B, concept("c", "nowhere")]), "prerequisite_unknown"),
        (tree([B, A, C]), "prerequisite_later"),
        (tree([concept("a", "c"), B, C]), "prerequisite_circular"),
        (tree([concept("a", "a"), B, C]), "prerequisite_circular"),
        (tree([A, B, C, concept("A ", concept_id="x")]), "duplicate_name"),
        (tree([A, B, C, concept("Sorted sets"), concept("Sorted set")]), "near_duplicate"),
        (tree([A, B, C, concept("other", concept_id="a")]), "duplicate_id"),
        (tree([A, B, C], None, Stage(title="empty", modules=())), "empty_stage"),
        (tree([A, B, C], None, Stage(title="s", modules=(Module(title="m", concepts=()),))), "empty_module"),
        (tree([A, B]), "too_small"),
        (tree([A, B, concept("c", hours=0)]), "hours_out_of_bounds"),
        (tree([A, B, concept("c", hours=41)]), "hours_out_of_bounds"),
        (tree([A, B, C], budget=2.5), "over_budget"),
    ],
)
def test_each_fault_is_found(roadmap: Roadmap, code: str) -> None:
    assert code in codes(roadmap)


@pytest.mark.parametrize(
    ("roadmap", "at"),
    [
        (tree([A, B, concept("c", "nowhere")]), "c"),
        (tree([B, A, C]), "b"),
        (tree([A, B, C, concept("A ", concept_id="x")]), "x"),
        (tree([A, B, concept("c", hours=41)]), "c"),
        (tree([A, B]), None),
    ],
)
def test_a_fault_says_at_which_concept_it_can_be_mended(roadmap: Roadmap, at: str | None) -> None:
    assert [fault.concept_id for fault in structure_faults(roadmap)] == [at]


def test_a_concept_that_was_taken_out_is_named_not_numbered() -> None:
    [fault] = structure_faults(tree([B, C, concept("d")]), {"a": "The first of all"})
    assert fault.message == "“b” needs “The first of all”, not in the roadmap"


def test_without_a_budget_hours_are_free() -> None:
    assert codes(tree([A, B, concept("c", hours=40)])) == []
