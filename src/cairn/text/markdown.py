"""Markdown to sanitised HTML with highlighted code. What a model or a course says can carry no script."""

from functools import cache, lru_cache

import nh3
from markdown_it import MarkdownIt
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
PLAIN = {"redis": "text", "output": "text"}


@cache
def parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"highlight": highlighted, "html": True}).enable("table")


def highlighted(code: str, language: str, _: str) -> str:
    try:
        lexer = get_lexer_by_name(PLAIN.get(language, language) or "text")
    except ClassNotFound:
        lexer = get_lexer_by_name("text")
    return highlight(code, lexer, HtmlFormatter(nowrap=True))


@lru_cache(maxsize=256)
def render(markdown: str) -> str:
    """HTML that holds only what a lesson needs; scripts, styles and handlers are gone."""
    return nh3.clean(parser().render(markdown), tags=TAGS, attributes=ATTRIBUTES)
