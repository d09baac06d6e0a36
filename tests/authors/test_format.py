"""A course file that is wrong is refused with its name and the place of the fault."""

from pathlib import Path

import pytest

from cairn.authors.library.format import read_concept, read_course
from cairn.domain.errors import Unusable

CONCEPT = """---
id: lists
name: Lists
description: Keep values in order.
level: beginner
hours: 1
prerequisites: []
keywords: [LPUSH]
resources: []
quiz:
  - question: Which?
    type: single_choice
    options:
      - {text: one, correct: true, why: because}
      - {text: two, why: because}
---
The text.
"""
HEAD = """
id = "x"
title = "X"
language = "en"
summary = "s"
[[stages]]
title = "s"
[[stages.modules]]
title = "m"
concepts = ["lists"]
"""


def course(folder: Path, head: str = HEAD, **files: str) -> Path:
    (folder / "concepts").mkdir()
    (folder / "course.toml").write_text(head)
    for name, text in files.items():
        (folder / "concepts" / f"{name}.md").write_text(text)
    return folder


def test_a_sound_course_is_read(tmp_path: Path) -> None:
    read = read_course(course(tmp_path, lists=CONCEPT))
    [concept] = read.in_order()
    assert concept.tutorial.markdown == "The text.\n"
    assert [o.correct for o in concept.quiz.questions[0].options] == [True, False]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("hours: 1", "hours: soon", "lists.md: hours"),
        ("hours: 1", "hours: 1\ncolour: red", "lists.md: colour"),
        ("text: two", "text: yes", "lists.md: quiz.0.options.1.text"),
        ("level: beginner", "level: wizard", "lists.md: level"),
        ("id: lists", "id: sets", "must be the same"),
        (
            "resources: []",
            "resources: [{title: A, url: 'https://a.example', phrase: a, type: book}]",
            "'A' has an",
        ),
        ("---\nid", "--\nid", "front matter"),
        ("keywords: [LPUSH]", "keywords: [LPUSH", "lists.md"),
        ("id: lists", "id: !!python/object/apply:os.getcwd []", "lists.md"),
    ],
)
def test_a_fault_is_told_with_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "lists.md"
    path.write_text(CONCEPT.replace(old, new, 1))
    with pytest.raises(Unusable, match=said.replace(".", r"\.")):
        read_concept(path)


def test_outline_and_files_must_agree(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="without a file: lists"):
        read_course(course(tmp_path))
    (tmp_path / "concepts" / "lists.md").write_text(CONCEPT)
    (tmp_path / "concepts" / "sets.md").write_text(CONCEPT.replace("id: lists", "id: sets"))
    with pytest.raises(Unusable, match="does not name: sets"):
        read_course(tmp_path)
