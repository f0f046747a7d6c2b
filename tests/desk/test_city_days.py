"""A unit day by day: its flag of each morning with the reasons, and its PM2.5 of the period."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert

from include.desk.city_air import AirSpan, unit_air
from include.desk.flag_history import flag_history
from include.desk.today import today
from include.store.air_tables import city_day
from include.store.engine import reading, writing
from include.supervision.figures import Flag, FlagReason
from tests.desk.facts import NOW, SHIJIAZHUANG, YANGQUAN, Browser, add_alarm, add_event, house_of, moment


@pytest.fixture
def store(engine: Engine) -> Engine:
    """An alarm due on the 11th at 06:00, answered on the 12th at 09:00; another unit's, never answered."""
    add_alarm(engine, "A1", "03-10 06:00")
    add_event(engine, "A1", "submitted", "03-12 09:00")
    add_alarm(engine, "B1", "03-10 07:00", unit_code=SHIJIAZHUANG)
    return engine


def test_each_morning_has_the_flag_that_the_first_page_showed(store: Engine, tmp_path: Path) -> None:
    house = house_of(store, tmp_path)
    found = flag_history(house, YANGQUAN, moment("03-13 10:00"))
    overdue = FlagReason("overdue", 1)
    assert [(one.day.day, one.flag, one.open_alarms) for one in found[:4]] == [
        (13, Flag(), 0),
        (12, Flag("urge", (overdue, FlagReason("long_overdue", 1, 26.5)), 0, 1), 1),
        (11, Flag("remind", (overdue,), 0, 1), 1),
        (10, Flag(), 1),
    ]
    assert [one.day for one in found] == [date(2020, 3, 13) - timedelta(days=n) for n in range(7)]
    for one in found[:4]:
        (shown,) = (row for row in today(house, one.at).cities if row.unit_code == YANGQUAN)
        assert (shown.flag, shown.open_alarms) == (one.flag, one.open_alarms)


def test_a_morning_that_is_not_there_yet_is_not_told(store: Engine, tmp_path: Path) -> None:
    house = house_of(store, tmp_path)
    assert flag_history(house, YANGQUAN, moment("03-12 08:29"))[0].day == date(2020, 3, 11)
    assert flag_history(house, YANGQUAN, moment("03-12 08:30"))[0].day == date(2020, 3, 12)
    assert flag_history(house, YANGQUAN, moment("01-01 10:00")) == ()


def test_what_was_learnt_later_can_be_left_out(store: Engine, tmp_path: Path) -> None:
    found = flag_history(house_of(store, tmp_path), YANGQUAN, moment("03-12 08:30"), moment("03-01 00:00"))
    assert {one.flag for one in found} == {Flag()}


def put_days(engine: Engine, *means: float | None, unit_code: str = YANGQUAN, first: int = 1) -> None:
    with writing(engine) as connection:
        for number, mean in enumerate(means):
            connection.execute(
                insert(city_day).values(
                    unit_code=unit_code,
                    observed_on=date(2020, 3, first + number),
                    pm25_ug_m3=mean,
                    pm25_hours=0 if mean is None else 24,
                    pm10_hours=0,
                    so2_hours=0,
                    no2_hours=0,
                    co_hours=0,
                    o3_8h_windows=0,
                    is_given=False,
                    source="test",
                    is_simulated=False,
                    received_at=NOW,
                )
            )


def test_the_pm25_of_the_period(engine: Engine) -> None:
    put_days(engine, 40.0, 90.0, None, 50.0)
    put_days(engine, 500.0, unit_code=SHIJIAZHUANG)
    with reading(engine) as connection:
        found = unit_air(connection, YANGQUAN, (date(2020, 2, 28), date(2020, 6, 1)), moment("03-09 08:30"))
        nothing = unit_air(connection, "110000", (date(2020, 2, 28), date(2020, 6, 1)), moment("03-09 08:30"))
    assert found.spans == (
        AirSpan("近7日", 70.0, 1, 2, 7),
        AirSpan("本月", 60.0, 1, 3, 8),
        AirSpan("监管期", 60.0, 1, 3, 10),
    )
    assert (found.is_simulated, nothing.spans) == (False, ())


def test_the_page_of_a_city_shows_both(store: Engine, tmp_path: Path) -> None:
    put_days(store, 40.0, 90.0)
    page = Browser(house_of(store, tmp_path)).get(f"/cities/{YANGQUAN}?at=2020-03-12T09:30").text
    assert '<a href="/desk/cities/140300?at=2020-03-12T08:30">2020-03-12</a>' in page
    assert "有1条报警超期未反馈（超期7天以内）" in page
    assert '<td class="number" data-name="平均">65.0</td>' in page
