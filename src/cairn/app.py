"""FastAPI assembled: the API, the pages, and the worker that runs beside them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from socket import gethostname
from typing import Any

from fastapi import FastAPI, Response
from fastapi.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from cairn import __version__
from cairn.api import operations, roadmaps, tasks
from cairn.api.access import Access
from cairn.api.errors import add_error_handlers
from cairn.api.guard import Guard
from cairn.api.openapi import PROBLEMS
from cairn.api.values import PREFIX
from cairn.bootstrap import Cairn, nudge_of, open_cairn, open_workshop, settle
from cairn.meters.counting import Meters
from cairn.meters.lag import watching_loop
from cairn.settings import Settings
from cairn.usecases.readiness import Part, Standing
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
        cairn.readiness.add(Part("worker", worker.look, needed=False))
        async with worker.at_work():
            yield cairn


@asynccontextmanager
async def beside_workers(settings: Settings) -> AsyncGenerator[Cairn]:
    """The program, running no task itself."""

    async def look() -> Standing:
        return Standing(True, "none in this process")

    nudge = nudge_of(settings)

    async def look_at_broker() -> Standing:
        trouble = await nudge.reachable()
        told = "workers find what is due by themselves, some seconds later"
        return Standing(trouble is None, f"{trouble}; {told}" if trouble else "reachable")

    try:
        async with open_cairn(settings, nudge=nudge) as cairn:
            cairn.readiness.add(Part("worker", look, needed=False))
            if settings.broker:
                cairn.readiness.add(Part("broker", look_at_broker, needed=False))
            yield cairn
    finally:
        nudge.close()


class Served(FastAPI):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Around everything, the framework's own answer to what breaks included."""
        await Access(super().__call__, self.meters)(scope, receive, send)

    def meters(self) -> Meters | None:
        return self.state.cairn.meters if hasattr(self.state, "cairn") else None


def build_app(settings: Settings, *, work: bool, host: str) -> FastAPI:
    """The program as an ASGI application; `work` runs queued tasks in it."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with at_work(settings) if work else beside_workers(settings) as cairn:
            app.state.cairn = cairn
            settle()
            async with watching_loop(cairn.meters.lag):
                yield

    app = Served(
        title="Cairn", version=__version__, lifespan=lifespan, openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None, redoc_url=None,
    )  # fmt: skip
    for endpoints in (tasks, roadmaps):
        app.include_router(endpoints.router, prefix=PREFIX, responses=PROBLEMS)

    for pages in (home, task_pages, reviews, roadmap_pages, versions, moves, settings_page):
        app.include_router(pages.router)
    app.mount("/static", Assets(directory=page.STATIC), name="static")

    app.include_router(operations.router)
    add_error_handlers(app, page.draw_problem)
    app.add_middleware(Guard, hosts={"localhost", host, gethostname().lower()})
    return app
