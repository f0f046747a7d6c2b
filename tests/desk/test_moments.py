"""The moment that a page opens with: what was done before it was asked for is in it, it stays for a minute, and all pages have the same."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.house import House
from tests.desk.facts import NOW, YANGQUAN, Browser, add_alarm, add_event, archive_in, house_of
from tests.post.samples import add_cities, released

SECOND = timedelta(seconds=1)
AS_OF = re.compile(r'(?:name="at" value="|截至 )(2020-[^"。]+)')
OPENING = ["/", f"/cities/{YANGQUAN}", "/grids/T85711", "/season", "/ranking", "/map"]


@pytest.fixture
def house(engine: Engine, tmp_path: Path) -> House:
    add_alarm(engine, "A1", "03-10 06:00")
    add_alarm(engine, "A2", "03-12 08:00")
    add_event(engine, "A2", "submitted", "03-12 08:10")
    add_cities(engine)
    released(engine, archive_in(tmp_path))
    return house_of(engine, tmp_path)


def figures(page: str) -> str:
    """What a page says, without the keys of its forms."""
    return re.sub(r'name="token" value="[^"]*"', "", page)


@pytest.mark.parametrize(
    "path", ["/", f"/cities/{YANGQUAN}", "/grids/T85711", "/season", "/ranking?window=season", "/alarms/A1"]
)
def test_an_act_stands_on_the_next_page(house: House, path: str) -> None:
    browser = Browser(house, now=NOW + 5 * SECOND)
    before = figures(browser.get(path).text)
    browser.now += 20 * SECOND
    assert figures(browser.get(path).text) == before
    assert browser.post("/alarms/A1", {"name": "close", "reason": "工地已拆除"}).status_code == 303
    browser.now += SECOND
    after = figures(browser.get(path).text)
    assert after != before
    browser.now += SECOND
    assert browser.post("/alarms/A1", {"name": "reopen", "reason": "弄错了"}).status_code == 303
    browser.now += SECOND
    assert figures(browser.get(path).text) != after


def test_an_act_on_an_answer_stands_at_once(house: House) -> None:
    browser = Browser(house, now=NOW + 5 * SECOND)
    assert 'class="standing standing-answered"' in browser.get("/alarms/A2").text
    browser.post("/alarms/A2", {"name": "return", "reason": "照片不清"})
    page = browser.get("/alarms/A2?done=return").text
    assert 'class="standing standing-answered"' not in page
    assert "照片不清" in page


def test_within_a_minute_the_moment_changes_with_the_store_alone(house: House) -> None:
    browser = Browser(house, now=NOW + 5 * SECOND)
    first = browser.desk.moment(house, "")
    browser.now += 20 * SECOND
    assert browser.desk.moment(house, "") == first == NOW + 5 * SECOND
    browser.post("/alarms/A1", {"name": "close", "reason": "工地已拆除"})
    assert browser.desk.moment(house, "") == browser.now
    browser.now += 60 * SECOND
    assert browser.desk.moment(house, "") == browser.now


@pytest.mark.parametrize("days", [0, 3, 90, 900])
def test_every_page_of_figures_opens_with_the_same_moment(house: House, days: int) -> None:
    browser = Browser(house, now=NOW + timedelta(days=days))
    opened = {path: AS_OF.findall(browser.get(path).text.replace(" 08:30", "T08:30"))[:1] for path in OPENING}
    assert len({tuple(found) for found in opened.values()}) == 1, opened
    assert opened["/"] == [f"2020-03-{12 if days == 0 else 15 if days == 3 else 13}T08:30"]
