"""Markdown to sanitised HTML with highlighted code. What a model or a course says can carry no script."""

import re
from functools import cache, lru_cache
from html import escape

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

TAGS = set(nh3.ALLOWED_TAGS) | {"details", "summary"}
ATTRIBUTES = {
    **{tag: set(names) for tag, names in nh3.ALLOWED_ATTRIBUTES.items()},
    "code": {"class"}, "span": {"class"}, "pre": {"class"}, "div": {"class"},
    "h2": {"id"}, "h3": {"id"}, "th": {"class"}, "td": {"class"},
}  # fmt: skip
TYPED = re.compile(r"\d*&gt; ")
WORDS = re.compile(r"[\W_]+")


@cache
def parser() -> MarkdownIt:
    options = {"highlight": highlighted, "html": True, "typographer": True}
    made = MarkdownIt("commonmark", options).enable(["table", "smartquotes"])
    made.core.ruler.push("heading_ids", name_headings)
    return made


def name_headings(state: StateCore) -> None:
    """Give each heading an id made from its words, so a link can lead to it."""
    seen: dict[str, int] = {}
    for at, token in enumerate(state.tokens):
        if token.type == "heading_open":
            slug = WORDS.sub("-", state.tokens[at + 1].content.casefold()).strip("-") or "part"
            seen[slug] = seen.get(slug, 0) + 1
            token.attrSet("id", slug if seen[slug] == 1 else f"{slug}-{seen[slug]}")


def highlighted(code: str, language: str, _: str) -> str:
    if language == "redis":
        return transcript(code)
    try:
        lexer = get_lexer_by_name("text" if language == "output" else language or "text")
    except ClassNotFound:
        lexer = get_lexer_by_name("text")
    return highlight(code, lexer, HtmlFormatter(nowrap=True))


def transcript(code: str) -> str:
    """A session with a server: what was typed stands out from what was answered."""
    lines = [escape(line) for line in code.splitlines()]
    return "".join(
        f'<span class="{"typed" if TYPED.match(line) else "go"}">{line}</span>\n' for line in lines
    )


@lru_cache(maxsize=256)
def headings(markdown: str) -> tuple[tuple[str, str], ...]:
    """(id, text) of each second-level heading, in order."""
    tokens = parser().parse(markdown)
    return tuple(
        (str(token.attrs["id"]), tokens[at + 1].content.replace("`", ""))
        for at, token in enumerate(tokens)
        if token.type == "heading_open" and token.tag == "h2"
    )


@lru_cache(maxsize=1024)
def render_line(text: str) -> str:
    """One line, such as an answer of a quiz: emphasis and code, no blocks."""
    return nh3.clean(parser().renderInline(text), tags=TAGS, attributes=ATTRIBUTES)


@lru_cache(maxsize=256)
def render(markdown: str) -> str:
    """HTML that holds only what a lesson needs; scripts, styles and handlers are gone."""
    return nh3.clean(parser().render(markdown), tags=TAGS, attributes=ATTRIBUTES)
