"""The page of units: what holds on a date, and every change with its reason."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, select

from include.store.engine import reading, writing
from include.store.migrate import migrate
from include.store.tables import region_member
from include.store.unit_tables import installation, unit, unit_change, unit_successor
from tests.desk.facts import Browser, house_of

RENAME = {
    "act": "rename",
    "unit_code": "140300",
    "since": "2020-03-12",
    "bureau": "阳泉分局",
    "reason": "机构改革",
}


@pytest.fixture
def store(engine: Engine) -> Iterator[Engine]:
    yield engine
    with writing(engine) as connection:
        for table in (unit, unit_change, unit_successor, installation, region_member):
            connection.execute(delete(table))
    migrate(engine)


def test_a_unit_is_renamed_from_a_date_on(store: Engine, tmp_path: Path) -> None:
    browser = Browser(house_of(store, tmp_path))
    assert browser.post("/units", RENAME).status_code == 303
    assert "阳泉分局" in browser.get("/units?on=2020-03-12").text
    before = browser.get("/units?on=2020-03-11").text
    assert "阳泉分局" not in before
    assert "阳泉市生态环境局" in before
    with reading(store) as connection:
        (logged,) = connection.execute(select(unit_change)).mappings()
    assert (logged["action"], logged["reason"]) == ("rename", "机构改革")


def test_who_answers_for_a_unit_that_ended_is_named_and_shown(store: Engine, tmp_path: Path) -> None:
    browser = Browser(house_of(store, tmp_path))
    end = {"act": "end", "unit_code": "140300", "since": "2020-03-12", "reason": "机构改革"}
    named = {**end, "act": "succeed"}
    assert browser.post("/units", named | {"successor": "130100"}).status_code == 409  # it has not ended
    assert browser.post("/units", end).status_code == 303
    assert browser.post("/units", named).status_code == 409  # by whom?
    assert browser.post("/units", named | {"successor": "130100"}).status_code == 303
    page = browser.get("/units").text
    assert "<h2>承接单位" in page
    assert '<th scope="row">140300</th><td data-name="区县">其余全部</td>' in page


@pytest.mark.parametrize(
    ("language", "words"), [("zh-CN", "没有这个上级单位"), ("en", "the unit above is unknown")]
)
def test_what_cannot_be_is_said_in_the_readers_language(
    store: Engine, tmp_path: Path, language: str, words: str
) -> None:
    browser = Browser(house_of(store, tmp_path), language=language)
    answer = browser.post("/units", {**RENAME, "act": "move", "reports_to": "999999"})
    assert answer.status_code == 409
    assert words in answer.text


def test_who_may_only_look_changes_nothing(store: Engine, tmp_path: Path) -> None:
    guest = Browser(house_of(store, tmp_path), user="guest")
    assert guest.get("/units").status_code == 200
    assert 'name="act"' not in guest.get("/units").text
    assert guest.post("/units", RENAME).status_code == 403
