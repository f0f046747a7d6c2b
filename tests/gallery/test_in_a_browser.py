"""Mails in a real browser, as wide as a phone: nothing is wider, whatever the names and addresses."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from include.profile.current import load, using
from tests.gallery.cases import cases
from tests.plugins.browser import BROWSER, needs_browser

pytestmark = needs_browser
ALL = {case.name: case for case in cases()}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=BROWSER)
        yield found
        found.close()


@pytest.mark.parametrize(
    "name", ["notice-long-names", "reminder-one", "notice-many", "alarm", "harbour-reminder"]
)
def test_a_mail_is_no_wider_than_a_phone(browser: Browser, name: str) -> None:
    with using(load(ALL[name].profile)):
        html = ALL[name].compose().file("html")
    assert html is not None
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.set_content(html.content.decode())
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.close()
