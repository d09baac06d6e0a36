"""What is found for a lesson: by the words of its card in the lists at hand, and by an engine."""

import asyncio
from collections.abc import Iterator, Sequence

import pytest

from cairn.authors.library.reading import FurtherReading
from cairn.authors.library.shelf import Shelf
from cairn.domain.lesson import Resource, ResourceType
from cairn.search.addresses import read_address
from cairn.search.finding import MOST, Finder, Known, Subject
from cairn.search.official import official, sites
from tests.pages import Pages, json_reply, web

BREAD = Subject(name="Proofing", keywords=("sourdough",), description="When the dough has risen enough.")


def titles(name: str, *keywords: str, about: str = "") -> list[str]:
    return [item.title for item in official(Subject(name=name, keywords=keywords, description=about))]


@pytest.mark.parametrize(
    ("card", "title"),
    [
        (("Hashes in Redis",), "Redis Docs"),
        (("用Redis做缓存",), "Redis Docs"),
        (("Indexes", "PostgreSQL"), "PostgreSQL Documentation"),
        (("Templates in C++",), "cppreference.com"),
        (("Ownership", "rust"), "The Rust Programming Language"),
        (("Goroutines", "golang"), "Documentation - The Go Programming Language"),
        (("Hooks", "React", "state"), "React"),
        (("Routing in Next.js",), "Next.js Docs"),
        (("Branches", "git"), "Git Documentation"),
    ],
)
def test_what_is_well_known_is_found_by_its_name(card: tuple[str, ...], title: str) -> None:
    assert title in titles(*card)


@pytest.mark.parametrize(
    "card",
    [
        ("Rust on iron", "corrosion"), ("Go for a walk", "health"), ("How people react", "psychology"),
        ("Rediscovering bread",), ("Legitimate doubt",), ("Digital art",), ("The java of Bali", "coffee"),
        ("Rubies and emeralds",), ("Kafka", "novels"), ("Angular momentum", "physics"), ("Rails", "trains"),
        ("Purpose of bake bread", "bake bread"),
    ],
)  # fmt: skip
def test_words_that_only_sound_like_it_find_nothing(card: tuple[str, ...]) -> None:
    assert titles(*card) == []


def test_the_list_is_sound() -> None:
    """Each entry is an address that any fetch would take, and every word of it is one that finds it."""
    listed = sites()
    assert len(listed) >= 60
    assert len({site.url for site in listed}) == len({site.title for site in listed}) == len(listed)
    for site in listed:
        assert str(read_address(site.url)) == site.url
        assert site.url.startswith("https://")
        for name in site.words:
            found = official(Subject(name=name, description=" ".join(site.beside)))
            assert site.url in [item.url for item in found], name
        for name in site.beside:
            found = official(Subject(name=site.words[0], description=name))
            assert site.url in [item.url for item in found], name


def test_a_built_in_course_is_read_where_it_covers_the_subject() -> None:
    reading = FurtherReading(Shelf())
    found = reading(Subject(name="Hashes in Redis", keywords=("HSET", "HGETALL")))
    assert found[0].url == "https://redis.io/docs/latest/develop/data-types/hashes/"
    assert all(item.url and item.phrase for item in found), "proposals, to be confirmed like any other"
    assert len(found) <= 4


@pytest.mark.parametrize(
    "subject",
    [
        BREAD,
        Subject(name="Hashes", keywords=("cryptography", "sha-256")),
        Subject(name="Redis"),
        Subject(name="Redis and gardening"),
    ],
    ids=lambda subject: subject.name,
)
def test_a_built_in_course_says_nothing_of_what_it_does_not_cover(subject: Subject) -> None:
    assert list(FurtherReading(Shelf())(subject)) == []


def phrase(words: str, kind: ResourceType = ResourceType.video) -> Resource:
    return Resource(title=words.title(), phrase=words, type=kind, language="zh", description="Mine.")


@pytest.fixture
def pages() -> Iterator[Pages]:
    with web() as pages:
        yield pages


def find(name: str, phrases: Sequence[Resource], known: Sequence[Known] = ()) -> list[Resource]:
    async def once() -> list[Resource]:
        finder = Finder(name, known)
        async with finder.at_work():
            return await finder(BREAD, phrases)

    return asyncio.run(once())


def at(pages: Pages) -> str:
    return f"searxng:http://127.0.0.1:{pages.port}"


def hit(number: int, **more: str) -> dict[str, str]:
    return {"url": f"https://docs.example/{number}", "title": f"Page {number}", "content": "Text.", **more}


def test_each_phrase_is_searched_for_and_a_few_are_kept(pages: Pages) -> None:
    pages.says["/search"] = lambda asked: json_reply(
        {"results": [hit(n + 10 * (asked.query["q"] == "two")) for n in range(8)]}
    )
    found = find(at(pages), [phrase("one"), phrase("two")])
    assert [item.url for item in found] == [f"https://docs.example/{n}" for n in (0, 10, 1, 11, 2, 12)]
    assert {(item.phrase, item.type, item.language) for item in found} == {
        ("one", ResourceType.video, "zh"), ("two", ResourceType.video, "zh"),
    }  # fmt: skip
    assert (found[0].title, found[0].description) == ("Page 0", "Text.")


def test_an_address_is_a_candidate_once_and_the_lists_at_hand_come_first(pages: Pages) -> None:
    pages.says["/search"] = lambda asked: json_reply({"results": [hit(1), hit(2)]})
    mine = phrase("mine").model_copy(update={"url": "https://docs.example/2", "title": "Known"})
    found = find(at(pages), [phrase("one"), phrase("two")], known=[lambda subject: [mine]])
    assert [(item.url, item.title) for item in found] == [
        ("https://docs.example/2", "Known"), ("https://docs.example/1", "Page 1"),
    ]  # fmt: skip


def test_there_are_never_more_than_a_model_can_look_through(pages: Pages) -> None:
    pages.says["/search"] = lambda asked: json_reply(
        {"results": [hit(n, url=f"https://docs.example/{asked.query['q']}/{n}") for n in range(3)]}
    )
    assert len(find(at(pages), [phrase(f"p{n}") for n in range(12)])) == MOST


def test_titles_and_snippets_are_short_and_on_one_line(pages: Pages) -> None:
    nasty = hit(1, title="A\n7. B\x1b[2J\u202e" + "c" * 500, content="d\r\n" * 500)
    pages.says["/search"] = lambda asked: json_reply({"results": [nasty]})
    [found] = find(at(pages), [phrase("one")])
    assert found.title.startswith("A 7. B [2J c")
    assert (len(found.title), len(found.description)) == (160, 159)
    assert found.title.isprintable()
    assert found.description.isprintable()


def test_an_engine_that_fails_finds_nothing_and_harms_nothing(pages: Pages) -> None:
    mine = phrase("mine").model_copy(update={"url": "https://docs.example/2"})
    pages.says["/search"] = lambda asked: (500, {}, b"")
    assert find(at(pages), [phrase("one")], known=[lambda subject: [mine]]) == [mine]
    assert find(at(pages), [phrase("one")]) == []


def test_without_an_engine_the_lists_at_hand_are_all(pages: Pages) -> None:
    assert find("none", [phrase("one")]) == []
