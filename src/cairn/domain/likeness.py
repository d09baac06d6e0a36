"""When two names mean one concept."""

from collections.abc import Sequence

from rapidfuzz import fuzz, process

from cairn.domain.text import normalised

NEAR = 93
"""Names this alike (of 100, by edit distance) are one concept under two spellings."""


def like(name: str, others: Sequence[str]) -> int | None:
    """The place of the first of `others` that is spelt alike; all names normalised. Digits tell apart what is
    otherwise alike: “Part 1” and “Part 2”."""
    found = process.extract(name, others, scorer=fuzz.ratio, processor=None, score_cutoff=NEAR, limit=None)
    places = [at for other, _, at in found if digits(other) == digits(name)]
    return min(places, default=None)


def digits(name: str) -> list[str]:
    return [char for char in normalised(name) if char.isdigit()]
