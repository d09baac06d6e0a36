"""What is known of an address, and whether a resource may be shown as a link to it.

The row of an address says what stands there. Whether that is what a resource promises is never stored: two
courses may promise different things of one address.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from rapidfuzz import fuzz

from cairn.domain.lesson import Resource, Resources, Value
from cairn.domain.text import normalised

TITLES_ALIKE = 80
"""Of 100, by rapidfuzz's token_set_ratio: from here on a page is the one whose title was promised."""
REST = timedelta(days=14)
"""After this long an address is looked at again."""
SOONER = (timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=4))
"""One where nothing was found: after this long when it was the first time, the second and so on."""
WORD = re.compile(r"[^\W_\u3400-\u9fff]+|[\u3400-\u9fff]")
"""Chinese has no spaces: each of its characters counts as a word."""
NO_SUCH_PAGE = re.compile(r"\b404\b|\bnot found\b|页面不存在|找不到", re.IGNORECASE)
"""What a page calls itself that should have answered 404."""


class LinkState(StrEnum):
    found = "found"
    """A page of the web that has a title."""
    broken = "broken"
    """No page is there, or the way leads to where no reader should be sent."""
    unclear = "unclear"
    """It did not say: out of reach, too slow, closed to programs, no page with a title."""


class LinkCheck(Value):
    """What came of the last look at an address. `reason` says why nothing was found; `status` is that of the
    answer, None where none came; `title` and `final_url` are those of the page."""

    url: str
    state: LinkState
    checked_at: datetime
    reason: str = ""
    status: int | None = None
    title: str = ""
    final_url: str = ""


Checks = Mapping[str, LinkCheck]
"""By address; one that was never looked at has none."""


def shown(resources: Resources, checks: Checks) -> Resources:
    """As a reader may see them: each a link or words to search for, never both."""
    return Resources(items=tuple(shown_one(item, checks.get(item.url or "")) for item in resources.items))


def shown_one(item: Resource, check: LinkCheck | None) -> Resource:
    """An address that was found (it has a phrase beside it) must be confirmed. One that a person has written
    into a course stands until it is seen to be broken."""
    if item.url is None:
        return item
    stands = confirmed(check, item.title) if item.phrase else not (check and check.state is LinkState.broken)
    if stands:
        return item.model_copy(update={"phrase": None})
    return item.model_copy(update={"url": None, "phrase": item.phrase or item.title})


class LinksReport(Value):
    """What further reading a roadmap shows, in numbers. `unconfirmed`: addresses that were found, and are not
    shown because their page is not known to be there."""

    resources: int
    links: int
    unconfirmed: int


def report_of_links(listed: Iterable[Resources], checks: Checks) -> LinksReport:
    pairs = [
        (item, seen)
        for resources in listed
        for item, seen in zip(resources.items, shown(resources, checks).items, strict=True)
    ]
    return LinksReport(
        resources=len(pairs),
        links=sum(seen.url is not None for _, seen in pairs),
        unconfirmed=sum(item.url is not None and seen.url is None for item, seen in pairs),
    )


def confirmed(check: LinkCheck | None, title: str) -> bool:
    """Whether the page at the address is the one that was promised under this title."""
    if check is None or check.state is not LinkState.found:
        return False
    if NO_SUCH_PAGE.search(check.title) and not NO_SUCH_PAGE.search(title):
        return False
    return fuzz.token_set_ratio(words(title), words(check.title)) >= TITLES_ALIKE


def words(title: str) -> str:
    return " ".join(WORD.findall(normalised(title)))
