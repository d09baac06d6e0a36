"""Every format takes every book, and a format that is not there is told with those that are."""

import pytest

from cairn.domain.errors import NotFound
from cairn.exports.book import Book
from cairn.exports.formats import FORMATS, format_named
from tests.exports.books import half, unborn, whole


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("book", [whole(), half(), unborn()], ids=["whole", "half", "unborn"])
def test_every_format_writes_every_book_the_same_each_time(name: str, book: Book) -> None:
    one = format_named(name)
    written = one.write(book)
    assert written == one.write(book)
    assert written.decode().endswith("\n")


def test_the_registry_says_what_doors_need() -> None:
    assert {(f.name, f.ending, f.media_type) for f in FORMATS.values()} >= {
        ("markdown", "md", "text/markdown; charset=utf-8"), ("json", "json", "application/json"),
    }  # fmt: skip


def test_a_format_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(NotFound) as refused:
        format_named("docx")
    assert "docx" in refused.value.detail
    assert all(name in refused.value.hint for name in FORMATS)
    assert refused.value.extra["formats"] == list(FORMATS)


def test_what_is_not_ready_is_what_cannot_be_read() -> None:
    assert whole().not_ready == []
    assert unborn().not_ready == []
    gaps = {(gap.name, gap.kind.value, gap.why, gap.cause) for gap in half().not_ready}
    assert len(gaps) == 10
    assert ("Strings", "quiz", "failed", "the model <refused>") in gaps
    assert ("Lists", "tutorial", "pending", "") in gaps
    assert not any(name == "Keys" for name, *_ in gaps), "a remake that failed leaves the old one readable"
