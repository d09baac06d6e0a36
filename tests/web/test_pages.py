"""The pages in a real browser: the whole way by keyboard, without scripts, on a phone, in the dark."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.process import Served, serving
from tests.web.browsing import SETTINGS, in_every_look, look_at, make, opened

HOSTILE = "Learn <script>alert(1)</script> \"&' Rust"


def test_from_the_question_to_an_answered_quiz(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A second per call, so that the making can be watched."""
    folder = tmp_path_factory.mktemp("whole") / "data"
    with (
        serving(folder, **{**SETTINGS, "CAIRN_SIMULATED_DELAY": "1"}) as served,
        opened(browser, served) as page,
    ):
        make(page, "Learn Rust")
        expect(page.get_by_text("You can leave this page; it goes on.")).to_be_visible()
        expect(page.get_by_role("link", name="Purpose of Rust")).to_be_visible()  # readable before the end
        expect(page.get_by_text("Ready.")).to_be_visible(timeout=30_000)
        page.get_by_role("link", name="Open the course").click()
        page.get_by_role("link", name=re.compile("^Start: ")).click()
        expect(page.get_by_role("heading", name="Purpose of Rust", level=1)).to_be_visible()
        for number in range(1, 5):
            expect(page.get_by_text(f"Question {number} of 4")).to_be_visible()
            words = "Filling text" if number != 2 else "Nothing at all"
            labels = page.locator("#quiz label").all_inner_texts()
            place = next(at for at, label in enumerate(labels, 1) if words in label)
            page.get_by_role("radio").first.focus()
            page.keyboard.press(str(place))
            page.keyboard.press("Enter")
            expect(page.locator(".verdict")).to_have_text("Right." if number != 2 else "Not right.")
            expect(page.locator(".options.graded .why")).to_have_count(3)
            page.locator("#quiz a.button").first.click()
        expect(page.locator(".score")).to_contain_text("3 of 4 right")
        page.reload()
        expect(page.locator(".score")).to_contain_text("3 of 4 right")
        page.get_by_role("button", name="Mark as done").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Vocabulary of Rust")
        page.goto("/")
        expect(page.get_by_text("1 of 6 concepts")).to_be_visible()
        page.get_by_role("link", name="Continue Learn Rust").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Vocabulary of Rust")


def test_everything_works_without_scripts(browser: Browser, served: Served) -> None:
    with opened(browser, served, java_script_enabled=False) as page:
        make(page, "Learn Go")
        task_id = page.url.rsplit("/", 1)[1]
        list(served.events(task_id))
        page.reload()
        page.get_by_role("link", name="Open the course").click()
        page.get_by_role("link", name="First steps of Go", exact=True).first.click()
        page.get_by_role("radio", name="Filling text").check()
        page.get_by_role("button", name="Answer").click()
        expect(page.locator(".verdict")).to_have_text("Right.")
        page.get_by_role("link", name="Next question").click()
        page.get_by_role("button", name="Answer").click()
        expect(page.get_by_text("Choose an answer first")).to_be_visible()
        page.get_by_role("button", name="I know this").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Building blocks of Go")


def test_cancel_and_retry_with_a_changed_goal(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Cancelled by an author that never comes to its end; made, after a restart, by a quick one."""
    folder = tmp_path_factory.mktemp("cancel") / "data"
    with (
        serving(folder, **{**SETTINGS, "CAIRN_SIMULATED_DELAY": "600"}) as slow,
        opened(browser, slow) as page,
    ):
        make(page, "Learn Zig")
        address = page.url.removeprefix(slow.url)
        page.get_by_text("Cancel", exact=True).click()
        expect(page.get_by_text("What is finished stays readable")).to_be_visible()
        page.get_by_role("button", name="Yes, cancel it").click()
        expect(page.get_by_text("Cancelled.")).to_be_visible()
    with serving(folder, **SETTINGS) as quick, opened(browser, quick) as page:
        page.goto(address)
        page.get_by_role("textbox").fill("Learn advanced Zig")
        page.get_by_role("button", name="Retry").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Learn advanced Zig")
        expect(page.get_by_text("Ready.")).to_be_visible(timeout=30_000)
        page.get_by_role("link", name="Open the course").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Zig: advanced")


def test_a_double_click_makes_one_course(browser: Browser, served: Served) -> None:
    before = served.rows("SELECT count(*) FROM roadmap_tasks")[0][0]
    with opened(browser, served) as page:
        page.goto("/")
        page.get_by_label("What do you want to learn?").fill("Learn Elm")
        page.get_by_role("button", name="Make my course").dblclick()
        page.wait_for_url(re.compile("/tasks/"))
    assert served.rows("SELECT count(*) FROM roadmap_tasks")[0][0] == before + 1


def test_wrong_input_is_told_and_kept(browser: Browser, served: Served) -> None:
    with opened(browser, served) as page:
        page.goto("/")
        page.get_by_label("What do you want to learn?").fill("Learn Nim")
        page.get_by_text("Level, time, what you know").click()
        page.get_by_label("Hours a week").fill("2000")
        page.get_by_label("Until").fill("2020-01-01")
        page.get_by_role("button", name="Make my course").click()
        expect(page.get_by_role("alert")).to_contain_text("must be a number of hours from 0.5 to 80")
        expect(page.get_by_label("What do you want to learn?")).to_have_value("Learn Nim")
        expect(page.get_by_label("Hours a week")).to_have_value("2000")
        page.get_by_label("Hours a week").fill("6")
        page.get_by_label("Until").fill("2099-01-01")
        expect(page.locator("#sum")).to_contain_text("6 hours a week until 1 January 2099")


def test_a_hostile_goal_is_only_text(browser: Browser, served: Served) -> None:
    with opened(browser, served) as page:
        make(page, HOSTILE)
        expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE)
        assert page.locator("h1 script").count() == 0
        page.goto("/nowhere")
        expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing here")


def test_the_server_gone_and_back(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A page that is open goes on by itself when the server has been killed and started again."""
    folder = tmp_path_factory.mktemp("gone") / "data"
    settings = {**SETTINGS, "CAIRN_SIMULATED_DELAY": "0.4"}
    with serving(folder, **settings) as first:
        port = int(first.url.rsplit(":", 1)[1])
        context = browser.new_context(base_url=first.url)
        page = context.new_page()
        make(page, "Learn Ada")
        expect(page.get_by_role("link", name="Purpose of Ada")).to_be_visible(timeout=30_000)
        first.kill()
        expect(page.get_by_text("The server is out of reach.")).to_be_visible(timeout=30_000)
        with serving(folder, port=port, **settings):
            expect(page.get_by_text("Ready.")).to_be_visible(timeout=60_000)
            expect(page.get_by_text("The server is out of reach.")).to_be_hidden()
            context.close()


@in_every_look
def test_every_page_is_sound_in_every_look(browser: Browser, served: Served, look: dict[str, object]) -> None:
    _, made = served.call("POST", "/api/v1/generation/roadmap", {"query": "学习 数据库系统与分布式存储"})
    list(served.events(made["task_id"]))
    roadmap = f"/roadmaps/{made['roadmap_id']}"
    _, outline = served.call("GET", f"/api/v1{roadmap}")
    concept = outline["stages"][0]["modules"][0]["concepts"][1]["concept_id"]
    pages = ["/", f"/tasks/{made['task_id']}", roadmap, f"{roadmap}/concepts/{concept}", "/nowhere"]
    with opened(browser, served, **look) as page:
        for address in pages:
            page.goto(address)
            look_at(page)
