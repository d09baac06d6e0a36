"""Where to go next. Pure reading of the position and the ledger."""

from typing import Literal

from langgraph.graph import END
from langgraph.runtime import Runtime

from cairn.domain.intent import IntentAnalysis
from cairn.domain.mending import mended
from cairn.domain.review import EDIT_ROUNDS, Verdict
from cairn.domain.roadmap import Roadmap
from cairn.domain.structure import ValidationReport, structure_faults
from cairn.domain.thought import Thought
from cairn.workflow.state import Context, State, curriculum_of

Onward = Literal["publish", "edit", "mend", "gate", "stuck"]


def entry(state: State, runtime: Runtime[Context]) -> str:
    """A run for one piece goes straight to its concept, with the published tree."""
    return "write_concepts" if runtime.context.ledger.for_one_piece() else "intent_analysis"


def after_intent(state: State, runtime: Runtime[Context]) -> str:
    """Straight to the concepts where the published tree came of this very curriculum: edits by hand stay."""
    ledger = runtime.context.ledger
    analysis = ledger.made(Thought.intent, IntentAnalysis)
    if ledger.published_from(curriculum_of(state), analysis.content_format_weights):
        return "write_concepts"
    return "curriculum_design"


def after_validation(state: State, runtime: Runtime[Context]) -> str:
    """The gate is an end: no worker waits for a person."""
    match onward(runtime.context, state.get("round", 0)):
        case "publish":
            return "publish"
        case "gate":
            return END
        case _:
            return "roadmap_edit"


def onward(context: Context, number: int) -> Onward:
    """What becomes of the tree of a round, once it is checked: a person's word counts before all else."""
    ledger = context.ledger
    decision = ledger.decision(number)
    if decision is not None:
        return "edit" if decision.changes else "publish"
    report = ledger.made(Thought.validation, ValidationReport, number=number)
    if report.usable and approved(context, number - 1):
        return "publish"
    if not report.sound and context.author.understands_words and edits_left(context, number) > 0:
        return "edit"
    if not report.usable:
        return "mend" if can_be_mended(ledger.tree(number)) else "gate" if context.request.review else "stuck"
    return "gate" if context.request.review else "publish"


def can_be_mended(tree: Roadmap) -> bool:
    return ValidationReport(faults=tuple(structure_faults(mended(tree)))).usable


def approved(context: Context, number: int) -> bool:
    """Whether a person approved the tree of a round, with or without edits of theirs."""
    decision = context.ledger.decision(number)
    return decision is not None and decision.decision is Verdict.approve


def edits_left(context: Context, number: int) -> int:
    """How often the author may still edit before a person is asked, or the run fails."""
    decided = [at for at in range(number) if context.ledger.decision(at) is not None]
    return EDIT_ROUNDS - (number - (decided[-1] + 1 if decided else 0))


def gate_of(context: Context) -> int | None:
    """The round whose tree waits for a person; None where the run does not stand at the gate."""
    number = 0
    while context.ledger.has(Thought.validation, number):
        match onward(context, number):
            case "gate":
                return number
            case "edit" | "mend":
                number += 1
            case _:
                return None
    return None
