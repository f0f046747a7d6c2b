"""Whatever the desk cannot answer is a page of the desk in the reader's language, which says what is wrong and leads on."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine

from include.store.engine import open_engine
from tests.desk.facts import Browser, house_of


def main_of(page: str) -> str:
    """The words of the page's own part."""
    return re.sub(r"<[^>]+>|\s+", " ", page[page.index("<main") :])


@pytest.fixture(scope="module")
def sqlite_engine(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Engine]:
    path = tmp_path_factory.mktemp("refused") / "supervision.db"
    path.write_bytes(sqlite_template.read_bytes())
    engine = open_engine(f"sqlite:///{path}")
    yield engine
    engine.dispose()


@pytest.fixture
def browser(sqlite_engine: Engine, tmp_path: Path) -> Browser:
    return Browser(house_of(sqlite_engine, tmp_path))


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/nothing", 404, "没有这个页面"),
        ("/letters/abc", 422, "函件：应为数字（现为“abc”）"),
        ("/letters/-1", 422, "函件：不能小于1（现为“-1”）"),
        ("/cities/沧洲", 404, "沧州市"),
        ("/cities/999999", 404, "最接近的"),
        ("/search?q=" + "x" * 101, 422, "搜索：过长，至多100字"),
        ("/audit?first=tomorrow", 400, "不是日期；应为年-月-日，如 2020-03-16；现为tomorrow（自）"),
        ("/audit?first=2020-02-30", 400, "不是日期；应为年-月-日，如 2020-03-16；现为2020-02-30（自）"),
        ("/ranking?window=zzz", 422, "时段：不在可选的范围内（现为“zzz”）"),
        ("/letters/1/files/pdf", 404, "没有这个文件"),
        ("/assets/nothing.js", 404, "没有这个文件"),
    ],
)
def test_it_says_what_is_wrong_and_leads_on(browser: Browser, path: str, status: int, words: str) -> None:
    answer = browser.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert words in main_of(answer.text)
    assert '<nav aria-label="督办台">' in answer.text
    assert ("duty" in answer.text) == (path != "/nothing")  # nobody had to log in for that
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_a_form_that_cannot_be_used_leads_back_to_its_page(browser: Browser) -> None:
    referer = {"referer": "http://desk.test/desk/letters?unit=x"}
    answer = browser.post("/letters/1/withhold", {"reason": "  "}, headers=referer)
    assert answer.status_code == 422
    assert "理由：不能只有空格" in main_of(answer.text)
    assert 'href="/desk/letters?unit=x"' in answer.text
    foreign = browser.post(
        "/letters/1/withhold", {"reason": " "}, headers={"referer": "http://other.test/desk/x"}
    )
    assert "other.test" not in foreign.text
    large = browser.post("/uploads", files={"file": ("f.xlsx", b"x" * 3_000_000)})
    assert (large.status_code, "文件过大" in large.text) == (413, True)


def test_a_stranger_is_shown_the_way_and_nothing_else(sqlite_engine: Engine, tmp_path: Path) -> None:
    answer = Browser(house_of(sqlite_engine, tmp_path), user="nobody").get("/letters/1")
    assert answer.status_code == 401
    assert "请先登录" in answer.text
    assert 'name="token"' not in answer.text


@pytest.mark.parametrize(
    "path", ["/nothing", "/letters/abc", "/audit?first=x", "/ranking?window=zzz", "/field/photos/0"]
)
def test_an_english_reader_reads_english(sqlite_engine: Engine, tmp_path: Path, path: str) -> None:
    page = Browser(house_of(sqlite_engine, tmp_path), language="en-GB").get(path).text
    assert not re.search(r"[\u4e00-\u9fff]", main_of(page))


def test_what_the_map_asks_for_gets_one_line(browser: Browser) -> None:
    answer = browser.get("/map/grids.json?box=x")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    assert "<" not in answer.text


def test_a_fault_of_ours_is_a_page_too(browser: Browser) -> None:
    def broken() -> None:
        raise RuntimeError("secret detail")

    object.__setattr__(browser.desk, "open_house", broken)

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app=browser.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as client:
            return await client.get("/desk/letters", headers={"user": "duty", "accept-language": "zh-CN"})

    answer = asyncio.run(asked())
    assert (answer.status_code, "督办台出错了" in answer.text, "secret detail" in answer.text) == (
        500,
        True,
        False,
    )
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
