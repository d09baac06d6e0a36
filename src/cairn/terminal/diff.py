"""What changed between two outlines, in a line each."""

from collections.abc import Iterator

from cairn.domain.diff import Moved, RoadmapDiff

FIELDS = {"estimated_hours": "hours", "prerequisites": "needs"}


def diff_in_words(diff: RoadmapDiff) -> Iterator[str]:
    for one in diff.added:
        yield f"added “{one.name}” ({one.place})"
    for one in diff.removed:
        yield f"removed “{one.name}”"
    for one in diff.renamed:
        yield f"renamed “{one.old}” to “{one.new}”"
    for one in diff.moved:
        yield f"moved “{one.name}” {where_to(one)}"
    for one in diff.changed:
        yield f"“{one.name}”, {FIELDS.get(one.field, one.field)}: {value(one.old)} → {value(one.new)}"
    if diff.hours_before is not None and diff.hours_before != diff.hours_after:
        yield f"hours in all: {diff.hours_before:g} → {diff.hours_after:g}"


def where_to(moved: Moved) -> str:
    behind = f"after “{moved.after}”" if moved.after else "to the first place of its module"
    return behind if moved.old == moved.new else f"from {moved.old} to {moved.new}"


def value(given: str | float | tuple[str, ...]) -> str:
    if isinstance(given, tuple):
        return ", ".join(given) or "nothing"
    return given if isinstance(given, str) else f"{given:g}"
