"""The prerequisite graph as a drawing: stages as bands, a node per concept, an edge per prerequisite.

Nodes carry the number they have in the outline, which says the same in words.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from cairn.domain.roadmap import Concept, Roadmap, Stage
from cairn.usecases.roadmaps import RoadmapView

WIDTH = 360
COLUMNS = 5
ROW = 58
HEAD = 30
RADIUS = 15
BAND_END = 8


@dataclass(frozen=True)
class Node:
    concept: Concept
    number: int
    x: float
    y: float


@dataclass(frozen=True)
class Band:
    title: str
    top: float
    height: float


def draw_graph(view: RoadmapView) -> Markup:
    bands, nodes = lay_out(view.roadmap)
    height = bands[-1].top + bands[-1].height if bands else 0
    parts = [edge(nodes[p], nodes[c]) for c, needed in direct(view.roadmap).items() for p in needed]
    parts += [band_drawing(band) for band in bands]
    parts += [node_drawing(node, view) for node in nodes.values()]
    head = f'<svg class="graph" viewBox="0 0 {WIDTH} {height:.0f}" role="group" aria-label="Prerequisites">'
    return Markup(head + "".join(parts) + "</svg>")  # noqa: S704 - every text in it is escaped below


def direct(roadmap: Roadmap) -> dict[str, list[str]]:
    """The prerequisites of each concept less those that another one of them rests on already: the way to
    them is drawn through that other one."""
    rests_on: dict[str, set[str]] = {}
    found: dict[str, list[str]] = {}
    for concept in roadmap.concepts():
        needed = [p for p in concept.prerequisites if p in rests_on]
        below = {deep for p in needed for deep in rests_on[p]}
        rests_on[concept.concept_id] = below | set(needed)
        found[concept.concept_id] = [p for p in needed if p not in below]
    return found


def lay_out(roadmap: Roadmap) -> tuple[list[Band], dict[str, Node]]:
    bands: list[Band] = []
    nodes: dict[str, Node] = {}
    top, number = 0.0, 0
    for stage in roadmap.stages:
        rows = rows_of(stage)
        numbers = {c.concept_id: number + at for at, c in enumerate(concepts_of(stage), 1)}
        number += len(numbers)
        for level, row in enumerate(rows):
            gap = WIDTH / len(row)
            shift = (level % 2) * min(gap, 72) / 4  # edges of a straight line of nodes would hide one another
            for place, concept in enumerate(row):
                x = min(gap * (place + 0.5) + shift, WIDTH - RADIUS - 2)
                y = top + HEAD + ROW * (level + 0.5) - 6
                nodes[concept.concept_id] = Node(concept, numbers[concept.concept_id], x, y)
        bands.append(Band(stage.title, top, HEAD + ROW * len(rows)))
        top += HEAD + ROW * len(rows) + BAND_END
    return bands, nodes


def concepts_of(stage: Stage) -> list[Concept]:
    return [concept for module in stage.modules for concept in module.concepts]


def rows_of(stage: Stage) -> list[list[Concept]]:
    """Concepts by how many steps of the same stage they rest on; a row holds a few at most."""
    depth: dict[str, int] = {}
    for concept in concepts_of(stage):
        depth[concept.concept_id] = 1 + max((depth.get(p, -1) for p in concept.prerequisites), default=-1)
    rows: list[list[Concept]] = []
    for level in range(max(depth.values(), default=-1) + 1):
        same = [c for c in concepts_of(stage) if depth[c.concept_id] == level]
        rows += [same[at : at + COLUMNS] for at in range(0, len(same), COLUMNS)]
    return rows


def band_drawing(band: Band) -> str:
    return (
        f'<path class="band" d="M0 {band.top + 0.5:.1f}H{WIDTH}"/>'
        f'<text class="band-title" x="0" y="{band.top + 18:.1f}">{escape(band.title)}</text>'
    )


def edge(needed: Node, node: Node) -> str:
    """A curve from below the one to above the other; sideways where they stand in one row."""
    start, end = needed.y + RADIUS, node.y - RADIUS
    if end <= start:
        start, end = needed.y, node.y
    bend = max(18.0, (end - start) / 2)
    ids = f'data-from="{escape(needed.concept.concept_id)}" data-to="{escape(node.concept.concept_id)}"'
    return (
        f'<path class="edge" {ids} d="M{needed.x:.1f} {start:.1f}C{needed.x:.1f} {start + bend:.1f} '
        f'{node.x:.1f} {end - bend:.1f} {node.x:.1f} {end:.1f}"/>'
    )


def node_drawing(node: Node, view: RoadmapView) -> str:
    concept = node.concept
    state = view.progress[concept.concept_id]
    current = view.next is not None and view.next.concept_id == concept.concept_id
    kind = " ".join(["node", f"is-{state}", *(["is-next"] if current else [])])
    needs = names(concept.prerequisites, view.roadmap)
    said = f"{node.number}. {concept.name}, {state.replace('_', ' ')}" + (f"; needs {needs}" if needs else "")
    address = f"/roadmaps/{view.task.roadmap_id}/concepts/{concept.concept_id}"
    check = f'<path class="tick" d="M{node.x + 6:.1f} {node.y - 13:.1f}l4 4 7-8"/>' if state == "done" else ""
    return (
        f'<a class="{kind}" href="{escape(address)}" data-id="{escape(concept.concept_id)}" '
        f'aria-label="{escape(said)}"><title>{escape(said)}</title>'
        f'<circle class="reach" cx="{node.x:.1f}" cy="{node.y:.1f}" r="22"/>'
        f'<circle cx="{node.x:.1f}" cy="{node.y:.1f}" r="{RADIUS}"/>'
        f'<text x="{node.x:.1f}" y="{node.y + 4.5:.1f}">{node.number}</text>{check}</a>'
    )


def names(concept_ids: Sequence[str], roadmap: Roadmap) -> str:
    found = (roadmap.concept(concept_id) for concept_id in concept_ids)
    return ", ".join(concept.name for concept in found if concept)
