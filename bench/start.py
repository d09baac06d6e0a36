"""How soon `serve` answers beyond the time its libraries take to import, what it weighs at rest, and
how much the first page loads."""

import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil
from tests.process import Served, serving

from bench.measure import Result

RUNS = 7
LIBRARIES = "fastapi, uvicorn, sqlalchemy.ext.asyncio, sqlmodel, alembic, aiosqlite, langgraph.graph, "
LIBRARIES += (
    "langgraph.checkpoint.sqlite.aio, pydantic_settings, structlog, jinja2, markdown_it, nh3, pygments"
)


def run() -> list[Result]:
    imports: list[float] = []
    starts: list[float] = []
    resting = 0.0
    page: tuple[int, int] = (0, 0)
    for _ in range(RUNS):
        imports.append(import_time())
        with tempfile.TemporaryDirectory() as folder:
            begun = time.perf_counter()
            with serving(Path(folder) / "data") as cairn:
                cairn.call("GET", "/healthz")
                starts.append(time.perf_counter() - begun)
                page = weigh(cairn)
                resting = max(resting, psutil.Process(cairn.process.pid).memory_info().rss / 2**20)
    beyond = statistics.median(starts) - statistics.median(imports)
    detail = f"{statistics.median(starts):.2f} s against imports of {statistics.median(imports):.2f} s"
    return [
        Result("start: first answer beyond imports", round(beyond, 2), "s", 1.0, detail),
        Result(
            "start: resting memory of serve", round(resting), "MB", 160, f"the most of {RUNS}, after a page"
        ),
        Result("start: home page", round(page[0] / 1000, 1), "kB", 60, "with all it loads"),
        Result("start: requests of the home page", page[1], "", 8, ""),
    ]


def import_time() -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", f"import {LIBRARIES}"], check=True)
    return time.perf_counter() - begun


def weigh(cairn: Served) -> tuple[int, int]:
    """Bytes and requests of the home page and everything it names."""
    html = fetch(f"{cairn.url}/")
    parts = set(re.findall(rb'(?:src|href)="(/static/[^"]+)"', html))
    sizes = [len(html), *(len(fetch(cairn.url + part.decode())) for part in parts)]
    return sum(sizes), len(sizes)


def fetch(address: str) -> bytes:
    with urllib.request.urlopen(address) as answer:
        return answer.read()
