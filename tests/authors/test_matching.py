"""Which course a goal asks for: both languages, typing errors forgiven, other subjects refused."""

import pytest

from cairn.authors.library.shelf import Shelf

ASKED = [
    ("Learn Redis", "redis"),
    ("redis", "redis"),
    ("I want to learn REDIS from scratch", "redis"),
    ("Learn Reids", "redis"),
    ("lern rediss", "redis"),
    ("学习 Redis", "redis"),
    ("我想学习Redis缓存", "redis"),
    ("redis 入门教程", "redis"),
    ("Redis Streams and consumer groups", "redis"),
    ("in-memory database", "redis"),
    ("Valkey", "redis"),
    ("Learn Python", "python"),
    ("Learn advanced Python", "python"),
    ("Pyhton basics", "python"),
    ("学习 Python 编程", "python"),
    ("从零开始学Python", "python"),
    ("asyncio in depth", "python"),
    ("How to use Redis with Python", "redis"),
    ("python decorators", "python"),
]
REFUSED = [
    "Learn Rust",
    "underwater basket weaving",
    "Ruby on Rails with Redis",
    "Learn to keep a ball python",
    "monty python sketches",
    "学习 日语",
    "Reading",
    "radish growing",
    "typhoon",
    "how to write a novel",
    "PyTorch",
    "learn",
    "advanced programming",
]


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return Shelf()


@pytest.mark.parametrize(("goal", "course_id"), ASKED)
def test_the_course_a_goal_asks_for(shelf: Shelf, goal: str, course_id: str) -> None:
    head = shelf.match(goal)
    assert head is not None
    assert head.id == course_id


@pytest.mark.parametrize("goal", ["Learn Redis and Python", "python, redis", "学习Redis和Python"])
def test_two_courses_in_one_breath(shelf: Shelf, goal: str) -> None:
    assert set(shelf.joined(goal) or ()) == {"Redis", "Python"}


@pytest.mark.parametrize("goal", ["How to use Redis with Python", "Learn Redis", "Redis and Pythons"])
def test_one_course_with_the_help_of_another(shelf: Shelf, goal: str) -> None:
    assert shelf.joined(goal) is None


@pytest.mark.parametrize("goal", REFUSED)
def test_another_subject_is_refused(shelf: Shelf, goal: str) -> None:
    assert shelf.match(goal) is None
