"""The page that says how Cairn is set up: read from the home page, without a secret on it."""

import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.databases import Database
from tests.models.forms import Formal
from tests.models.openai_chat import NATIVE, TOOL, error, way_of
from tests.models.server import model_server
from tests.models.wire import Asked, Reply
from tests.process import Served, cairn, serving, serving_on
from tests.web.browsing import in_every_look, look_at, opened

KEY = "k-of-the-tests"


def talkative(asked: Asked) -> Reply | None:
    """No tools for tutorials, no room for a whole curriculum, and resources are refused."""
    match asked.thought, way_of(asked.body):
        case "tutorial", "tool":
            return error(400, "registry.ollama.ai/library/x does not support tools")
        case "curriculum", _:
            return error(400, "the request exceeds the available context size")
        case "resources", _:
            return error(400, "boom")
        case _:
            return None


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server whose model was tried for all thoughts but one, which has a model of its own."""
    folder = tmp_path_factory.mktemp("tried") / "data"
    with model_server(Formal(ways=(TOOL, NATIVE), fault=talkative)) as server:
        address = server.url.replace("://", "://somebody:s3cret@")
        settings = {**server.environment, "OPENAI_BASE_URL": f"{address}/v1"}
        assert cairn(folder, "doctor", "--model", **settings).returncode == 1
        other = {"CAIRN_MODEL_FOR_QUIZ": "ollama:y", "OLLAMA_BASE_URL": "http://127.0.0.1:9/v1"}
        with serving(folder, **settings, **other) as served:
            yield served


def test_it_is_found_from_the_first_page(browser: Browser, served: Served) -> None:
    with opened(browser, served, java_script_enabled=False) as page:
        page.goto("/")
        page.get_by_role("link", name="Settings").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
        expect(page.get_by_text("A stand-in that fills pages and teaches nothing.")).to_be_visible()
        expect(page.get_by_text("cairn.db")).to_contain_text("SQLite")


def test_without_a_model_it_names_the_built_in_courses(browser: Browser, tmp_path: Path) -> None:
    with serving(tmp_path / "data") as served, opened(browser, served) as page:
        page.goto("/settings")
        expect(page.get_by_text("The built-in library.")).to_contain_text("Python, Redis")
        expect(page.locator(".ways")).to_have_count(0)


def test_a_model_that_was_not_tried_is_said_to_be(browser: Browser, tmp_path: Path) -> None:
    with (
        model_server() as server,
        serving(tmp_path / "data", **server.environment) as served,
        opened(browser, served) as page,
    ):
        page.goto("/settings")
        expect(page.get_by_text("not tried", exact=True)).to_have_count(7)
        expect(page.get_by_text("cairn doctor --model")).to_be_visible()
        expect(page.locator(".facts").first).to_contain_text("OPENAI_API_KEY is set")
        assert KEY not in page.content()


def test_what_was_found_of_each_thought_is_shown_without_a_secret(browser: Browser, tried: Served) -> None:
    with opened(browser, tried) as page:
        page.goto("/settings")
        rows = page.get_by_role("list", name="How openai-chat:x is asked").locator("> li")
        expect(rows).to_have_count(6)
        expect(rows.filter(has_text="Understand the goal")).to_contain_text("by a tool call")
        expect(rows.filter(has_text="Design the curriculum")).to_contain_text("stage by stage")
        tutorials = rows.filter(has_text="Write tutorials")
        expect(tutorials).to_contain_text("held to the form by its server")
        tutorials.get_by_text("What did not work").click()
        expect(tutorials.get_by_text("tool: openai-chat:x cannot be given tools")).to_be_visible()
        expect(rows.filter(has_text="Find resources")).to_contain_text("no way works")
        quiz = page.get_by_role("list", name="How ollama:y is asked").locator("> li")
        expect(quiz).to_contain_text("not tried")
        expect(page.get_by_text("OLLAMA_API_KEY")).to_be_visible()
        html = page.content()
        assert KEY not in html
        assert "s3cret" not in html


def test_a_database_server_is_named_and_no_folder(on_postgres: Database) -> None:
    with (
        serving_on(on_postgres, CAIRN_MODEL="simulated") as served,
        urllib.request.urlopen(f"{served.url}/settings", timeout=30) as answer,
    ):
        html = answer.read().decode()
    assert f"PostgreSQL, {on_postgres.name} at " in html
    assert "Data folder" not in html


@in_every_look
def test_it_is_sound_in_every_look(browser: Browser, tried: Served, look: dict[str, object]) -> None:
    with opened(browser, tried, **look) as page:
        page.goto("/settings")
        for fold in page.locator(".ways summary").all():
            fold.click()
        look_at(page)
