"""The title of an HTML page, found in time that grows with the page alone, whatever it holds."""

import re
from html import unescape

from cairn.domain.text import one_line

OPENING, CLOSING = b"<title", b"</title"
LONGEST = 300
"""Characters of a title that are kept, and four times as many bytes that are read of it."""
CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s{0,9}=\s{0,9}[\"']?([\w-]{1,40})", re.IGNORECASE)
HEAD = 4096
"""Bytes at the beginning of a page in which its character set must be told."""


def title_in(body: bytes, declared: str | None = None) -> str:
    """On one line; empty where there is none. `declared`: the character set that came with the page."""
    lower = body.lower()
    start = lower.find(OPENING)
    while start >= 0 and lower[start + len(OPENING) : start + len(OPENING) + 1] not in (b">", b" ", b"\n"):
        start = lower.find(OPENING, start + 1)
    begins = lower.find(b">", start) + 1
    if start < 0 or not begins:
        return ""
    ends = lower.find(CLOSING, begins)
    raw = body[begins : ends if ends >= 0 else len(body)][: 4 * LONGEST]
    return one_line(unescape(decoded(raw, body, declared)), LONGEST)


def decoded(raw: bytes, body: bytes, declared: str | None) -> str:
    """In the character set that was declared, else in that the page names, else in UTF-8."""
    told = CHARSET.search(body[:HEAD])
    for name in (declared, told[1].decode("ascii", "replace") if told else None):
        try:
            if name:
                return raw.decode(name, "replace")
        except (LookupError, UnicodeError):  # no such set, or none of text
            continue
    return raw.decode("utf-8", "replace")
