"""The official documentation of what is well known, found by the words of a lesson's card."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from cairn.domain.lesson import Resource, ResourceType, Value
from cairn.domain.text import normalised
from cairn.search.finding import Subject

WORD = re.compile(r"[a-z0-9][a-z0-9+#./-]*|[\u3400-\u9fff]+")
MOST = 3
"""Sites of one lesson."""


class Site(Value):
    """`words`: names it goes by, as whole words. Where they mean other things too, one of `beside` must stand
    in the card as well. `title` is what the page calls itself."""

    title: str
    url: str
    words: list[str]
    beside: list[str] = []


@cache
def sites() -> tuple[Site, ...]:
    listed = tomllib.loads((files("cairn.search") / "official.toml").read_text("utf-8"))
    return tuple(Site.model_validate(row) for row in listed["site"])


@cache
def by_first_word() -> Mapping[str, Sequence[tuple[int, Sequence[str]]]]:
    """The names of all sites, each in words with the place of its site."""
    names: dict[str, list[tuple[int, Sequence[str]]]] = {}
    for place, site in enumerate(sites()):
        for name in site.words:
            words = name.split()
            names.setdefault(words[0], []).append((place, words))
    return names


def official(subject: Subject) -> Sequence[Resource]:
    named = [words_of(text) for text in subject.named]
    card = [*named, words_of(subject.description)]
    places = {
        place
        for text in named
        for at, word in enumerate(text)
        for place, name in by_first_word().get(word, ())
        if text[at : at + len(name)] == name
    }
    found = [sites()[place] for place in sorted(places)]
    found = [site for site in found if not site.beside or says(card, site.beside)]
    return [resource_of(site) for site in found[:MOST]]


def words_of(text: str) -> list[str]:
    """In lower case; a script of its own is a word of its own, as in “用Redis做缓存”."""
    return [word.rstrip("./-") for word in WORD.findall(normalised(text))]


def says(texts: Sequence[Sequence[str]], names: Sequence[str]) -> bool:
    """Whether one of the names stands in one of the texts, its words in a row."""
    return any(stands_in(text, name.split()) for text in texts for name in names)


def stands_in(text: Sequence[str], name: Sequence[str]) -> bool:
    return any(list(text[at : at + len(name)]) == list(name) for at in range(len(text) - len(name) + 1))


def resource_of(site: Site) -> Resource:
    return Resource(
        title=site.title, url=site.url, phrase=site.title, type=ResourceType.documentation,
        description="The official documentation.",
    )  # fmt: skip
