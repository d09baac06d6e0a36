"""What the built-in courses name as further reading, for whoever writes about the same subject."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from cairn.authors.library.matching import FILLING, contains, words_of
from cairn.authors.library.shelf import Shelf
from cairn.domain.course import Course, CourseConcept
from cairn.domain.lesson import Resource
from cairn.search.finding import Subject

MOST = 4
"""Resources of one lesson."""


class FurtherReading:
    """A list at hand of `search.finding`: of a course whose name the card says, the lesson nearest to it."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf

    @cached_property
    def names(self) -> Sequence[tuple[str, Sequence[list[str]]]]:
        """In words, what each course is called, by its id."""
        heads = self.shelf.heads
        return [(head.id, [words_of(name) for name in (head.title, *head.aliases)]) for head in heads]

    def __call__(self, subject: Subject) -> Sequence[Resource]:
        return [candidate(item) for item in self.nearest(subject) if item.url][:MOST]

    def nearest(self, subject: Subject) -> Iterator[Resource]:
        said = [words_of(text) for text in subject.named]
        for course_id, names in self.names:
            if not any(contains(text, name) for text in said for name in names):
                continue
            beside = every(said) - every(names) - FILLING
            if lesson := nearest_in(self.shelf.course(course_id), beside):
                yield from lesson.resources.items


def nearest_in(course: Course, words: set[str]) -> CourseConcept | None:
    """The lesson whose name and keywords share the most words; None where none shares any."""
    shared = {concept.concept_id: len(words & words_on(concept)) for concept in course.in_order()}
    best = max(shared, key=lambda concept_id: shared[concept_id], default=None)
    return course.concepts[best] if best and shared[best] else None


def words_on(concept: CourseConcept) -> set[str]:
    return every(words_of(text) for text in (concept.name, *concept.keywords))


def every(texts: Iterable[Sequence[str]]) -> set[str]:
    return {word for text in texts for word in text}


def candidate(item: Resource) -> Resource:
    """Here the address is a proposal like any other, so it has words to search for beside it."""
    return item.model_copy(update={"phrase": item.phrase or item.title})
