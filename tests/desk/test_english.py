"""The desk of a Chinese office for readers of English, and without codes for all: sentences that were kept in Chinese are told in English,
whatever nobody but a person or a source named stays."""

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Engine, select

from include.house import House
from include.store import tables
from include.store.contact_tables import contact_told
from include.store.engine import reading
from include.store.unit_tables import place, unit
from tests.desk.crawl import crawled
from tests.desk.facts import NOW, Browser, archive_in, house_of
from tests.desk.test_ten_tasks import prepare
from tests.office.test_waiting import MINUTE, STATES

CHINESE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef]")
# What persons and sources wrote, in columns of the store: nobody but they can say it otherwise.
WRITTEN = (
    tables.alarm.c.county, tables.alarm.c.point_name, tables.feedback_event.c.unit, tables.feedback_event.c.inspector,
    tables.feedback_event.c.note, tables.problem.c.description, tables.contact.c.name, contact_told.c.name,
    tables.letter.c.number,
    tables.letter.c.subject, tables.grid.c.county, tables.grid.c.name, tables.letter_file.c.file_name,
    tables.region_member.c.region, unit.c.bureau,
)  # fmt: skip
# The same in what the states of test_waiting make.
STATED = (
    "关于热点网格排查反馈情况提示的函", "环督提〔2020〕1号", "未在所选之列", "自动发出", "连接被拒绝", "数据不再支持", "回复", "荫营镇", "冒黑烟",
    "王科长", "阳泉市生态环境局", "阳泉局", "旧名", "阳泉分局", "推送 2 → 3", "郊区",
)  # fmt: skip


def words_of(page: str) -> list[str]:
    """What a page shows and tells of itself: its texts and the attributes that are read out or shown, without what a frame shows and
    what is prepared to be sent, which is in the office's language."""
    page = re.sub(r"<(script|style|textarea|pre)\b.*?</\1>", " ", page, flags=re.DOTALL)
    told = re.findall(r'(?:title|aria-label|placeholder|data-name|alt)="([^"]*)"', page)
    return [html.unescape(one).strip() for one in (*told, *re.split(r"<[^>]*>", page)) if one.strip()]


def chinese(page: str, *written: str) -> list[str]:
    """The texts of a page with a Chinese character that none of `written` has."""
    found = []
    for text in words_of(page):
        for one in sorted(written, key=len, reverse=True):
            text = text.replace(one, "")
        if CHINESE.search(text):
            found.append(text[:200])
    return found


@pytest.mark.parametrize("topic", STATES)
def test_what_waits_is_told_in_english(engine: Engine, tmp_path: Path, topic: str) -> None:
    house = house_of(engine, tmp_path)
    STATES[topic](house, archive_in(tmp_path))
    page = Browser(house, language="en-GB", now=NOW + MINUTE).get("/").text
    waits = page[page.index('<section class="waiting"') : page.index("</section>")]
    assert f"topic-{topic}" in waits
    assert chinese(waits, *STATED) == []


@pytest.fixture
def house(sqlite_engine: Engine, tmp_path: Path) -> House:
    """A letter that left, letters that wait, a dispute, a signed bulletin, and one of everything that waits besides."""
    prepare(sqlite_engine, tmp_path)
    house = house_of(sqlite_engine, tmp_path)
    for topic in ("quarantine", "files", "mail", "hints", "grids", "report", "webhook", "watch"):
        STATES[topic](house, archive_in(tmp_path))
    return house


@pytest.fixture
def sqlite_engine(tmp_path: Path, sqlite_template: Path) -> Iterator[Engine]:
    from include.store.engine import open_engine

    path = tmp_path / "supervision.db"
    path.write_bytes(sqlite_template.read_bytes())
    engine = open_engine(f"sqlite:///{path}")
    yield engine
    engine.dispose()


def written(house: House) -> set[str]:
    """Everything that the store holds in WRITTEN, and what `prepare` typed as persons do."""
    with reading(house.engine) as connection:
        found = {one for column in WRITTEN for one in connection.execute(select(column).distinct()).scalars()}
        places = select(place.c.name, place.c.aliases).where(place.c.name_en == "")
        found |= {one for name, aliases in connection.execute(places) for one in (name, *aliases.split("|"))}
    return {one for one in found if one} | {*STATED, "王处长", "数字已核", "微站移位"}


def test_every_page_of_a_chinese_office_is_in_english(house: House) -> None:
    browser = Browser(house, language="en-GB")
    known = written(house)
    found = {
        path: lines
        for path, answer in crawled(browser, "/")
        if answer.headers["content-type"].startswith("text/html")
        and not path.endswith("/mail")  # the letter itself
        if (lines := chinese(answer.text, *known))
    }
    assert found == {}


# `name` of a parameter, of a column, of a state; `kind_unit_…` of a letter; `dag/manual__…` of a run.
CODE = re.compile(
    r"(?<![\w@./=-])[a-z]+(?:_[a-z0-9]+)+(?![\w@.-])|\b[a-z_]+/(?:manual|scheduled|backfill)__\S+|\b[a-z]+_\d{6}_\w+"
)


FILE_NAME = re.compile(r"\S+\.eml")
# How Airflow lists the workflow that a page sends people to.
DAG: Final = "select_grids"


def test_no_page_and_no_table_shows_a_code_of_ours(house: House) -> None:
    browser = Browser(house)
    found = {}
    for path, answer in crawled(browser, "/"):
        kind = answer.headers["content-type"]
        # A letter speaks for itself; a row of the quarantine stands as its source wrote it.
        if (
            kind.startswith("text/html")
            and not path.endswith("/mail")
            and not path.startswith("/quarantine/")
        ):
            texts = (FILE_NAME.sub("", text) for text in words_of(answer.text))
            codes = [code for text in texts for code in CODE.findall(text)]
        # Contacts are taken in again; the files of a list of grids have the columns that the data dictionary names.
        elif kind.startswith("text/csv") and not path.startswith(("/contacts.csv", "/grid-lists/")):
            codes = CODE.findall(answer.text)
        else:
            continue
        if left := set(codes) - {DAG}:
            found[path] = left
    assert found == {}
