"""Units between dates: taken from the profile once, then the operator's; on SQLite and PostgreSQL."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, select, update

from include.act import Act
from include.errors import InputError
from include.office.units import undecided, units_on, words_of
from include.profile.current import SHIPPED, load, office, rules_on, using
from include.profile.values import Unit
from include.store.engine import reading, writing
from include.store.facts import cities_on, city_stays
from include.store.migrate import migrate, require_current
from include.store.offices import adopt_office, apply_profile, keep_ours
from include.store.tables import city, region_member
from include.store.unit_tables import installation, unit, unit_change
from include.store.units import (
    add_unit,
    change_region,
    change_unit,
    end_unit,
)

DAY = date(2020, 3, 10)
CHANGE = Act(datetime(2020, 3, 9, tzinfo=UTC), "王", "机构改革")


@pytest.fixture
def store(engine: Engine) -> Iterator[Engine]:
    """A store whose units are put back afterwards: the tests of one database share it."""
    yield engine
    with writing(engine) as connection:
        for table in (unit, unit_change, installation, region_member):
            connection.execute(delete(table))
    migrate(engine)


def called(engine: Engine, on: date, code: str = "140300") -> dict[str, str]:
    with reading(engine) as connection:
        rows = cities_on(connection, on)
    (row,) = rows[rows["unit_code"] == code].to_dict("records")
    return {name: row[name] for name in ("unit_name", "bureau", "province_name", "upper_bureau")}


def test_a_unit_is_called_as_the_profile_says(store: Engine) -> None:
    assert called(store, DAY) == {
        "unit_name": "阳泉市",
        "bureau": "阳泉市生态环境局",
        "province_name": "山西省",
        "upper_bureau": "山西省生态环境厅",
    }
    assert called(store, DAY, "110000") == {
        "unit_name": "北京市",
        "bureau": "北京市生态环境局",
        "province_name": "北京市",
        "upper_bureau": "",
    }


def test_a_name_holds_from_its_date_and_stays_before_it(store: Engine) -> None:
    with writing(store) as connection:
        change_unit(connection, "140300", DAY, {"bureau": "阳泉市生态环境分局"}, "rename", CHANGE)
    migrate(store)

    assert called(store, date(2020, 3, 9))["bureau"] == "阳泉市生态环境局"
    assert called(store, DAY)["bureau"] == "阳泉市生态环境分局"
    with reading(store) as connection:
        (logged,) = connection.execute(select(unit_change)).mappings()
        stays = city_stays(connection, date(2020, 3, 1), DAY)
    assert (logged["action"], logged["changed_by"], logged["reason"]) == ("rename", "王", "机构改革")
    assert set(stays.loc[stays["unit_code"] == "140300", "bureau"]) == {"阳泉市生态环境局"}


def test_a_unit_reports_to_another_from_a_date_on(store: Engine) -> None:
    with writing(store) as connection:
        change_unit(connection, "140300", DAY, {"reports_to": "130000"}, "move", CHANGE)
    assert called(store, date(2020, 3, 9))["upper_bureau"] == "山西省生态环境厅"
    assert called(store, DAY)["upper_bureau"] == "河北省生态环境厅"


def test_a_unit_ends_with_its_memberships(store: Engine) -> None:
    with writing(store) as connection:
        change_region(connection, "140300", "2+26", DAY, joins=False, act=CHANGE)
        change_region(connection, "140300", "新区", DAY, joins=True, act=CHANGE)
        end_unit(connection, "140300", date(2020, 4, 1), CHANGE)
    with reading(store) as connection:
        regions = {
            day: dict(zip(rows["unit_code"], rows["region"], strict=True)).get("140300")
            for day in (date(2020, 3, 9), DAY, date(2020, 3, 31), date(2020, 4, 1))
            for rows in [cities_on(connection, day)]
        }
        there = [
            len(rows[rows["unit_code"] == "140300"])
            for rows in (units_on(connection, date(2020, 3, 31)), units_on(connection, date(2020, 4, 1)))
        ]
    assert list(regions.values()) == ["2+26", "新区", "新区", None]
    assert there == [1, 0]


def test_a_new_unit_is_addressed_from_its_date(store: Engine) -> None:
    told = Unit("610403", "杨凌示范区", "杨凌示范区管委会", "zone", "610403", "610000", valid_from=DAY)
    with writing(store) as connection:
        add_unit(connection, told, True, "汾渭平原", CHANGE)
    assert called(store, DAY, "610403")["bureau"] == "杨凌示范区管委会"
    with reading(store) as connection:
        rows = units_on(connection, DAY).set_index("unit_code")
    assert rows.loc["610403", "address_form"] == office().address_form(told) != ""
    with writing(store) as connection:
        connection.execute(delete(region_member).where(region_member.c.unit_code == "610403"))
        connection.execute(delete(city).where(city.c.unit_code == "610403"))


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (
            lambda c: change_unit(c, "140300", DAY, {"reports_to": "999"}, "move", CHANGE),
            "the unit above is unknown",
        ),
        (
            lambda c: change_unit(c, "140000", DAY, {"reports_to": "140300"}, "move", CHANGE),
            "report in a circle",
        ),
        (lambda c: change_unit(c, "140300", DAY, {"bureau": " "}, "rename", CHANGE), "name of its bureau"),
        (lambda c: change_unit(c, "999", DAY, {"name": "x"}, "rename", CHANGE), "unknown unit"),
        (lambda c: end_unit(c, "140300", date(1899, 1, 1), CHANGE), "cannot change on that date"),
        (
            lambda c: end_unit(c, "140000", DAY, CHANGE),
            r"unit 140000 on \S+: units report to it; expected none that report to it; got \d+: 140100",
        ),
        (lambda c: end_unit(c, "100000", DAY, CHANGE), "this office itself does not end"),
        (
            lambda c: (
                end_unit(c, "140400", DAY, CHANGE),
                change_unit(c, "140300", date(2020, 4, 1), {"reports_to": "140400"}, "move", CHANGE),
            ),
            "unit 140300 from 2020-04-01: the unit above does not hold; .*got 140400, not on 2020-04-01",
        ),
        (lambda c: end_unit(c, "140300", DAY, replace(CHANGE, reason=" ")), "a reason is missing"),
        (
            lambda c: change_region(c, "140300", "2+26", DAY, joins=True, act=CHANGE),
            "is in the region then",
        ),
        (
            lambda c: add_unit(
                c, Unit("X", "二", "二局", "bureau", "140300", "", valid_from=DAY), True, "", CHANGE
            ),
            "two units of one kind for one place",
        ),
        (
            lambda c: add_unit(
                c, Unit("140300", "二", "二局", "bureau", "X", "", valid_from=DAY), True, "", CHANGE
            ),
            "there already",
        ),
    ],
)
def test_what_must_not_be_is_refused(store: Engine, act, message: str) -> None:
    with pytest.raises(InputError, match=message), writing(store) as connection:
        act(connection)
    assert called(store, DAY)["bureau"] == "阳泉市生态环境局"


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (
            lambda c: change_region(c, "140300", "新区", DAY, joins=True, act=CHANGE),
            r"unit 140300 on 2020-03-10: the unit would be in two regions; .*got 2\+26 .*–2023-11-30; 新区 2020-03-10–.*--leaving",
        ),
        (
            lambda c: change_region(c, "140300", "2+26", DAY, joins=False, act=CHANGE),
            r"unit 140300 on 2020-03-10: the unit would be in no region; .*got 2\+26 .*–2020-03-10",
        ),
        (
            lambda c: add_unit(
                c, Unit("X", "新", "新局", "zone", "140300", "", valid_from=DAY), True, "", CHANGE
            ),
            "unit X on 2020-03-10: the unit would be in no region",
        ),
    ],
)
def test_a_complete_partition_stays_one(store: Engine, act, message: str) -> None:
    with using(replace(office(), has_complete_regions=True)):
        with pytest.raises(InputError, match=message), writing(store) as connection:
            act(connection)
        with writing(store) as connection:
            change_region(connection, "140300", "新区", DAY, joins=True, act=CHANGE, leaving="2+26")
            end_unit(connection, "140300", date(2020, 4, 1), CHANGE)
    with reading(store) as connection:
        rows = connection.execute(
            select(region_member.c.region, region_member.c.valid_to)
            .where(region_member.c.unit_code == "140300")
            .order_by(region_member.c.valid_from)
        ).all()
    assert [tuple(row) for row in rows] == [("2+26", DAY), ("新区", date(2020, 4, 1))]


def test_what_an_operator_changed_is_a_question_once_the_profile_says_something_new(store: Engine) -> None:
    newer = replace(
        office(),
        units=tuple(
            replace(one, bureau=f"新{one.bureau}") if one.unit_code in ("140300", "140400") else one
            for one in office().units
        ),
    )
    with writing(store) as connection:
        change_unit(connection, "140300", DAY, {"bureau": "阳泉分局"}, "rename", CHANGE)
        assert apply_profile(connection, office(), CHANGE).left[0].is_kept
        assert undecided(connection) == []
    with using(newer), writing(store) as connection:
        assert [one.code for one in apply_profile(connection, newer, CHANGE).left] == ["140300"]
        (asked,) = undecided(connection)
        assert list(words_of(asked)) == [
            "主送机关：阳泉分局 → 新阳泉市生态环境局",
            "有效自：2020-03-10 → 自始",
            "时段数：2 → 1",
        ]
        keep_ours(connection, newer, "140300", CHANGE)
        assert undecided(connection) == []
    assert called(store, DAY)["bureau"] == "阳泉分局"
    assert called(store, DAY, "140400")["bureau"] == "新长治市生态环境局"


def test_a_store_belongs_to_one_office(store: Engine) -> None:
    with writing(store) as connection:
        connection.execute(update(installation).values(profile="elsewhere"))
    for open_store in (migrate, require_current):
        with pytest.raises(InputError, match=r"the store belongs to another office.*elsewhere.*ministry"):
            open_store(store)
    assert load("ministry") is office()


def test_a_rule_that_changes_in_the_files_holds_without_a_new_start(engine: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "ministry"
    shutil.copytree(SHIPPED / "ministry", folder)
    file, day = folder / "profile.yaml", date(2026, 10, 7)
    before = file.read_text(encoding="utf-8")
    with using(load(str(folder))):
        adopt_office(engine)
        assert rules_on(day).deadlines.feedback == timedelta(hours=24)
        assert "rules: []" in before
        rule = "rules: [{name: deadlines.feedback, value: 30 h, from: 2026-10-01}]"
        changed = before.replace("rules: []", rule)
        file.write_text(changed, encoding="utf-8")
        adopt_office(engine)
        assert rules_on(day).deadlines.feedback == timedelta(hours=30)
        assert rules_on(date(2026, 9, 30)).deadlines.feedback == timedelta(hours=24)
        file.write_text(changed.replace("30 h", "soon"), encoding="utf-8")
        adopt_office(engine)  # what cannot be read waits; the office goes on as it was
        assert rules_on(day).deadlines.feedback == timedelta(hours=30)
        file.write_text(before, encoding="utf-8")
        adopt_office(engine)
        assert rules_on(day).deadlines.feedback == timedelta(hours=24)
