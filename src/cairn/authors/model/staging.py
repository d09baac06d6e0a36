"""A curriculum asked for stage by stage, for a model whose context does not hold the whole: first the stages,
then the concepts of each, told the names of those before."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from cairn.authors.author import CurriculumGiven
from cairn.authors.model.checks import Unfit
from cairn.authors.model.drafts import (
    ConceptDraft,
    CurriculumDraft,
    Draft,
    OneStageDraft,
    StageDraft,
    StagesDraft,
)
from cairn.authors.model.making import roadmap_of
from cairn.authors.model.prompting import data, filled, hours, level_said, listed
from cairn.domain.errors import AuthorFailed
from cairn.domain.roadmap import Roadmap

NO_ROOM = frozenset({"context_too_long", "answer_cut"})
"""Codes of failures that a shorter request may cure."""
D = TypeVar("D", bound=Draft)
V = TypeVar("V", bound=BaseModel)


class Think(Protocol):
    """Asks for one answer of a form."""

    async def __call__(self, form: str, answer: type[D], prompt: str, make: Callable[[D], V]) -> V: ...


async def or_shorter(whole: Callable[[], Awaitable[V]], shorter: Callable[[], Awaitable[V]]) -> V:
    """What `shorter` gives where the model has not the room for `whole`."""
    try:
        return await whole()
    except AuthorFailed as error:
        if error.code not in NO_ROOM:
            raise
    return await shorter()


async def design_in_stages(given: CurriculumGiven, think: Think) -> Roadmap:
    """One call for the stages and one for each. Raises `AuthorFailed` where no course comes of it."""
    plan = await plan_stages(given, think)
    concepts: list[ConceptDraft] = []
    for stage in plan.stages:
        found = await fill_stage(given, plan, stage, [concept.name for concept in concepts], think)
        concepts += [
            ConceptDraft(stage=stage.title, keywords=[], **placed.model_dump()) for placed in found.concepts
        ]
    try:
        draft = CurriculumDraft(title=plan.title, summary=plan.summary, concepts=concepts)
        return roadmap_of(draft, given)
    except (ValidationError, Unfit) as error:
        said = f"The stages hold {len(concepts)} concepts together, which is no course."
        raise AuthorFailed(said, code="unusable_answer") from error


async def plan_stages(given: CurriculumGiven, think: Think) -> StagesDraft:
    prompt = filled(
        "stages",
        given.language,
        level=level_said(given.level),
        subject=data(given.subject),
        goal=data(given.goal),
        skills=listed(given.skills),
        known=listed(given.known),
    )
    return await think("stages", StagesDraft, prompt, unchanged)


async def fill_stage(
    given: CurriculumGiven, plan: StagesDraft, stage: StageDraft, before: list[str], think: Think
) -> OneStageDraft:
    """`before`: names of the concepts of the stages before this one."""
    share = given.budget_hours and given.budget_hours / len(plan.stages)
    prompt = filled(
        "stage",
        given.language,
        level=level_said(given.level),
        hours=hours(share),
        subject=data(given.subject),
        stage=data(f"{stage.title}\n{stage.holds}"),
        stages=listed(one.title for one in plan.stages),
        before=listed(before),
    )
    return await think("stage", OneStageDraft, prompt, unchanged)


def unchanged(draft: Any) -> Any:
    return draft
