"""FastAPI assembled: the API, the pages, and the worker that runs beside them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from socket import gethostname
from typing import Any

from fastapi import FastAPI, Response
from fastapi.staticfiles import StaticFiles

from cairn import __version__
from cairn.api import roadmaps, tasks
from cairn.api.errors import add_error_handlers
from cairn.api.guard import Guard
from cairn.api.openapi import PROBLEMS
from cairn.api.values import PREFIX
from cairn.bootstrap import Cairn, nudge_of, open_cairn, open_workshop, settle
from cairn.settings import Settings
from cairn.web import home, moves, page, reviews, versions
from cairn.web import roadmaps as roadmap_pages
from cairn.web import settings as settings_page
from cairn.web import tasks as task_pages


class Assets(StaticFiles):
    """Static files; an address with the file's mark in it may be kept for good."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        answer = super().file_response(*args, **kwargs)
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer


@asynccontextmanager
async def at_work(settings: Settings) -> AsyncGenerator[Cairn]:
    """The program, running the tasks that are due."""
    from cairn.worker.worker import Worker  # with LangGraph, which a program that only serves does not need

    async with open_workshop(settings) as cairn:
        worker = Worker(settings, cairn.claims, cairn.runner, cairn.nudge)
        async with worker.at_work():
            yield cairn


def build_app(settings: Settings, *, work: bool, host: str) -> FastAPI:
    """The program as an ASGI application; `work` runs queued tasks in it."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        nudge = nudge_of(settings)
        try:
            async with at_work(settings) if work else open_cairn(settings, nudge=nudge) as cairn:
                app.state.cairn = cairn
                settle()
                yield
        finally:
            nudge.close()

    app = FastAPI(
        title="Cairn", version=__version__, lifespan=lifespan, openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None, redoc_url=None,
    )  # fmt: skip
    for endpoints in (tasks, roadmaps):
        app.include_router(endpoints.router, prefix=PREFIX, responses=PROBLEMS)

    for pages in (home, task_pages, reviews, roadmap_pages, versions, moves, settings_page):
        app.include_router(pages.router)
    app.mount("/static", Assets(directory=page.STATIC), name="static")

    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:  # pyright: ignore[reportUnusedFunction]
        return {"status": "ok"}

    add_error_handlers(app, page.draw_problem)
    app.add_middleware(Guard, hosts={"localhost", host, gethostname().lower()})
    return app
