"""The registry of formats: one line each. Doors list them from here and know none by name."""

from collections.abc import Callable
from dataclasses import dataclass

from cairn.domain.errors import NotFound
from cairn.exports import json, markdown
from cairn.exports.book import Book


@dataclass(frozen=True)
class Format:
    name: str
    ending: str
    """Of the file, without its dot."""
    media_type: str
    write: Callable[[Book], bytes]


FORMATS: dict[str, Format] = {
    one.name: one
    for one in (
        Format("markdown", "md", "text/markdown; charset=utf-8", markdown.write),
        Format("json", "json", "application/json", json.write),
    )
}


def format_named(name: str) -> Format:
    """Raises `NotFound` listing the formats there are."""
    if name not in FORMATS:
        raise NotFound(
            f"There is no export format “{name}”.",
            code="format_not_found",
            hint=f"There are: {', '.join(FORMATS)}.",
            formats=list(FORMATS),
        )
    return FORMATS[name]
