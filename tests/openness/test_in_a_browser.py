"""The published pages in a real browser: contrast, names, order, a phone, a printer; nothing is fetched from elsewhere."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, sync_playwright

from include.openness.publishing import publish
from tests.openness.region import NOW, UNTIL, region_house
from tests.plugins.browser import BROWSER, needs_browser

pytestmark = needs_browser

PAGES = (
    "index.html",
    "index.en.html",
    "v1/2020/04/index.html",
    "v1/2020/04/index.en.html",
    "units/130100.html",
    "method.html",
    "dictionary.en.html",
    "changes.html",
    "hints.en.html",
)
# What axe-core's rules of levels A and AA look at on pages without scripts and forms.
CHECKS = """
() => {
  const found = [];
  const channel = v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
  const light = c => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);
  const parse = text => text.match(/[\\d.]+/g).map(Number);
  const ground = node => {
    for (let one = node; one; one = one.parentElement) {
      const colour = parse(getComputedStyle(one).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  for (const node of document.querySelectorAll('body *')) {
    const own = [...node.childNodes].some(one => one.nodeType === 3 && one.data.trim());
    if (!own) continue;
    const style = getComputedStyle(node);
    const [a, b] = [light(parse(style.color)), light(ground(node))].sort((x, y) => y - x);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    if ((a + 0.05) / (b + 0.05) < (large ? 3 : 4.5)) found.push(`contrast: ${node.textContent.trim().slice(0, 30)}`);
  }
  if (!document.documentElement.lang) found.push('no lang');
  if (!document.title.trim()) found.push('no title');
  if (document.querySelectorAll('h1').length !== 1) found.push('not one h1');
  let level = 0;
  for (const head of document.querySelectorAll('h1,h2,h3,h4')) {
    const next = Number(head.tagName[1]);
    if (next > level + 1) found.push(`heading order: ${head.textContent}`);
    level = next;
  }
  for (const name of ['main', 'header', 'footer', 'nav']) {
    if (document.querySelectorAll(name).length !== 1) found.push(`not one ${name}`);
  }
  for (const picture of document.querySelectorAll('img')) if (!picture.alt.trim()) found.push(`no alt: ${picture.src}`);
  for (const picture of document.querySelectorAll('img')) if (!picture.naturalWidth) found.push(`not loaded: ${picture.src}`);
  for (const link of document.querySelectorAll('a')) if (!link.textContent.trim()) found.push(`no name: ${link.href}`);
  for (const table of document.querySelectorAll('table')) {
    if (!table.caption || !table.querySelector('th[scope=col]')) found.push('table without caption or heads');
    for (const row of table.tBodies[0].rows) if (!row.querySelector('th[scope=row]')) found.push('row without head');
  }
  const ids = [...document.querySelectorAll('[id]')].map(one => one.id);
  if (new Set(ids).size !== ids.length) found.push('ids twice');
  for (const area of document.querySelectorAll('.scroll')) {
    if (area.tabIndex !== 0 || !area.getAttribute('aria-label')) found.push('scrolled without keyboard');
  }
  return found;
}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("public") / "site"
    with region_house(tmp_path_factory.mktemp("open")) as house:
        publish(house, UNTIL, to, now=NOW, actor="test")
    return to


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_every_kind_of_page_can_be_read_by_anybody(folder: Path, browser: Browser, width: int) -> None:
    asked: list[str] = []
    context = browser.new_context(viewport={"width": width, "height": 844}, java_script_enabled=True)
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    for name in PAGES:
        page.goto((folder / name).as_uri())
        found: list[Any] = page.evaluate(CHECKS)
        assert found == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (
            f"{name}: wider than the screen"
        )
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip", name
    assert all(url.startswith(folder.as_uri()) for url in asked)
    context.close()


TABLE_PAGES = (*PAGES, "v1/2020/03/index.en.html", "units/130100.en.html", "changes.en.html")
TOO_WIDE = """() => [...document.querySelectorAll('.scroll')].filter(one => one.scrollWidth > one.clientWidth)
    .map(one => `${one.getAttribute('aria-label')}: ${one.scrollWidth} in ${one.clientWidth}`)"""
# Scrolled to the right end: the caption is still seen from its first letter to its last.
LOST_CAPTIONS = """() => [...document.querySelectorAll('.scroll')].filter(one => {
    one.scrollLeft = one.scrollWidth;
    const box = one.getBoundingClientRect(), words = one.querySelector('caption span').getBoundingClientRect();
    return words.left < box.left - 1 || words.right > box.right + 1;
  }).map(one => one.getAttribute('aria-label'))"""


@pytest.mark.parametrize(("width", "media"), [(1280, "screen"), (718, "print")])
def test_every_table_fits_a_screen_and_a_sheet_of_a4(
    folder: Path, browser: Browser, width: int, media: Literal["screen", "print"]
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 1000})
    page.emulate_media(media=media)
    for name in TABLE_PAGES:
        page.goto((folder / name).as_uri())
        assert page.evaluate(TOO_WIDE) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    page.close()


def test_on_a_phone_the_caption_stays_while_its_table_is_scrolled(folder: Path, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    wide = 0
    for name in TABLE_PAGES:
        page.goto((folder / name).as_uri())
        wide += len(page.evaluate(TOO_WIDE))
        assert page.evaluate(LOST_CAPTIONS) == [], name
    assert wide  # there are some to scroll
    page.close()


def test_a_page_prints_without_its_menu(folder: Path, browser: Browser) -> None:
    page = browser.new_page()
    page.goto((folder / "v1/2020/04/index.html").as_uri())
    page.emulate_media(media="print")
    assert not page.is_visible("nav")
    assert page.is_visible("table >> nth=0")
    assert page.pdf(format="A4")[:5] == b"%PDF-"
    page.close()
