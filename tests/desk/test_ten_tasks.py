"""The ten tasks of docs/desk-tasks.zh.md in a real browser: each done as its line says, with the clicks that it takes counted."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, sync_playwright
from sqlalchemy import Engine, insert, update

from include.act import Act
from include.post.drafts import await_approval, draft
from include.post.release import release
from include.store import tables
from include.store.archive import Archive
from include.store.engine import open_engine, writing
from tests.desk.facts import NOW, YANGQUAN, Browser, add_alarm, add_event, archive_in, house_of, provenance
from tests.desk.test_in_a_browser import opened, served
from tests.plugins.browser import BROWSER, needs_browser
from tests.post.samples import add_cities, composition, facts, outgoing, released, render

pytestmark = [needs_browser, pytest.mark.timeout(600)]

DOCUMENT: Final = Path(__file__).resolve().parents[2] / "docs" / "desk-tasks.zh.md"
MOST: Final = 4
OTHERS: Final = ("140100", "370100", "130100", "130200", "140400")  # units whose letters of a run wait
RUN: Final = "daily_dispatch/manual__2020-03-12T00:30:00+00:00"


class Officer:
    """Works at the desk and counts clicks: a press of the mouse or a choice from a list is one; what is typed is none."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = 0

    def click(self, words: str, within: str = "main, nav") -> None:
        self.page.locator(within).locator(f"a:text-is('{words}'), button:text-is('{words}')").first.click()
        self.clicks += 1

    def press(self, selector: str) -> None:
        self.page.locator(selector).first.click()
        self.clicks += 1

    def choose(self, selector: str, value: str) -> None:
        self.page.select_option(selector, value)
        self.clicks += 1

    def type(self, selector: str, words: str) -> None:
        self.page.locator(selector).first.fill(words)

    def search(self, words: str) -> None:
        self.page.keyboard.press("/")
        self.page.keyboard.type(words)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def sees(self, words: str) -> None:
        self.page.locator(f"main:has-text('{words}')").wait_for()


def letters_of_march(at: Officer) -> None:
    at.click("函件")
    at.type("input[name=unit]", "阳泉")
    at.type("input[name=first]", "2020-03-01")
    at.type("input[name=last]", "2020-03-31")
    at.click("查看")
    at.sees("提示函 #1")


def why_flagged(at: Officer) -> None:
    at.search("阳泉")
    at.sees("标记经过")
    at.sees("2020-03-12")


def address_and_resend(at: Officer) -> None:
    at.search(f"to{YANGQUAN}@city.example")
    at.click("更改")
    at.type("input[name=address]", "new@city.example")
    at.type("form.wide input[name=reason]", "来电更正")
    at.click("保存")
    at.sees("new@city.example")
    at.search("#1")
    at.type("form[action$=resend] input[name=reason]", "邮箱已更正")
    at.click("重发")
    at.sees("已排入发件箱重发")


def worst_of_the_month(at: Officer) -> None:
    at.click("排名")
    at.choose("select[name=window]", "month")
    at.click("查看")
    at.sees("阳泉市")


def who_signed(at: Officer) -> None:
    at.click("审计")
    at.click("签发记录")
    at.sees("通报函")
    at.sees("王处长")


def sign_today(at: Officer) -> None:
    at.click("去签发")
    at.type(".sign-act input[name=reason]", "已核")
    at.click("均不签发")
    at.sees("已决定不签发")


def a_grid(at: Officer) -> None:
    at.search("T85711")
    assert at.page.url.split("?")[0].endswith("/desk/grids/T85711")


def a_call(at: Officer) -> None:
    at.search("阳泉")
    at.type("input[name=whom]", "李局长")
    at.type("#notes ~ form input[name=reason], section:has(#notes) input[name=reason]", "答应当日反馈")
    at.click("记下")
    at.sees("答应当日反馈")


def hold_a_run(at: Officer) -> None:
    at.press(".waiting a[href*='run_id']")
    at.press("input[data-all=letter]")
    at.choose("select[name=action]", "withhold")
    at.type(".bulk input[name=reason]", "数字待核")
    at.click("确定")
    at.sees(f"办成{len(OTHERS)}封")


def a_dispute(at: Officer) -> None:
    at.press(".waiting a[href*='/alarms/']")
    at.type("form:has(button:text-is('驳回争议')) input[name=reason]", "现场属实")
    at.click("驳回争议")
    at.sees("已驳回争议")


# By the first words of its line, in the order of the document.
TASKS: Final[dict[str, Callable[[Officer], None]]] = {
    "找出三月": letters_of_march,
    "运城 12 日": why_flagged,
    "更正一个邮箱": address_and_resend,
    "这个月哪些": worst_of_the_month,
    "最近一期通报": who_signed,
    "签发今天": sign_today,
    "某个网格": a_grid,
    "打过电话": a_call,
    "把一次运行": hold_a_run,
    "本周要裁定": a_dispute,
}


def told() -> dict[str, str]:
    """The clicks that the document tells of each of the ten, by its task."""
    text = DOCUMENT.read_text(encoding="utf-8").split("另外常用的")[0]
    rows = re.findall(r"^\| (?!要做|---)(.+?) \|.*\| (\d[^|]*) \|$", text, re.MULTILINE)
    return dict(rows)


def test_there_are_ten_and_each_is_done_here() -> None:
    tasks = list(told())
    assert len(tasks) == 10
    assert [task.startswith(begin) for task, begin in zip(tasks, TASKS, strict=True)] == [True] * 10


@pytest.fixture
def address(tmp_path: Path, sqlite_template: Path) -> Iterator[str]:
    """A desk of its own for every task: a letter that left, two drafts of a run, one letter to sign, one that a person signed, a dispute."""
    (tmp_path / "supervision.db").write_bytes(sqlite_template.read_bytes())
    engine = open_engine(f"sqlite:///{tmp_path / 'supervision.db'}")
    prepare(engine, tmp_path)
    with served(Browser(house_of(engine, tmp_path))) as address:
        yield address
    engine.dispose()


def prepare(engine: Engine, folder: Path) -> None:
    archive = archive_in(folder)
    add_alarm(engine, "A1", "03-10 06:00")
    add_alarm(engine, "A2", "03-11 06:00")
    add_event(engine, "A2", "disputed", "03-11 18:00", note="微站移位")
    edges = {"west": 113.55, "south": 37.92, "east": 113.584, "north": 37.947}
    grid = {"grid_id": "T85711", "unit_code": YANGQUAN, "county": "郊区", "name": "荫营镇"}
    with writing(engine) as connection:
        connection.execute(
            insert(tables.grid).values(**grid, **edges, is_hot=True, is_monitored=True, **provenance())
        )
    add_cities(engine, YANGQUAN, *OTHERS)
    released(engine, archive, facts(alarms=("A1",)))
    with writing(engine) as connection:
        connection.execute(update(tables.delivery).values(state="sent"))
    for unit in OTHERS:
        draft(engine, archive, facts(unit_code=unit), composition(), now=NOW, actor="run", run_id=RUN)
    with writing(engine) as connection:
        connection.execute(
            update(tables.letter)
            .where(tables.letter.c.run_id == RUN)
            .values(state="awaiting_approval", state_reason="等待签发")
        )
    bulletin = facts(kind="bulletin")
    signed = draft(engine, archive, bulletin, composition(), now=NOW, actor="run")
    await_approval(engine, signed.letter_id, now=NOW, actor="run", reason="等待签发")
    released_by_hand(engine, archive, signed.letter_id)


def released_by_hand(engine: Engine, archive: Archive, letter_id: int) -> None:
    act = Act(NOW, "王处长", "王处长签发：数字已核")
    release(outgoing(engine, archive, None), letter_id, act, render=render, is_person=True)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with sync_playwright() as started:
        running = started.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.mark.parametrize("begin", TASKS)
def test_a_task_takes_the_clicks_that_its_line_tells(chromium: Chromium, address: str, begin: str) -> None:
    with opened(chromium, address) as (page, complaints):
        page.goto("/desk/")
        officer = Officer(page)
        TASKS[begin](officer)
        most = max(
            map(int, re.findall(r"\d+", next(n for task, n in told().items() if task.startswith(begin))))
        )
        assert officer.clicks <= most <= MOST
        assert complaints == []
