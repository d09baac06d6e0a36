"""Where to go next. Pure reading of the position and the ledger."""

from langgraph.runtime import Runtime
from langgraph.types import Send

from cairn.domain.intent import IntentAnalysis
from cairn.domain.thought import Thought
from cairn.workflow.state import Context, State, curriculum_of


def after_intent(state: State, runtime: Runtime[Context]) -> str | list[Send]:
    """Straight to the concepts where the published tree came of this very curriculum: edits by hand stay."""
    ledger = runtime.context.ledger
    analysis = ledger.made(Thought.intent, IntentAnalysis)
    if ledger.published_from(curriculum_of(state), analysis.content_format_weights):
        return each_concept(state, runtime)
    return "curriculum_design"


def each_concept(state: State, runtime: Runtime[Context]) -> list[Send]:
    return [Send("write_concept", {"concept_id": c}) for c in runtime.context.ledger.concept_ids()]
