"""The shelf of built-in courses: heads at once, a whole course when it is first taken down."""

import re
from collections.abc import Sequence
from functools import cached_property
from itertools import permutations
from pathlib import Path

from cairn.authors.library.format import CourseFile, read_course, read_head
from cairn.authors.library.matching import score
from cairn.domain.course import Course

AND = r"(\band\b|\bplus\b|&|\+|,|，|、|和|与|及)"
BUILT_IN = Path(__file__).parent / "courses"


class Shelf:
    """The courses in one folder, a folder each. Files are read once per process."""

    def __init__(self, folder: Path = BUILT_IN) -> None:
        self.folder = folder
        self.read: dict[str, Course] = {}

    @cached_property
    def heads(self) -> Sequence[CourseFile]:
        found = [read_head(path.parent) for path in sorted(self.folder.glob("*/course.toml"))]
        return [head for head in found if not head.draft]

    def course(self, course_id: str) -> Course:
        if course_id not in self.read:
            self.read[course_id] = read_course(self.folder / course_id)
        return self.read[course_id]

    def joined(self, goal: str) -> tuple[str, str] | None:
        """The titles of two courses that a goal asks for in one breath, such as “Redis and Python”."""
        for one, other in permutations([head.title for head in self.heads], 2):
            phrase = rf"(?<![a-z0-9]){re.escape(one)}\s*{AND}\s*{re.escape(other)}(?![a-z0-9])"
            if re.search(phrase, goal, re.IGNORECASE):
                return one, other
        return None

    def match(self, goal: str) -> CourseFile | None:
        """The course a goal asks for; None where it asks for none of them."""
        scores = [(score(goal, head), head) for head in self.heads]
        best, head = max(scores, key=lambda pair: pair[0], default=(0.0, None))
        return head if best else None
