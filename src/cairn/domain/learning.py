"""Words of what a learner does."""

from typing import Literal

Progress = Literal["not_started", "learning", "done", "skipped", "known"]

PASSED = frozenset({"done", "skipped", "known"})
"""States of a concept that is behind the learner."""
