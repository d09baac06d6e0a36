"""The JSON document holds all of a roadmap, in a stable order."""

import json
from typing import Any

from cairn.domain.lesson import Quiz, Resources, Tutorial
from cairn.domain.roadmap import Concept
from cairn.exports.book import Book
from cairn.exports.json import write
from tests.exports.books import half, unborn, whole

TOP = [
    "format", "version", "roadmap_id", "title", "goal", "summary", "language", "author", "status",
    "outline_ready", "total_hours", "weeks", "budget_hours", "left_out", "not_ready", "stages",
]  # fmt: skip


def read(book: Book) -> dict[str, Any]:
    return json.loads(write(book))


def cards(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [c for stage in document["stages"] for module in stage["modules"] for c in module["concepts"]]


def test_a_whole_book_comes_back_from_it() -> None:
    book = whole()
    document = read(book)
    assert list(document) == TOP
    assert (document["format"], document["version"]) == ("cairn-roadmap", 1)
    assert book.roadmap
    assert (document["weeks"], document["total_hours"]) == (book.roadmap.weeks, book.roadmap.total_hours)
    found = cards(document)
    for concept, card in zip(book.concepts(), found, strict=True):
        lesson = book.lesson(concept)
        assert Tutorial.model_validate(card.pop("tutorial")) == lesson.tutorial
        assert Resources.model_validate({"items": card.pop("resources")}) == lesson.resources
        assert Quiz.model_validate(card.pop("quiz")) == lesson.quiz
        assert Concept.model_validate(card) == concept


def test_what_is_not_ready_is_null_and_listed() -> None:
    document = read(half())
    strings = cards(document)[1]
    assert strings["tutorial"]["markdown"] == "Text alone."
    assert (strings["resources"], strings["quiz"]) == ([], None)
    assert document["not_ready"][0] == {
        "concept_id": "s", "name": "Strings", "kind": "quiz", "why": "failed", "cause": "the model <refused>",
    }  # fmt: skip
    assert document["left_out"] == [{"name": "Shell", "reason": "you know it already"}]
    assert document["status"] == "running"


def test_without_an_outline_the_goal_is_there() -> None:
    document = read(unborn())
    assert list(document) == TOP
    assert (document["title"], document["outline_ready"], document["stages"]) == ("Learn *C#* #", False, [])


def test_letters_of_any_script_stand_as_they_are() -> None:
    book = Book(roadmap_id="r", goal="学习 Redis", status=half().status, language="zh")
    assert "学习 Redis" in write(book).decode()
