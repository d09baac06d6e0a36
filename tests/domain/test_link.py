"""What a reader may be shown as a link: what was promised, and is there."""

from datetime import UTC, datetime

import pytest

from cairn.domain.lesson import Resource, Resources, ResourceType
from cairn.domain.link import LinkCheck, LinksReport, LinkState, confirmed, report_of_links, shown

URL = "https://docs.example/bread"
WRITTEN = Resource(title="A guide to bread", url=URL, type=ResourceType.article)
FOUND = WRITTEN.model_copy(update={"phrase": "bread guide"})


def check(title: str = "A guide to bread", state: LinkState = LinkState.found) -> LinkCheck:
    return LinkCheck(url=URL, state=state, title=title, checked_at=datetime.now(UTC))


def seen(item: Resource, *checks: LinkCheck) -> tuple[str | None, str | None]:
    """Address and phrase, as shown."""
    [one] = shown(Resources(items=(item,)), {check.url: check for check in checks}).items
    return one.url, one.phrase


@pytest.mark.parametrize(
    ("promised", "title"),
    [
        ("Redis hashes", "Redis hashes | Docs"),
        ("Redis Docs", "Docs"),
        ("Understanding Python decorators, part 1 ...", "Understanding Python Decorators — Real Python"),
        ("Salt & Pepper", "salt and pepper, salt & pepper"),
        ("红烧肉的做法", "红烧肉的做法大全_下厨房"),
        ("Redis 教程", "Redis 教程 | 菜鸟教程"),
        ("How to answer “404 Not Found”", "How to answer 404 Not Found - MDN"),
    ],
)
def test_the_promised_page_is_known_by_its_title(promised: str, title: str) -> None:
    assert confirmed(check(title), promised)


@pytest.mark.parametrize(
    ("promised", "title"),
    [
        ("Sourdough bread baking for beginners", "Chicken soup recipes"),
        ("The Sourdough School", "This domain is for sale"),
        ("红烧肉的做法", "域名出售"),
        ("Redis", "Redis: page not found"),
        ("Redis hashes", "404 | Redis hashes"),
        ("红烧肉", "红烧肉 页面不存在"),
        ("A guide to bread", ""),
        ("!!!", "???"),
    ],
)
def test_another_page_is_not_confirmed(promised: str, title: str) -> None:
    assert not confirmed(check(title), promised)


def test_what_was_found_is_a_link_only_where_it_is_confirmed() -> None:
    assert seen(FOUND) == (None, "bread guide"), "nobody has looked at it"
    assert seen(FOUND, check()) == (URL, None)
    assert seen(FOUND, check("Cars")) == (None, "bread guide")
    for state in (LinkState.unclear, LinkState.broken):
        assert seen(FOUND, check(state=state)) == (None, "bread guide")


def test_what_a_person_has_written_stands_until_it_is_broken() -> None:
    assert seen(WRITTEN) == (URL, None)
    assert seen(WRITTEN, check("Bread, third edition")) == (URL, None)
    assert seen(WRITTEN, check(state=LinkState.unclear)) == (URL, None)
    assert seen(WRITTEN, check(state=LinkState.broken)) == (None, "A guide to bread")


def test_words_alone_stay_words() -> None:
    words = FOUND.model_copy(update={"url": None})
    assert seen(words, check()) == (None, "bread guide")


def test_links_are_counted_as_they_are_shown() -> None:
    gone = FOUND.model_copy(update={"url": "https://docs.example/gone"})
    words = FOUND.model_copy(update={"url": None})
    listed = [Resources(items=(FOUND, gone)), Resources(items=(words, WRITTEN))]
    checks = {URL: check(), "https://docs.example/gone": check(state=LinkState.broken)}
    assert report_of_links(listed, checks) == LinksReport(resources=4, links=2, unconfirmed=1)
    assert report_of_links([], {}) == LinksReport(resources=0, links=0, unconfirmed=0)
