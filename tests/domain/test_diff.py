"""A diff names every change, and no more than that."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cairn.domain.diff import RoadmapDiff, diff, longest_rising
from cairn.domain.editing import apply_edits
from cairn.domain.edits import Edit
from cairn.domain.roadmap import Concept, Roadmap
from tests.domain.sample import COURSE, NAMES, UNHURRIED, batches, edited, found, mint, order

FIELDS = ("concept_id", "name", "estimated_hours", "description", "difficulty", "prerequisites")


def fields(concept: Concept) -> dict[str, Any]:
    return {name: getattr(concept, name) for name in FIELDS}


def rebuilt(told: RoadmapDiff, before: Roadmap, after: Roadmap) -> list[dict[str, Any]]:
    """The tree after, from the tree before and what the diff says alone; `after` gives what the diff leaves
    to it: the cards of those added, and the order in which those that moved or came are put back."""
    ids = {c.name: c.concept_id for c in [*before.concepts(), *after.concepts()]}
    cards = {c.concept_id: fields(c) for c in before.concepts()}
    for item in told.renamed:
        assert cards[item.concept_id]["name"] == item.old
        cards[item.concept_id]["name"] = item.new
    for item in told.changed:
        # one that was added and taken out again within the batch has no name: its id stands for it
        new = tuple(ids.get(n, n) for n in item.new) if item.field == "prerequisites" else item.new
        cards[item.concept_id][item.field] = new
    cards |= {item.concept_id: fields(found(after, item.concept_id)) for item in told.added}
    loose = {item.concept_id for item in (*told.added, *told.moved)}
    gone = {item.concept_id for item in told.removed}
    stood = [c.concept_id for c in before.concepts() if c.concept_id not in loose | gone]
    stands = [c.concept_id for c in after.concepts()]
    assert [i for i in stands if i not in loose] == stood, "those that did not move keep their order"
    return [cards[i] for i in stands]


@UNHURRIED
@given(batches())
def test_a_diff_names_every_change(edits: list[Edit]) -> None:
    out = apply_edits(COURSE, edits, mint, hours_per_week=2.0)
    told = diff(COURSE, out)
    assert rebuilt(told, COURSE, out) == [fields(c) for c in out.concepts()]
    assert (told.hours_before, told.hours_after) == (COURSE.total_hours, out.total_hours)
    assert told.empty == (list(out.concepts()) == list(COURSE.concepts()) and order(out) == order(COURSE))
    assert RoadmapDiff.model_validate(json.loads(told.model_dump_json())) == told
    assert diff(out, out).empty


def test_a_diff_says_what_a_person_would() -> None:
    told = diff(
        COURSE,
        edited(
            {"op": "rename", "concept_id": "k", "name": "Key space"},
            {"op": "move", "concept_id": "c", "before": "t"},
            {"op": "move", "concept_id": "l", "module": "Basics"},
            {"op": "set", "concept_id": "s", "prerequisites": ["l", "k"], "estimated_hours": 3},
            {"op": "remove", "concept_id": "t"},
            {"op": "add", "name": "Sets"},
        ),
    )
    assert told.model_dump(mode="json") == {
        "added": [{"concept_id": mint("Sets"), "name": "Sets", "place": "Later › Types"}],
        "removed": [{"concept_id": "t", "name": "Streams", "place": "Later › Types"}],
        "renamed": [{"concept_id": "k", "old": "Keys", "new": "Key space"}],
        "moved": [
            {
                "concept_id": "l", "name": "Lists", "old": "First › Types", "new": "First › Basics",
                "after": "Strings",
            }
        ],
        "changed": [
            {"concept_id": "s", "name": "Strings", "field": "estimated_hours", "old": 2.0, "new": 3.0},
            {"concept_id": "s", "name": "Strings", "field": "prerequisites",
             "old": ["Keys"], "new": ["Lists", "Key space"]},
        ],
        "hours_before": 10.0,
        "hours_after": 10.0,
    }  # fmt: skip


def test_one_move_is_told_as_one() -> None:
    module_of_four = edited({"op": "add", "name": "Sets"}, {"op": "add", "name": "Hashes"})
    move = {"op": "move", "concept_id": "c", "after": mint("Hashes")}
    told = diff(module_of_four, edited(move, roadmap=module_of_four))
    [moved] = told.moved
    assert moved.model_dump() == {
        "concept_id": "c", "name": "Cluster", "old": "Later › Types", "new": "Later › Types",
        "after": "Hashes",
    }  # fmt: skip


def test_before_the_first_tree_everything_is_new() -> None:
    told = diff(None, COURSE)
    assert [item.name for item in told.added] == list(NAMES.values())
    assert (told.hours_before, told.hours_after) == (None, 10.0)


@given(st.lists(st.integers(0, 9), unique=True, max_size=7))
def test_the_longest_rising_part_is_the_longest(numbers: list[int]) -> None:
    def best(rest: list[int], floor: int) -> int:
        return max((1 + best(rest[at + 1 :], n) for at, n in enumerate(rest) if n > floor), default=0)

    part = longest_rising(numbers)
    assert [n for n in numbers if n in part] == sorted(part)
    assert len(part) == best(numbers, -1)
