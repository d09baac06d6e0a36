"""What a person typed into the outline, read as edits; each fault at the place where it can be mended."""

import pytest
from starlette.datastructures import FormData

from cairn.web.edits import OutlineForm
from tests.domain.sample import COURSE, edited, order


def typed(**fields: str) -> OutlineForm:
    """The whole form as it is sent; `place_k` stands for the field `place.k`."""
    sent: list[tuple[str, str]] = []
    for line in OutlineForm(COURSE).lines.values():
        about = line.concept.concept_id
        sent += [(f"name.{about}", line.name), (f"hours.{about}", line.hours)]
        sent += [(f"needs.{about}", needed) for needed in line.needs]
    given = {name.replace("_", "."): value for name, value in fields.items()}
    return OutlineForm(COURSE, FormData([*(item for item in sent if item[0] not in given), *given.items()]))


def test_what_is_left_as_it_was_is_no_edit() -> None:
    assert typed().edits == []
    assert typed(name_k=" Keys ").edits == []


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"place_l": "after:s", "place_t": "after:s"}, "Keys Strings Lists Streams | Cluster"),
        ({"place_l": "after:t", "place_t": "after:k"}, "Keys Streams Lists Strings | Cluster"),
        ({"place_t": "before:k"}, "Streams Keys Strings | Lists | Cluster"),
        ({"place_t": "after:s", "out_s": "yes"}, "Keys Streams | Lists | Cluster"),
        ({"new_1_name": "Sets", "place_c": "after:l"}, "Keys Strings | Lists Cluster Sets | Streams"),
        ({"new_0_name": "Sets", "new_0_after": "k"}, "Keys Sets Strings | Lists | Streams Cluster"),
    ],
)
def test_places_are_those_of_the_outline_shown(fields: dict[str, str], outcome: str) -> None:
    assert order(edited(*typed(**fields).edits)) == outcome


def test_only_what_was_typed_is_set() -> None:
    form = typed(hours_k="3,5", needs_l="k")
    assert form.edits == [
        {"op": "set", "concept_id": "k", "estimated_hours": 3.5},
        {"op": "set", "concept_id": "l", "prerequisites": ["k"]},
    ]


def test_faults_stand_where_they_can_be_mended() -> None:
    form = typed(hours_k="many", out_s="yes", new_0_about="in a sentence")
    form.put_faults(
        [
            {"field": "edits.0.estimated_hours", "message": "must be a number"},
            {"field": "edits.1.name", "message": "is empty"},
            {"field": "edits", "message": "“Lists” needs “Strings”", "code": "prerequisite_unknown",
             "concept_id": "l"},
            {"field": "edits", "message": "2 concepts; 3 are the least", "code": "too_small"},
            {"field": "feedback", "message": "is too long"},
        ]
    )  # fmt: skip
    assert form.lines["k"].faults == ["The hours must be a number."]
    assert form.new[0].faults == ["The name is empty."]
    assert form.lines["l"].faults == [
        "“Lists” needs “Strings”. Untick it under “Needs”, or keep it in the course."
    ]
    assert form.lines["s"].faults == ["“Lists” needs this. Untick it there, or keep it."]
    assert form.faults == ["2 concepts; 3 are the least."]
    assert form.feedback_faults == ["What you say is too long."]
