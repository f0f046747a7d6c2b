"""The facts of a bulletin from a store and Parquet files, through to its figures."""

import math
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine, insert

from include.office.bulletin import bulletin_facts
from include.office.warning_grids import set_warning_grids
from include.periods import period_ending
from include.sources.air.quality import import_air_quality
from include.sources.enterprises import import_enterprises
from include.store.engine import writing
from include.store.hourly import replace_files
from include.store.tables import grid
from include.store.watch_facts import keep_station_days
from include.supervision.air_quality import day_means
from include.supervision.bulletin import bulletin_figures, bulletin_windows
from include.supervision.bulletin_figures import (
    AirLevel,
    BulletinFigures,
    FollowUp,
    GridInspection,
    WarnedGrid,
)
from include.watch import EDITION as WATCH_EDITION
from tests.desk.facts import NOW, add_alarm, add_event, provenance
from tests.sources.air_files import put, wide_text

SEASON = (date(2020, 3, 1), date(2020, 6, 16))
AT = bulletin_windows(period_ending("half_month", date(2020, 4, 1)), SEASON)
assert AT is not None
assert AT.month is not None


def put_city_days(engine: Engine, root: Path, folder: Path) -> None:
    """石家庄 80, and 100 a year before; 阳泉 60 (30 in the first half), 50 a year before, with three hours of dust."""
    for year, shijiazhuang, yangquan in ((2020, 80, 60), (2019, 100, 50)):
        for day in range(1, 32):
            values: list[object] = [30 if year == 2020 and day < 16 else yangquan] * 24
            if (year, day) == (2020, 20):
                values[:3] = [220, 220, 220]
            stamp = f"{year}03{day:02d}"
            put(folder / f"{stamp}.csv", wide_text(stamp, {"石家庄": [shijiazhuang] * 24, "阳泉": values}))
    dust = "".join(f"140300,2020-03-20T{hour:02d}:00,1\n" for hour in range(3))
    put(folder / "dust.csv", "unit_code,hour,is_dust\n" + dust)
    import_air_quality(engine, root, [folder], now=NOW, is_played=True)


def put_grids(engine: Engine, root: Path) -> None:
    """T1 and T2 of 阳泉, side by side, and T3 without bounds; constant values by month."""
    with writing(engine) as connection:
        for place, name in enumerate(("T1", "T2", "T3")):
            sides = {
                "west": 113.55 + 0.034 * place,
                "south": 37.92,
                "east": 113.584 + 0.034 * place,
                "north": 37.947,
            }
            connection.execute(
                insert(grid).values(
                    grid_id=name,
                    unit_code="140300",
                    county="郊区",
                    name=f"{name}号网格",
                    is_hot=True,
                    is_monitored=True,
                    **(sides if name != "T3" else {}),
                    **provenance(),
                )
            )
    months = {"2020-03": (90, 50, 20), "2020-02": (60, 50, 25), "2019-03": (60, 60, 20)}
    for first, values in months.items():
        days = pd.date_range(f"{first}-01", periods=pd.Timestamp(f"{first}-01").days_in_month)
        keys = pd.MultiIndex.from_product(
            [["T1", "T2", "T3"], days, range(24)], names=["place_id", "observed_on", "hour"]
        )
        hours = keys.to_frame(index=False)
        hours["pm25_ug_m3"] = (
            hours["place_id"].map(dict(zip(("T1", "T2", "T3"), values, strict=True))).astype(float)
        )
        replace_files(root, "grid", [day.date() for day in days], hours, day_means(hours))


def figures_of(engine: Engine, root: Path, code: str = "140300") -> BulletinFigures:
    assert AT is not None
    beat = bulletin_figures(bulletin_facts(engine, root, AT), AT, "数据完整。")
    assert len(beat.bulletins) == 39
    return next(one for one in beat.bulletins if one.city.unit_code == code)


def test_a_city_from_the_store_to_its_figures(engine: Engine, tmp_path: Path) -> None:
    root = tmp_path / "air"
    put_city_days(engine, root, tmp_path / "in")
    put_grids(engine, root)
    add_alarm(engine, "A1", "03-18 06:00", grid_id="T1")
    add_event(engine, "A1", "submitted", "03-18 12:00")
    add_alarm(engine, "A0", "03-02 06:00", grid_id="T1")
    # 2.4 km from the middle of T1 to the west of it: 0.9 km from its edge.
    text = "enterprise_id,name,industry,lon,lat\nE1,甲铸造厂,铸造,113.567,37.9335\nE2,乙水泥厂,水泥,113.54,37.9335\n"
    import_enterprises(engine, put(tmp_path / "e.csv", text), datum="WGS84", now=NOW)
    assert AT is not None
    assert AT.month is not None
    before = figures_of(engine, root)
    set_warning_grids(engine, root, AT.month, now=NOW)
    one = figures_of(engine, root)
    assert before == one  # a month that nobody has set is judged where it is read
    dusty = (15 * 60 + (21 * 60 + 3 * 220) / 24) / 16
    assert one.city.half == AirLevel(
        pytest.approx(dusty),
        16,
        50.0,
        pytest.approx(2 * dusty - 100),
        30.0,
        pytest.approx(dusty / 0.3 - 100),
        1,
        2,
        False,
    )
    # From 1 January there are 31 of 91 days.
    assert one.city.year == AirLevel(None, 31, None, None, None, None, None, 0, False)
    assert (one.city.without_dust, one.city.dust_hours, one.city.days_over) == (
        AirLevel(60.0, 16, 50.0, pytest.approx(20.0), 30.0, pytest.approx(100.0), 1, 2, False),
        3,
        1,
    )
    assert one.city.month is not None
    assert (one.city.month.valid_days, one.city.month.rank, one.city.month.pop_pct) == (31, 1, None)
    assert (one.city.window.pushed, one.city.window.answered, one.city.season.pushed) == (1, 1, 2)
    assert [(day.pm25_ug_m3, day.iaqi) for day in one.days[3:6]] == [
        (60.0, 82),
        (pytest.approx(80.0), 107),
        (60.0, 82),
    ]
    assert [(row.grid_id, row.west, row.half.pm25_ug_m3, row.half.yoy_pct, row.inspection) for row in one.grids] == [
        ("T1", 113.55, 90.0, 50.0, GridInspection(1, 1, 0, 0, 0, ())),
        ("T2", 113.584, 50.0, pytest.approx(-100 / 6), GridInspection(0, 0, 0, 0, 0, ())),
        ("T3", None, 20.0, 0.0, GridInspection(0, 0, 0, 0, 0, ())),
    ]  # fmt: skip
    (area,) = one.high_areas
    assert (area.grid_ids, area.enterprises) == (("T1",), 1)
    assert [(row.place, row.grid.grid_id, row.inside, row.nearby) for row in one.highest] == [
        (1, "T1", 1, 1),
        (2, "T2", 0, 1),
        (3, "T3", None, None),
    ]
    assert [
        (found.name, round(found.distance_km, 2), found.direction) for found in one.highest[0].enterprises
    ] == [
        ("甲铸造厂", 0.0, ""),
        ("乙水泥厂", 0.88, "西"),
    ]
    assert one.warnings is not None
    assert one.warnings.warned == (
        WarnedGrid(
            "140300",
            "阳泉市",
            "T1",
            "郊区",
            "T1号网格",
            "月均浓度最高、同比变化最差、环比变化最差",
            90.0,
            50.0,
            50.0,
            2,
            2,
            "",
            pytest.approx(113.567),
            pytest.approx(37.9335),
            True,
        ),
    )
    assert one.follow_ups == (
        FollowUp("warned_again", 1, 1, ("T1",)),
        FollowUp("high_without_problem", 1, 1, ("T1",)),
        FollowUp("overdue", 1, 1, ("T1",)),  # A0, of the first half
    )
    assert [one.alarm_id for one in one.open_alarms] == ["A0"]
    assert (one.sources, one.is_simulated, one.editions) == (
        ("air-quality", "test"),
        False,
        ("GB 3095-2012",),
    )


def test_an_empty_store_gives_letters_that_say_so(engine: Engine, tmp_path: Path) -> None:
    assert AT is not None
    assert AT.month is not None
    set_warning_grids(engine, tmp_path / "air", AT.month, now=NOW)
    one = figures_of(engine, tmp_path / "air")
    assert one.city.half == AirLevel(None, 0, None, None, None, None, None, 0, False)
    assert (one.city.window.pushed, one.grids, one.counties, one.follow_ups, one.sources) == (
        0,
        (),
        (),
        (),
        (),
    )
    assert one.warnings is not None
    assert one.warnings.warned == ()


def keep_days(engine: Engine, grid_id: str, log_ratio: float) -> None:
    """Daily facts of March of four stations of a grid."""
    stations = [f"{grid_id}-{k}" for k in range(4)]
    facts = pd.DataFrame({"station_id": stations, "unit_code": "140300", "grid_id": grid_id}).assign(
        hours=24, completeness=1.0, pm25_ug_m3=60.0, log_ratio=log_ratio, spread=0.05, spikes=0
    )
    facts = facts.assign(stuck_hours=0, range_hours=0, dead_hours=0, verdict="ok")
    with writing(engine) as connection:
        for number in range(1, 32):
            keep_station_days(connection, facts, date(2020, 3, number), WATCH_EDITION, grid_id, now=NOW)


def test_grids_that_stand_high_for_weeks_are_told_to_their_unit(engine: Engine, tmp_path: Path) -> None:
    put_grids(engine, tmp_path)
    assert figures_of(engine, tmp_path).lasting == ()
    keep_days(engine, "T1", 0.5)
    found = figures_of(engine, tmp_path).lasting
    assert [(one.grid_id, one.name, one.days_with_data, one.days_above) for one in found] == [
        ("T1", "T1号网格", 28, 28)
    ]
    assert found[0].excess_pct == pytest.approx(100 * (math.exp(0.5) - 1))
    assert figures_of(engine, tmp_path, "130100").lasting == ()
