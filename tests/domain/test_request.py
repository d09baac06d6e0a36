"""What a request may say, and how a wrong one is told."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.domain.errors import BadInput
from cairn.domain.request import ContentFormats, read_request

TODAY = date(2026, 11, 25)

ALLOWED: list[dict[str, Any]] = [
    {"query": "Learn Redis"},
    {"query": "学习 Redis", "language": "zh"},
    {"query": " C++ "},
    {"query": "Redis", "hours_per_week": "2.5", "deadline": "2027-03-31", "level": "advanced"},
    {"query": "Redis", "known": ["Lists", ""], "content_formats": {"visual": 1}},
    {"query": "Redis", "background": "line one\nline two"},
]
REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({}, "query", "is missing"),
    ({"query": "   "}, "query", "is empty"),
    ({"query": "x" * 501}, "query", "500 are allowed"),
    ({"query": "🎉 🎉"}, "query", "no letters"),
    ({"query": "a\x07b"}, "query", "control characters"),
    ({"query": 7}, "query", "must be text"),
    ({"query": "_ _"}, "query", "no letters"),
    ({"query": "Redis", "known": "Lists"}, "known", "must be a list"),
    ({"query": "Redis", "max_cost_usd": float("inf")}, "max_cost_usd", "finite"),
    ({"query": "Redis", "hours_per_week": 0}, "hours_per_week", "0.5 to 80"),
    ({"query": "Redis", "hours_per_week": float("nan")}, "hours_per_week", "0.5 to 80"),
    ({"query": "Redis", "hours_per_week": "ten"}, "hours_per_week", "0.5 to 80"),
    ({"query": "Redis", "hours_per_week": True}, "hours_per_week", "0.5 to 80"),
    ({"query": "Redis", "deadline": "2026-11-24"}, "deadline", "in the past"),
    ({"query": "Redis", "deadline": "2026-11-26"}, "deadline", "too little"),
    ({"query": "Redis", "deadline": "tomorrow"}, "deadline", "2027-03-31"),
    ({"query": "Redis", "level": "wizard"}, "level", "beginner, intermediate, advanced"),
    ({"query": "Redis", "language": "xx"}, "language", "'en' or 'zh'"),
    ({"query": "Redis", "known": ["x"] * 51}, "known", "50 entries"),
    ({"query": "Redis", "colour": "red"}, "colour", "not known here"),
]


@pytest.mark.parametrize("data", ALLOWED)
def test_a_sound_request_is_read(data: dict[str, Any]) -> None:
    assert read_request(data, TODAY).query == data["query"].strip()


@pytest.mark.parametrize(("data", "field", "said"), REFUSED)
def test_a_wrong_one_names_the_field_and_what_it_allows(data: dict[str, Any], field: str, said: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_request(data, TODAY)
    [fault] = refused.value.extra["errors"]
    assert fault["field"] == field
    assert said in fault["message"]
    assert refused.value.hint


@given(st.text(max_size=600))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    refusal = ""
    try:
        assert read_request({"query": text}, TODAY).query
    except BadInput as refused:
        refusal = refused.detail
    assert not refusal or refusal.startswith("query ")


@given(st.builds(ContentFormats, visual=st.floats(0, 1), audio=st.floats(0, 1)))
def test_format_weights_are_made_to_sum_one(formats: ContentFormats) -> None:
    scaled = formats.scaled()
    assert abs(scaled.visual + scaled.text + scaled.audio + scaled.hands_on - 1) < 0.001
