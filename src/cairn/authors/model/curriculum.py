"""Makes a roadmap of a model's list of concepts."""

from cairn.authors.author import CurriculumGiven
from cairn.authors.model.drafts import ConceptDraft, CurriculumDraft
from cairn.domain.editing import mint_id
from cairn.domain.mending import mended
from cairn.domain.planning import weeks
from cairn.domain.roadmap import Concept, Module, Roadmap, Stage
from cairn.domain.text import normalised


def build_roadmap(draft: CurriculumDraft, given: CurriculumGiven) -> Roadmap:
    """Stages and modules as they first appear, the concepts of a module together; mended as far as code
    can."""
    ids = ids_of(draft, given)
    names = {ids[normalised(concept.name)]: concept.name for concept in reversed(draft.concepts)}
    stages: dict[str, dict[str, list[Concept]]] = {}
    for concept in draft.concepts:
        needs = [ids[name] for said in concept.prerequisites if (name := normalised(said)) in ids]
        made = card(concept, ids[normalised(concept.name)], needs, names)
        stages.setdefault(concept.stage, {}).setdefault(concept.module, []).append(made)
    roadmap = mended(
        Roadmap(
            title=draft.title,
            summary=draft.summary,
            language=given.language,
            stages=tuple(stage_of(title, modules) for title, modules in stages.items()),
            budget_hours=given.budget_hours,
        )
    )
    return roadmap.model_copy(update={"weeks": weeks(roadmap.total_hours, given.hours_per_week)})


def ids_of(draft: CurriculumDraft, given: CurriculumGiven) -> dict[str, str]:
    """The id of each concept by its normalised name. One that stands already keeps its own, by its name or
    else by the model's word, and with it what the learner has done."""
    by_name = {normalised(concept.name): concept.concept_id for concept in given.standing}
    left = set(by_name.values())
    ids: dict[str, str] = {}
    for concept in draft.concepts:
        if (name := normalised(concept.name)) in by_name:
            ids[name] = by_name[name]
            left.discard(by_name[name])
    for concept in draft.concepts:
        if (name := normalised(concept.name)) in ids:
            continue
        if concept.keeps in left:
            ids[name] = concept.keeps
            left.discard(concept.keeps)
        else:
            taken = {*by_name.values(), *ids.values()}
            ids[name] = mint_id(given.subject, name, taken, {})
    return ids


def card(draft: ConceptDraft, concept_id: str, needs: list[str], names: dict[str, str]) -> Concept:
    return Concept(
        concept_id=concept_id,
        name=draft.name,
        description=draft.description,
        estimated_hours=draft.estimated_hours,
        difficulty=draft.difficulty,
        keywords=tuple(dict.fromkeys(draft.keywords)),
        prerequisites=tuple(dict.fromkeys(needs)),
        prerequisite_names=tuple(dict.fromkeys(names[need] for need in needs)),
    )


def stage_of(title: str, modules: dict[str, list[Concept]]) -> Stage:
    return Stage(
        title=title,
        modules=tuple(Module(title=name, concepts=tuple(concepts)) for name, concepts in modules.items()),
    )
