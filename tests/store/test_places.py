"""Places between dates: taken from the profile once, then the operator's; the office of the process follows; on SQLite and PostgreSQL."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine, delete, select

from include.act import Act
from include.errors import InputError
from include.geo.boundaries import counties, units_of_places
from include.office.units import places_on, undecided, words_of
from include.profile.current import office, told_office, using
from include.profile.values import Place, Unit
from include.sources.places import places
from include.store.engine import reading, writing
from include.store.migrate import migrate
from include.store.offices import adopt_office, apply_profile, keep_ours
from include.store.places import add_place, change_place, end_place, places_of
from include.store.tables import city, region_member
from include.store.unit_tables import installation, place, place_change, unit, unit_change
from include.store.units import add_unit

DAY = date(2020, 3, 10)
ACT = Act(datetime(2020, 3, 9, tzinfo=UTC), "王", "区划调整")
COUNTY = "140311"  # 郊区 of 阳泉


@pytest.fixture
def store(engine: Engine) -> Iterator[Engine]:
    """A store whose office is put back afterwards: the tests of one database share it."""
    with using(told_office()):
        yield engine
    with writing(engine) as connection:
        for table in (unit, unit_change, place, place_change, installation, region_member):
            connection.execute(delete(table))
        connection.execute(delete(city).where(city.c.unit_code == "140311"))
    migrate(engine)


def named(engine: Engine, on: date, code: str = COUNTY) -> str:
    with reading(engine) as connection:
        rows = places_on(connection, on)
    return ", ".join(rows.loc[rows["place_code"] == code, "name"])


def test_a_new_store_has_the_places_of_its_profile(store: Engine) -> None:
    with reading(store) as connection:
        kept = places_of(connection)
    told = [replace(one, line=0) for one in told_office().places]
    assert sorted(kept, key=lambda one: (one.place_code, str(one.valid_from))) == sorted(
        told, key=lambda one: (one.place_code, str(one.valid_from))
    )


def test_a_name_holds_from_its_date_and_the_former_one_is_still_understood(store: Engine) -> None:
    former = named(store, DAY)
    with writing(store) as connection:
        change_place(connection, COUNTY, DAY, {"name": "新城区"}, "rename", ACT)
    migrate(store)  # puts nothing back

    assert (named(store, date(2020, 3, 9)), named(store, DAY)) == (former, "新城区")
    with reading(store) as connection:
        (logged,) = connection.execute(select(place_change)).mappings()
        known = places(connection).counties
    assert (logged["action"], logged["changed_by"], logged["reason"]) == ("rename", "王", "区划调整")
    assert (known["140300", former], known["140300", COUNTY]) == ("新城区", "新城区")
    adopt_office(store)
    with reading(store) as connection:
        dated = places(connection).dated_counties
    names = ((date.min, former), (DAY, "新城区"))
    assert {said: dated["140300", said] for said in (former, "新城区", COUNTY)} == dict.fromkeys(
        (former, "新城区", COUNTY), names
    )


def test_outlines_follow_a_place_that_moved(store: Engine) -> None:
    assert set(counties(["140300"])["county_code"]) >= {COUNTY}
    with writing(store) as connection:
        change_place(connection, COUNTY, DAY, {"parent_code": "140400"}, "move", ACT)
    adopt_office(store)
    assert COUNTY not in set(counties(["140300"])["county_code"])
    assert COUNTY in set(counties(["140400"])["county_code"])
    assert units_of_places(told_office())[COUNTY] == "140300"  # the files are as they were


def test_a_unit_of_an_operator_is_addressed_wherever_it_lies(store: Engine) -> None:
    told = Unit(COUNTY, "郊区", "郊区分局", "bureau", COUNTY, "140300", valid_from=DAY)
    with writing(store) as connection:
        add_unit(connection, told, True, "", ACT)
    adopt_office(store)
    assert COUNTY in {one.unit_code for one in office().addressees()}
    assert units_of_places(office())[COUNTY] == COUNTY


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda c: change_place(c, COUNTY, DAY, {"parent_code": "9"}, "move", ACT), "around it is unknown"),
        (lambda c: change_place(c, "140300", DAY, {"parent_code": COUNTY}, "move", ACT), "in a circle"),
        (lambda c: change_place(c, COUNTY, DAY, {"name": " "}, "rename", ACT), "a name and a level"),
        (lambda c: change_place(c, COUNTY, DAY, {"name": "甲|乙"}, "rename", ACT), "a name holds no"),
        (lambda c: change_place(c, "9", DAY, {"name": "x"}, "rename", ACT), "unknown place"),
        (lambda c: end_place(c, COUNTY, date(1899, 1, 1), ACT), "cannot change on that date"),
        (lambda c: end_place(c, COUNTY, DAY, replace(ACT, reason="")), "a reason is missing"),
        (lambda c: end_place(c, "140300", DAY, ACT), "units or places lie in it"),
        (lambda c: add_place(c, Place(COUNTY, "二", "county", "140300"), ACT), "there already"),
        (
            lambda c: add_unit(c, Unit("X", "二", "二局", "bureau", "9", valid_from=DAY), True, "", ACT),
            "the place of the unit is unknown",
        ),
    ],
)
def test_what_must_not_be_is_refused(store: Engine, act, message: str) -> None:
    with pytest.raises(InputError, match=message), writing(store) as connection:
        act(connection)
    with reading(store) as connection:
        assert connection.execute(select(place_change)).all() == []


def test_what_the_profile_says_newly_is_taken_or_asked(store: Engine) -> None:
    told = told_office()
    fresh = (Place("140399", "开发区", "county", "140398"), Place("140398", "新区", "county", "140300"))
    newer = replace(
        told,
        places=(
            *(
                replace(one, name=f"{one.name}二") if one.place_code in (COUNTY, "140302") else one
                for one in told.places
            ),
            *fresh,
        ),
    )
    with writing(store) as connection:
        change_place(connection, COUNTY, DAY, {"name": "新城区"}, "rename", ACT)
    with using(newer), writing(store) as connection:
        applied = apply_profile(connection, newer, ACT)
        assert ([one.code for one in applied.left], applied.refused) == ([COUNTY], {})
        (asked,) = undecided(connection)
        assert any(line.startswith("名称：新城区 → ") for line in words_of(asked))
        keep_ours(connection, newer, COUNTY, ACT)
        assert undecided(connection) == []
    assert named(store, DAY) == "新城区"
    assert named(store, DAY, "140302").endswith("二")
    assert [named(store, DAY, code) for code in ("140398", "140399")] == ["新区", "开发区"]


def test_what_does_not_fit_to_an_operators_change_stops_nothing_else(store: Engine) -> None:
    told = told_office()
    newer = replace(
        told,
        units=(
            *told.units,
            Unit("A1", "甲", "甲局", "zone", "140311", "140300"),
            Unit(
                "A2", "乙", "乙局", "zone", "140399", "140300"
            ),  # of a place that only this profile's file has
        ),
    )
    with writing(store) as connection:
        applied = apply_profile(connection, newer, ACT)
    assert set(applied.refused) == {"A2"}
    assert "the place of the unit is unknown" in applied.refused["A2"]
    with reading(store) as connection:
        assert "A1" in set(connection.execute(select(unit.c.unit_code)).scalars())
