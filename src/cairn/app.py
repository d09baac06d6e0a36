"""FastAPI assembled: the API, and the worker that runs beside it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from cairn import __version__
from cairn.api import roadmaps, tasks
from cairn.api.errors import add_error_handlers
from cairn.api.guard import Guard
from cairn.api.values import PREFIX
from cairn.bootstrap import open_cairn
from cairn.settings import Settings
from cairn.worker.worker import Worker


def build_app(settings: Settings, *, work: bool, host: str) -> FastAPI:
    """The program as an ASGI application; `work` runs queued tasks in it."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with open_cairn(settings) as cairn:
            app.state.cairn = cairn
            worker = Worker(settings, cairn.claims, cairn.runner, cairn.nudge) if work else None
            working = asyncio.create_task(worker.work_for_ever(), name="worker") if worker else None
            try:
                yield
            finally:
                if working:
                    working.cancel()
                    await asyncio.gather(working, return_exceptions=True)

    app = FastAPI(
        title="Cairn", version=__version__, lifespan=lifespan, openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None, redoc_url=None,
    )  # fmt: skip
    app.include_router(tasks.router, prefix=PREFIX)
    app.include_router(roadmaps.router, prefix=PREFIX)

    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:  # pyright: ignore[reportUnusedFunction]
        return {"status": "ok"}

    add_error_handlers(app)
    app.add_middleware(Guard, hosts={"localhost", host})
    return app
