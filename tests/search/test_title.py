"""The title of a page, in whatever way it is written, and in time that grows with the page alone."""

import pytest

from cairn.search.title import LONGEST, title_in


@pytest.mark.parametrize(
    ("page", "title"),
    [
        (b"<title>Bread</title>", "Bread"),
        (b"<HTML><TITLE lang='en'>Bread\n  and\tbutter</TITLE>", "Bread and butter"),
        (b"<title>Salt &amp; pepper &#8211; a guide</title>", "Salt & pepper – a guide"),
        (b"<titlebar>No</titlebar><title>Yes</title>", "Yes"),
        (b"<title></title><title>Second</title>", ""),
        (b"<title>Cut off in the mid", "Cut off in the mid"),
        (b"<title", ""),
        (b"no page at all", ""),
        (b"", ""),
        (b"<title>A\x00B\xe2\x80\xaeC\x1b[31mD</title>", "A B C [31mD"),
        ("<title>学习</title>".encode(), "学习"),
        (b"<meta charset=gb2312><title>\xd1\xa7\xcf\xb0</title>", "学习"),
        (b"<meta charset=zip><title>Packed</title>", "Packed"),
        (b"<meta charset=klingon><title>Strange</title>", "Strange"),
    ],
)
def test_a_title_is_read(page: bytes, title: str) -> None:
    assert title_in(page) == title


def test_what_came_with_the_page_goes_before_what_it_says_itself() -> None:
    page = b"<meta charset=utf-8><title>\xd1\xa7\xcf\xb0</title>"
    assert title_in(page, "gb2312") == "学习"


def test_a_long_title_is_cut() -> None:
    assert title_in(b"<title>" + b"a" * 100_000) == "a" * LONGEST


@pytest.mark.parametrize("page", [b"<title " * 80_000, b"<title>" * 80_000, b"<meta " * 90_000])
def test_a_page_of_openings_is_read_as_quickly_as_any(page: bytes) -> None:
    """Where each of them was searched for its end, this would take hours."""
    assert isinstance(title_in(page), str)
