"""A model that says scripts: text in the store, nothing on a page."""

from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from playwright.sync_api import Browser

from tests.models import faults
from tests.models.answers import of_concepts
from tests.models.server import Server, model_server
from tests.process import Served, serving
from tests.web.browsing import opened

SCRIPT = "<script>alert('gotcha')</script>"
HANDLER = "<img src=x onerror=alert('gotcha')>"


def hostile(answer: Any) -> Any:
    """A script in each text of an answer."""
    if "markdown" in answer:
        return {
            **answer,
            "title": f"A {SCRIPT}",
            "markdown": f"{SCRIPT}\n\n{answer['markdown']}\n\n{HANDLER}.",
        }
    return {**answer, "title": f"A {SCRIPT} course"} if "title" in answer else answer


class Scripts(HTMLParser):
    """What a page would run: its scripts by their address, and the handlers of its elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "script":
            self.found.append(given.get("src") or "inline")
        self.found += [name for name in given if name.startswith("on")]


@contextmanager
def lesson(folder: Path, server: Server) -> Iterator[tuple[Served, str, dict[str, Any]]]:
    """A course in the making of which scripts were said, served: the address of its first lesson and what
    the API says there."""
    server.answers = of_concepts(3)
    server.fault = faults.saying(hostile)
    with serving(folder, **server.environment) as served:
        _, task = served.call("POST", "/api/v1/generation/roadmap", {"query": "Learn to bake bread"})
        list(served.events(task["task_id"]))
        _, roadmap = served.call("GET", f"/api/v1/roadmaps/{task['roadmap_id']}")
        concept = roadmap["stages"][0]["modules"][0]["concepts"][0]
        path = f"/roadmaps/{task['roadmap_id']}/concepts/{concept['concept_id']}"
        yield served, path, served.call("GET", f"/api/v1{path}")[1]


def fetched(served: Served, path: str) -> str:
    with urlopen(f"{served.url}{path}", timeout=30) as answer:
        return answer.read().decode()


def test_a_script_in_a_lesson_is_text_in_the_store_and_nothing_on_the_page(
    browser: Browser, tmp_path: Path
) -> None:
    with model_server() as server, lesson(tmp_path / "data", server) as (served, path, said):
        assert SCRIPT in said["tutorial"]["markdown"], "kept as it was written"
        assert Scripts(said["tutorial"]["html"]).found == []
        outline = fetched(served, path.partition("/concepts")[0])
        assert "<h1>A &lt;script&gt;" in outline
        for page in (outline, fetched(served, path)):
            assert Scripts(page).found
            assert all(found.startswith("/static/") for found in Scripts(page).found)
        with opened(browser, served) as shown:
            asked: list[str] = []
            shown.on("dialog", lambda dialog: asked.append(dialog.message))
            shown.goto(path)
            shown.get_by_role("heading", name="Why it matters").wait_for()
            assert shown.locator("[onerror]").count() == 0
            assert all(
                source.startswith(f"{served.url}/static/")
                for source in shown.evaluate("[...document.scripts].map(script => script.src)")
            )
            assert asked == []
