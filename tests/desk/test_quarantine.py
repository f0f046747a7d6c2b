"""Quarantine at the desk: a file with fewer hours than the store is taken or kept by a person, who sees the loss first."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.house import House
from include.sources.air.quality import import_air_quality
from include.sources.intake import pull
from include.sources.quarantine import list_rows
from include.store.engine import reading
from include.store.hourly import read_hours
from tests.desk.facts import Browser, house_of
from tests.sources.air_files import NOW, long_text, put
from tests.sources.exports import at, folder_source, write

DAY = date(2020, 3, 11)  # over by the desk's clock
LOSS = "24小时 → 10小时"


@pytest.fixture
def house(engine: Engine, tmp_path: Path) -> House:
    """A store with 24 hours of a day, and a file with 10 of them that was not taken."""
    house = house_of(engine, tmp_path)
    whole = put(tmp_path / "whole.csv", long_text("20200311", {"北京": [40] * 24}))
    shorter = put(tmp_path / "shorter.csv", long_text("20200311", {"北京": [50] * 10}))
    for each in (whole, shorter):
        import_air_quality(house.engine, house.hourly_dir, [each], now=NOW)
    return house


def number_of(house: House) -> int:
    with reading(house.engine) as connection:
        (row,) = list_rows(connection)
    return row.quarantine_id


def hours(house: House) -> int:
    return len(read_hours(house.hourly_dir, "city", [DAY]))


def test_the_to_do_and_the_row_show_the_loss_and_both_ways_out(house: House) -> None:
    browser = Browser(house)
    assert LOSS in browser.get("/quarantine").text
    page = browser.get(f"/quarantine/{number_of(house)}").text
    assert (LOSS in page, "采用文件，替换库中该日" in page, "保留库中该日" in page) == (True, True, True)
    assert "更正并补录" not in page  # a file is no row that could be corrected
    guest = Browser(house, user="guest").get(f"/quarantine/{number_of(house)}").text
    assert (LOSS in guest, "采用文件，替换库中该日" in guest) == (True, False)


def test_one_takes_the_file_and_another_who_presses_the_same_button_is_told(house: House) -> None:
    row = number_of(house)
    first = Browser(house).post(f"/quarantine/{row}/take", {"reason": "来源更正"})
    assert (first.status_code, first.headers["location"]) == (303, "/desk/quarantine?done=1-0")
    assert hours(house) == 10
    for action in ("take", "discard"):
        again = Browser(house).post(f"/quarantine/{row}/{action}", {"reason": "来源更正"})
        assert (again.status_code, "已处理" in again.text or "已经" in again.text) == (409, True)
    assert hours(house) == 10


def test_one_keeps_the_day_of_the_store(house: House) -> None:
    row = number_of(house)
    kept = Browser(house).post(f"/quarantine/{row}/discard", {"reason": "文件不完整"})
    assert (kept.status_code, hours(house)) == (303, 24)
    page = Browser(house).get(f"/quarantine/{row}").text
    assert "采用文件，替换库中该日" not in page


def test_columns_are_named_as_people_read_them(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path / "drop", "alarms", {"alarm_id": "A1", "alarm_count": "<b>many"})
    pull(engine, folder_source(tmp_path / "drop"), at("2020-03-12"), at("2020-03-13"), now=NOW)
    browser = Browser(house_of(engine, tmp_path))
    listed = browser.get("/quarantine").text
    assert ("报警次数" in listed, "<code>alarm_count</code>" in listed, "&lt;b&gt;many" in listed) == (
        True,
        False,
        True,
    )
    with reading(engine) as connection:
        (row,) = list_rows(connection)
    page = browser.get(f"/quarantine/{row.quarantine_id}").text
    assert '<label class="wrong"><span title="alarm_count">报警次数 *</span>' in page
    assert "<b>many" not in page
