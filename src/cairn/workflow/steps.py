"""One short function per step, in story order. A step makes its product through the ledger and
returns ids only, so a step that runs again finds what it made."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from langgraph.runtime import Runtime

from cairn.authors.author import Ask, EditGiven, ValidationGiven, curriculum_given
from cairn.domain.editing import apply_edits
from cairn.domain.errors import AuthorFailed, BadInput
from cairn.domain.intent import IntentAnalysis
from cairn.domain.mending import mended
from cairn.domain.report import report_of
from cairn.domain.review import EditedRoadmap
from cairn.domain.structure import ValidationReport, structure_faults
from cairn.domain.thought import Thought
from cairn.workflow.ledger import Ledger
from cairn.workflow.routes import onward
from cairn.workflow.state import Context, State, Update, curriculum_of

BY_HAND = "hand"
"""Who made a tree that only a person edited."""
BY_CODE = "code"


async def intent_analysis(state: State, runtime: Runtime[Context]) -> Update:
    context = runtime.context
    await context.ledger.started("intent_analysis")
    analysis = await context.ledger.once(
        Thought.intent, context.request, lambda ask: context.author.analyse_intent(context.request, ask)
    )
    return {"curriculum": context.ledger.wanted(Thought.curriculum, curriculum_given(analysis))}


async def curriculum_design(state: State, runtime: Runtime[Context]) -> Update:
    context = runtime.context
    await context.ledger.started("curriculum_design")
    settled = curriculum_given(context.ledger.made(Thought.intent, IntentAnalysis))
    given = settled.model_copy(update={"standing": context.ledger.standing()})
    await context.ledger.once(
        Thought.curriculum, given, lambda ask: context.author.design_curriculum(given, ask)
    )
    return {"round": 0}


async def structure_validation(state: State, runtime: Runtime[Context]) -> Update:
    """Code looks first and last; the author may add what only a reader sees."""
    context = runtime.context
    await context.ledger.started("structure_validation")
    number = state.get("round", 0)
    skills = curriculum_given(context.ledger.made(Thought.intent, IntentAnalysis)).skills
    given = ValidationGiven(roadmap=context.ledger.tree(number), skills=skills)

    async def check(ask: Ask) -> ValidationReport:
        said = await context.author.validate_structure(given, ask)
        return ValidationReport(faults=(*structure_faults(given.roadmap), *said.faults), notes=said.notes)

    await context.ledger.once(Thought.validation, given, check, number=number)
    return {}


async def roadmap_edit(state: State, runtime: Runtime[Context]) -> Update:
    """A person's edits are applied by code; their words, or the faults found, are given to the author. What
    neither mends, code mends as far as it can. Fails closed where no course can be made of the tree."""
    context, number = runtime.context, state.get("round", 0)
    await context.ledger.started("roadmap_edit")
    tree, decision = context.ledger.tree(number), context.ledger.decision(number)
    report = context.ledger.made(Thought.validation, ValidationReport, number=number)
    where = onward(context, number)
    if where == "stuck":
        raise AuthorFailed(
            "The curriculum is not sound: " + "; ".join(fault.message for fault in report.faults),
            code="curriculum_not_sound",
            product=Thought.curriculum.value,
        )
    feedback, by_hand = (decision.feedback, decision.edits) if decision else ("", ())
    faults = () if decision or where == "mend" else report.faults
    given = EditGiven(roadmap=tree, faults=faults, feedback=feedback, by_hand=by_hand)
    mint, pace = context.ledger.mint(tree), context.request.hours_per_week

    async def edit(ask: Ask) -> EditedRoadmap:
        if where == "mend":
            return EditedRoadmap(roadmap=mended(tree))
        edited = apply_edits(tree, by_hand, mint, pace)
        if not (feedback or faults):
            return EditedRoadmap(roadmap=edited, edits=by_hand)
        said = await context.author.edit_roadmap(given.model_copy(update={"roadmap": edited}), ask)
        try:
            changed = apply_edits(edited, said.edits, mint, pace)
        except BadInput as error:  # of the author, not of the learner
            raise AuthorFailed(
                f"The author's edits do not fit the outline: {error.detail}", code="edits_not_applicable"
            ) from error
        return EditedRoadmap(roadmap=changed, edits=(*by_hand, *said.edits))

    by = BY_CODE if where == "mend" else None if feedback or faults else BY_HAND
    await context.ledger.once(Thought.edit, given, edit, number=number + 1, by=by)
    return {"round": number + 1}


async def publish(state: State, runtime: Runtime[Context]) -> Update:
    ledger = runtime.context.ledger
    await ledger.started("publish")
    analysis = ledger.made(Thought.intent, IntentAnalysis)
    number = state.get("round", 0)
    roadmap = ledger.tree(number)
    found = ledger.made(Thought.validation, ValidationReport, number=number)
    report = report_of(roadmap, found, curriculum_given(analysis).skills, number)
    await ledger.publish(roadmap, curriculum_of(state), analysis.content_format_weights, report)
    return {}


async def write_concepts(state: State, runtime: Runtime[Context]) -> Update:
    """All at once: their calls wait for each other at the limiter. There is no branch of the graph for each,
    for nothing is kept of a step under way in a checkpoint: the ledger knows what is made."""
    ledger = runtime.context.ledger
    concepts = [asyncio.create_task(write_concept(ledger, each)) for each in ledger.concept_ids()]
    async with none_left_behind(concepts):
        await asyncio.gather(*concepts)
    return {}


async def write_concept(ledger: Ledger, concept_id: str) -> None:
    """The tutorial first, for it is what a learner opens; then, while it is stored, resources and quiz."""
    rest: list[asyncio.Task[None]] = []

    def begin_the_rest() -> None:
        if not rest:
            rest.extend(
                asyncio.create_task(ledger.piece(concept_id, thought))
                for thought in (Thought.resources, Thought.quiz)
            )

    ledger.began("write_concept", concept_id)
    async with none_left_behind(rest):
        await ledger.piece(concept_id, Thought.tutorial, begin_the_rest)
        await asyncio.gather(*rest)
    ledger.finished("write_concept", concept_id)


@asynccontextmanager
async def none_left_behind(going: Sequence[asyncio.Task[None]]) -> AsyncGenerator[None]:
    """Where one breaks the others are stopped first: nothing may go on behind a walk that is over."""
    try:
        yield
    except BaseException:
        for one in going:
            one.cancel()
        await asyncio.gather(*going, return_exceptions=True)
        raise


async def finish(state: State, runtime: Runtime[Context]) -> Update:
    """The end of the line. What is missing, the runner asks of the store."""
    runtime.context.ledger.note("finish_started")
    runtime.context.ledger.note("finish_finished")
    return {}
