"""The review of an outline at a terminal: shown, asked about, and decided; in a pipe shown, with the way."""

import json
import sys
from pathlib import Path
from typing import Any

from cairn.bootstrap import Cairn
from cairn.domain.errors import BadInput, CairnError, Conflict
from cairn.domain.money import dollars
from cairn.domain.task import Task, TaskStatus
from cairn.terminal.diff import diff_in_words
from cairn.terminal.edits import ask_for_edits
from cairn.terminal.opened import OWNER
from cairn.terminal.outline import print_outline
from cairn.terminal.question import ask_line
from cairn.usecases.reviews import Review


class Later(Exception):
    """The person does not decide now."""


def how_to_decide(task: Task) -> str:
    return (
        f"Decide by: cairn review {task.task_id}"
        ' (with --approve, --changes "TEXT" or --edits FILE.json it does not ask)'
    )


async def show_waiting(cairn: Cairn, task: Task, *, as_json: bool) -> None:
    """For who cannot be asked."""
    review = await cairn.reviews.get(OWNER, task.task_id)
    if as_json:
        print(review_as_json(review))
        print(f"cairn: {how_to_decide(task)}", file=sys.stderr)
    else:
        show(review)
        print(f"\nawaiting_review. {how_to_decide(task)}")


async def ask(cairn: Cairn, task: Task) -> Task:
    """Show what waits and ask until someone has decided; the task as it then stands. Raises `Later`."""
    review = await cairn.reviews.get(OWNER, task.task_id)
    show(review)
    while True:
        said = answer(review, words=cairn.reviews.understands_words)
        try:
            return await cairn.reviews.decide(OWNER, task.task_id, {"round": review.round, **said})
        except BadInput as error:
            tell(error)
        except Conflict as error:
            tell(error)
            task = await cairn.tasks.get(OWNER, task.task_id)
            if task.status is not TaskStatus.awaiting_review:
                return task
            review = await cairn.reviews.get(OWNER, task.task_id)
            show(review)


def answer(review: Review, *, words: bool) -> dict[str, Any]:
    """What the person decides. Without `words` nobody could act on a wish."""
    ways = ["approve", *(["change in words"] if words else []), "edit by hand", "later"]
    offered = ", ".join(f"[{way[0]}]{way[1:]}" for way in ways)
    while True:
        said = ask_line(f"\n{offered}? ")
        if said is None:
            raise Later
        way = next((way for way in ways if said and way.startswith(said.casefold())), None)
        if way == "approve":
            return {"decision": "approve"}
        if way == "later":
            raise Later
        if way == "edit by hand":
            if edits := ask_for_edits(review):
                return {"decision": "request_changes", "edits": edits}
        elif way is not None:
            if wish := ask_line("What should be different? "):
                return {"decision": "request_changes", "feedback": wish}
        else:
            print(f"Answer by a letter: {', '.join(way[0] for way in ways)}.")


def read_answer(approve: bool, changes: str | None, edits: Path | None) -> dict[str, Any]:
    """A decision as options give it; empty where none was given. Raises `BadInput` for a file without edits.
    Edits without an approval come back for another look."""
    if not approve and changes is None and edits is None:
        return {}
    said: dict[str, Any] = {"decision": "approve" if approve else "request_changes"}
    if changes is not None:
        said["feedback"] = changes
    if edits is not None:
        try:
            said["edits"] = json.loads(edits.read_bytes())
        except (OSError, ValueError) as error:
            raise BadInput(
                f"{edits} cannot be read as JSON: {error}.",
                hint='It should hold a list such as [{"op": "remove", "concept_id": "c1"}].',
            ) from error
    return said


def show(review: Review) -> None:
    print_outline(review.roadmap)
    if review.expected is not None:
        usd = review.expected.usd
        cost = "costs what is not known" if usd is None else f"costs about {dollars(usd)}"
        print(f"Writing it takes {review.expected.calls} calls of the model and {cost}.")
    if not review.diff.empty:
        print(f"\nWhat changed{' since the last round' if review.tree else ''}:")
        for line in diff_in_words(review.diff):
            print(f"  {line}")
    for fault in review.faults:
        print(f"Not sound: {fault.message}.")


def tell(error: CairnError) -> None:
    print(f"{error.detail}\n{error.hint}".strip())


def review_as_json(review: Review) -> str:
    """As `cairn show --json` says a roadmap, with what the review knows of it."""
    head = {
        "task_id": review.task.task_id, "roadmap_id": review.task.roadmap_id,
        "status": review.task.status.value, "round": review.round, "title": review.roadmap.title,
        "total_hours": review.roadmap.total_hours,
        "faults": [fault.model_dump(mode="json") for fault in review.faults],
        "diff": review.diff.model_dump(mode="json"),
        "concepts": [concept.card() for concept in review.roadmap.concepts()],
    }  # fmt: skip
    return json.dumps(head, ensure_ascii=False, indent=2)
