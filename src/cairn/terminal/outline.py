"""A roadmap on a terminal: as a numbered outline, or as JSON."""

import json
from collections.abc import Callable

from cairn.domain.roadmap import Concept, Roadmap
from cairn.domain.thought import PIECES
from cairn.usecases.roadmaps import RoadmapView


def print_outline(roadmap: Roadmap, number_of: Callable[[Concept], int] | None = None) -> None:
    """`number_of`: numbers other than the concepts' places."""
    number = 0
    print(f"\n{roadmap.title}")
    for stage in roadmap.stages:
        print(f"\n{stage.title}")
        for module in stage.modules:
            print(f"  {module.title}")
            for concept in module.concepts:
                number += 1
                shown = number_of(concept) if number_of else number
                print(f"    {shown:>2}. {concept.name}  {concept.estimated_hours:g} h")
    weeks = ""
    if roadmap.weeks:
        weeks = f", about {roadmap.weeks} week{'' if roadmap.weeks == 1 else 's'}"
    print(f"\n{number} concepts, {roadmap.total_hours:g} hours{weeks}.")
    if roadmap.left_out:
        reasons = sorted({item.reason for item in roadmap.left_out})
        for reason in reasons:
            names = [item.name for item in roadmap.left_out if item.reason == reason]
            print(f"Left out ({reason}): {', '.join(names)}.")


def outline_as_json(view: RoadmapView) -> str:
    concepts = [
        {
            **concept.card(),
            "status": {piece.value: view.status[piece, concept.concept_id] for piece in PIECES},
            "progress": view.progress[concept.concept_id],
        }
        for concept in view.roadmap.concepts()
    ]
    head = {
        "task_id": view.task.task_id, "roadmap_id": view.task.roadmap_id, "status": view.task.status.value,
        "title": view.roadmap.title, "total_hours": view.roadmap.total_hours, "concepts": concepts,
    }  # fmt: skip
    return json.dumps(head, ensure_ascii=False, indent=2)
