"""Edits are applied in order, keep what they do not touch, and leave names, weeks and ids in step."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given

from cairn.domain.course import Level
from cairn.domain.editing import TAKEN_OUT, apply_edits, mint_id
from cairn.domain.edits import Edit, Remove, Rename, Set, read_edits
from cairn.domain.errors import BadInput
from cairn.domain.lesson import content_id
from cairn.domain.roadmap import Concept, LeftOut, Roadmap
from cairn.domain.structure import structure_faults
from tests.domain.sample import COURSE, UNHURRIED, batches, edited, found, mint, order

PLACES: list[tuple[dict[str, Any], str]] = [
    ({"op": "add", "name": "Sets"}, "Keys Strings | Lists | Streams Cluster Sets"),
    ({"op": "add", "name": "Sets", "after": "k"}, "Keys Sets Strings | Lists | Streams Cluster"),
    ({"op": "add", "name": "Sets", "module": "basics"}, "Keys Strings Sets | Lists | Streams Cluster"),
    ({"op": "add", "name": "Sets", "module": "Types", "stage": "first"},
     "Keys Strings | Lists Sets | Streams Cluster"),
    ({"op": "remove", "concept_id": "k"}, "Strings | Lists | Streams Cluster"),
    ({"op": "remove", "concept_id": "l"}, "Keys Strings | Streams Cluster"),
    ({"op": "rename", "concept_id": "l", "name": " Queues "}, "Keys Strings | Queues | Streams Cluster"),
    ({"op": "move", "concept_id": "c", "before": "k"}, "Cluster Keys Strings | Lists | Streams"),
    ({"op": "move", "concept_id": "k", "after": "s"}, "Strings Keys | Lists | Streams Cluster"),
    ({"op": "move", "concept_id": "l", "module": "Types", "stage": "Later"},
     "Keys Strings | Streams Cluster Lists"),
    ({"op": "move", "concept_id": "k", "module": "Basics"}, "Strings Keys | Lists | Streams Cluster"),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "expected"), PLACES)
def test_each_operation_finds_its_place(edit: dict[str, Any], expected: str) -> None:
    assert order(edited(edit)) == expected


def test_a_stage_without_modules_falls_away_and_the_others_keep_their_words() -> None:
    out = edited({"op": "remove", "concept_id": "t"}, {"op": "remove", "concept_id": "c"})
    assert [stage.title for stage in out.stages] == ["First"]
    assert out.stages[0].modules[0].summary == "about Basics"


def test_a_module_that_is_emptied_may_be_filled_again_in_the_same_batch() -> None:
    out = edited(
        {"op": "remove", "concept_id": "l"},
        {"op": "add", "name": "Sets", "module": "Types", "stage": "First"},
    )
    assert order(out) == "Keys Strings | Sets | Streams Cluster"


def test_an_added_concept_has_a_card() -> None:
    out = edited(
        {
            "op": "add", "name": "Sets", "description": "Unordered.", "estimated_hours": 3,
            "difficulty": "advanced", "keywords": ["set"], "prerequisites": ["s", "k", "s"], "after": "l",
        }
    )  # fmt: skip
    assert found(out, content_id("c", "r1", "sets", "0")) == Concept(
        concept_id=content_id("c", "r1", "sets", "0"), name="Sets", description="Unordered.",
        estimated_hours=3.0, difficulty=Level.advanced, keywords=("set",), prerequisites=("s", "k"),
        prerequisite_names=("Strings", "Keys"),
    )  # fmt: skip


def test_without_a_difficulty_it_is_that_of_its_neighbour() -> None:
    out = edited({"op": "add", "name": "Sets", "after": "k"})
    assert found(out, mint("Sets")).difficulty is Level.intermediate


def test_only_the_given_fields_change() -> None:
    out = edited({"op": "set", "concept_id": "s", "estimated_hours": 4, "description": ""})
    assert found(out, "s") == found(COURSE, "s").model_copy(
        update={"estimated_hours": 4.0, "description": ""}
    )
    out = edited({"op": "set", "concept_id": "s", "difficulty": "beginner", "prerequisites": []})
    assert found(out, "s") == found(COURSE, "s").model_copy(
        update={"difficulty": Level.beginner, "prerequisites": (), "prerequisite_names": ("Shell",)}
    )


def test_names_of_prerequisites_stay_in_step() -> None:
    out = edited({"op": "rename", "concept_id": "k", "name": "Key space"})
    assert found(out, "s").prerequisite_names == ("Shell", "Key space")
    assert found(out, "l").prerequisite_names == ("Strings", "Key space")
    back = edited({"op": "rename", "concept_id": "k", "name": "Keys"}, roadmap=out)
    assert list(back.concepts()) == list(COURSE.concepts()), "renamed back, nothing is stale"
    out = edited({"op": "set", "concept_id": "s", "prerequisites": ["c", "k"]})
    assert found(out, "s").prerequisite_names == ("Cluster", "Keys", "Shell")
    out = edited({"op": "remove", "concept_id": "k"})
    assert found(out, "s").prerequisite_names == ("Shell",)
    assert found(out, "l").prerequisite_names == ("Strings",)


def test_names_that_a_course_gave_otherwise_stay_while_nothing_they_name_changes() -> None:
    lists = found(COURSE, "l").model_copy(update={"prerequisite_names": ("The keys",)})
    types = COURSE.stages[0].modules[1].model_copy(update={"concepts": (lists,)})
    first = COURSE.stages[0].model_copy(update={"modules": (COURSE.stages[0].modules[0], types)})
    course = COURSE.model_copy(update={"stages": (first, COURSE.stages[1])})
    assert found(edited({"op": "remove", "concept_id": "c"}, roadmap=course), "l") == lists
    out = edited({"op": "rename", "concept_id": "k", "name": "Key space"}, roadmap=course)
    assert found(out, "l").prerequisite_names == ("Strings", "Key space", "The keys")


def test_names_swapped_in_one_batch_are_swapped_in_what_needs_them() -> None:
    out = edited(
        {"op": "rename", "concept_id": "k", "name": "Strings"},
        {"op": "rename", "concept_id": "s", "name": "Keys"},
    )
    assert found(out, "l").prerequisite_names == ("Keys", "Strings")


def test_a_presumed_name_that_becomes_a_concept_stands_once() -> None:
    out = edited(
        {"op": "add", "name": "Shell", "after": "k"},
        {"op": "set", "concept_id": "s", "prerequisites": [mint("shell"), "k"]},
    )
    assert found(out, "s").prerequisite_names == ("Shell", "Keys")  # fmt: skip


def test_what_is_taken_out_is_told_and_comes_back() -> None:
    out = edited({"op": "remove", "concept_id": "c"}, {"op": "add", "name": "SHELL"})
    assert out.left_out == (LeftOut(name="Cluster", reason=TAKEN_OUT),)
    back = edited({"op": "add", "name": "cluster", "after": "t"}, roadmap=out)
    assert back.left_out == ()
    assert found(back, "c").name == "cluster", "the id of the concept that had the name"
    taken = COURSE.model_copy(update={"left_out": (LeftOut(name="cluster", reason="beyond"),)})
    out = edited({"op": "remove", "concept_id": "c"}, roadmap=taken)
    assert out.left_out == taken.left_out, "the first reason stands"
    assert edited({"op": "rename", "concept_id": "k", "name": "Cluster"}, roadmap=out).left_out == ()


def test_weeks_follow_the_hours_at_the_same_pace() -> None:
    more = read_edits([{"op": "set", "concept_id": "s", "estimated_hours": 2.5}])
    assert apply_edits(COURSE, more, mint, hours_per_week=2.0).weeks == 6
    assert apply_edits(COURSE, more, mint).weeks == 5, "the pace is not known"
    without = COURSE.model_copy(update={"weeks": None})
    assert apply_edits(without, more, mint, hours_per_week=2.0).weeks is None


def test_a_fault_that_edits_made_is_told_by_names() -> None:
    names = {c.concept_id: c.name for c in COURSE.concepts()}
    said = [f.message for f in structure_faults(edited({"op": "remove", "concept_id": "k"}), names)]
    assert said == [
        "“Strings” needs “Keys”, not in the roadmap", "“Lists” needs “Keys”, not in the roadmap",
    ]  # fmt: skip
    out = edited({"op": "set", "concept_id": "k", "prerequisites": ["s"]})
    said = [f.message for f in structure_faults(out)]
    assert said[0] == "“Keys” needs “Strings”, placed after it"
    assert said[1] in (
        "concepts need each other in a circle: “Keys” → “Strings” → “Keys”",
        "concepts need each other in a circle: “Strings” → “Keys” → “Strings”",
    )


def test_a_concept_may_take_the_name_another_was_renamed_from() -> None:
    out = edited({"op": "rename", "concept_id": "k", "name": "Key space"}, {"op": "add", "name": "Keys"})
    assert len({c.concept_id for c in out.concepts()}) == 6
    assert found(out, "k").name == "Key space"


def test_ids_are_minted_from_names_alone() -> None:
    first = mint_id("r1", " New. ", (), {})
    assert first == mint_id("r1", "new", {"other"}, {}) == content_id("c", "r1", "new", "0")
    assert mint_id("r1", "new", {first}, {}) == content_id("c", "r1", "new", "1")
    assert mint_id("r2", "new", (), {}) != first
    assert mint_id("r1", "NEW", {first}, {"new": first}) == first


NOT_THERE: list[tuple[dict[str, Any], str, str]] = [
    ({"op": "remove", "concept_id": "x"}, "concept_id", "not in the roadmap: x"),
    ({"op": "rename", "concept_id": "x", "name": "y"}, "concept_id", "not in the roadmap: x"),
    ({"op": "set", "concept_id": "x", "estimated_hours": 1}, "concept_id", "not in the roadmap: x"),
    ({"op": "set", "concept_id": "k", "prerequisites": ["s", "x"]}, "prerequisites.1", "roadmap: x"),
    ({"op": "add", "name": "y", "prerequisites": ["x"]}, "prerequisites.0", "not in the roadmap: x"),
    ({"op": "add", "name": "y", "after": "x"}, "after", "not in the roadmap: x"),
    ({"op": "add", "name": "y", "module": "x"}, "module", "not in the roadmap: “x”"),
    ({"op": "add", "name": "y", "module": "Basics", "stage": "Later"}, "stage", "has no module “Basics”"),
    ({"op": "add", "name": "y", "module": "Types"}, "module", "several stages"),
    ({"op": "add", "name": "KEYS"}, "name", "stands in the roadmap already"),
    ({"op": "move", "concept_id": "x", "after": "k"}, "concept_id", "not in the roadmap: x"),
    ({"op": "move", "concept_id": "k", "before": "x"}, "before", "not in the roadmap: x"),
    ({"op": "move", "concept_id": "k", "before": "k"}, "before", "the concept itself"),
    ({"op": "move", "concept_id": "k", "module": "x"}, "module", "not in the roadmap"),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "field", "said"), NOT_THERE)
def test_what_is_not_there_is_told_by_the_place_of_its_edit(
    edit: dict[str, Any], field: str, said: str
) -> None:
    with pytest.raises(BadInput) as refused:
        edited({"op": "set", "concept_id": "k", "description": "first"}, edit)
    [fault] = refused.value.extra["errors"]
    assert fault["field"] == f"edits.1.{field}"
    assert said in fault["message"]


def touched(before: Roadmap, edits: Sequence[Edit]) -> set[str]:
    """Ids of cards that edits may change: those named, and those that need one renamed or taken out."""
    named = {edit.concept_id for edit in edits if isinstance(edit, Rename | Remove | Set)}
    return named | {c.concept_id for c in before.concepts() if named & set(c.prerequisites)}


@UNHURRIED
@given(batches())
def test_edits_keep_what_they_do_not_touch(edits: list[Edit]) -> None:
    out = apply_edits(COURSE, edits, mint, hours_per_week=2.0)
    ids = [c.concept_id for c in out.concepts()]
    assert len(set(ids)) == len(ids)
    assert all(module.concepts for stage in out.stages for module in stage.modules)
    free = {c.concept_id for c in COURSE.concepts()} - touched(COURSE, edits)
    for concept_id in free:
        assert found(out, concept_id) == found(COURSE, concept_id)


@UNHURRIED
@given(batches())
def test_without_edits_the_tree_is_the_same(edits: list[Edit]) -> None:
    tree = apply_edits(COURSE, edits, mint)
    assert apply_edits(tree, (), mint, hours_per_week=9.0) is tree
