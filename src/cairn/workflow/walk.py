"""Walks the graph for one run: from where the checkpoints say, or from the front."""

from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.types import StateSnapshot

from cairn.workflow.graph import Graph
from cairn.workflow.state import GRAPH_VERSION, Context


async def walk(
    graph: Graph, thread: str, context: Context, *, new: bool = False, afresh: bool = False
) -> None:
    """Go on with the thread, or start it; a `new` one was never walked. The caller asks the store whether all
    is made: LangGraph's own end is not believed."""
    config: RunnableConfig = {"configurable": {"thread_id": thread}}
    start: Any = {"graph_version": GRAPH_VERSION}
    if not new:
        found = await position(graph, config)
        if usable(found) and not afresh:
            start = None
        elif found is None or found.values:
            await forget(graph, thread)
    await graph.ainvoke(start, config, context=context, durability="async")


async def position(graph: Graph, config: RunnableConfig) -> StateSnapshot | None:
    """Where the thread stands; without values where there is none, None where it cannot be read."""
    try:
        return await graph.aget_state(config)
    except Exception:
        return None


def usable(found: StateSnapshot | None) -> bool:
    """Whether this is a place in today's graph. Any doubt means no: starting over is cheap."""
    return (
        found is not None
        and bool(found.values and found.tasks)
        and found.values.get("graph_version") == GRAPH_VERSION
    )


async def forget(graph: Graph, thread: str) -> None:
    checkpointer = graph.checkpointer
    if checkpointer is not None and not isinstance(checkpointer, bool):
        await checkpointer.adelete_thread(thread)
