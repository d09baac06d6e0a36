"""Which names are one concept, and which only look like it."""

import pytest

from cairn.domain.likeness import spelling


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sorted sets", "sorted set"),
        ("Key-value stores", "Key value store"),
        ("The event loop", "Event Loop."),
        ("Queries & indexes", "Query and index"),
        ("Caches", "Cache"),
        ("Classes", "class"),
        ("集合的运算", "集合运算"),
        ("!!!", "!!!"),
    ],
)
def test_spellings_of_one_concept(one: str, other: str) -> None:
    assert spelling(one) == spelling(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Supervised learning", "Unsupervised learning"),
        ("Symmetric encryption", "Asymmetric encryption"),
        ("TCP in computer networks", "UDP in computer networks"),
        ("Part 1", "Part 2"),
        ("C", "C++"),
        ("C++", "C#"),
        ("From Redis to SQL", "From SQL to Redis"),
        ("Purpose of a very long subject indeed", "Purposes in a very long subject indeed"),
        ("Redis", "Redi"),
        ("Status", "Statu"),
        ("Care", "Car"),
        ("有监督学习", "无监督学习"),
    ],
)
def test_names_of_two_concepts(one: str, other: str) -> None:
    assert spelling(one) != spelling(other)
