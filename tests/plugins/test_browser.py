"""The desk in a real browser inside the Airflow UI. Skips where no browser is installed; Playwright downloads none."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from include.store import tables
from include.store.engine import open_engine, writing
from include.up import airflow
from tests.plugins.browser import free_port, logged_in, needs_browser
from tests.plugins.installation import ROOT, install

pytestmark = [needs_browser, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a running Airflow UI, and the folder of its installation; the letter's deliveries are unknown."""
    folder, port = tmp_path_factory.mktemp("house"), free_port()
    environment = install(folder)
    airflow(environment, "dags", "reserialize")  # the DAG page exists without a DAG processor
    engine = open_engine(f"sqlite:///{folder / 'supervision.db'}")
    with writing(engine) as connection:
        connection.execute(update(tables.delivery).values(state="unknown", state_reason="连接中断"))
    engine.dispose()
    command = [
        sys.executable,
        "-m",
        "airflow",
        "api-server",
        "--port",
        str(port),
        "--host",
        "127.0.0.1",
        "--apps",
        "core",
    ]
    with (
        (folder / "api.log").open("wb") as log,
        subprocess.Popen(
            command, env=environment, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
        ) as process,
    ):
        deadline = time.monotonic() + 300
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, (folder / "api.log").read_text(encoding="utf-8")[-2000:]
            assert time.monotonic() < deadline, "the API server did not start"
            process.poll()
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}", folder
        os.killpg(process.pid, signal.SIGTERM)


@pytest.fixture
def page(served: tuple[str, Path]) -> Iterator[Any]:
    """A browser that is logged in as admin, in Chinese."""
    with logged_in(*served) as page:
        yield page


def test_an_operator_settles_an_unknown_delivery_inside_the_airflow_ui(page: Any) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto("/plugin/desk")
    desk = page.frame_locator("iframe")
    desk.get_by_text("结果不明").first.wait_for()
    desk.get_by_role("link", name="阳泉市", exact=True).first.click()
    desk.get_by_role("heading", name="阳泉市 山西省").wait_for()
    page.go_back()
    desk.locator(".waiting a").first.click()
    desk.get_by_text("处理结果不明").wait_for()
    assert desk.frame_locator("details.mail iframe").locator("p").first.inner_text() == "环督提〔2020〕1号"
    desk.get_by_label("已送达").check()
    form = desk.locator("form[action$='/resolve']")
    form.locator("input[name=reason]").fill("电话核实，已收到")
    form.get_by_role("button").click()
    desk.get_by_text("结果不明的投递已处理。").wait_for()
    assert "电话核实，已收到" in desk.locator("table").last.inner_text()
    with page.expect_download() as download:
        desk.get_by_role("link", name=".eml").first.click()
    assert download.value.suggested_filename == "letter-1-1.eml"
    with page.context.expect_page() as opened:
        desk.get_by_role("link", name="PDF").click()
    assert opened.value.url.endswith("/desk/letters/1/files/pdf")
    assert [text for text in complaints if "Content Security Policy" in text] == []


@pytest.mark.parametrize(("button", "choice"), [("触发", "single"), ("补录", "backfill")])
def test_a_button_of_the_desk_opens_the_dialog_of_airflow(page: Any, button: str, choice: str) -> None:
    page.goto("/plugin/desk")
    page.frame_locator("iframe").get_by_role("link", name=button, exact=True).click()
    page.locator(f"[role=dialog] input[type=radio][value={choice}]:checked").wait_for(state="attached")
    assert page.url.endswith("/dags/daily_dispatch")


def test_the_desk_follows_the_theme_of_airflow(page: Any) -> None:
    page.goto("/plugin/desk")
    desk = page.frame_locator("iframe")
    desk.locator("h1").first.wait_for()
    page.evaluate(
        "document.documentElement.classList.replace('light', 'dark') || document.documentElement.classList.add('dark')"
    )
    desk.locator("html[data-theme=dark]").wait_for(state="attached")
    page.evaluate("document.documentElement.classList.replace('dark', 'light')")
    desk.locator("html[data-theme=light]").wait_for(state="attached")


def test_the_desk_is_usable_by_keyboard_and_on_a_phone(page: Any) -> None:
    page.goto("/desk/?at=2020-03-12T08:30")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_map_is_drawn_played_and_asked_by_keyboard(page: Any) -> None:
    complaints: list[str] = []
    page.on(
        "console",
        lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None,
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("/desk/map")
    page.locator("#map[data-ready=yes]").wait_for(state="attached")
    assert "示意图，不作为划界依据" in page.inner_text("main")
    drawn = (
        "one => one.getContext('2d').getImageData(0, 0, one.width, one.height).data.some(value => value > 0)"
    )
    assert page.locator(".leaflet-outlines-pane canvas").evaluate(drawn)
    assert page.locator(".leaflet-alarms-pane canvas").evaluate(drawn)
    page.locator("#map").focus()
    page.keyboard.press("Enter")
    page.locator("#map-here code").wait_for()
    page.locator("#map-step").focus()
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#map-now").endswith("00:00–01:00")
    page.select_option("#map-span", "month")
    page.click("#map-play")
    page.locator("#map-play[aria-pressed=true]").wait_for()
    page.locator("#map-step[aria-valuetext$='-02']").wait_for(state="attached")
    page.click("#map-play")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert complaints == []
