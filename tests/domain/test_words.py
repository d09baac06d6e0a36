"""Fingerprints, the level a goal names, and how texts are compared."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.domain.course import Level
from cairn.domain.fingerprint import fingerprint
from cairn.domain.intent import infer_level
from cairn.domain.text import normalised, word_count

VALUES = {"name": "Lists", "level": Level.beginner, "keywords": ("LPUSH", "RPUSH"), "hours": None}


def test_a_fingerprint_is_the_same_in_every_process_and_order() -> None:
    other = (
        "from cairn.domain.fingerprint import fingerprint as f; from cairn.domain.course import Level as L;"
    )
    other += "print(f({'keywords': ['LPUSH', 'RPUSH'], 'hours': None, 'level': L.beginner, 'name': 'Lists'}))"
    printed = subprocess.run([sys.executable, "-c", other], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == fingerprint(VALUES)


@pytest.mark.parametrize("change", [{"name": "lists"}, {"hours": 1}, {"keywords": ("RPUSH", "LPUSH")}])
def test_any_other_value_is_another_fingerprint(change: dict[str, object]) -> None:
    assert fingerprint({**VALUES, **change}) != fingerprint(VALUES)


def test_the_variant_enters_it() -> None:
    assert fingerprint(VALUES, 1) != fingerprint(VALUES)


@pytest.mark.parametrize(
    ("goal", "level"),
    [
        ("Learn Redis", None),
        ("Learn advanced Python", Level.advanced),
        ("Python deep dive", Level.advanced),
        ("Redis for beginners", Level.beginner),
        ("Python 入门", Level.beginner),
        ("高级 Python", Level.advanced),
        ("Python from beginner to advanced", None),
        ("learn everything about Redis, advanced too", None),
        ("advancedish things", None),
    ],
)
def test_the_level_a_goal_names(goal: str, level: Level | None) -> None:
    assert infer_level(goal) is level


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)


def test_words_are_counted_outside_code() -> None:
    assert word_count("one two\n```python\nnot = these\n```\nthree 中文字字") == 5
