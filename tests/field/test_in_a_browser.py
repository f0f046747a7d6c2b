"""The phone page in a real browser: a phone of 320 px, keyboard, names, contrast in both schemes, drafts without a network, no script."""

import io
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from include.field.reports import Answer
from tests.field.pages import WORD, Place, alarm, bundle, photo, place
from tests.openness.test_in_a_browser import CHECKS
from tests.plugins.browser import BROWSER, free_port, needs_browser
from tests.profile.test_harbour_english import CJK

pytestmark = needs_browser

BUDGET_BYTES = 60_000
SMALL = {"width": 320, "height": 640}
# Every field has a name, every target is large enough for a thumb, nothing is wider than the phone.
FORM_CHECKS = """
() => {
  const found = [];
  for (const field of document.querySelectorAll('input:not([type=hidden]),select,textarea,button')) {
    if (!field.checkVisibility()) continue;
    const labels = [...(field.labels || [])].map(one => one.textContent.trim()).join(' ');
    const name = labels || field.getAttribute('aria-label') || field.textContent.trim();
    if (!name) found.push(`no name: ${field.outerHTML.slice(0, 80)}`);
    const box = (field.closest('label') || field).getBoundingClientRect();
    if (box.height < 44) found.push(`small: ${name} ${box.height}`);
  }
  for (const group of document.querySelectorAll('fieldset')) if (!group.querySelector('legend')) found.push('no legend');
  if (document.documentElement.scrollWidth > innerWidth) found.push(`wider than the phone: ${document.documentElement.scrollWidth}`);
  if (document.querySelectorAll('h1').length !== 1 || !document.querySelector('main')) found.push('no heading, or no main');
  if (!document.documentElement.lang) found.push('no language');
  return found;
}
"""
# Ends when the page lies on the phone itself and would be answered from there.
KEPT_FOR_LATER = """
async path => {
  await navigator.serviceWorker.ready;
  const wait = () => new Promise(done => setTimeout(done, 20));
  while (!navigator.serviceWorker.controller) await wait();
  while (!await (await caches.open('field-1')).match(path)) await wait();
  return true;
}
"""


@contextmanager
def served(page: Place) -> Iterator[str]:
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(page.site, port=port, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as started:
        running = started.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def page(tmp_path: Path) -> Place:
    return place(tmp_path)


@contextmanager
def phone(browser: Browser, base: str, **options: Any) -> Iterator[Page]:
    context = browser.new_context(
        viewport=SMALL, base_url=base, locale="zh-CN", is_mobile=True, has_touch=True, **options
    )
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on(
        "console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None
    )
    yield opened
    assert faults == []
    context.close()


def fill_in(opened: Page) -> None:
    opened.get_by_label("有问题").first.check()
    opened.get_by_label("问题类别").select_option("扬尘")
    opened.get_by_label("问题描述").fill("料堆未覆盖")
    opened.get_by_label("整改中").check()
    opened.get_by_label("整改时限").fill("2020-03-20")
    opened.get_by_label("排查人").fill("李四")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_small_named_readable_in_both_schemes(
    browser: Browser, page: Place, scheme: str, tmp_path: Path
) -> None:
    with served(page) as base, phone(browser, base, color_scheme=scheme) as opened:
        opened.goto(f"/f/{WORD}/1")
        fill_in(opened)
        opened.get_by_role("button", name="提交").click()
        opened.wait_for_url("**/r/*")
        receipt = opened.url
        for number, path in enumerate(
            (f"/f/{WORD}", f"/f/{WORD}/1", f"/f/{WORD}/device", receipt, "/nothing")
        ):
            opened.goto(path)
            opened.screenshot(path=tmp_path / f"{scheme}-{number}.png", full_page=True)
            assert opened.evaluate(FORM_CHECKS) == [], path
            told = opened.evaluate(CHECKS)  # a page that leads nowhere needs no navigation, a message no head
            assert [fault for fault in told if not fault.startswith("not one")] == [], path


def test_a_page_with_all_that_it_loads_is_within_the_budget(browser: Browser, page: Place) -> None:
    page.put(bundle(alarms=tuple(alarm(number) for number in range(1, 61))))
    with served(page) as base, phone(browser, base) as opened:
        for path in (f"/f/{WORD}", f"/f/{WORD}?page=2", f"/f/{WORD}/1", f"/f/{WORD}/device"):
            context = browser.new_context(base_url=base, service_workers="block")
            other = context.new_page()
            sizes: list[int] = []
            other.on("response", lambda answer, sizes=sizes: sizes.append(len(answer.body())))
            other.goto(path)
            other.wait_for_load_state("networkidle")
            assert 5_000 < sum(sizes) < BUDGET_BYTES
            context.close()
        opened.goto(f"/f/{WORD}")
        assert opened.locator("[data-form]").count() == 25


def test_by_keyboard_alone_and_faults_are_told_beside_their_fields(browser: Browser, page: Place) -> None:
    with served(page) as base, phone(browser, base) as opened:
        opened.goto(f"/f/{WORD}/2")
        opened.get_by_label("有问题").first.focus()
        opened.keyboard.press("Space")
        opened.get_by_role("button", name="提交").focus()
        opened.keyboard.press("Enter")
        opened.wait_for_selector("#problem:not([hidden])")
        assert "问题类别" in opened.inner_text("#problem")
        assert opened.evaluate("document.activeElement.id") == "problem"
        assert opened.get_by_label("问题类别").get_attribute("aria-invalid") == "true"
        assert opened.inner_text("#fault-category") == "必填"
        fill_in(opened)
        opened.get_by_role("button", name="提交").focus()
        opened.keyboard.press("Enter")
        opened.wait_for_url("**/r/*")
        assert "已收到" in opened.inner_text("h1")
    assert [one.step for one in page.reports() if isinstance(one, Answer)] == ["found"]


def test_without_scripts_a_report_with_photos_is_sent_and_faults_are_told(
    browser: Browser, page: Place
) -> None:
    with served(page) as base, phone(browser, base, java_script_enabled=False) as opened:
        opened.goto(f"/f/{WORD}")
        opened.click("text=点位2")
        opened.check("input[name=step][value=clear]")
        opened.click("button[type=submit]")
        assert "尚未提交，请更正" in opened.inner_text("#problem")
        assert opened.is_checked("input[name=step][value=clear]")
        opened.fill("#inspector", "李四")
        opened.set_input_files(
            "#photos", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo((2000, 1000))}
        )
        opened.click("button[type=submit]")
        assert "1600×800" in opened.inner_text("dl")
    [report] = page.reports()
    assert isinstance(report, Answer)
    assert (report.alarm_id, report.step, len(report.photos)) == ("A2", "clear", 1)


def test_a_draft_outlives_a_lost_network_and_a_closed_page_and_is_sent_once(
    browser: Browser, page: Place
) -> None:
    with served(page) as base, phone(browser, base) as opened:
        opened.goto(f"/f/{WORD}")
        assert opened.evaluate(KEPT_FOR_LATER, f"/f/{WORD}/1")
        opened.goto(f"/f/{WORD}/1")
        opened.set_input_files(
            "#photos", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo((3000, 1500))}
        )
        opened.wait_for_selector("#thumbs img")
        opened.context.set_offline(True)
        fill_in(opened)
        opened.get_by_role("button", name="提交").click()
        opened.wait_for_selector("#draft-state:has-text('没有网络')")
        assert page.reports() == []
        opened.close()
        again = opened.context.new_page()
        again.goto(f"/f/{WORD}")  # from the phone itself
        again.wait_for_selector("text=已提交，尚未送达")
        again.goto(f"/f/{WORD}/1")
        assert again.get_by_label("问题描述").input_value() == "料堆未覆盖"
        again.wait_for_selector("#thumbs img")
        again.wait_for_selector("#draft-state:has-text('没有网络')")
        again.context.set_offline(False)
        again.wait_for_url("**/r/*")
        again.goto(f"/f/{WORD}/1")
        assert again.get_by_label("问题描述").input_value() == ""
        assert again.get_by_label("排查人").input_value() == "李四"
    [report] = page.reports()
    assert isinstance(report, Answer)
    assert (report.description, [(one.width, one.height) for one in report.photos]) == (
        "料堆未覆盖",
        [(1600, 800)],
    )


def submit_offline(opened: Page) -> None:
    """An inspector without a network submits that nothing was found."""
    opened.goto(f"/f/{WORD}/1")
    opened.context.set_offline(True)
    opened.get_by_label("无问题").first.check()
    opened.get_by_label("排查人").fill("李四")
    opened.get_by_role("button", name="提交").click()
    opened.wait_for_selector("#draft-state:has-text('没有网络')")


def dispute(opened: Page, note: str) -> None:
    opened.get_by_label("误报申诉").first.check()
    opened.get_by_label("说明").fill(note)


def test_what_was_submitted_is_sent_as_it_was_and_what_was_changed_since_waits(
    browser: Browser, page: Place
) -> None:
    with served(page) as base, phone(browser, base) as opened:
        submit_offline(opened)
        dispute(opened, "点")
        opened.wait_for_selector("#draft-state:has-text('已改为草稿')")
        opened.context.set_offline(False)
        opened.wait_for_selector("#draft-state:has-text('此前提交的内容已送达')")
        assert opened.locator("#draft-state a").get_attribute("href")
        assert told(page) == [("clear", "")]
        opened.goto(f"/f/{WORD}")
        opened.wait_for_selector("text=有未提交的草稿")
        opened.goto(f"/f/{WORD}/1")
        assert opened.get_by_label("说明").input_value() == "点"
        assert told(page) == [("clear", "")]
        opened.get_by_role("button", name="提交").click()
        opened.wait_for_url("**/r/*")
    assert sorted(told(page)) == [("clear", ""), ("disputed", "点")]


def test_the_button_replaces_what_was_submitted_and_an_incomplete_form_is_not_kept_to_be_sent(
    browser: Browser, page: Place
) -> None:
    with served(page) as base, phone(browser, base) as opened:
        submit_offline(opened)
        opened.get_by_label("有问题").first.check()
        opened.get_by_role("button", name="提交").click()
        opened.wait_for_selector("#problem:has-text('问题类别')")
        dispute(opened, "点位不在本市")
        opened.get_by_role("button", name="提交").click()
        opened.wait_for_selector("#draft-state:has-text('没有网络')")
        opened.context.set_offline(False)
        opened.wait_for_url("**/r/*")
    assert told(page) == [("disputed", "点位不在本市")]


def told(page: Place) -> list[tuple[str, str]]:
    return [(one.step, one.note) for one in page.reports() if isinstance(one, Answer)]


def heic() -> bytes:
    """What a phone writes that this browser does not read."""
    return b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(2000)


def test_a_photo_that_cannot_be_read_is_named_and_the_others_are_sent_once(
    browser: Browser, page: Place
) -> None:
    """A large one of 12 MB, one of a kind that only its phone reads, and one more."""
    noise = Image.frombytes("RGB", (2400, 1800), os.urandom(2400 * 1800 * 3))
    stream = io.BytesIO()
    noise.save(stream, "PNG")
    assert len(stream.getvalue()) > 12 << 20
    files = [
        {"name": "large.png", "mimeType": "image/png", "buffer": stream.getvalue()},
        {"name": "IMG_1.HEIC", "mimeType": "image/heic", "buffer": heic()},
        {"name": "b.jpg", "mimeType": "image/jpeg", "buffer": photo((800, 600))},
    ]
    with served(page) as base, phone(browser, base) as opened:
        opened.set_viewport_size({"width": 390, "height": 844})
        opened.goto(f"/f/{WORD}/1")
        fill_in(opened)
        opened.set_input_files("#photos", files)
        opened.wait_for_selector("#fault-photos:has-text('IMG_1.HEIC')")
        assert opened.locator("#thumbs img").count() == 2
        opened.get_by_role("button", name="提交").click()
        opened.wait_for_url("**/r/*")
    [report] = page.reports()
    assert isinstance(report, Answer)
    assert [(one.width, one.height) for one in report.photos] == [(1600, 1200), (800, 600)]


def test_a_double_tap_and_the_way_back_are_one_report(browser: Browser, page: Place) -> None:
    with served(page) as base, phone(browser, base) as opened:
        opened.set_viewport_size({"width": 390, "height": 844})
        opened.goto(f"/f/{WORD}/1")
        fill_in(opened)
        opened.get_by_role("button", name="提交").dblclick()
        opened.wait_for_url("**/r/*")
        assert len(page.reports()) == 1
        opened.go_back()
        opened.wait_for_url(f"**/f/{WORD}/1")
        if opened.get_by_label("问题描述").input_value():  # the browser kept the page as it was left
            opened.get_by_role("button", name="提交").click()
            opened.wait_for_url("**/r/*")
    assert len(page.reports()) == 1


@pytest.mark.parametrize("agrees", [True, False])
def test_a_position_is_sent_only_where_it_was_agreed(browser: Browser, page: Place, agrees: bool) -> None:
    told = {"longitude": 113.58, "latitude": 37.86, "accuracy": 12}
    with served(page) as base, phone(browser, base, geolocation=told, permissions=["geolocation"]) as opened:
        opened.goto(f"/f/{WORD}/1")
        opened.get_by_label("已到场").check()
        opened.get_by_label("排查人").fill("李四")
        if agrees:
            opened.check("#position")
            opened.wait_for_selector("#where:has-text('12')")
        opened.get_by_role("button", name="提交").click()
        opened.wait_for_url("**/r/*")
    [report] = page.reports()
    assert isinstance(report, Answer)
    assert (report.position is not None) == agrees
    if report.position:
        assert (report.position.lon, report.position.lat, report.position.accuracy_m) == (113.58, 37.86, 12)


def test_the_suspects_of_the_form_are_asked_about(browser: Browser, page: Place) -> None:
    with served(page) as base, phone(browser, base) as opened:
        opened.goto(f"/f/{WORD}/1")
        opened.get_by_label("无问题").first.check()
        opened.get_by_label("排查人").fill("李四")
        suspect = opened.get_by_role("group", name="甲厂")
        suspect.get_by_label("有问题").check()
        suspect.get_by_label("核查情况").fill("治理设施未开")
        opened.get_by_role("button", name="提交").click()
        opened.wait_for_url("**/r/*")
        assert "有问题：治理设施未开" in opened.inner_text("dl")
    [report] = page.reports()
    assert isinstance(report, Answer)
    assert [(one.candidate_id, one.verdict, one.note) for one in report.verdicts] == [
        ("E1", "found", "治理设施未开")
    ]


def test_a_page_in_english_says_nothing_in_chinese(browser: Browser, page: Place) -> None:
    english = {
        "language": "en",
        "unit_name": "Harbour District",
        "title": "Notice",
        "issuer": "Harbour Agency",
        "number": None,
        "categories": ("Dust", "Other"),
        "is_simulated": False,
    }
    page.put(bundle(alarms=(alarm(point_name="Quay 7", county="East"),), **english))
    page.put_unit("J. Doe (j***@harbour.example)")
    with served(page) as base, phone(browser, base) as opened:
        for path in (f"/f/{WORD}", f"/f/{WORD}/1", f"/f/{WORD}/device"):
            opened.goto(path)
            assert not CJK.search(opened.content()), path
            assert opened.evaluate(FORM_CHECKS) == [], path
        opened.goto(f"/f/{WORD}/1")
        opened.get_by_role("button").last.click()
        opened.wait_for_selector("#problem:not([hidden])")
        assert not CJK.search(opened.inner_text("body"))
        opened.get_by_label("No problem").first.check()
        opened.get_by_label("Inspector").fill("Ann")
        opened.get_by_role("button", name="Send").click()
        opened.wait_for_url("**/r/*")
        assert not CJK.search(opened.content())
