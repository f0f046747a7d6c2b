"""The desk in a real browser without Airflow: every page at two widths and in both schemes with hostile names, the keyboard alone, the
small maps, a form that is handed in, a page that has grown stale."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, sync_playwright
from sqlalchemy import Engine, insert

from include.answer_form import layout as form
from include.desk.pages.desk import Airflow
from include.post.drafts import await_approval, draft
from include.store import tables
from include.store.engine import open_engine, writing
from tests.desk.facts import (
    NOW,
    SHIJIAZHUANG,
    YANGQUAN,
    Browser,
    add_alarm,
    add_event,
    archive_in,
    house_of,
    provenance,
)
from tests.desk.test_uploads import FOUND, filled, named_letter
from tests.plugins.browser import BROWSER, free_port, needs_browser
from tests.post.samples import add_cities, composition, facts, released

pytestmark = [needs_browser, pytest.mark.timeout(600)]

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
BETWEEN = (721, 840, 841, 1000, 1179, 1240)  # the layouts change at 840, 1180 and 1260
HOSTILE = (
    "<script>alert(1)</script>",
    "\N{RIGHT-TO-LEFT OVERRIDE}" + "محطة الرصد",
    "😀" * 40,
    "长" * 200,
    "unbroken" * 25,
)
PAGES = (
    "/",
    f"/cities/{YANGQUAN}",
    "/grids/T85711?day=2020-03-11",
    "/alarms/H0",
    "/letters",
    "/letters/1",
    "/fates",
    "/uploads",
    "/ranking?sort=on_time",
    "/signing",
    "/audit",
    "/map",
    "/search?q=H",
    "/quarantine",
    "/contacts",
    "/mails",
    "/season",
    "/units",
)
CHECKS = """
() => {
  const found = [];
  const wide = document.documentElement.scrollWidth;
  if (wide > innerWidth) found.push(`wider than the window: ${wide}`);
  for (const pane of document.querySelectorAll('main *')) {
    if (pane.closest('#map, svg, .level, input, select, textarea') || !pane.clientWidth || !pane.checkVisibility()) continue;
    const hides = getComputedStyle(pane).overflowX !== 'visible' && pane.scrollWidth > pane.clientWidth;
    const leaves = pane.tagName === 'TABLE' && pane.getBoundingClientRect().right > pane.parentElement.getBoundingClientRect().right + 1;
    const covers = ['TH', 'TD'].includes(pane.tagName) && pane.scrollWidth > pane.clientWidth + 1;
    if (hides || leaves || covers) found.push(`cut off: ${pane.tagName}.${pane.className} ${pane.scrollWidth} in ${pane.clientWidth}`);
  }
  for (const field of document.querySelectorAll('input:not([type=hidden]),select,textarea,button')) {
    if (!field.checkVisibility()) continue;
    const labels = [...(field.labels || [])].map(one => one.textContent.trim()).join(' ');
    if (!(labels || field.getAttribute('aria-label') || field.textContent.trim())) found.push(`no name: ${field.outerHTML.slice(0, 80)}`);
  }
  if (document.querySelectorAll('h1').length !== 1) found.push('not one heading');
  return found;
}
"""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Engine]:
    """A store with alarms and contacts whose names nobody expects, and the letter whose form is handed in."""
    folder = tmp_path_factory.mktemp("browsed")
    (folder / "supervision.db").write_bytes(sqlite_template.read_bytes())
    engine = open_engine(f"sqlite:///{folder / 'supervision.db'}")
    for number, name in enumerate(HOSTILE):
        alarm_id = f"H{number}"
        add_alarm(engine, alarm_id, "03-11 06:00", point_name=name, county=name[:64])
        add_event(engine, alarm_id, "submitted", "03-11 18:00", note=name * 3)
    with writing(engine) as connection:
        edges = {"west": 113.55, "south": 37.92, "east": 113.584, "north": 37.947}
        connection.execute(
            insert(tables.grid).values(
                grid_id="T85711", unit_code=YANGQUAN, county="郊区", name=HOSTILE[0],
                is_hot=True, is_monitored=True, **edges, **provenance(),
            )
        )  # fmt: skip
    add_alarm(engine, "N1", "03-11 06:00", unit_code=SHIJIAZHUANG, grid_id="S1", county="井陉县")
    add_cities(engine)
    released(engine, archive_in(folder), facts(alarms=tuple(f"H{number}" for number in range(len(HOSTILE)))))
    named_letter(engine)
    yield engine
    engine.dispose()


@contextmanager
def served(desk: Browser) -> Iterator[str]:
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(desk.app, port=port, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def address(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(Browser(house_of(engine, Path(str(engine.url.database)).parent))) as address:
        yield address


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with sync_playwright() as started:
        running = started.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield running
        running.close()


@contextmanager
def opened(
    chromium: Chromium, address: str, user: str = "duty", **how: Any
) -> Iterator[tuple[Page, list[str]]]:
    """A page of one user, and what the browser complains of."""
    context = chromium.new_context(
        locale="zh-CN", base_url=address, extra_http_headers={"user": user}, **{"viewport": WIDE, **how}
    )
    page, complaints = context.new_page(), []
    page.set_default_timeout(60_000)
    page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: (complaints.append(f"dialog {dialog.message}"), dialog.dismiss()))
    yield page, complaints
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_page_holds_whatever_stands_in_it(
    chromium: Chromium, address: str, size: dict[str, int], scheme: str
) -> None:
    with opened(chromium, address, viewport=size, color_scheme=scheme) as (page, complaints):
        for path in PAGES:
            answer = page.goto(f"/desk{path}")
            assert answer is not None
            assert answer.status == 200, path
            if page.locator("#map").count():
                page.wait_for_selector("#map[data-ready]")
            assert page.evaluate(CHECKS) == [], path
            assert complaints == [], path


def test_no_width_between_cuts_anything_off(chromium: Chromium, address: str) -> None:
    with opened(chromium, address) as (page, _):
        found = {}
        for path in PAGES:
            page.goto(f"/desk{path}")
            for width in BETWEEN:
                page.set_viewport_size({**WIDE, "width": width})
                found[path, width] = page.evaluate(CHECKS)
        assert {where: faults for where, faults in found.items() if faults} == {}


def test_letters_are_signed_with_the_keyboard_alone(
    chromium: Chromium, tmp_path: Path, sqlite_template: Path
) -> None:
    (tmp_path / "supervision.db").write_bytes(sqlite_template.read_bytes())
    store = open_engine(f"sqlite:///{tmp_path / 'supervision.db'}")
    add_cities(store)
    for city, alarms in ((SHIJIAZHUANG, ("A1",)), (YANGQUAN, ("A2", "A3"))):
        letter, run_id = facts(unit_code=city, kind="notice", alarms=alarms), "daily_dispatch/manual__1"
        archive = archive_in(tmp_path)
        number = draft(store, archive, letter, composition(), now=NOW, actor="run", run_id=run_id).letter_id
        await_approval(store, number, now=NOW, actor="run", reason="等待签发")
    answers: list[tuple[Any, ...]] = []
    airflow = Airflow(answer=lambda visitor, *said: answers.append((visitor.name, *said)))
    with (
        served(Browser(house_of(store, tmp_path), airflow=airflow)) as address,
        opened(chromium, address, viewport=NARROW, color_scheme="dark") as (page, complaints),
    ):
        page.goto("/desk/signing")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")  # past the navigation
        order = []
        while (at := tabbed(page)) != "签发所选":
            order.append(at)
        assert order == ["全选", "选", "提示函　石家庄市", "选", "提示函　阳泉市", "理由（记入审计）"]
        assert [tabbed(page) for _ in range(2)] == ["全部签发", "均不签发"]
        reason = page.locator("input[name=reason]")
        reason.focus()
        page.keyboard.type("已核")
        page.keyboard.press("Enter")  # nothing is ticked: nothing is signed, what was written stays
        page.wait_for_selector("text=没有勾选函件")
        assert (answers, reason.input_value()) == ([], "已核")
        page.locator("tr", has_text="阳泉市").get_by_role("checkbox").focus()
        page.keyboard.press("Space")
        assert tabbed(page).endswith("阳泉市")
        page.keyboard.press("Enter")  # its preview, and the tick stays
        page.wait_for_selector("#preview a:text('阳泉市')")
        assert tabbed(page) == "理由（记入审计）"
        page.keyboard.press("Enter")
        page.wait_for_selector("text=已签发所选单位的函件")
        assert answers == [("duty", "daily_dispatch", "manual__1", "some", ["阳泉市"], "已核")]
        assert page.evaluate(CHECKS) == []
        assert [one for one in complaints if "409" not in one] == []  # the refusal itself
    store.dispose()


def tabbed(page: Page) -> str:
    """Presses Tab; what has the focus then, which must be seen to have it."""
    page.keyboard.press("Tab")
    name, is_seen = page.evaluate(
        """() => {
          const at = document.activeElement, box = at.getBoundingClientRect(), style = getComputedStyle(at);
          const seen = style.outlineStyle !== 'none' && box.bottom > 0 && box.top < innerHeight && box.width > 0;
          return [(at.labels && at.labels.length ? at.labels[0] : at).textContent.trim(), seen];
        }"""
    )
    assert is_seen, name
    return str(name)


def test_a_guest_finds_no_form_that_writes(chromium: Chromium, address: str) -> None:
    with opened(chromium, address, "guest") as (page, _):
        for path in PAGES:
            page.goto(f"/desk{path}")
            assert page.locator("form[method=post]").count() == 0, path
    with opened(chromium, address, "nobody") as (page, _):
        answer = page.goto("/desk/uploads")
        assert answer is not None
        assert answer.status == 401


def test_the_small_map_of_a_grid_gives_coordinates_and_leads_on(chromium: Chromium, address: str) -> None:
    with opened(chromium, address) as (page, complaints):
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto("/desk/grids/T85711")
        page.wait_for_selector("#map[data-ready]")
        assert page.locator("#map-here code").text_content() == "113.56700,37.93350"
        assert page.locator("#step-title").inner_text().startswith("本网格")
        assert page.locator("#map-list li").count() == len(HOSTILE) + 2
        own = [url for url in asked if "/map/alarms.json" in url or "/map/grids.json" in url]
        assert own
        assert all("box=" in url for url in own), "the small map asks for what lies around it"
        assert page.locator("#map-day").is_hidden()
        page.locator(".map-fold summary").click()
        assert page.locator("#map-day").is_visible()
        page.locator("#map-list a").first.click()
        assert page.url.endswith("/desk/grids/T85711")
        assert complaints == []


def test_a_page_of_a_unit_lists_its_own_alarms_and_the_large_map_every_one(
    chromium: Chromium, address: str
) -> None:
    with opened(chromium, address) as (page, complaints):
        for path, neighbours in ((f"/cities/{YANGQUAN}", 0), ("/map", 1)):
            page.goto(f"/desk{path}")
            page.wait_for_selector("#map[data-ready]")
            listed = page.locator("#map-list li").all_inner_texts()
            assert page.locator("#map-count").inner_text() == str(len(listed)) != "0"
            assert sum("石家庄市 井陉县" in one for one in listed) == neighbours, listed
            assert any("阳泉市" in one for one in listed)
        assert complaints == []


def test_a_form_is_looked_at_and_kept_with_the_keyboard_alone(
    chromium: Chromium, address: str, tmp_path: Path
) -> None:
    path = tmp_path / "回执.xlsx"
    path.write_bytes(filled(FOUND, {"result": form.NOTHING_FOUND, "unit": "某局"}))
    with (
        opened(chromium, address, viewport=NARROW) as (page, complaints),
        opened(chromium, address) as (other, _),
    ):
        page.goto("/desk/mails")
        page.get_by_role("link", name="录入反馈表").focus()
        page.keyboard.press("Enter")
        other.goto("/desk/uploads")
        for each in (page, other):
            each.wait_for_selector("input[type=file]")
            each.set_input_files("input[type=file]", path)  # the dialog of files is the system's
            each.locator("input[type=file]").focus()
            while each.evaluate("document.activeElement.tagName") != "BUTTON":
                each.keyboard.press("Tab")
            each.keyboard.press("Enter")
            each.wait_for_selector("text=将记入1行，已有0行，不能采用1行；尚未存入。")
            assert each.evaluate(CHECKS) == []
        for each, words in (
            (page, "已录入。"),
            (other, "已经录入过"),
        ):  # two have the page, the first one keeps it
            each.locator("main input[name=reason]").focus()
            each.keyboard.type("微信交来")
            each.keyboard.press("Enter")
            each.wait_for_selector(f"text={words}")
        assert complaints == []


def test_the_search_field_is_a_key_away(chromium: Chromium, address: str) -> None:
    with opened(chromium, address) as (page, _):
        page.goto("/desk/fates")
        page.keyboard.press("/")
        page.keyboard.type("T85711")
        page.keyboard.press("Enter")
        page.wait_for_url("**/desk/grids/T85711**")


def test_a_page_before_there_is_anything(chromium: Chromium, tmp_path: Path, sqlite_template: Path) -> None:
    (tmp_path / "supervision.db").write_bytes(sqlite_template.read_bytes())
    empty = open_engine(f"sqlite:///{tmp_path / 'supervision.db'}")
    with (
        served(Browser(house_of(empty, tmp_path), now=NOW)) as address,
        opened(chromium, address) as (
            page,
            complaints,
        ),
    ):
        for path in ("/", "/fates", "/uploads", "/ranking", "/map", "/letters", f"/cities/{YANGQUAN}"):
            page.goto(f"/desk{path}")
            assert page.evaluate(CHECKS) == [], path
        assert complaints == []
    empty.dispose()
