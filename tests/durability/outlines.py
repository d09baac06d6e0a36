"""Outlines as plain dictionaries, and edits of them, for the model: nothing of the program is used but the
hash that makes an id of a name."""

from copy import deepcopy
from itertools import count
from typing import Any

from cairn.domain.lesson import content_id

Tree = dict[str, Any]
Known = list[tuple[str, str]]
"""Names with their ids; the first of a name counts."""


def tree_of(roadmap: Any) -> Tree:
    """What counts of a roadmap's JSON."""
    return {
        "title": roadmap["title"],
        "left_out": [item["name"] for item in roadmap["left_out"]],
        "concepts": [
            {
                "id": card["concept_id"], "name": card["name"], "description": card["description"],
                "hours": card["estimated_hours"], "level": card["difficulty"],
                "keywords": list(card["keywords"]), "needs": list(card["prerequisites"]),
                "needs_names": list(card["prerequisite_names"]), "stage": stage["title"],
            }
            for stage in roadmap["stages"] for module in stage["modules"] for card in module["concepts"]
        ],
    }  # fmt: skip


def apply(tree: Tree, edits: list[dict[str, Any]], known: Known, roadmap_id: str) -> Tree:
    found = deepcopy(tree)
    known = [*((card["name"], card["id"]) for card in tree["concepts"]), *known]
    for edit in edits:
        cards = found["concepts"]
        if edit["op"] == "add":
            cards.append(new_card(cards, edit, known, roadmap_id))
            take_back(found, edit["name"])
            continue
        card = next(card for card in cards if card["id"] == edit["concept_id"])
        if edit["op"] == "remove":
            cards.remove(card)
            if card["name"] not in found["left_out"]:
                found["left_out"].append(card["name"])
        elif edit["op"] == "rename":
            card["name"] = edit["name"]
            take_back(found, edit["name"])
        else:
            card["hours"] = edit["estimated_hours"]
    return names_in_step(found)


def new_card(
    cards: list[dict[str, Any]], edit: dict[str, Any], known: Known, roadmap_id: str
) -> dict[str, Any]:
    """At the very end, of the level of the one before it."""
    last = cards[-1]
    return {
        "id": minted(edit["name"], [card["id"] for card in cards], known, roadmap_id), "name": edit["name"],
        "description": edit.get("description", ""), "hours": 1.0, "level": last["level"], "keywords": [],
        "needs": list(edit.get("prerequisites", [])), "needs_names": [], "stage": last["stage"],
    }  # fmt: skip


def minted(name: str, here: list[str], known: Known, roadmap_id: str) -> str:
    """The id this name had before; else one that nothing has."""
    taken = {concept_id for _, concept_id in known}
    before = [concept_id for known_as, concept_id in known if known_as.casefold() == name.casefold()]
    if before and before[0] not in here:
        return before[0]
    if before:
        return next(i for n in count() if (i := content_id("c", before[0], name, str(n))) not in here)
    return next(i for n in count() if (i := content_id("c", roadmap_id, name, str(n))) not in taken)


def take_back(tree: Tree, name: str) -> None:
    tree["left_out"] = [left for left in tree["left_out"] if left.casefold() != name.casefold()]


def names_in_step(tree: Tree) -> Tree:
    names = {card["id"]: card["name"] for card in tree["concepts"]}
    for card in tree["concepts"]:
        card["needs_names"] = [names[needed] for needed in card["needs"]]
    return tree


def as_wished(tree: Tree, feedback: str, known: Known, roadmap_id: str) -> Tree:
    """What the stand-in makes of a person's words: one concept at the end."""
    name = f"As wished: {' '.join(feedback.split()[:8])}"
    return apply(tree, [{"op": "add", "name": name, "description": feedback}], known, roadmap_id)
