"""How a tutorial reads: its headings, its prose, its code, and how it ends. Parsed as Markdown, once."""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

TAGS = re.compile(r"</?[A-Za-z][^<>]*>")


class Block(NamedTuple):
    """A part that stands for itself. `kind`: heading, paragraph, item, quote, cell, code, html or rule."""

    kind: str
    text: str
    line: int
    """From 1."""


class Fence(NamedTuple):
    """`language`: its first word, in small letters. `line`: where it opens, from 1."""

    language: str
    code: str
    line: int
    closed: bool


class Reading(NamedTuple):
    blocks: tuple[Block, ...]
    fences: tuple[Fence, ...]

    @property
    def written(self) -> str:
        """All that is not code, with what HTML is in it."""
        return "\n".join(block.text for block in self.blocks if block.kind != "code")

    @property
    def prose(self) -> str:
        """The same without HTML's own marks."""
        return TAGS.sub(" ", self.written)


@cache
def parser() -> MarkdownIt:
    """Of blocks alone: what stands within a line is not asked for, and costs the most."""
    return MarkdownIt("commonmark").enable("table").disable(["inline", "text_join"])


def read(markdown: str) -> Reading:
    text = markdown.replace("\r\n", "\n").replace("\r", "\n")
    tokens, lines = parser().parse(text), text.split("\n")
    fences = tuple(fence_of(token, lines) for token in tokens if token.type == "fence")
    return Reading(tuple(blocks_of(tokens)), fences)


def fence_of(token: Token, lines: list[str]) -> Fence:
    start, end = token.map or (0, 0)
    mark = re.escape(token.markup[:1])
    last = lines[end - 1].strip(" \t>") if end - start > 1 else ""
    closed = re.fullmatch(rf"{mark}{{{len(token.markup)},}}", last) is not None
    return Fence(language_of(token.info), token.content, start + 1, closed)


def language_of(info: str) -> str:
    """`python`, also of `Python title=x`, `{.python}` and `python:shop.py`."""
    found = re.search(r"[\w+#-]+", info)
    return found[0].casefold() if found else ""


def blocks_of(tokens: list[Token]) -> Iterator[Block]:
    inside: list[str] = []
    for token in tokens:
        line = (token.map or [0])[0] + 1
        if token.nesting == 1:
            inside.append(token.type.removesuffix("_open"))
        elif token.nesting == -1:
            inside.pop()
        elif token.type in ("fence", "code_block"):
            yield Block("code", token.content, line)
        elif token.type == "html_block":
            yield Block("html", token.content, line)
        elif token.type == "hr":
            yield Block("rule", "", line)
        elif token.type == "inline":
            yield Block(kind_of(inside), token.content, line)


def kind_of(inside: list[str]) -> str:
    if inside[-1] in ("heading", "th", "td"):
        return "heading" if inside[-1] == "heading" else "cell"
    if "list_item" in inside:
        return "item"
    return "quote" if "blockquote" in inside else "paragraph"
