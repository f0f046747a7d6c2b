"""A unit that ends, and one in two regions: its alarms stay in the figures of their windows, and what is open waits for a person."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.act import Act
from include.errors import InputError
from include.office.feedback import feedback_table
from include.office.waiting import waiting
from include.periods import custom_period
from include.profile.current import told_office, use
from include.store.engine import writing
from include.store.offices import adopt_office
from include.store.units import change_region, end_unit
from tests.desk.facts import NOW, SHIJIAZHUANG, YANGQUAN, add_alarm, house_of

ACT = Act(datetime(2020, 3, 12, tzinfo=UTC), "王", "机构改革")
WEEK = custom_period(date(2020, 3, 5), date(2020, 3, 12))


@pytest.fixture
def store(engine: Engine) -> Iterator[Engine]:
    """A store with two alarms of 阳泉 and one of 石家庄; the office of the files is put back afterwards."""
    add_alarm(engine, "A1", "03-09 06:00")
    add_alarm(engine, "A2", "03-10 06:00")
    add_alarm(engine, "B1", "03-11 06:00", SHIJIAZHUANG)
    yield engine
    use(told_office())


def pushed(engine: Engine, period=WEEK) -> dict[str, int]:
    table = feedback_table(engine, period)
    assert not table["unit_code"].duplicated().any()
    return {
        code: int(count) for code, count in zip(table["unit_code"], table["pushed"], strict=True) if count
    }


def test_what_was_pushed_to_a_unit_stays_in_the_figures_of_its_window(store: Engine) -> None:
    before = pushed(store)
    message = "unit 140300 on 2020-03-10: .*got 1 alarms, the last on 2020-03-10"
    with pytest.raises(InputError, match=message), writing(store) as connection:
        end_unit(connection, YANGQUAN, date(2020, 3, 10), ACT)
    with writing(store) as connection:
        end_unit(connection, YANGQUAN, date(2020, 3, 11), ACT)
    adopt_office(store)

    assert before == {YANGQUAN: 2, SHIJIAZHUANG: 1, "total": 3}
    assert pushed(store) == before
    later = custom_period(date(2020, 3, 11), date(2020, 3, 12))
    assert pushed(store, later) == {SHIJIAZHUANG: 1, "total": 1}


def test_the_open_alarms_of_an_ended_unit_wait_for_a_person(store: Engine, tmp_path: Path) -> None:
    house = house_of(store, tmp_path)
    with writing(store) as connection:
        end_unit(connection, YANGQUAN, date(2020, 3, 13), ACT)
    adopt_office(store)

    assert [one for one in waiting(house, NOW) if one.topic == "orphan"] == []
    (one,) = (one for one in waiting(house, NOW + timedelta(days=3)) if one.topic == "orphan")
    assert (one.title, one.count, one.path) == ("阳泉市已撤销，仍有2条未办结", 2, "/alarms/A1")


def test_a_unit_in_two_regions_is_counted_once(store: Engine) -> None:
    with writing(store) as connection:
        change_region(connection, YANGQUAN, "新区", date(2020, 3, 6), joins=True, act=ACT)
    assert pushed(store) == {YANGQUAN: 2, SHIJIAZHUANG: 1, "total": 3}
