"""Fits texts of others into one Markdown document: plain words, inline Markdown, and whole tutorials.

Whatever a text holds, it must not change how the document around it is read.
"""

import re
from functools import cache
from urllib.parse import quote, unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

DEEPEST = 6
SPECIAL = re.compile(r"[\\`*\[\]<~]|&(?=#?\w+;)|(?<![^\W_])_|_(?![^\W_])|#(?=\s|$)")
AT_START = re.compile(r"^(\d*)([.)]|(?<!\d)[-+=>#])")
IN_URLS = "/:?#[]@!$&'*+,;=%~"
CLOSERS = ("-->", "</pre>", "?>", ">", "]]>")
"""Ends of HTML that a tutorial may leave open; Markdown then reads all that follows as part of it."""
CODE = ("fence", "code_block", "html_block")
AFTER = "what comes after"
LINK_WITHIN = re.compile(r"(`+)[^`].*?\1|(\]\(|^ {0,3}\[[^\]]+\]:\s*)#([^)\s]+)")
"""Or code, which is passed over."""


@cache
def parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table")


def plain(text: str) -> str:
    """Words that mean no Markdown, on one line, as they would be read."""
    escaped = SPECIAL.sub(r"\\\g<0>", " ".join(text.split()))
    return AT_START.sub(r"\1\\\2", escaped)


def inline(markdown: str) -> str:
    """Emphasis and code on one line; to stand behind other words, never first in its line."""
    return " ".join(markdown.split())


def link(words: str, url: str | None) -> str:
    """A link where the address is one of the web, else the words alone."""
    if url is None or urlsplit(url).scheme not in ("http", "https"):
        return plain(words)
    return f"[{plain(words)}]({quote(url, safe=IN_URLS)})"


def fitted(markdown: str, level: int, anchor: str) -> str:
    """A tutorial with its headings at `level` and below, without jumps, and its links within itself under
    names that begin with `anchor`. Code stays as it is."""
    text = closed(markdown.replace("\r\n", "\n").replace("\r", "\n").strip("\n"))
    lines = text.split("\n")
    names = [slug(content) for _, content in headings(text)]
    wanted = relink(lines, set(names), anchor)
    above: list[int] = []
    rewritten: list[tuple[int, int, str]] = []
    for name, (token, content) in zip(names, headings("\n".join(lines)), strict=True):
        own = int(token.tag[1])
        above = [*(other for other in above if other < own), own]
        marks = "#" * min(DEEPEST, level + len(above) - 1)
        target = f'<a id="{anchor}-{name}"></a>' if name in wanted else ""
        wanted.discard(name)
        start, end = token.map or [0, 0]
        before, words = heading_parts(lines[start:end], token, content)
        rewritten.append((start, end, f"{before}{marks} {target}{words}".rstrip()))
    for start, end, heading in reversed(rewritten):
        lines[start:end] = [heading]
    return "\n".join(lines)


def headings(text: str) -> list[tuple[Token, str]]:
    tokens = parser().parse(text)
    return [
        (token, tokens[at + 1].content) for at, token in enumerate(tokens) if token.type == "heading_open"
    ]


def heading_parts(lines: list[str], token: Token, content: str) -> tuple[str, str]:
    """What stands before the heading in its line (it may be in a list or a quotation), and its words."""
    first = lines[0]
    if token.markup.startswith("#"):
        at = first.index(token.markup)
        return first[:at], first[at + len(token.markup) :].strip()
    at = first.rindex(content.split("\n")[0].rstrip())
    words = inline(content)
    return first[:at], words[:-1] + "\\#" if words.endswith("#") else words


def relink(lines: list[str], names: set[str], anchor: str) -> set[str]:
    """Let links to the tutorial's own headings lead to them in the document, others to its beginning.
    Answers which headings are wanted."""
    wanted: set[str] = set()

    def renamed(found: re.Match[str]) -> str:
        if found[1]:
            return found[0]
        name = slug(unquote(found[3]))
        if name not in names:
            return f"{found[2]}#{anchor}"
        wanted.add(name)
        return f"{found[2]}#{anchor}-{name}"

    tokens = parser().parse("\n".join(lines))
    code = {at for token in tokens if token.type in CODE for at in range(*(token.map or [0, 0]))}
    for at, line in enumerate(lines):
        if at not in code:
            lines[at] = LINK_WITHIN.sub(renamed, line)
    return wanted


def slug(words: str) -> str:
    return re.sub(r"[\W_]+", "-", words.casefold()).strip("-")


def closed(text: str) -> str:
    """The text with its last fence or comment ended, if it was left open."""
    fences = [token.markup for token in parser().parse(text) if token.type == "fence"]
    for closer in ("", *fences[-1:], *CLOSERS):
        whole = f"{text}\n{closer}" if closer else text
        last = parser().parse(f"{whole}\n\n{AFTER}")[-3:]
        if [token.level for token in last] == [0, 1, 0] and last[1].content == AFTER:
            return whole
    return text
