"""Edits are read as they are meant, or refused in our words at the place of what is wrong."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.domain.edits import MOST_EDITS, OPERATIONS, Edit, read_edits
from cairn.domain.errors import BadInput
from tests.domain.sample import UNHURRIED, batches

WRONG: list[tuple[object, str, str]] = [
    ({}, "edits", "must be a list"),
    ("add", "edits", "must be a list"),
    (None, "edits", "must be a list"),
    ([None] * (MOST_EDITS + 1), "edits", "holds 201 edits; 200 are allowed"),
    ([{}] * 10_000, "edits", "holds 10000 edits"),
    ([7], "edits.0", "must be an object"),
    ([{"op": "paint"}], "edits.0.op", "must be one of add, remove, rename, move, set"),
    ([{"op": ["add"]}], "edits.0.op", "must be one of add"),
    ([{"name": "x"}], "edits.0.op", "must be one of add"),
    ([{"op": "add"}], "edits.0.name", "is missing"),
    ([{"op": "add", "name": "  "}], "edits.0.name", "is empty"),
    ([{"op": "add", "name": ""}], "edits.0.name", "is empty"),
    ([{"op": "add", "name": "a\nb"}], "edits.0.name", "one line"),
    ([{"op": "add", "name": "a\x00b"}], "edits.0.name", "control characters"),
    ([{"op": "add", "name": "a\ud800"}], "edits.0.name", "only plain text"),
    ([{"op": "add", "name": "x" * 121}], "edits.0.name", "may have 120 characters"),
    ([{"op": "add", "name": 7}], "edits.0.name", "must be text"),
    ([{"op": "add", "name": "x", "colour": 1}], "edits.0.colour", "known are op, name, description"),
    ([{"op": "add", "name": "x", "description": "x" * 1001}], "edits.0.description", "may have 1000 char"),
    ([{"op": "add", "name": "x", "description": "\x07"}], "edits.0.description", "control characters"),
    ([{"op": "add", "name": "x", "estimated_hours": "2"}], "edits.0.estimated_hours", "must be a number"),
    ([{"op": "add", "name": "x", "estimated_hours": True}], "edits.0.estimated_hours", "must be a number"),
    ([{"op": "add", "name": "x", "estimated_hours": float("nan")}], "edits.0.estimated_hours", "0.25 to 40"),
    ([{"op": "add", "name": "x", "estimated_hours": 41}], "edits.0.estimated_hours", "0.25 to 40"),
    ([{"op": "add", "name": "x", "difficulty": "hard"}], "edits.0.difficulty", "beginner, intermediate"),
    ([{"op": "add", "name": "x", "keywords": "y"}], "edits.0.keywords", "must be a list"),
    ([{"op": "add", "name": "x", "keywords": ["y", 3]}], "edits.0.keywords.1", "must be text"),
    ([{"op": "add", "name": "x", "prerequisites": ["k"] * 51}], "edits.0.prerequisites", "50 entries"),
    ([{"op": "add", "name": "x", "after": "k", "module": "m"}], "edits.0", "“after” and “module”"),
    ([{"op": "add", "name": "x", "stage": "First"}], "edits.0", "without a “module”"),
    ([{"op": "move", "concept_id": "k"}], "edits.0", "says no place"),
    ([{"op": "move", "concept_id": "k", "after": "s", "before": "l"}], "edits.0", "says 2 places"),
    ([{"op": "set", "concept_id": "k"}], "edits.0", "changes nothing"),
    ([{"op": "set", "concept_id": "k", "description": None}], "edits.0", "changes nothing"),
    ([{"op": "remove", "concept_id": "k"}] * 3 + [{"op": "add", "name": ""}], "edits.3.name", "is empty"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "path", "said"), WRONG)
def test_a_wrong_edit_is_told_by_its_place(data: object, path: str, said: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_edits(data)
    [fault] = refused.value.extra["errors"]
    assert fault["field"] == path
    assert said in fault["message"]


def test_every_fault_of_a_batch_is_told() -> None:
    with pytest.raises(BadInput) as refused:
        read_edits([{"op": "add"}, {"op": "remove", "concept_id": "k"}, {"op": "set", "concept_id": 1}])
    assert [fault["field"] for fault in refused.value.extra["errors"]] == [
        "edits.0.name",
        "edits.2.concept_id",
    ]


@UNHURRIED
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([*OPERATIONS]),
        lambda inner: st.lists(inner) | st.dictionaries(
            st.sampled_from(["op", "name", "concept_id", "after", "prerequisites"]) | st.text(), inner
        ),
    )
)  # fmt: skip
def test_whatever_is_sent_is_read_or_refused(data: Any) -> None:
    refusal = ""
    try:
        assert len(read_edits(data)) == len(data)
    except BadInput as refused:
        refusal = refused.detail
    assert not refusal or refusal.startswith("edits")


@UNHURRIED
@given(batches())
def test_edits_go_through_json_and_back(edits: list[Edit]) -> None:
    sent = json.dumps([edit.model_dump(mode="json") for edit in edits])
    assert read_edits(json.loads(sent)) == tuple(edits)
    assert read_edits(edits) == tuple(edits)
