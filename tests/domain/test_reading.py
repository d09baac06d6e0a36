"""A tutorial's headings, prose and code, as Markdown has them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.domain.reading import read
from cairn.domain.text import without_code


def fences(markdown: str) -> list[Any]:
    return [tuple(fence) for fence in read(markdown).fences]


@pytest.mark.parametrize(
    ("markdown", "said"),
    [
        ("```python\nx\n```", [("python", "x\n", 1, True)]),
        ("~~~\nx\n~~~", [("", "x\n", 1, True)]),
        ("````md\n```\nx\n```\n````", [("md", "```\nx\n```\n", 1, True)]),
        ("~~~\n```\n~~~", [("", "```\n", 1, True)]),
        ("```\n~~~\n```", [("", "~~~\n", 1, True)]),
        ("1. So:\n\n   ```sh\n   ls\n   ```\n\n2. Then.", [("sh", "ls\n", 3, True)]),
        ("> ```sh\n> ls\n> ```", [("sh", "ls\n", 1, True)]),
        ("- ```sh\n  ls\n  ```", [("sh", "ls\n", 1, True)]),
        ("```\nx\n`````", [("", "x\n", 1, True)]),
        ("a\r\n\r\n```\r\nx\r\n```\r\n", [("", "x\n", 3, True)]),
        ("```python\nx\n", [("python", "x\n", 1, False)]),
        ("```", [("", "", 1, False)]),
        ("````\nx\n```", [("", "x\n```", 1, False)]),
        ("~~~\nx\n```", [("", "x\n```", 1, False)]),
        ("```\nx\n``` end", [("", "x\n``` end", 1, False)]),
        ("1. So:\n\n   ```sh\n   ls\n\n2. Then.", [("sh", "ls\n\n", 3, False)]),
        ("- So:\n\n  ```sh\n  ls\n```\ntext", [("sh", "ls\n", 3, False), ("", "text", 5, False)]),
        ("`code` and ``more ` code``", []),
        ("    ```\n    indented\n", []),
    ],
)
def test_fences_are_found_and_whether_they_are_closed(markdown: str, said: list[Any]) -> None:
    assert fences(markdown) == said


@pytest.mark.parametrize(
    ("info", "language"),
    [
        ("python", "python"),
        ("Python title=x", "python"),
        ("{.python}", "python"),
        ("python:shop.py", "python"),
        ("c++", "c++"),
        ("", ""),
        ("  json ", "json"),
        ("objective-c", "objective-c"),
    ],
)
def test_a_language_is_the_first_word_of_its_fence(info: str, language: str) -> None:
    assert read(f"```{info}\nx\n```").fences[0].language == language


def test_each_block_has_its_kind_and_line() -> None:
    markdown = (
        "# Head\n\nText\nof two lines.\n\n- one\n- two\n\n> said\n\n| a |\n|---|\n| b |\n\n---\n\n"
        "<details>\n<summary>Solution</summary>\n\nFolded.\n\n</details>\n\n```\nx\n```\n"
    )
    assert [(block.kind, block.text, block.line) for block in read(markdown).blocks] == [
        ("heading", "Head", 1), ("paragraph", "Text\nof two lines.", 3), ("item", "one", 6),
        ("item", "two", 7), ("quote", "said", 9), ("cell", "a", 11), ("cell", "b", 13), ("rule", "", 15),
        ("html", "<details>\n<summary>Solution</summary>\n", 17), ("paragraph", "Folded.", 20),
        ("html", "</details>\n", 22), ("code", "x\n", 24),
    ]  # fmt: skip
    prose = read(markdown).prose.split()
    assert "Solution" in prose
    assert not {"x", "<details>", "details"} & set(prose)


@pytest.mark.parametrize(
    ("text", "words"),
    [("a `b` c", "a c"), ("a ``b ` c`` d", "a d"), ("a ` b", "a ` b"), ("a `` b ` c", "a `` b ` c"),
     ("`a` `b", "`b"), ("``` a ` b ``` c", "c"), ("`a``b`", ""), ("", "")],
)  # fmt: skip
def test_words_without_code(text: str, words: str) -> None:
    assert " ".join(without_code(text).split()) == words


@given(st.lists(st.sampled_from(["`", "``", "```", " a ", "b"]), max_size=30).map("".join))
def test_what_is_left_without_code_was_there(text: str) -> None:
    """Nothing but whole spans is taken out."""
    left = without_code(text, "\0").split("\0")
    at = 0
    for part in left:
        at = text.index(part, at) + len(part)
    assert text.startswith(left[0])
    assert text.endswith(left[-1])
