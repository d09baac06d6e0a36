"""All of a roadmap as one JSON document, with the keys of its quizzes: it is the owner's copy.

Whoever reads it may rely on `format` and `version`: a change that breaks a reader raises the version.
"""

import json
from typing import Any

from cairn.domain.roadmap import Concept
from cairn.exports.book import Book

FORMAT = "cairn-roadmap"
VERSION = 1


def write(book: Book) -> bytes:
    return (json.dumps(document(book), ensure_ascii=False, indent=2) + "\n").encode()


def document(book: Book) -> dict[str, Any]:
    """Keys stand in the order written here and in that of the values' fields, so two exports compare well."""
    roadmap = book.roadmap
    return {
        "format": FORMAT,
        "version": VERSION,
        "roadmap_id": book.roadmap_id,
        "title": book.title,
        "goal": book.goal,
        "summary": roadmap.summary if roadmap else "",
        "language": book.language,
        "author": book.author,
        "status": book.status.value,
        "outline_ready": roadmap is not None,
        "total_hours": roadmap.total_hours if roadmap else None,
        "weeks": roadmap.weeks if roadmap else None,
        "budget_hours": roadmap.budget_hours if roadmap else None,
        "left_out": [item.model_dump(mode="json") for item in roadmap.left_out] if roadmap else [],
        "not_ready": [gap.model_dump(mode="json") for gap in book.not_ready],
        "stages": roadmap.outline(lambda concept: concept_value(concept, book)) if roadmap else [],
    }


def concept_value(concept: Concept, book: Book) -> dict[str, Any]:
    """The card with its lesson; a piece that is not ready is null."""
    lesson = book.lesson(concept)
    return {
        **concept.model_dump(mode="json"),
        "tutorial": lesson.tutorial.model_dump(mode="json") if lesson.tutorial else None,
        "resources": lesson.resources.model_dump(mode="json")["items"] if lesson.resources else None,
        "quiz": lesson.quiz.model_dump(mode="json") if lesson.quiz else None,
    }
