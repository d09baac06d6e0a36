"""How every page is drawn: the templates, what all of them may use, and the page of a problem."""

import hashlib
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, cast

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from cairn.domain.text import has_cjk
from cairn.text.markdown import render, render_line
from cairn.web.mark import draw_cairn

STATIC = Path(__file__).parent / "static"


@cache
def templates() -> Environment:
    made = Environment(
        loader=PackageLoader("cairn.web"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    filters: dict[str, Callable[..., Any]] = {
        "markdown": as_html,
        "line": as_line,
        "hours": hours,
        "effort": effort,
        "day": day,
        "moment": moment,
        "lang": language,
        "seconds": seconds,
        "iso": datetime.isoformat,
    }
    made.filters.update(filters)
    made.globals.update(cast("Any", {"cairn_mark": draw_cairn, "asset": asset}))
    return made


def as_html(text: str) -> Markup:
    return Markup(render(text))  # noqa: S704 - sanitised by render


def as_line(text: str) -> Markup:
    return Markup(render_line(text))  # noqa: S704 - sanitised by render_line


def effort(value: float) -> str:
    return f"{round(value * 60)} min" if value < 1 else f"{value:g} h"


def day(at: date) -> str:
    return f"{at.day} {at:%B %Y}"


def moment(at: datetime) -> str:
    """In the time of this machine, which it names."""
    here = at.astimezone()
    return f"{here:%H:%M} {here.tzname()} on {day(here)}"


def seconds(span: timedelta) -> str:
    return f"{span.total_seconds():.1f} s"


def language(text: str) -> str:
    return "zh" if has_cjk(text) else "en"


def hours(value: float) -> str:
    return f"{value:g} hour{'' if value == 1 else 's'}"


@cache
def asset(name: str) -> str:
    """The address of a static file; it changes with the content, so browsers may keep it for good."""
    digest = hashlib.blake2s((STATIC / name).read_bytes(), digest_size=6).hexdigest()
    return f"/static/{name}?v={digest}"


def draw(name: str, status: int = 200, **values: Any) -> Response:
    html = templates().get_template(name).render(**values)
    return HTMLResponse(html, status, {"Cache-Control": "no-store"})


def draw_problem(request: Request, problem: dict[str, Any]) -> Response:
    return draw("problem.html", int(problem["status"]), problem=problem)
