"""What the graph remembers: a position, in ids and fingerprints. Never a product."""

from dataclasses import dataclass
from typing import TypedDict

from cairn.authors.author import Author
from cairn.domain.request import LearnerRequest
from cairn.workflow.ledger import Ledger

GRAPH_VERSION = 3
"""Raised when a node is renamed or moved: older checkpoints are then thrown away, which costs nothing."""


class State(TypedDict, total=False):
    graph_version: int
    round: int
    curriculum: str


class Update(TypedDict, total=False):
    """What a step adds to the position."""

    curriculum: str
    round: int


def curriculum_of(state: State) -> str:
    """The fingerprint the first step left; every later step has it."""
    return state.get("curriculum", "")


@dataclass(frozen=True)
class Context:
    """What a run is given besides its position; it is never stored."""

    request: LearnerRequest
    author: Author
    ledger: Ledger
