"""A real browser, logged in to a running Airflow. Playwright drives a Chromium that is installed, and downloads none."""

import json
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_browser = pytest.mark.skipif(
    BROWSER is None, reason="no chromium on the path: apt-get install chromium"
)


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def logged_in(address: str, folder: Path) -> Iterator[Any]:
    """A page of a browser that is logged in as admin, in Chinese; `folder`: that of the installation."""
    path = folder / "airflow" / "simple_auth_manager_passwords.json.generated"
    password = json.loads(path.read_text(encoding="utf-8"))["admin"]
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        context = browser.new_context(
            locale="zh-CN", viewport={"width": 1440, "height": 900}, base_url=address
        )
        page = context.new_page()
        page.set_default_timeout(90_000)  # a slow machine is no fault of the desk
        page.goto("/auth/login/")
        page.fill("input[name=username]", "admin")
        page.fill("input[name=password]", password)
        page.click("button[type=submit]")
        page.wait_for_url(lambda url: "login" not in url)
        yield page
        browser.close()
