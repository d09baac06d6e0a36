"""Makes a roadmap of a model's list of concepts, and mends what code can mend without asking."""

from collections.abc import Iterable
from itertools import groupby

from rapidfuzz import fuzz

from cairn.authors.author import CurriculumGiven
from cairn.authors.model.drafts import ConceptDraft, CurriculumDraft
from cairn.domain.lesson import content_id
from cairn.domain.planning import weeks
from cairn.domain.roadmap import Concept, Module, Roadmap, Stage
from cairn.domain.text import normalised

NEAR = 93
"""Names this alike (of 100, by edit distance) are one concept under two spellings."""


def build_roadmap(draft: CurriculumDraft, given: CurriculumGiven) -> Roadmap:
    concepts, meant = without_doubles(draft.concepts)
    needs = {name: needed(concept, meant) for name, concept in concepts.items()}
    order = in_order(concepts, needs)
    place = {name: at for at, name in enumerate(order)}
    ids = {name: content_id("c", given.subject, name) for name in order}
    cards = [
        card(
            concepts[name],
            ids[name],
            [(ids[n], concepts[n].name) for n in needs[name] if place[n] < place[name]],
        )
        for name in order
    ]
    homes = [(concepts[name].stage, concepts[name].module) for name in order]
    total = sum(concept.estimated_hours for concept in cards)
    return Roadmap(
        title=draft.title,
        summary=draft.summary,
        language=given.language,
        stages=stages_of(list(zip(homes, cards, strict=True))),
        weeks=weeks(total, given.hours_per_week),
        budget_hours=given.budget_hours,
    )


def without_doubles(drafts: Iterable[ConceptDraft]) -> tuple[dict[str, ConceptDraft], dict[str, str]]:
    """The concepts by normalised name, in order, each once; and for every name given, which it stands for."""
    kept: dict[str, ConceptDraft] = {}
    meant: dict[str, str] = {}
    for draft in drafts:
        name = normalised(draft.name)
        same = next((other for other in kept if alike(name, other)), None)
        meant[name] = same or name
        if same is None:
            kept[name] = draft
    return kept, meant


def alike(one: str, other: str) -> bool:
    """Digits tell apart what is otherwise spelt alike: “Part 1” and “Part 2”."""
    if one == other:
        return True
    digits = [[c for c in name if c.isdigit()] for name in (one, other)]
    return digits[0] == digits[1] and fuzz.ratio(one, other) >= NEAR


def needed(draft: ConceptDraft, meant: dict[str, str]) -> list[str]:
    """Its prerequisites by normalised name; what is not in the course falls out."""
    named = [meant[name] for said in draft.prerequisites if (name := normalised(said)) in meant]
    return [name for name in dict.fromkeys(named) if name != meant[normalised(draft.name)]]


def in_order(concepts: dict[str, ConceptDraft], needs: dict[str, list[str]]) -> list[str]:
    """Stages and modules as they first appear, their concepts together; within a module what is needed comes
    first, as far as there is no circle."""
    stages = list(dict.fromkeys(draft.stage for draft in concepts.values()))
    modules = list(dict.fromkeys((draft.stage, draft.module) for draft in concepts.values()))
    home = {name: (draft.stage, draft.module) for name, draft in concepts.items()}
    order: list[str] = []
    for of_module in sorted(modules, key=lambda module: stages.index(module[0])):
        order += sorted_within([name for name in concepts if home[name] == of_module], needs)
    return order


def sorted_within(names: list[str], needs: dict[str, list[str]]) -> list[str]:
    """As they were given, but for what is needed earlier."""
    order: list[str] = []
    taken: set[str] = set()

    def put(name: str) -> None:
        if name in taken:  # placed already, or a circle, which ends here
            return
        taken.add(name)
        for before in needs[name]:
            if before in names:
                put(before)
        order.append(name)

    for name in names:
        put(name)
    return order


def card(draft: ConceptDraft, concept_id: str, needs: list[tuple[str, str]]) -> Concept:
    return Concept(
        concept_id=concept_id,
        name=draft.name,
        description=draft.description,
        estimated_hours=draft.estimated_hours,
        difficulty=draft.difficulty,
        keywords=tuple(dict.fromkeys(draft.keywords)),
        prerequisites=tuple(needed_id for needed_id, _ in needs),
        prerequisite_names=tuple(name for _, name in needs),
    )


def stages_of(placed: list[tuple[tuple[str, str], Concept]]) -> tuple[Stage, ...]:
    stages: list[Stage] = []
    for title, of_stage in groupby(placed, key=lambda item: item[0][0]):
        modules = tuple(
            Module(title=module, concepts=tuple(concept for _, concept in items))
            for module, items in groupby(of_stage, key=lambda item: item[0][1])
        )
        stages.append(Stage(title=title, modules=modules))
    return tuple(stages)
