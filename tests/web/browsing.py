"""What the tests of pages share: a page in a fresh profile that complains of nothing, and a look at it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Response

from tests.process import Served

SETTINGS = {"CAIRN_MODEL": "simulated", "CAIRN_SIMULATED_CONCEPTS": "6", "CAIRN_SIMULATED_DELAY": "0.1"}
LOOKS = {
    "light": {"viewport": {"width": 1280, "height": 800}},
    "dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 360, "height": 740}, "has_touch": True},
    "phone, dark": {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"},
}
FURTHEST = "phone, dark"
in_every_look = pytest.mark.parametrize(
    "look",
    [
        pytest.param(look, id=name, marks=[] if name == FURTHEST else pytest.mark.full)
        for name, look in LOOKS.items()
    ],
)


@contextmanager
def opened(browser: Browser, served: Served, **look: object) -> Iterator[Page]:
    """A page in a fresh profile. What the browser complains of, refusals by the CSP among it, fails the test;
    so does a part of a page that cannot be had."""
    context = browser.new_context(base_url=served.url, **look)  # type: ignore[arg-type]
    page = context.new_page()
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            complaints.append(message.text)

    def watch(response: Response) -> None:
        if response.status >= 400 and response.request.resource_type != "document":
            complaints.append(f"{response.status} {response.url}")

    page.on("console", listen)
    page.on("response", watch)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert not complaints, complaints


def make(page: Page, goal: str) -> None:
    page.goto("/")
    page.get_by_label("What do you want to learn?").fill(goal)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/tasks/"))


def look_at(page: Page) -> None:
    """No sideways scrolling; axe-core, AA contrast among its rules, finds nothing."""
    wide, there = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= there, f"{page.url} scrolls sideways"
    found = Axe().run(page)
    assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"
