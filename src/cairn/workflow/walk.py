"""Walks the graph for one run: from where the checkpoints say, or from the front."""

from typing import Any

from langchain_core.runnables import RunnableConfig

from cairn.workflow.graph import Graph
from cairn.workflow.state import GRAPH_VERSION, Context


async def walk(graph: Graph, thread: str, context: Context, *, afresh: bool = False) -> None:
    """Go on with the thread, or start it. The caller asks the store whether all is made: LangGraph's
    own end is not believed."""
    config: RunnableConfig = {"configurable": {"thread_id": thread}}
    if not afresh and await usable(graph, config):
        start: Any = None
    else:
        await forget(graph, thread)
        start = {"graph_version": GRAPH_VERSION}
    await graph.ainvoke(start, config, context=context, durability="async")


async def usable(graph: Graph, config: RunnableConfig) -> bool:
    """Whether the thread stands somewhere in today's graph. Any doubt means no: starting over is cheap."""
    try:
        state = await graph.aget_state(config)
    except Exception:
        return False
    return bool(state.values and state.tasks) and state.values.get("graph_version") == GRAPH_VERSION


async def forget(graph: Graph, thread: str) -> None:
    checkpointer = graph.checkpointer
    if checkpointer is not None and not isinstance(checkpointer, bool):
        await checkpointer.adelete_thread(thread)
