"""What every author promises, kept by each of them: the same cases for the library and the stand-in."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Any

import pytest

from cairn.authors.author import (
    Answer,
    Author,
    PieceGiven,
    ValidationGiven,
    curriculum_given,
    piece_given,
    values_read,
)
from cairn.authors.library.author import LibraryAuthor
from cairn.authors.library.shelf import Shelf
from cairn.authors.simulated import SimulatedAuthor
from cairn.domain.errors import NotAccepted
from cairn.domain.intent import IntentAnalysis
from cairn.domain.quality import quiz_faults
from cairn.domain.request import ContentFormats, LearnerRequest
from cairn.domain.roadmap import Concept, Roadmap
from cairn.domain.structure import structure_faults
from cairn.domain.thought import PIECES, Thought

TODAY = date(2026, 11, 25)
AUTHORS: list[Author] = [
    LibraryAuthor(Shelf(), lambda: TODAY),
    SimulatedAuthor(concepts=9, delay=0, log=None, today=lambda: TODAY),
]
each_author = pytest.mark.parametrize("author", AUTHORS, ids=lambda author: author.name)
REQUESTS = [
    LearnerRequest(query="Learn Redis"),
    LearnerRequest(query="Learn Redis", level="beginner", hours_per_week=5),
    LearnerRequest(query="Learn advanced Python"),
    LearnerRequest(query="学习 Redis", deadline=date(2027, 1, 20), hours_per_week=3),
    LearnerRequest(query="Redis", known=("Lists", "hashes")),
]


async def ask(request: Mapping[str, Any], send: Callable[[str], Awaitable[Answer]]) -> Any:
    return (await send("key")).content


async def design(author: Author, request: LearnerRequest) -> tuple[IntentAnalysis, Roadmap]:
    author.accepts(request)
    analysis = await author.analyse_intent(request, ask)
    return analysis, await author.design_curriculum(curriculum_given(analysis), ask)


def cards(analysis: IntentAnalysis, roadmap: Roadmap) -> list[PieceGiven]:
    weights = analysis.content_format_weights
    return [piece_given(concept, roadmap.language, weights) for concept in roadmap.concepts()]


@each_author
@pytest.mark.parametrize("request_", REQUESTS, ids=lambda r: r.query)
def test_a_goal_becomes_a_sound_course_within_its_hours(author: Author, request_: LearnerRequest) -> None:
    async def make() -> None:
        analysis, roadmap = await design(author, request_)
        assert structure_faults(roadmap) == []
        report = await author.validate_structure(ValidationGiven(roadmap=roadmap), ask)
        assert report.sound
        subject, _, level = roadmap.title.partition(": ")
        assert subject.casefold() in analysis.parsed_goal.casefold()
        assert level in analysis.parsed_goal
        weights = analysis.content_format_weights.model_dump().values()
        assert abs(sum(weights) - 1) < 0.001
        for given in cards(analysis, roadmap)[:5]:
            tutorial = await author.write_tutorial(given, ask)
            resources = await author.recommend_resources(given, ask)
            quiz = await author.write_quiz(given, ask)
            assert tutorial.markdown
            assert len(resources.items) >= 3
            assert all(item.url or item.phrase for item in resources.items)
            assert quiz_faults(quiz) == []

    asyncio.run(make())


@each_author
def test_the_same_values_give_the_same_work(author: Author) -> None:
    async def twice() -> None:
        first, second = [await design(author, REQUESTS[1]) for _ in range(2)]
        assert first == second
        given = cards(*first)[0]
        assert await author.write_quiz(given, ask) == await author.write_quiz(given, ask)

    asyncio.run(twice())


@each_author
def test_what_it_reads_is_there_to_be_read(author: Author) -> None:
    async def read() -> None:
        analysis, roadmap = await design(author, REQUESTS[0])
        assert values_read(author, Thought.intent, REQUESTS[0])
        assert values_read(author, Thought.curriculum, curriculum_given(analysis))
        assert values_read(author, Thought.validation, ValidationGiven(roadmap=roadmap))
        for piece in PIECES:
            assert values_read(author, piece, cards(analysis, roadmap)[0])

    asyncio.run(read())


def test_the_library_refuses_what_it_does_not_teach_and_says_what_it_does() -> None:
    with pytest.raises(NotAccepted) as refused:
        AUTHORS[0].accepts(LearnerRequest(query="Learn Rust"))
    assert refused.value.extra["courses"] == ["Python", "Redis"]
    assert "CAIRN_MODEL" in refused.value.hint


def test_python_and_advanced_python_differ_and_share_concepts() -> None:
    async def both() -> None:
        _, whole = await design(AUTHORS[0], LearnerRequest(query="Learn Python"))
        _, advanced = await design(AUTHORS[0], LearnerRequest(query="Learn advanced Python"))
        all_of_it, part = ({c.concept_id for c in tree.concepts()} for tree in (whole, advanced))
        assert len(all_of_it) >= 36
        assert 5 <= len(part) < len(all_of_it)
        assert part < all_of_it
        assert whole.title != advanced.title

    asyncio.run(both())


def test_a_beginner_gets_at_least_twenty_redis_concepts() -> None:
    async def count() -> None:
        _, roadmap = await design(AUTHORS[0], REQUESTS[1])
        assert len(list(roadmap.concepts())) >= 20
        assert roadmap.weeks
        assert {item.reason for item in roadmap.left_out} == {"beyond the beginner level"}

    asyncio.run(count())


def test_what_is_known_but_not_of_the_course_is_said() -> None:
    async def tell() -> None:
        request = LearnerRequest(query="Redis", known=("hashes", "knitting"))
        analysis, roadmap = await design(AUTHORS[0], request)
        assert [item.name for item in roadmap.left_out] == ["Hashes"]
        assert [
            note for note in analysis.personalized_suggestions if "knitting" in note and "ashes" not in note
        ]

    asyncio.run(tell())


def test_a_chinese_goal_is_told_that_the_course_is_in_english() -> None:
    async def tell() -> None:
        analysis, roadmap = await design(AUTHORS[0], LearnerRequest(query="学习 Redis"))
        assert "英文" in roadmap.summary
        assert any("英文" in suggestion for suggestion in analysis.personalized_suggestions)
        assert roadmap.language == "en"
        assert analysis.language_preferences.primary_language == "zh"

    asyncio.run(tell())


def test_a_concept_that_two_courses_name_alike_gets_the_lesson_of_its_own_course() -> None:
    """Redis and Python both have “Sets” under one id; a rename by hand does not mix them up."""
    shelf = Shelf()
    author = LibraryAuthor(shelf, today=lambda: date(2026, 11, 25))
    for head in shelf.heads:
        lesson = shelf.course(head.id).concepts["sets"]
        card = piece_given(
            Concept(
                concept_id="sets", name="Sets", description=lesson.description, estimated_hours=1,
                difficulty=lesson.level,
            ),
            "en", ContentFormats(),
        )  # fmt: skip
        for given in (card, card.model_copy(update={"name": "All about sets"})):
            assert asyncio.run(author.write_tutorial(given, ask)) == lesson.tutorial
