"""Errors as RFC 9457 problem documents: kinds become statuses here and nowhere else.

A person who opened a page gets the same problem as a page; `Page` draws it.
"""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from structlog.contextvars import get_contextvars

from cairn.api.values import PREFIX, quiz_value
from cairn.domain.errors import BadInput, CairnError, Conflict, NotFound, OutOfReach
from cairn.domain.lesson import Quiz

STATUSES: list[tuple[type[CairnError], int, str]] = [
    (BadInput, 422, "The request breaks a rule"),
    (NotFound, 404, "Not found"),
    (Conflict, 409, "Conflict with the present state"),
    (OutOfReach, 503, "The database is out of reach"),
]
ROUTER_HINTS = {
    400: "Send one JSON object, nested no deeper than the request needs.",
    404: "Look at /api/v1/openapi.json for the addresses there are.",
    405: "Look at /api/v1/openapi.json for the methods of this address.",
    413: "Send a smaller body.",
}

log = structlog.get_logger()


Page = Callable[[Request, dict[str, Any]], Response]
"""Draws the page of a problem document for a person."""


def problem(
    status: int, title: str, detail: str, code: str, hint: str, headers: dict[str, str] | None = None,
    **extra: Any,
) -> JSONResponse:  # fmt: skip
    body = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "hint": hint,
    }
    return JSONResponse({**body, **extra}, status, headers, media_type="application/problem+json")


def of_ours(error: CairnError) -> JSONResponse:
    status, title = next(((s, t) for kind, s, t in STATUSES if isinstance(error, kind)), (500, "Error"))
    extra = {name: quiz_value(v) if isinstance(v, Quiz) else v for name, v in error.extra.items()}
    return problem(status, title, error.detail, error.code, error.hint, **extra)


def told(fault: dict[str, Any]) -> dict[str, str]:
    """One fault of a request that could not be read, in our words where the framework's would puzzle."""
    if fault["type"] == "json_invalid":
        return {"field": "body", "message": "is not valid JSON"}
    field = ".".join(str(part) for part in fault["loc"][1:]) or "body"
    message = "must be a JSON object" if fault["type"] == "dict_type" else str(fault["msg"])
    return {"field": field, "message": message}


def add_error_handlers(app: FastAPI, page: Page) -> None:
    def answer(request: Request, said: JSONResponse) -> Response:
        for_people = "text/html" in request.headers.get("accept", "")
        if not for_people or request.url.path.startswith(f"{PREFIX}/"):
            return said
        return page(request, json.loads(bytes(said.body)))

    @app.exception_handler(CairnError)
    async def ours(request: Request, error: CairnError) -> Response:  # pyright: ignore[reportUnusedFunction]
        return answer(request, of_ours(error))

    @app.exception_handler(RequestValidationError)
    async def unreadable(request: Request, error: RequestValidationError) -> Response:  # pyright: ignore[reportUnusedFunction]
        faults = [told(fault) for fault in error.errors()]
        detail = "; ".join(f"{fault['field']}: {fault['message']}" for fault in faults)
        said = problem(422, "The request breaks a rule", detail, "bad_input", BadInput.hint, errors=faults)
        return answer(request, said)

    @app.exception_handler(HTTPException)
    async def by_router(request: Request, error: HTTPException) -> Response:  # pyright: ignore[reportUnusedFunction]
        hint = ROUTER_HINTS.get(error.status_code, "Look at the documentation of the API.")
        headers = dict(error.headers) if error.headers else None
        title = str(error.detail)
        code = f"http_{error.status_code}"
        return answer(request, problem(error.status_code, title, title, code, hint, headers))

    @app.exception_handler(Exception)
    async def fault_of_ours(request: Request, error: Exception) -> Response:  # pyright: ignore[reportUnusedFunction]
        error_id = get_contextvars().get("request_id") or uuid4().hex
        log.error("request_broke", error_id=error_id, path=request.url.path, exc_info=error)
        detail = f"An error of ours; it stands in the log under {error_id}."
        hint = "Report it with the id; what was stored is safe."
        said = problem(500, "Internal error", detail, "internal", hint, error_id=error_id)
        return answer(request, said)
