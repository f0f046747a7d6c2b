"""A unit that ends, and one in two regions: its alarms stay in the figures of their windows, and what is open waits for a person."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.act import Act
from include.errors import InputError
from include.office.feedback import feedback_table
from include.office.units import close_unit
from include.office.waiting import waiting
from include.periods import custom_period, midnight
from include.profile.current import told_office, use
from include.sources.intake import pull
from include.sources.succession import take_over
from include.store.engine import reading, writing
from include.store.facts import alarm_states
from include.store.offices import adopt_office
from include.store.successors import Successor
from include.store.units import change_region, end_unit
from tests.desk.facts import NOW, SHIJIAZHUANG, YANGQUAN, add_alarm, add_event, house_of
from tests.sources.exports import at, folder_source, write

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
    assert (one.title, one.count, one.path) == ("阳泉市已撤销，仍有2条未办结", 2, "/units")


def test_a_unit_in_two_regions_is_counted_once(store: Engine) -> None:
    with writing(store) as connection:
        change_region(connection, YANGQUAN, "新区", date(2020, 3, 6), joins=True, act=ACT)
    assert pushed(store) == {YANGQUAN: 2, SHIJIAZHUANG: 1, "total": 3}


def holders(engine: Engine, as_of: datetime) -> dict[str, str]:
    """Whose each alarm is as of a moment."""
    with reading(engine) as connection:
        states = alarm_states(connection, midnight(date(2020, 3, 1)), as_of, as_of)
    return dict(zip(states["alarm_id"], states["unit_code"], strict=True))


def test_what_is_open_goes_to_the_successor_and_what_was_answered_stays(
    store: Engine, tmp_path: Path
) -> None:
    add_event(store, "A1", "submitted", "03-10 08:00")
    before, known = pushed(store), holders(store, midnight(date(2020, 3, 12)))
    with writing(store) as connection:
        close_unit(connection, YANGQUAN, date(2020, 3, 12), SHIJIAZHUANG, ACT)
    adopt_office(store)

    assert pushed(store) == before == {YANGQUAN: 2, SHIJIAZHUANG: 1, "total": 3}
    assert holders(store, midnight(date(2020, 3, 12))) == known
    later = {"A1": YANGQUAN, "A2": SHIJIAZHUANG, "B1": SHIJIAZHUANG}
    assert holders(store, midnight(date(2020, 3, 13))) == later
    week = custom_period(date(2020, 3, 6), date(2020, 3, 13))
    assert pushed(store, week) == {YANGQUAN: 1, SHIJIAZHUANG: 2, "total": 3}
    house = house_of(store, tmp_path)
    assert [one for one in waiting(house, NOW + timedelta(days=3)) if one.topic == "orphan"] == []


def test_facts_that_come_late_leave_alarms_where_they_would_have_been(store: Engine, tmp_path: Path) -> None:
    with writing(store) as connection:
        close_unit(connection, YANGQUAN, date(2020, 3, 12), SHIJIAZHUANG, ACT)
    adopt_office(store)
    # The answer of before the date comes after it; a new alarm is told of the unit that is no more; an old one is told anew.
    told = {"unit_code": YANGQUAN, "data_origin": ""}
    write(
        tmp_path,
        "alarms",
        {**told, "alarm_id": "A9", "pushed_at": "2020-03-14T08:00", "deadline_at": "", "revised_at": ""},
    )
    write(tmp_path, "feedback", {"alarm_id": "A1", "event": "submitted", "event_at": "2020-03-10T08:00"})
    source = folder_source(tmp_path)
    result = pull(store, source, at("2020-03-01"), at("2020-04-01"), now=at("2020-03-16"))
    assert (result.new, result.quarantined) == (2, 0)
    expected = {"A1": YANGQUAN, "A2": SHIJIAZHUANG, "B1": SHIJIAZHUANG, "A9": SHIJIAZHUANG}
    assert holders(store, at("2020-03-16")) == expected
    again = pull(store, source, at("2020-03-01"), at("2020-04-01"), now=at("2020-03-16"))
    assert (again.new, again.revised) == (0, 0)
    assert holders(store, at("2020-03-16")) == expected


def test_a_split_unit_has_a_successor_for_each_county_and_a_wrong_one_is_named_anew(store: Engine) -> None:
    add_alarm(store, "A3", "03-10 07:00", county="平定县")
    end, tangshan = date(2020, 3, 12), "130200"
    with writing(store) as connection:
        end_unit(connection, YANGQUAN, end, ACT)
        assert take_over(connection, YANGQUAN, Successor(SHIJIAZHUANG, end), "", ACT) == 3
        assert take_over(connection, YANGQUAN, Successor(tangshan, end), "平定县", ACT) == 1
    assert holders(store, NOW)["A3"] == tangshan
    assert holders(store, NOW)["A2"] == SHIJIAZHUANG
    with writing(store) as connection:
        assert take_over(connection, YANGQUAN, Successor(SHIJIAZHUANG, end), "平定县", ACT) == 1
        assert take_over(connection, YANGQUAN, Successor(tangshan, end), "平定县", ACT) == 1
    assert holders(store, NOW)["A3"] == tangshan


def test_units_follow_each_other(store: Engine) -> None:
    tangshan = "130200"
    with writing(store) as connection:
        close_unit(connection, YANGQUAN, date(2020, 3, 12), SHIJIAZHUANG, ACT)
        close_unit(connection, SHIJIAZHUANG, date(2020, 3, 14), tangshan, ACT)
    assert set(holders(store, midnight(date(2020, 3, 13))).values()) == {SHIJIAZHUANG}
    assert set(holders(store, midnight(date(2020, 3, 15))).values()) == {tangshan}


@pytest.mark.parametrize(
    ("unit", "successor", "since", "message"),
    [
        (YANGQUAN, SHIJIAZHUANG, date(2020, 3, 11), "the unit has not ended by then.*a date from 2020-03-12"),
        (SHIJIAZHUANG, YANGQUAN, date(2020, 3, 13), "the unit has not ended by then.*a unit that ended"),
        (YANGQUAN, "130299", date(2020, 3, 13), "no unit that letters go to then.*130299"),
        (YANGQUAN, "100000", date(2020, 3, 13), "no unit that letters go to then.*100000"),
        (YANGQUAN, YANGQUAN, date(2020, 3, 13), "no unit that letters go to then"),
        ("999999", SHIJIAZHUANG, date(2020, 3, 13), "unknown unit"),
    ],
)
def test_who_cannot_follow_a_unit_is_refused(
    store: Engine, unit: str, successor: str, since: date, message: str
) -> None:
    with writing(store) as connection:
        end_unit(connection, YANGQUAN, date(2020, 3, 12), ACT)
    with pytest.raises(InputError, match=message), writing(store) as connection:
        take_over(connection, unit, Successor(successor, since), "", ACT)
    told = Successor(SHIJIAZHUANG, date(2020, 3, 12))
    with pytest.raises(InputError, match="a reason is missing"), writing(store) as connection:
        take_over(connection, YANGQUAN, told, "", Act(ACT.now, "王", " "))
