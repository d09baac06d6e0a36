"""Taking a roadmap away: all of it that is ready, collected in a few queries and written in a format."""

import asyncio
import re
import unicodedata
from dataclasses import dataclass

from cairn.authors.analysis import language_of
from cairn.domain.lesson import Quiz, Resources, Tutorial
from cairn.domain.link import shown
from cairn.domain.thought import Thought
from cairn.exports.book import Book, Lesson
from cairn.exports.formats import Format, format_named
from cairn.store import products, tasks
from cairn.usecases.links import checks_of
from cairn.usecases.roadmaps import no_roadmap, value_of
from cairn.usecases.store import Store

NAME_LENGTH = 80
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)
"""Names of devices on some systems, whatever their ending."""


@dataclass(frozen=True)
class Exported:
    """A file of a roadmap. `book` says what of it was ready."""

    book: Book
    format: Format
    content: bytes

    @property
    def file_name(self) -> str:
        return f"{safe_name(self.book.title)}.{self.format.ending}"


class Exports:
    def __init__(self, store: Store) -> None:
        self.store = store

    async def export(self, owner: str, roadmap_id: str, format_name: str) -> Exported:
        """As it stands: also while it is made, and before there is an outline. It says what is not ready."""
        wanted = format_named(format_name)
        book = await self.collect(owner, roadmap_id)
        content = await asyncio.to_thread(wanted.write, book)  # a large one takes seconds
        return Exported(book, wanted, content)

    async def collect(self, owner: str, roadmap_id: str) -> Book:
        async with self.store.reading() as connection:
            task = await tasks.of_roadmap(connection, roadmap_id, owner)
            if task is None:
                raise no_roadmap(roadmap_id)
            goal = task.request.query
            published = await products.published(connection, roadmap_id)
            if published is None:
                language = language_of(task.request)
                return Book(roadmap_id=roadmap_id, goal=goal, status=task.status, language=language)
            pieces = await products.lessons(connection, roadmap_id)
            failed = await products.failed(connection, roadmap_id)
            resources = {
                concept_id: value
                for concept_id, made in pieces.items()
                if (value := value_of(made.get(Thought.resources), Resources))
            }
            checks = await checks_of(connection, *resources.values())
        lessons = {
            concept_id: Lesson(
                tutorial=value_of(made.get(Thought.tutorial), Tutorial),
                resources=shown(resources[concept_id], checks) if concept_id in resources else None,
                quiz=value_of(made.get(Thought.quiz), Quiz),
            )
            for concept_id, made in pieces.items()
        }
        return Book(
            roadmap_id=roadmap_id, goal=goal, status=task.status, language=published.roadmap.language,
            author=published.author, roadmap=published.roadmap, lessons=lessons,
            failures={(failure.kind, failure.concept_id): failure.cause for failure in failed},
        )  # fmt: skip


def safe_name(title: str) -> str:
    """The title as a file may be called anywhere: letters and digits of any script, joined by hyphens."""
    words = re.sub(r"[\W_]+", "-", unicodedata.normalize("NFC", title).casefold()).strip("-")
    name = words[:NAME_LENGTH].strip("-")
    return f"roadmap-{name}" if RESERVED.fullmatch(name) else name or "roadmap"
