"""What a tutorial that can be read is remarked on. The built-in ones raise no alarm of any kind."""

from pathlib import Path

import pytest

from cairn.authors.library.format import read_concept
from cairn.authors.model.checks import faults_of_tutorial
from cairn.authors.model.sections import remarks_of_tutorial
from cairn.domain.lesson import Tutorial
from cairn.domain.reading import read
from tests.authors.test_tutorial_checks import HANZI, PROSE, faults

COURSES = Path(__file__).parents[2] / "src" / "cairn" / "authors" / "library" / "courses"
FILES = sorted(COURSES.glob("*/concepts/*.md"))

LESSON = f"""## Why it matters

Bread fails without it.

## How dough rests

{PROSE}

## Worked example

{PROSE}

## Exercise

Rest a dough for an hour.

<details>
<summary>Solution</summary>

It stretches further.

</details>
"""
LESSON_ZH = f"""没有它就做不出好面包。

## 面团如何静置

{HANZI}

## 示例

{HANZI}

## 练习

把面团静置一小时。

**参考答案**：可以拉得更长。
"""


def remarks(markdown: str, minutes: int = 20) -> list[str]:
    tutorial = Tutorial(title="t", summary="s", markdown=markdown, minutes=minutes)
    return [flaw.code for flaw in remarks_of_tutorial(tutorial, read(markdown))]


def test_a_whole_lesson_has_no_remark() -> None:
    assert (faults(LESSON), remarks(LESSON)) == ([], [])
    assert (faults(LESSON_ZH, "zh"), remarks(LESSON_ZH)) == ([], [])


@pytest.mark.parametrize(
    ("gone", "instead", "missing"),
    [
        ("## Why it matters\n\nBread fails without it.\n", "", "why"),
        ("## Worked example", "## How it smells", "example"),
        ("## How dough rests", "", "explanation"),
        ("## How dough rests", "## Purpose", "explanation"),
        (f"## How dough rests\n\n{PROSE}", "## How dough rests\n\nIt rests.", "explanation"),
        ("Solution", "More", "solution"),
    ],
)
def test_a_missing_section_is_named(gone: str, instead: str, missing: str) -> None:
    assert gone in LESSON
    assert remarks(LESSON.replace(gone, instead), minutes=10) == [f"section_missing:{missing}"]


def test_an_answer_elsewhere_is_no_solution() -> None:
    markdown = LESSON.replace("Bread fails", "The answer is rest: bread fails").replace("Solution", "More")
    assert remarks(markdown) == ["section_missing:solution"]


def test_without_an_exercise_its_solution_is_missing_too() -> None:
    assert remarks(LESSON.partition("## Exercise")[0]) == [
        "section_missing:exercise",
        "section_missing:solution",
    ]


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("## Why it matters\n\n", ""),
        ("## Worked example", "## A walk-through"),
        ("## Exercise", "## Your turn"),
        ("## Exercise", "### Practice"),
        ("<summary>Solution</summary>", "<summary>One possible answer</summary>"),
        ("<details>\n<summary>Solution</summary>\n", "### Solution\n"),
    ],
)
def test_a_section_may_be_named_otherwise(name: str, other: str) -> None:
    assert name in LESSON
    markdown = LESSON.replace(name, other)
    assert remarks(markdown if "<details>" in markdown else markdown.replace("</details>\n", "")) == []


def test_sections_are_found_in_chinese() -> None:
    assert remarks(LESSON_ZH.replace("## 示例", "## 气味")) == ["section_missing:example"]
    assert remarks(LESSON_ZH.replace("参考答案", "提示")) == ["section_missing:solution"]
    assert remarks(LESSON_ZH.replace("没有它就做不出好面包。", "")) == ["section_missing:why"]


def test_words_are_measured_against_the_minutes() -> None:
    """About 280 words, or 600 signs: a minute or two of reading."""
    assert remarks(LESSON, minutes=24) == []
    assert remarks(LESSON, minutes=60) == ["too_short"]
    assert remarks(LESSON.replace(PROSE, PROSE * 4), minutes=4) == ["too_long"]
    assert remarks(LESSON_ZH, minutes=40) == []
    assert remarks(LESSON_ZH, minutes=90) == ["too_short"]
    assert remarks(LESSON_ZH.replace(HANZI, HANZI * 2), minutes=3) == ["too_long"]


def test_code_that_cannot_be_parsed_is_named_by_language_and_line() -> None:
    broken = LESSON.replace(
        "## Exercise", "```python\nprint 1\n```\n\n```Json\n{\n```\n\n```sh\nif\n```\n\n## Exercise"
    )
    line = broken[: broken.index("```python")].count("\n") + 1
    assert remarks(broken) == [f"code_unparsable:python:{line}", f"code_unparsable:json:{line + 4}"]


@pytest.mark.parametrize("path", FILES, ids=[f"{path.parts[-3]}/{path.stem}" for path in FILES])
def test_the_built_in_tutorials_raise_no_alarm(path: Path) -> None:
    tutorial = read_concept(path).tutorial
    reading = read(tutorial.markdown)
    assert faults_of_tutorial(reading, "en") == []
    assert remarks_of_tutorial(tutorial, reading) == []
