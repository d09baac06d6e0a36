"""Pieces made anew and put back, courses put away and taken back, in a real browser."""

import json
import re
from contextlib import closing

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.process import Served, serving
from tests.web.browsing import SETTINGS, in_every_look, look_at, opened


def course(served: Served, goal: str) -> tuple[str, str, str]:
    """A course that is made: its task, and the addresses of its outline and of its second concept."""
    _, made = served.call("POST", "/api/v1/generation/roadmap", {"query": goal})
    assert [kind for _, kind, _ in served.events(made["task_id"])][-1] == "task_ended"
    roadmap = f"/roadmaps/{made['roadmap_id']}"
    _, outline = served.call("GET", f"/api/v1{roadmap}")
    concepts = [c for s in outline["stages"] for m in s["modules"] for c in m["concepts"]]
    return made["task_id"], roadmap, f"{roadmap}/concepts/{concepts[1]['concept_id']}"


def made_anew(served: Served, task_id: str, concept: str, kind: str, wish: str = "") -> None:
    assert served.call("POST", f"/api/v1{concept}/regenerate", {"kind": kind, "wish": wish})[0] == 202
    for _ in served.events(task_id):
        pass


def revisions(served: Served, concept: str, kind: str) -> list[int]:
    return [one["rev"] for one in served.call("GET", f"/api/v1{concept}/versions?kind={kind}")[1]["items"]]


def ask_anew(page: Page, kind: str, wish: str) -> None:
    page.locator(f"#about-{kind} summary", has_text=re.compile("^Write th.* anew")).click()
    page.locator(f"#about-{kind} textarea").fill(wish)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_tutorial_is_written_anew_and_an_earlier_one_put_back(
    browser: Browser, served: Served, scripts: bool
) -> None:
    task_id, _, concept = course(served, "Learn Rust")
    with opened(browser, served, java_script_enabled=scripts) as page:
        page.goto(concept)
        expect(page.get_by_text("Earlier versions")).to_have_count(0)
        ask_anew(page, "tutorial", "More examples")
        page.locator("#about-tutorial").get_by_role("button", name="Write anew").click()
        for _ in served.events(task_id):
            pass
        page.goto(concept)
        expect(page.locator("#text")).to_contain_text("with the wish “More examples”")
        page.locator("#versions-tutorial summary").click()
        expect(page.locator(".versions li").first).to_contain_text("read now")
        page.get_by_role("link", name="Look at it version 1 of the tutorial").click()
        expect(page.locator("#text")).not_to_contain_text("More examples")
        expect(page.get_by_text("This is an earlier version.")).to_be_visible()
        page.get_by_role("link", name="Leave it").click()
        expect(page.locator("#text")).to_contain_text("More examples")
        page.locator("#versions-tutorial summary").click()
        page.get_by_role("button", name="Put this one back version 1 of the tutorial").dblclick()
        expect(page.get_by_text("The earlier version was put back; it is version 3 now.")).to_be_visible()
        expect(page.locator("#text")).not_to_contain_text("More examples")
        assert revisions(served, concept, "tutorial") == [3, 2, 1]
        page.goto(f"{concept}/versions/tutorial/3")
        page.wait_for_url(re.compile("#about-tutorial$"))
        page.goto(f"{concept}/versions/tutorial/9")
        expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing here")


@pytest.mark.full
def test_while_a_piece_is_made_anew_the_old_one_stays_and_nothing_typed_is_lost(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The course by a quick author, the new piece by one that never comes to its end."""
    folder = tmp_path_factory.mktemp("anew") / "data"
    with serving(folder, **SETTINGS) as quick:
        task_id, _, concept = course(quick, "Learn Go")
        made_anew(quick, task_id, concept, "quiz")
    slow = {**SETTINGS, "CAIRN_SIMULATED_DELAY": "600"}
    with serving(folder, **slow) as served, opened(browser, served) as page, opened(browser, served) as other:
        for one in (page, other):
            one.goto(concept)
        ask_anew(page, "tutorial", "Shorter")
        page.locator("#about-tutorial").get_by_role("button", name="Write anew").dblclick()
        notice = page.locator("#about-tutorial .notice")
        expect(notice).to_contain_text(
            "A new tutorial is being written with your wish “Shorter”; this one stays"
        )
        expect(page.locator("#text")).to_contain_text("This is filling text about Vocabulary of Go")
        look_at(page)
        assert served.rows("SELECT max(run) FROM roadmap_tasks")[0][0] == 3, "one run for both clicks"
        ask_anew(other, "resources", "Videos")
        other.locator("#about-resources").get_by_role("button", name="Write anew").click()
        said = other.locator("#about-resources [role=alert]")
        expect(said).to_contain_text("can be changed once that has ended. Your wish was not stored.")
        expect(other.locator("#about-resources textarea")).to_have_value("Videos")
        look_at(other)
        other.goto(f"{concept}/versions/quiz/1")
        expect(other.get_by_role("button", name="Put this one back")).to_have_count(0)
        notice.get_by_role("link", name="See how far it is").click()
        expect(page.locator(".steps")).to_contain_text("Write the tutorial of “Vocabulary of Go” anew")
        page.get_by_text("Cancel", exact=True).click()
        page.get_by_role("button", name="Yes, cancel it").click()
        expect(page.locator(".steps")).to_contain_text("stopped")


def test_a_course_is_saved_as_a_file_in_every_format(browser: Browser, served: Served) -> None:
    _, roadmap, _ = course(served, "Learn Zig")
    with opened(browser, served, accept_downloads=True) as page:
        page.goto(roadmap)
        links = page.locator(".keep a[download]")
        expect(links).to_have_text(["Markdown", "JSON"])
        saved: dict[str, str] = {}
        for link in links.all():
            with page.expect_download() as coming:
                link.click()
            saved[coming.value.suggested_filename] = coming.value.path().read_text()
    assert set(saved) == {"zig.md", "zig.json"}
    assert saved["zig.md"].startswith("# ")
    assert json.loads(saved["zig.json"])["goal"] == "Learn Zig"


def test_a_course_is_put_away_and_taken_back(browser: Browser, served: Served) -> None:
    task_id, roadmap, _ = course(served, "Learn Nim")
    with opened(browser, served) as page, opened(browser, served) as watching:
        watching.goto(f"/tasks/{task_id}")
        page.goto(roadmap)
        page.get_by_text("Put this course away").click()
        expect(page.get_by_text("It is put away, not destroyed")).to_be_visible()
        page.get_by_role("button", name="Yes, put it away").dblclick()
        expect(page.get_by_text("“Learn Nim” was put away.")).to_be_visible()
        expect(page.get_by_role("link", name="Start Learn Nim")).to_have_count(0)
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_text("“Learn Nim” is back as it was.")).to_be_visible()
        expect(page.get_by_role("link", name="Start Learn Nim")).to_be_visible()
        watching.reload()
        watching.get_by_text("Put this course away").click()
        watching.get_by_role("button", name="Yes, put it away").click()
        page.goto("/")
        expect(page.get_by_text("was put away.")).to_have_count(0)
        page.get_by_text("Put away: 1 course").click()
        look_at(page)
        page.get_by_role("button", name="Take back Learn Nim").click()
        expect(page.get_by_text("“Learn Nim” is back as it was.")).to_be_visible()
        expect(page.get_by_text("Put away:")).to_have_count(0)


def test_a_course_that_is_made_is_put_away_and_the_page_that_watches_it_says_so(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Both pages watch it and may ask once more for what is gone, so a 404 is no complaint here."""
    folder = tmp_path_factory.mktemp("away") / "data"
    with (
        serving(folder, **{**SETTINGS, "CAIRN_SIMULATED_DELAY": "600"}) as served,
        closing(browser.new_context(base_url=served.url)) as context,
    ):
        page, watching = context.new_page(), context.new_page()
        _, made = served.call("POST", "/api/v1/generation/roadmap", {"query": "Learn Ada"})
        for one in (page, watching):
            one.goto(f"/tasks/{made['task_id']}")
        expect(watching.locator(".steps .is-working")).to_contain_text("Understand the goal")
        page.get_by_text("Put this course away").click()
        expect(page.get_by_text("Its making stops; what is finished is kept.")).to_be_visible()
        page.get_by_role("button", name="Yes, put it away").click()
        expect(watching.get_by_role("heading", level=1)).to_have_text("There is nothing here")
        page.get_by_role("button", name="Undo").click()
        page.get_by_role("link", name="“Learn Ada”").click()
        expect(page.get_by_text("Cancelled.")).to_be_visible()


@in_every_look
def test_versions_and_put_away_are_sound_in_every_look(
    browser: Browser, served: Served, look: dict[str, object]
) -> None:
    task_id, roadmap, concept = course(served, "学习 数据库系统与分布式存储")
    for kind in ("tutorial", "resources", "quiz"):
        made_anew(served, task_id, concept, kind, "多一些例子")
    with opened(browser, served, **look) as page:
        olds = [f"{concept}/versions/{kind}/1" for kind in ("tutorial", "resources", "quiz")]
        for address in (concept, f"{concept}?back=quiz", roadmap, f"/tasks/{task_id}", *olds):
            page.goto(address)
            page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
            look_at(page)
        page.goto(roadmap)
        page.get_by_text("Put this course away").click()
        page.get_by_role("button", name="Yes, put it away").click()
        expect(page.get_by_role("button", name="Undo")).to_be_visible()
        look_at(page)
