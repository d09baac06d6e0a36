"""What a person says of a tree before it is published, and how a review looks from outside."""

from enum import StrEnum

from pydantic import Field

from cairn.domain.edits import Edit
from cairn.domain.lesson import Value
from cairn.domain.roadmap import Roadmap

EDIT_ROUNDS = 3
"""Rounds of edits by the author between two decisions of a person."""


class Verdict(StrEnum):
    approve = "approve"
    request_changes = "request_changes"


class Decision(Value):
    """One decision about the tree of `round` of a run. `edits` are applied by code, then `feedback` is given
    to the author."""

    review_round: int
    round: int
    decision: Verdict = Field(strict=False)
    feedback: str = ""
    edits: tuple[Edit, ...] = Field(default=(), strict=False)

    @property
    def changes(self) -> bool:
        """Whether another tree comes of it."""
        return bool(self.edits) or self.decision is Verdict.request_changes


class EditedRoadmap(Value):
    """A tree after one round of edits, and which edits made it of the one before."""

    roadmap: Roadmap
    edits: tuple[Edit, ...] = Field(default=(), strict=False)
