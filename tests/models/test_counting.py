"""The judge of our counts notices each way in which they can be wrong."""

import json

import pytest

from tests.models.counting import Came, unexplained

Row = tuple[str, str, str | None]


def answered(key: str, number: int) -> Row:
    return key, "answered", json.dumps({"provider_response_id": f"said_{number}"})


def came(*digests: str) -> list[Came]:
    return [Came(number, digest, "intent") for number, digest in enumerate(digests, 1)]


@pytest.mark.parametrize(
    ("journal", "requests"),
    [
        ([answered("a", 1), answered("b", 2)], came("A", "B")),
        ([("a", "failed", None), answered("a", 2)], came("A", "A")),
        ([("a", "started", None), answered("a", 1)], came("A")),
        ([("a", "failed", None), ("a", "failed", None)], came("A")),
    ],
    ids=["without a fault", "failed and sent again", "killed before it left", "never answered"],
)
def test_what_may_be_is_explained(journal: list[Row], requests: list[Came]) -> None:
    assert unexplained(journal, requests) == []


@pytest.mark.parametrize(
    ("journal", "requests", "said"),
    [
        ([answered("a", 1)], came("A", "B"), "2 requests came"),
        ([answered("a", 1), answered("b", 3)], came("A"), "2 rows are answered, 1 requests came"),
        ([answered("a", 1), answered("a", 2)], came("A", "A"), "a was answered 2 times"),
        ([answered("a", 1), ("a", "started", None)], came("A"), "asked again after it was answered"),
        ([answered("a", 1), ("b", "failed", None)], came("A", "A"), "a was sent 2 times"),
        ([answered("a", 1), answered("b", 2)], came("A", "A"), "b asks what another call asks"),
        ([answered("a", 7), ("b", "failed", None)], came("A"), "a request that never came"),
        ([answered("a", 1), ("a", "failed", None)], came("A", "B"), "never answered; 0 rows"),
    ],
)
def test_what_must_not_be_is_said(journal: list[Row], requests: list[Came], said: str) -> None:
    assert any(said in one for one in unexplained(journal, requests)), unexplained(journal, requests)
