"""Mends a roadmap as far as code can without asking: what is doubled, unknown, in a circle, out of order or
out of bounds."""

from collections.abc import Mapping, Sequence

from cairn.domain.editing import keep_names_in_step
from cairn.domain.likeness import spelling
from cairn.domain.roadmap import Concept, Module, Roadmap, Stage
from cairn.domain.structure import CONCEPT_HOURS


def mended(roadmap: Roadmap) -> Roadmap:
    """The roadmap after it; `mended` of it says what was done. Concepts stay in their modules, modules in
    their stages; one that fell out stands nowhere."""
    told = list(roadmap.mended)
    kept, stands_for = without_doubles(list(roadmap.concepts()), told)
    needs = {i: needed(concept, kept, stands_for, told) for i, concept in kept.items()}
    order = [
        i
        for module in modules_of(roadmap)
        for i in in_order_of_need(ids_in(module, kept), needs)
    ]  # fmt: skip
    place = {i: at for at, i in enumerate(order)}
    if order != list(kept):
        told.append("Concepts were put after what they need.")
    for i in order:
        for later in [n for n in needs[i] if place[n] > place[i]]:
            needs[i].remove(later)
            told.append(f"“{kept[i].name}” no longer needs “{kept[later].name}”, which comes after it.")
    cards = {
        i: within_hours(kept[i].model_copy(update={"prerequisites": tuple(needs[i])}), told) for i in order
    }
    before = {concept.concept_id: concept for concept in roadmap.concepts()}
    cards = {i: keep_names_in_step(card, before, cards) for i, card in cards.items()}
    stages = tuple(stage for old in roadmap.stages if (stage := with_cards(old, kept, order, cards)).modules)
    return roadmap.model_copy(update={"stages": stages, "mended": tuple(told)})


def without_doubles(
    concepts: Sequence[Concept], told: list[str]
) -> tuple[dict[str, Concept], dict[str, str]]:
    """The concepts by id, each once; and for every id which one it stands for."""
    kept: dict[str, Concept] = {}
    first: dict[str, str] = {}
    stands_for: dict[str, str] = {}
    for concept in concepts:
        i, name = concept.concept_id, spelling(concept.name)
        same = i if i in kept else first.get(name)
        stands_for.setdefault(i, same or i)
        if same is None:
            kept[i] = concept
            first[name] = i
        else:
            told.append(f"“{concept.name}” stood twice.")
    return kept, stands_for


def needed(
    concept: Concept, kept: Mapping[str, Concept], stands_for: Mapping[str, str], told: list[str]
) -> list[str]:
    unknown = [p for p in concept.prerequisites if stands_for.get(p) not in kept]
    told += [f"“{concept.name}” no longer needs what is not in the roadmap." for _ in unknown]
    known = [stands_for[p] for p in concept.prerequisites if p not in unknown]
    return [p for p in dict.fromkeys(known) if p != concept.concept_id]


def in_order_of_need(ids: Sequence[str], needs: Mapping[str, Sequence[str]]) -> list[str]:
    """As they were given, but for what is needed earlier, as far as there is no circle."""
    order: list[str] = []
    taken: set[str] = set()
    here = set(ids)

    def put(one: str) -> None:
        if one in taken:  # placed already, or a circle, which ends here
            return
        taken.add(one)
        for before in needs[one]:
            if before in here:
                put(before)
        order.append(one)

    for one in ids:
        put(one)
    return order


def within_hours(concept: Concept, told: list[str]) -> Concept:
    low, high = CONCEPT_HOURS
    hours = min(max(concept.estimated_hours, low), high)
    if hours == concept.estimated_hours:
        return concept
    told.append(f"“{concept.name}” takes {hours:g} h, not {concept.estimated_hours:g}.")
    return concept.model_copy(update={"estimated_hours": hours})


def modules_of(roadmap: Roadmap) -> list[Module]:
    return [module for stage in roadmap.stages for module in stage.modules]


def ids_in(module: Module, kept: Mapping[str, Concept]) -> list[str]:
    return [c.concept_id for c in module.concepts if kept.get(c.concept_id) is c]


def with_cards(
    stage: Stage, kept: Mapping[str, Concept], order: Sequence[str], cards: Mapping[str, Concept]
) -> Stage:
    """The stage without what fell out of it."""
    modules: list[Module] = []
    for module in stage.modules:
        here = set(ids_in(module, kept))
        concepts = tuple(cards[i] for i in order if i in here)
        if concepts:
            modules.append(module.model_copy(update={"concepts": concepts}))
    return stage.model_copy(update={"modules": tuple(modules)})
