"""The Markdown document reads well: levels without jumps, links that lead somewhere, code as it was."""

import re
from functools import lru_cache
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from cairn.exports.book import Book
from cairn.exports.fitting import closed, fitted, link, plain
from cairn.exports.markdown import write
from tests.domain.sample import UNHURRIED
from tests.exports.books import half, unborn, whole

PARSER = MarkdownIt("commonmark").enable("table")


@lru_cache(maxsize=4)
def parsed(text: str) -> list[Token]:
    return PARSER.parse(text)


def headings(text: str) -> list[tuple[int, str]]:
    tokens = parsed(text)
    return [
        (int(token.tag[1]), read_as(tokens[at + 1]))
        for at, token in enumerate(tokens)
        if token.type == "heading_open"
    ]


def read_as(token: Token) -> str:
    """What a reader sees of one line."""
    return "".join(child.content for child in token.children or [] if child.type in ("text", "code_inline"))


def code(text: str) -> list[tuple[str, str]]:
    return [(t.info, t.content) for t in parsed(text) if t.type in ("fence", "code_block")]


def links(text: str) -> list[str]:
    inlines = [token for token in parsed(text) if token.type == "inline"]
    return [
        str(child.attrs["href"])
        for token in inlines
        for child in token.children or []
        if child.type == "link_open"
    ]


def check_document(text: str) -> None:
    levels = [level for level, _ in headings(text)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels)), "no jump"
    anchors = re.findall(r'<a id="([^"]+)">', text)
    assert len(set(anchors)) == len(anchors)
    within = [href[1:] for href in links(text) if href.startswith("#")]
    assert set(within) <= set(anchors)


@pytest.mark.parametrize("course_id", ["redis", "python"])
def test_a_whole_course_reads_well(course_id: str) -> None:
    book = whole(course_id=course_id)
    text = write(book).decode()
    check_document(text)
    assert "ot ready" not in text
    said = [words for _, words in headings(text)]
    assert [c.name for c in book.concepts() if c.name not in said] == []
    tutorials = [tutorial for c in book.concepts() if (tutorial := book.lesson(c).tutorial)]
    assert code(text) == [block for tutorial in tutorials for block in code(tutorial.markdown)]


def test_answers_stand_at_the_end_only() -> None:
    text = write(half()).decode()
    before, _, after = text.partition("\n## Answers\n")
    assert "**1.** Which command reads `a`?\n\n- **A** `GET a`\n- **B** `SET a`" in before
    assert "**2.** Which are types? *(several are right)*" in before
    assert "It *writes*." not in before
    assert "**1.** A\n\n- **A** right: It reads.\n- **B** wrong: It *writes*." in after
    assert "**2.** A, C" in after


def test_what_is_not_ready_is_said_at_its_place_and_summed_up() -> None:
    text = write(half()).decode()
    check_document(text)
    top, rest = text.split("## Contents")
    assert "**Not all of it is ready: 10 pieces missing** (the task is running)." in top
    assert "- [Strings](#concept-2): quiz failed (the model \\<refused>)" in top
    assert "- [Lists](#concept-3): tutorial pending; resources pending; quiz pending" in top
    place = rest.index("Strings\n\nd\n")
    assert rest[place:].index("*Not ready: quiz failed (the model \\<refused>).*") < rest[place:].index(
        "Lists\n"
    )


def test_a_card_says_what_it_builds_on() -> None:
    text = write(half()).decode()
    assert "## Left out\n\n- Shell: you know it already\n" in text
    assert "Intermediate · 2 h · builds on Shell, [Keys](#concept-1)" in text
    assert "5 concepts · 10 h, about 5 weeks · made by a_model\n" in text


def test_resources_are_links_or_phrases() -> None:
    text = write(half()).decode()
    assert "- [Docs \\[all\\]](https://redis.io/a%20%28b%29) (documentation, en)" in text
    assert "- A talk (video, zh): search for “redis talk”. Long." in text
    assert "- A trap (article, en)" in text
    assert "javascript" not in text
    assert link("x", "https://例.cn/路?a=1&b=%20") == "[x](https://%E4%BE%8B.cn/%E8%B7%AF?a=1&b=%20)"


def test_without_an_outline_it_says_so() -> None:
    text = write(unborn()).decode()
    assert headings(text) == [(1, "Learn *C#* #")]
    assert "The outline is not ready yet (the task is queued)" in text


FITTED: list[tuple[str, list[tuple[int, str]]]] = [
    ("# a\n\n## b\n\n# c", [(5, "a"), (6, "b"), (5, "c")]),
    ("### a\n\n## b\n\n###### c\n\n#### d", [(5, "a"), (5, "b"), (6, "c"), (6, "d")]),
    ("a *b*\nc\n===\n\nd #\n---", [(5, "a b c"), (6, "d #")]),
    ("> ## a\n\n- # b\n\n1. 1\n   ---\n\n- x\n  ===", [(5, "a"), (5, "b"), (6, "1"), (5, "x")]),
    ("```sh\n# no\n## no\n```\n\n    # no\n\n~~~\n# no\n~~~\n\n## a ##", [(5, "a")]),
    ("# a\n\n## b\n\n### c\n\n## d", [(5, "a"), (6, "b"), (6, "c"), (6, "d")]),
    ("#hash\n\n\\# no\n\n#", [(5, "")]),
]


@pytest.mark.parametrize(("markdown", "expected"), FITTED)
def test_headings_are_put_below_the_concepts(markdown: str, expected: list[tuple[int, str]]) -> None:
    out = fitted(markdown, 5, "c")
    assert headings(out) == expected
    around = [[t.type for t in parsed(text) if t.nesting] for text in (out, markdown)]
    assert around[0] == around[1], "in the list or quotation where they were"
    assert code(out) == code(markdown)


def test_links_within_a_tutorial_lead_to_its_headings() -> None:
    markdown = (
        '## Why it?\n\n`[e](#f)` [a](#why-it) [b](#gone "t") [c][d]\n\n[d]: #为什么\n\n'
        "## 为什么\n\n```\n[x](#y)\n```\n"
    )
    out = fitted(markdown, 5, "concept-1")
    assert '##### <a id="concept-1-why-it"></a>Why it?' in out
    assert '##### <a id="concept-1-为什么"></a>为什么' in out
    assert '`[e](#f)` [a](#concept-1-why-it) [b](#concept-1 "t")' in out
    assert "[d]: #concept-1-为什么" in out
    assert code(out) == code(markdown)


def test_of_two_headings_with_one_name_a_link_leads_to_the_first() -> None:
    out = fitted("## A b\n\n## A b\n\n[x](#a%20b)\n", 5, "c")
    assert out == '##### <a id="c-a-b"></a>A b\n\n##### A b\n\n[x](#c-a-b)'


OPEN = [
    "```py\n# x",
    "````\n```\n",
    "~~~~",
    "<!-- x",
    "<pre>\n# x",
    "<script>\nx\n",
    "<?php x",
    "<!X y",
    "<![CDATA[ x",
]


@pytest.mark.parametrize("text", OPEN)
def test_what_a_tutorial_leaves_open_ends_with_it(text: str) -> None:
    out = write(half(l=text)).decode()
    check_document(out)
    assert "Streams" in [words for _, words in headings(out)]
    assert [c.rstrip() for _, c in code(closed(text))] == [c.rstrip() for _, c in code(text)]


LINES = st.lists(
    st.sampled_from(
        ["# a", "## b ##", "#### c", "d", "===", "---", "```", "````", "~~~", "```py", "    # e", "> # f",
         "> ```", "- # g", "  ```", "1. h", "", "", "<details>", "</details>", "<!--", "-->", "<pre>",
         "| a | b |", "|---|---|", "[x](#a)", "[y](#no)", "`[z](#a)`", "\t# i", "j #", "> k", "* l",
         "[m]: #a"]
    ),
    max_size=14,
).map("\n".join)  # fmt: skip


@UNHURRIED
@given(LINES)
@example("> ```\n# a\n```")
def test_no_tutorial_breaks_the_document(text: str) -> None:
    out = write(half(l=text or "x")).decode()
    check_document(out)
    kept = [block.rstrip("\n") for _, block in code(text)]
    assert [block.rstrip("\n") for _, block in code(out)] == kept
    said = [words for _, words in headings(out)]
    assert {"Lists", "Streams", "Cluster", "Answers"} <= set(said)


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1))
@example("__init__ and a_b *x* `y` [z](w) <b> &amp; ~~s~~ \\")
@example("1. one")
@example("12) two")
@example("- x")
@example("# x #")
@example("=== --- ***")
def test_plain_words_are_read_as_they_are(words: str) -> None:
    line = " ".join(words.split())
    if not line:
        return
    for before in ("", "- ", "#### "):
        texts = [token for token in parsed(before + plain(words)) if token.type == "inline"]
        assert [read_as(token) for token in texts] == [line]
        assert not any(
            token.type in ("code_block", "html_block", "blockquote_open") for token in parsed(plain(words))
        )


def test_a_book_with_words_of_markdown_stands() -> None:
    book: Book = half()
    assert book.roadmap
    stage = book.roadmap.stages[0].model_copy(update={"title": "1. `*` [x] #"})
    roadmap = book.roadmap.model_copy(update={"title": "- C# #", "stages": (stage, *book.roadmap.stages[1:])})
    text = write(Book("r", "g", book.status, "en", "a", roadmap, book.lessons)).decode()
    check_document(text)
    assert [words for level, words in headings(text) if level < 3] == [
        "- C# #", "Contents", "1. `*` [x] #", "Later", "Left out", "Answers",
    ]  # fmt: skip
