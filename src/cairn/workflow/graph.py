"""The drawing of the workflow, and nothing else."""

from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from cairn.workflow import routes, steps
from cairn.workflow.state import Context, State

Graph = CompiledStateGraph[State, Context, State, State]


def build_graph(checkpointer: BaseCheckpointSaver[Any]) -> Graph:
    graph = StateGraph(State, Context)
    graph.add_node("intent_analysis", steps.intent_analysis)
    graph.add_node("curriculum_design", steps.curriculum_design)
    graph.add_node("structure_validation", steps.structure_validation)
    graph.add_node("roadmap_edit", steps.roadmap_edit)
    graph.add_node("publish", steps.publish)
    graph.add_node("write_concepts", steps.write_concepts)
    graph.add_node("finish", steps.finish)
    graph.add_conditional_edges(START, routes.entry, ["intent_analysis", "write_concepts"])
    graph.add_conditional_edges(
        "intent_analysis", routes.after_intent, ["curriculum_design", "write_concepts"]
    )
    graph.add_edge("curriculum_design", "structure_validation")
    graph.add_conditional_edges(
        "structure_validation", routes.after_validation, ["roadmap_edit", "publish", END]
    )
    graph.add_edge("roadmap_edit", "structure_validation")
    graph.add_edge("publish", "write_concepts")
    graph.add_edge("write_concepts", "finish")
    graph.add_edge("finish", END)
    return graph.compile(checkpointer=checkpointer)
