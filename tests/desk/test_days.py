"""Days that cannot be used: the same answer on every page that asks for some."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.store.engine import open_engine
from tests.desk.facts import Browser, house_of

# The address with its two days; what stands for the names of the fields.
PAGES = {
    "/letters?first={first}&last={last}&kind=notice": ("first", "last"),
    "/letters.csv?first={first}&last={last}": ("first", "last"),
    "/audit?first={first}&last={last}": ("first", "last"),
    "/audit.csv?first={first}&last={last}": ("first", "last"),
    "/fates?first={first}&last={last}": ("first", "last"),
    "/ranking?window=free&first={first}&day={last}": ("first", "day"),
    "/ranking.csv?window=free&first={first}&day={last}": ("first", "day"),
}


@pytest.fixture(scope="module")
def sqlite_engine(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Engine]:
    path = tmp_path_factory.mktemp("days") / "supervision.db"
    path.write_bytes(sqlite_template.read_bytes())
    engine = open_engine(f"sqlite:///{path}")
    yield engine
    engine.dispose()


@pytest.fixture
def browser(sqlite_engine: Engine, tmp_path: Path) -> Browser:
    return Browser(house_of(sqlite_engine, tmp_path))


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (
            "2020-03-12",
            "2020-03-01",
            "起日晚于止日；现为2020-03-12 — 2020-03-01；请改其中一个，或把两个日期对调",
        ),
        ("2020-02-30", "2020-03-01", "不是日期；应为年-月-日，如 2020-03-16；现为2020-02-30"),
        ("2020-03-01", "0020-03-02", "不是日期；应为年-月-日，如 2020-03-16；现为0020-03-02"),
        ("yesterday", "2020-03-01", "不是日期；应为年-月-日，如 2020-03-16；现为yesterday"),
    ],
)
def test_it_is_said_with_both_days_to_be_put_right(
    browser: Browser, path: str, first: str, last: str, words: str
) -> None:
    answer = browser.get(path.format(first=first, last=last))
    assert answer.status_code == 400
    assert words in answer.text
    for name, value in zip(PAGES[path], (first, last), strict=True):
        assert f'name="{name}" value="{value}"' in answer.text
    assert ('name="kind" value="notice"' in answer.text) == ("kind=" in path)


def test_too_long_a_window_is_said_alike(browser: Browser) -> None:
    answer = browser.get("/fates?first=2018-01-01&last=2020-03-01")
    assert answer.status_code == 400
    assert "时段太长；应为至多400天；现为2018-01-01 — 2020-03-01；请缩短时段" in answer.text


@pytest.mark.parametrize(
    "path", ["/spot-checks?week=x", "/treatment?date=x", "/units?on=x", "/grids/T1?day=x", "/?at=x"]
)
def test_a_single_day_is_said_alike(browser: Browser, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 400
    assert 'value="x"' in answer.text


@pytest.mark.parametrize("path", PAGES)
def test_in_english_it_is_said_of_the_label_that_a_person_sees(
    sqlite_engine: Engine, tmp_path: Path, path: str
) -> None:
    browser = Browser(house_of(sqlite_engine, tmp_path), language="en")
    for first, last, label in (("yesterday", "2020-03-01", "From"), ("2020-03-01", "x", "(To|Day)")):
        page = browser.get(path.format(first=first, last=last)).text
        assert re.search(rf"{label}: not a date", page)
    page = browser.get(path.format(first="2020-03-12", last="2020-03-01")).text
    assert re.search(r"From, (To|Day): the first day lies after the last", page)
