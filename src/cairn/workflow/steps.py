"""One short function per step, in story order. A step makes its product through the ledger and
returns ids only, so a step that runs again finds what it made."""

import asyncio

from langgraph.runtime import Runtime

from cairn.authors.author import Ask, ValidationGiven, curriculum_given
from cairn.domain.errors import AuthorFailed
from cairn.domain.intent import IntentAnalysis
from cairn.domain.roadmap import Roadmap
from cairn.domain.structure import ValidationReport, structure_faults
from cairn.domain.thought import Thought
from cairn.workflow.state import ConceptState, Context, State, Update, curriculum_of


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
    given = curriculum_given(context.ledger.made(Thought.intent, IntentAnalysis))
    await context.ledger.once(
        Thought.curriculum, given, lambda ask: context.author.design_curriculum(given, ask)
    )
    return {"round": 0}


async def structure_validation(state: State, runtime: Runtime[Context]) -> Update:
    """Code looks first and last; the author may add what only a reader sees. Unsound fails closed."""
    context = runtime.context
    await context.ledger.started("structure_validation")
    given = ValidationGiven(roadmap=context.ledger.made(Thought.curriculum, Roadmap))
    number = state.get("round", 0)

    async def check(ask: Ask) -> ValidationReport:
        said = await context.author.validate_structure(given, ask)
        return ValidationReport(faults=(*structure_faults(given.roadmap), *said.faults), notes=said.notes)

    report = await context.ledger.once(Thought.validation, given, check, number=number)
    if not report.sound:
        raise AuthorFailed(
            "The curriculum is not sound: " + "; ".join(fault.message for fault in report.faults),
            code="curriculum_not_sound",
        )
    return {}


async def publish(state: State, runtime: Runtime[Context]) -> Update:
    ledger = runtime.context.ledger
    await ledger.started("publish")
    analysis = ledger.made(Thought.intent, IntentAnalysis)
    roadmap = ledger.made(Thought.curriculum, Roadmap)
    await ledger.publish(roadmap, curriculum_of(state), roadmap.language, analysis.content_format_weights)
    return {}


async def write_concept(state: ConceptState, runtime: Runtime[Context]) -> Update:
    """The tutorial first, for it is what a learner opens; then resources and quiz side by side."""
    ledger, concept_id = runtime.context.ledger, state["concept_id"]
    ledger.note("write_concept_started", concept_id=concept_id)
    await ledger.piece(concept_id, Thought.tutorial)
    await asyncio.gather(ledger.piece(concept_id, Thought.resources), ledger.piece(concept_id, Thought.quiz))
    ledger.note("write_concept_finished", concept_id=concept_id)
    return {}


async def finish(state: State, runtime: Runtime[Context]) -> Update:
    """Where the ways of all concepts meet. What is missing, the runner asks of the store."""
    runtime.context.ledger.note("finish_started")
    runtime.context.ledger.note("finish_finished")
    return {}
