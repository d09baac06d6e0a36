"""The outline on its page: approved, edited by hand, sent back in words; one decision, never an old one."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.process import Served, serving
from tests.web.browsing import in_every_look, look_at, opened

APPROVE = re.compile("^Approve")


def wanted(served: Served, goal: str) -> str:
    """A task whose outline waits for review."""
    _, made = served.call("POST", "/api/v1/generation/roadmap", {"query": goal, "review": True})
    return until(served, made["task_id"], "review_wanted")


def until(served: Served, task_id: str, kind: str, after: int = 0) -> str:
    assert any(told == kind for _, told, _ in served.events(task_id, after))
    return task_id


def told_so_far(served: Served, task_id: str) -> int:
    return served.rows(f"SELECT last_seq FROM roadmap_tasks WHERE task_id = '{task_id}'")[0][0]


def decisions(served: Served, task_id: str) -> list[tuple[str, str]]:
    query = "SELECT decision, feedback FROM review_decisions WHERE task_id = '{}' ORDER BY review_round"
    return [(row[0], row[1]) for row in served.rows(query.format(task_id))]


def names(served: Served, task_id: str) -> list[str]:
    _, task = served.call("GET", f"/api/v1/tasks/{task_id}")
    _, roadmap = served.call("GET", f"/api/v1/roadmaps/{task['roadmap_id']}")
    return [c["name"] for s in roadmap["stages"] for m in s["modules"] for c in m["concepts"]]


def test_an_outline_is_shown_before_it_is_written_and_approved(browser: Browser, served: Served) -> None:
    """The page of the task that is open turns to the review by itself."""
    with opened(browser, served) as page:
        page.goto("/")
        page.get_by_label("What do you want to learn?").fill("Learn Rust")
        page.get_by_text("Level, time, what you know").click()
        page.get_by_label("Show me the outline before it is written").check()
        page.get_by_role("button", name="Make my course").click()
        page.wait_for_url(re.compile("/tasks/"))
        expect(page.get_by_text("Waiting for your review.")).to_be_visible()
        expect(page.locator("#status")).to_have_text("The outline is ready for your review.")
        expect(page.locator(".steps .is-waiting")).to_contain_text("Your review")
        expect(page.locator(".steps")).not_to_contain_text("Edit the outline")
        page.goto("/")
        page.get_by_role("link", name="Review the outline of Learn Rust").click()
        expect(page.get_by_role("textbox", name="Name of concept 1")).to_have_value("Purpose of Rust")
        page.get_by_role("button", name=APPROVE).click()
        expect(page.get_by_text("Ready.")).to_be_visible(timeout=30_000)
        expect(page.locator(".steps")).not_to_contain_text("Edit the outline")
        task_id = page.url.rsplit("/", 1)[1]
        page.goto(f"/tasks/{task_id}/review")
        expect(page.get_by_role("heading", level=1)).to_have_text("This outline was decided already")
        expect(page.get_by_text("It was approved.")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_an_outline_is_edited_by_hand_broken_and_mended(
    browser: Browser, served: Served, scripts: bool
) -> None:
    task_id = wanted(served, "Learn Go")
    with opened(browser, served, java_script_enabled=scripts) as page:
        page.goto(f"/tasks/{task_id}/review")
        page.get_by_role("textbox", name="Name of concept 1").fill("Why Go")
        page.get_by_role("checkbox", name="Take out concept 2").check()
        page.locator("#n6 summary", has_text="Move").click()
        page.get_by_label("Where concept 6 goes").select_option(label="First in Foundations 1")
        page.get_by_label("hours for concept 3").fill("2,5")
        page.locator("#new1 summary").click()
        page.locator("#new1").get_by_label("Name").fill("Channels")
        if scripts:
            expect(page.get_by_role("button", name=APPROVE)).to_have_text("Approve with these changes")
            expect(page.locator("#so-far")).to_have_text("5 changes so far")
        page.get_by_role("button", name=APPROVE).click()
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text("This cannot stand as it is. Nothing was stored")
        needs = "“First steps of Go” needs “Vocabulary of Go”, not in the roadmap."
        expect(page.locator("#n3 .fault")).to_contain_text(needs)
        expect(page.locator("#n2 .fault")).to_contain_text("“First steps of Go” needs this. Untick it there")
        expect(page.locator("#n6 .fault")).to_contain_text("needs “Daily use of Go”, placed after it.")
        expect(page.get_by_role("textbox", name="Name of concept 1")).to_have_value("Why Go")
        expect(page.get_by_role("checkbox", name="Take out concept 2")).to_be_checked()
        expect(page.get_by_label("hours for concept 3")).to_have_value("2,5")
        expect(page.locator("#new1").get_by_label("Name")).to_have_value("Channels")
        assert decisions(served, task_id) == []
        page.locator("#n3").get_by_role("checkbox", name="2. Vocabulary of Go").uncheck()
        page.locator("#n6").get_by_role("checkbox", name="5. Daily use of Go").uncheck()
        page.get_by_role("button", name="Approve with these changes").click()
        page.wait_for_url(re.compile(f"/tasks/{task_id}$"))
        until(served, task_id, "task_ended")
        page.reload()
        expect(page.locator(".steps")).to_contain_text("Edit the outline")
    assert [said for said, _ in decisions(served, task_id)] == ["approve"]
    assert names(served, task_id) == [
        "Typical errors of Go", "Why Go", "First steps of Go", "Building blocks of Go", "Channels",
        "Daily use of Go",
    ]  # fmt: skip


def test_changes_asked_for_in_words_come_back_with_their_difference(browser: Browser, served: Served) -> None:
    task_id = wanted(served, "Learn Ada")
    with opened(browser, served) as page:
        page.goto(f"/tasks/{task_id}/review")
        page.get_by_role("button", name="Ask for changes").click()
        expect(page.locator("#words .fault")).to_contain_text("say what to change, or send edits")
        page.get_by_label("Or say it in words").fill("More about tasking")
        page.get_by_role("button", name=APPROVE).click()
        expect(page.locator("#words .fault")).to_contain_text("cannot go with an approval")
        expect(page.get_by_label("Or say it in words")).to_have_value("More about tasking")
        page.get_by_role("button", name="Ask for changes").click()
        page.wait_for_url(re.compile(f"/tasks/{task_id}$"))
        page.get_by_role("link", name="Review the outline").click()
        expect(page.locator(".changes")).to_contain_text("What changed since the last round")
        expect(page.locator(".changes li")).to_contain_text(["Added As wished: More about tasking"])
        expect(page.locator(".changes")).to_contain_text("7 hours in all; it was 6.")
    assert decisions(served, task_id) == [("request_changes", "More about tasking")]


def test_enter_in_a_field_decides_nothing_and_a_double_click_once(browser: Browser, served: Served) -> None:
    task_id = wanted(served, "Learn Lua")
    with opened(browser, served) as page:
        page.goto(f"/tasks/{task_id}/review")
        page.get_by_label("hours for concept 1").fill("3")
        page.keyboard.press("Enter")
        expect(page.get_by_label("hours for concept 1")).to_have_value("3")
        assert decisions(served, task_id) == []
        page.get_by_role("button", name=APPROVE).dblclick()
        page.wait_for_url(re.compile(f"/tasks/{task_id}$"))
        expect(page.get_by_text("Ready.")).to_be_visible(timeout=30_000)
    assert decisions(served, task_id) == [("approve", "")]


def test_a_page_of_an_older_round_decides_nothing(browser: Browser, served: Served) -> None:
    """And who comes second hears what was decided; their words are not lost."""
    task_id = wanted(served, "Learn Nim")
    with opened(browser, served) as page, opened(browser, served) as second:
        for one in (page, second):
            one.goto(f"/tasks/{task_id}/review")
        said = {"round": 1, "decision": "request_changes", "feedback": "Shorter"}
        before = told_so_far(served, task_id)
        assert served.call("POST", f"/api/v1/tasks/{task_id}/review", said)[0] == 200
        until(served, task_id, "review_wanted", before)
        page.get_by_role("button", name=APPROVE).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("This outline was decided already")
        expect(page.get_by_text("Changes were asked for")).to_be_visible()
        look_at(page)
        page.get_by_role("link", name="Look at the outline as it is now").click()
        expect(page.locator("input[name=round]")).to_have_value("2")
        page.get_by_role("button", name=APPROVE).click()
        page.wait_for_url(re.compile(f"/tasks/{task_id}$"))
        second.get_by_label("Or say it in words").fill("More of macros")
        second.get_by_role("button", name="Ask for changes").click()
        expect(second.locator("blockquote")).to_have_text("More of macros")
        expect(second.get_by_text("Nothing of this page was stored")).to_be_visible()
        second.get_by_role("link", name="See how the course is coming").click()
        expect(second.get_by_text("Ready.")).to_be_visible(timeout=30_000)
    assert decisions(served, task_id) == [("request_changes", "Shorter"), ("approve", "")]


def test_an_outline_that_waits_is_started_again_with_another_goal_only(
    browser: Browser, served: Served
) -> None:
    task_id = wanted(served, "Learn Zig")
    with opened(browser, served) as page:
        page.goto(f"/tasks/{task_id}")
        page.get_by_text("Change the goal instead").click()
        page.get_by_role("button", name="Start again").click()
        expect(page.get_by_role("alert")).to_contain_text("a retry of it must change something")
        page.get_by_label("Change the goal", exact=True).fill("Learn advanced Zig")
        page.get_by_role("button", name="Start again").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Learn advanced Zig")
        page.get_by_role("link", name="Review the outline").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Zig: advanced")


def test_an_author_who_reads_no_words_is_offered_none(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("library") / "data"
    with serving(folder, CAIRN_MODEL="library") as served, opened(browser, served) as page:
        task_id = wanted(served, "Learn Redis")
        page.goto(f"/tasks/{task_id}/review")
        expect(page.locator("textarea")).to_have_count(0)
        page.get_by_role("button", name="Ask for changes").click()
        expect(page.locator("#words .fault")).to_contain_text("say what to change, or send edits")
        page.get_by_role("textbox", name="Name of concept 1", exact=True).fill("The very first key")
        page.get_by_role("button", name="Ask for changes").click()
        page.wait_for_url(re.compile(f"/tasks/{task_id}$"))
        page.get_by_role("link", name="Review the outline").click()
        expect(page.locator(".changes")).to_contain_text("to The very first key")


@in_every_look
def test_the_review_is_sound_in_every_look(browser: Browser, served: Served, look: dict[str, object]) -> None:
    """As it comes, with every fold open, and with faults; a decision stays in reach."""
    task_id = wanted(served, "学习 数据库系统与分布式存储")
    with opened(browser, served, **look) as page:
        page.goto(f"/tasks/{task_id}")
        look_at(page)
        page.goto(f"/tasks/{task_id}/review")
        expect(page.get_by_role("button", name=APPROVE)).to_be_in_viewport()
        open_all(page)
        look_at(page)
        page.get_by_role("checkbox", name="Take out concept 1").check()
        page.get_by_label("hours for concept 2").fill("-1")
        page.get_by_role("button", name=APPROVE).click()
        expect(page.get_by_role("alert")).to_contain_text("The hours must be a number of hours from 0.25")
        look_at(page)


def open_all(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
