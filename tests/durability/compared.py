"""What is stored of one task, and what the model says must be, in the same plain form: lists, so that a row
too many shows."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from cairn.domain.thought import PIECES, Thought
from cairn.store import history, products
from cairn.store.history import History
from cairn.store.learning import progress
from cairn.store.reviews import decisions
from cairn.usecases.store import Store
from tests.durability.model import Course
from tests.durability.outlines import tree_of

TASK = ("status", "run", "epoch", "attempts", "aim", "review_round")


async def found(store: Store, course: Course) -> tuple[dict[str, Any], History]:
    async with store.reading() as connection:
        told = await history.of_task(connection, course.task_id)
        assert told is not None
        roadmap_id = course.roadmap_id

        async def rows(table: Any, which: Any) -> list[Any]:
            return list((await connection.execute(select(table).where(which))).mappings())

        failures = await rows(products.failures, products.failures.c.roadmap_id == roadmap_id)
        variants = await rows(products.variants, products.variants.c.task_id == course.task_id)
        decided = await rows(decisions, decisions.c.task_id == course.task_id)
        learned = await rows(progress, progress.c.roadmap_id == roadmap_id)
    error = told.task["error"]
    there = {
        "task": {name: told.task[name] for name in TASK}
        | {
            "deleted": told.task["deleted_at"] is not None,
            "waiting": told.task["waiting"] is not None and "for a person",
            "error": error and [error["code"], error["product"]],
        },
        "steps": ordered(steps(told)),
        "roadmap": [
            [tree_of(row["content"]), names(row["archived"]), row["piece_values"]["weights"], row["rev"]]
            for row in told.products["roadmaps"]
        ],
        "pieces": ordered(
            [kind.value, row["concept_id"], row["content"], row["rev"]]
            for kind in PIECES for row in told.pieces[kind]
        ),
        "versions": ordered([v["kind"], v["concept_id"], v["rev"], v["content"]] for v in told.versions),
        "failures": ordered([f["kind"], f["concept_id"], f["code"]] for f in failures),
        "variants": ordered([v["product"], v["variant"], v["wish"] or ""] for v in variants),
        "decisions": ordered(
            [d["run"], d["round"], d["decision"], d["feedback"], [e["op"] for e in d["edits"]]]
            for d in decided
        ),
        "calls": ordered([c["product"], c["state"]] for c in told.calls),
        "progress": ordered([p["concept_id"], p["state"]] for p in learned),
    }  # fmt: skip
    return there, told


def wanted(course: Course) -> dict[str, Any]:
    tree = course.published
    return {
        "task": course.task,
        "steps": ordered([*key, made["content"], made["rev"]] for key, made in course.steps.items()),
        "roadmap": [[tree["tree"], course.archived, tree["weights"], tree["rev"]]] if tree else [],
        "pieces": ordered([*key, made["content"], made["rev"]] for key, made in course.pieces.items()),
        "versions": ordered([*key, content] for key, content in course.versions.items()),
        "failures": ordered([*key, failed["code"]] for key, failed in course.failures.items()),
        "variants": ordered([product, *asked] for product, asked in course.variants.items()),
        "decisions": ordered(
            [*at, said["decision"], said["feedback"], [e["op"] for e in said["edits"]]]
            for at, said in course.decisions.items()
        ),
        "calls": ordered([product, state] for product, all_ in course.calls.items() for state in all_),
        "progress": ordered([concept_id, state] for concept_id, state in course.progress.items()),
    }


def steps(told: History) -> Iterable[list[Any]]:
    for thought in products.STEPS:
        for row in told.products[thought.table]:
            of_round = thought in products.BY_ROUND
            at = [row["run"], row["round"]] if of_round else [0, 0]
            yield [thought.value, *at, content_of(thought, row), row["rev"]]


def content_of(thought: Thought, row: Any) -> Any:
    """Of a stored step, or of an answer, what the model keeps."""
    match thought:
        case Thought.intent:
            return [row["user_profile_summary"], row["parsed_goal"]]
        case Thought.curriculum:
            return tree_of(row["content"])
        case Thought.edit:
            return tree_of(row["content"]["roadmap"])
        case Thought.validation:
            return row["content"]["faults"]
        case _:
            return row["content"]


def names(archived: dict[str, Any]) -> dict[str, str]:
    return {concept_id: card["name"] for concept_id, card in archived.items()}


def ordered(rows: Iterable[list[Any]]) -> list[list[Any]]:
    return sorted(rows, key=str)


def differences(there: dict[str, Any], meant: dict[str, Any]) -> list[str]:
    """A sentence for each part that is not as it must be."""
    said: list[str] = []
    for part, value in meant.items():
        if there[part] == value:
            continue
        if isinstance(value, dict):
            wrong = {name for name in value if there[part][name] != value[name]}
            said += [f"{part}: {n} is {there[part][n]!r}, not {value[n]!r}" for n in sorted(wrong)]
            continue
        said += [f"{part}: {row} is there, and must not be" for row in there[part] if row not in value]
        said += [f"{part}: {row} must be there, and is not" for row in value if row not in there[part]]
        if len(there[part]) != len(value):
            said.append(f"{part}: {len(there[part])} rows, not {len(value)}")
    return said
