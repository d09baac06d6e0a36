"""The same course on LangGraph alone, as its users write it: what was made lies in the state."""

import asyncio
import operator
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated, Any, TypedDict
from uuid import uuid4

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Send
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool
from tests.databases import Database

from bench.makespan import GOAL, ask, standin
from cairn.authors.author import ValidationGiven, curriculum_given, piece_given
from cairn.domain.intent import IntentAnalysis
from cairn.domain.request import LearnerRequest
from cairn.domain.roadmap import Concept, Roadmap
from cairn.store.postgres import for_libpq

CONNECTIONS = 20


class State(TypedDict, total=False):
    """JSON, which is what an author answers."""

    analysis: Any
    roadmap: Any
    report: Any
    lessons: Annotated[list[Any], operator.add]


def draw(saver: BaseCheckpointSaver[Any], concepts: int, delay: float) -> Any:
    author = standin(concepts, delay)

    async def intent(state: State) -> State:
        analysis = await author.analyse_intent(LearnerRequest(query=GOAL), ask)
        return {"analysis": analysis.model_dump(mode="json")}

    async def curriculum(state: State) -> State:
        analysis = IntentAnalysis.model_validate(state["analysis"])
        roadmap = await author.design_curriculum(curriculum_given(analysis), ask)
        return {"roadmap": roadmap.model_dump(mode="json")}

    async def validation(state: State) -> State:
        roadmap = Roadmap.model_validate(state["roadmap"])
        report = await author.validate_structure(ValidationGiven(roadmap=roadmap), ask)
        return {"report": report.model_dump(mode="json")}

    def each_concept(state: State) -> list[Send]:
        weights = state["analysis"]["content_format_weights"]
        roadmap = Roadmap.model_validate(state["roadmap"])
        return [
            Send("write", {"card": card.model_dump(mode="json"), "weights": weights})
            for card in roadmap.concepts()
        ]

    async def write(given: Any) -> State:
        weights = IntentAnalysis.model_fields["content_format_weights"].annotation
        assert weights
        piece = piece_given(
            Concept.model_validate(given["card"]), "en", weights.model_validate(given["weights"])
        )
        tutorial = await author.write_tutorial(piece, ask)
        rest = await asyncio.gather(author.recommend_resources(piece, ask), author.write_quiz(piece, ask))
        return {"lessons": [made.model_dump(mode="json") for made in (tutorial, *rest)]}

    graph = StateGraph(State)
    graph.add_node("intent", intent)
    graph.add_node("curriculum", curriculum)
    graph.add_node("validation", validation)
    graph.add_node("write", write)
    graph.add_edge(START, "intent")
    graph.add_edge("intent", "curriculum")
    graph.add_edge("curriculum", "validation")
    graph.add_conditional_edges("validation", each_concept, ["write"])
    graph.add_edge("write", END)
    return graph.compile(checkpointer=saver)


async def run_course(graph: Any, concepts: int) -> None:
    end = await graph.ainvoke({}, {"configurable": {"thread_id": uuid4().hex}})
    assert len(end["lessons"]) == 3 * concepts


@asynccontextmanager
async def saver_on(database: Database) -> AsyncGenerator[BaseCheckpointSaver[Any]]:
    if database.url is None:
        database.folder.mkdir(parents=True, exist_ok=True)
        async with AsyncSqliteSaver.from_conn_string(str(database.folder / "plain.sqlite")) as saver:
            yield saver
        return
    options = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    pool = AsyncConnectionPool(
        for_libpq(database.url), min_size=1, max_size=CONNECTIONS, open=False, kwargs=options
    )
    async with pool:
        saver = AsyncPostgresSaver(pool)  # type: ignore[arg-type]
        await saver.setup()
        yield saver
