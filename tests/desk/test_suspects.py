"""Suspects for people: the table, the words of the wind, hit rates, the sketch, the list of a day's idle treatment."""

import io
import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from sqlalchemy import Engine

from include.errors import InputError, StateError
from include.house import default_registry, open_house
from include.office.suspect_sketch import hour_sketches, sketch
from include.office.suspect_tables import hit_table, points_table, suspect_numbers, suspect_table
from include.office.treatment import submeter_rules, treatment_rows, treatment_workbook
from include.profile.current import office, using
from include.store.air_tables import enterprise
from include.store.engine import writing
from include.store.suspects import keep_verdict
from include.store.tables import alarm
from include.store.watch_tables import alarm_suspect
from include.suspects.rules import DEFAULT_RULES
from include.workflows.treatment import keep_treatment, treatment_of_day

NOW = datetime(2020, 3, 12, tzinfo=UTC)
HOURS = [
    {"hour": "2020-03-01T00:00:00+00:00", "weight": 0.7, "wind_from_deg": 10.0, "wind_speed_m_s": 2.0, "spread_deg": 33.0, "masts": 2,
     "nearest_km": 5.0},
    {"hour": "2020-03-01T01:00:00+00:00", "weight": 0.3, "wind_from_deg": None, "wind_speed_m_s": 0.2, "spread_deg": 180.0, "masts": 2,
     "nearest_km": 5.0},
]  # fmt: skip
EVIDENCE: dict[str, Any] = {
    "kind": "enterprise", "name": "某铸造厂", "level": "high", "distance_km": 1.2, "east_km": 0.0, "north_km": 1.2, "windy": 1.0,
    "upwind": 1.0, "has_increments": True, "is_metered": True, "idle": 1.0, "normal": 0.0, "off": 0.0, "lost": 0.0, "idle_hours": 4,
    "unusual_hour": 0.0, "former": 0.0, "same_place": 0, "cone": 1.0, "hours": HOURS,
}  # fmt: skip
FAR = EVIDENCE | {
    "name": "某<砖>厂",
    "level": "low",
    "distance_km": 0.5,
    "idle": 0.0,
    "normal": 1.0,
    "cone": -2.0,
    "upwind": 0.0,
}
NOBODY = EVIDENCE | {"kind": "unlisted", "name": "", "level": "low"}


@pytest.fixture
def stored(engine: Engine) -> Engine:
    told = [("Q1", 0.7, EVIDENCE), ("Q2", 0.2, FAR), ("unlisted", 0.1, NOBODY)]
    rows = [
        {
            "alarm_id": "A",
            "rank": rank,
            "enterprise_id": name,
            "score": score,
            "rules_edition": "e",
            "evidence_json": json.dumps(evidence, ensure_ascii=False),
        }
        for rank, (name, score, evidence) in enumerate(told, 1)
    ]
    moment = datetime(2020, 3, 1, tzinfo=UTC)
    one = {
        "alarm_id": "A",
        "revision": 1,
        "grid_id": "G1",
        "unit_code": "140300",
        "county": "盂县",
        "point_name": "某点位",
        "lon": 113.4,
        "lat": 38.1,
        "started_at": moment,
        "last_at": moment,
        "alarm_count": 1,
        "peak_pm25_ug_m3": 150.0,
        "pushed_at": moment,
        "deadline_at": NOW,
        "revised_at": moment,
        "rules_version": "2020-03",
        "is_outside_city": False,
        "source": "platform",
        "received_at": NOW,
        "content_hash": "x",
        "is_simulated": True,
    }
    with writing(engine) as connection:
        connection.execute(alarm_suspect.insert(), rows)
        connection.execute(alarm.insert(), one)
    return engine


def test_the_table_says_who_how_sure_and_why_and_puts_struck_ones_last(stored: Engine) -> None:
    keep_verdict(stored, "A", "Q1", "struck", "王某", "已搬迁", now=NOW)
    rows, about = suspect_table(stored, "A")
    assert rows[["排名", "名称", "可能性", "理由", "核查"]].to_numpy().tolist() == [
        [
            2,
            "某<砖>厂",
            "0.20 低",
            "不在上风向，距高值站点0.5公里，期间生产和治污设备用电正常（距离自高值站点起算，在网格中心以北）",
            "",
        ],
        [3, "来源不明", "0.10 低", "清单内单位均不能较好解释，建议在高值点周边现场排查", ""],
        [
            1,
            "某铸造厂",
            "0.70 高",
            "位于上风向1.2公里，期间生产负荷正常、治污设备停运（距离自高值站点起算，在网格中心以北）",
            "已剔除：已搬迁",
        ],
    ]
    assert (about.grid_id, about.is_simulated, about.hours) == ("G1", True, HOURS)


def test_the_points_are_told_one_row_a_term_that_says_something(stored: Engine) -> None:
    numbers = suspect_numbers(suspect_table(stored, "A")[1])
    table = points_table(numbers)
    assert list(table) == ["得分项", "1", "2", "3"]
    told = table.set_index("得分项")
    assert list(told.index[-2:]) == ["utility", "log_sum"]
    assert (told.iloc[:-2] != 0).any(axis=1).all()
    assert told.iloc[:-2].sum().round(6).tolist() == [
        round(float(numbers.loc[at, [one for one in numbers if one.endswith("_points")]].sum()), 6)
        for at in range(3)
    ]


def test_an_unknown_alarm_is_named(engine: Engine) -> None:
    with pytest.raises(StateError, match="no such alarm"):
        suspect_table(engine, "A")


def test_hit_rates_come_from_inspections_alone(stored: Engine) -> None:
    assert hit_table(stored)["首位命中"].tolist() == ["0/0"] * 4
    keep_verdict(stored, "A", "Q1", "found", "王某", "布袋破损", now=NOW)
    keep_verdict(stored, "A", "Q2", "not_found", "王某", "正常", now=NOW)
    assert hit_table(stored).to_dict("records") == [
        {"方法": "综合评分", "首位命中": "1/1", "前三命中": "1/1"},
        {"方法": "仅按距离", "首位命中": "0/1", "前三命中": "1/1"},
        {"方法": "仅按风向", "首位命中": "1/1", "前三命中": "1/1"},
        {"方法": "仅按分表计电", "首位命中": "1/1", "前三命中": "1/1"},
    ]


def test_the_sketch_is_well_formed_and_escapes_names(stored: Engine) -> None:
    _, about = suspect_table(stored, "A")
    drawn = ET.fromstring(sketch(about.suspects, about.hours))
    space = "{http://www.w3.org/2000/svg}"
    titles = [node.text for node in drawn.iter(f"{space}title")]
    assert titles == [
        "疑似来源示意（建议核查）",
        "3月1日8时 北风2.0米/秒，权重70%",
        "某铸造厂（疑似，高，0.70）",
        "某<砖>厂（疑似，低，0.20）",
    ]


def test_each_hour_has_its_sketch_with_the_candidates_in_its_cone(stored: Engine) -> None:
    _, about = suspect_table(stored, "A")
    beside = [about.suspects[0] | {"east_km": 1.2, "north_km": 0.0, "rank": 7}]
    windy, calm = hour_sketches([*about.suspects, *beside], about.hours)
    assert [windy[0], calm[0]] == ["3月1日8时 北风2.0米/秒，权重70%", "3月1日9时 静风或风向不定，权重30%"]
    dots = [
        [node.get("fill") for node in _nodes(one, "circle") if node.get("stroke") is None]
        for _, one in (windy, calm)
    ]
    assert dots == [["#b3261e", "#5f6368", "#bdc1c6"], ["#bdc1c6"] * 3]
    assert [len(_nodes(one, "polygon")) for _, one in (windy, calm)] == [1, 0]


def test_a_sketch_in_a_file_says_below_who_its_numbers_are(stored: Engine) -> None:
    _, about = suspect_table(stored, "A")
    texts = [node.text for node in _nodes(sketch(about.suspects, about.hours, with_names=True), "text")]
    assert texts[-2:] == ["1 某铸造厂（疑似，高，0.70）", "2 某<砖>厂（疑似，低，0.20）"]


def _nodes(drawn: str, name: str) -> list[ET.Element]:
    return list(ET.fromstring(drawn).iter("{http://www.w3.org/2000/svg}" + name))


def test_a_days_list_of_idle_treatment_from_the_store(engine: Engine, tmp_path: Path) -> None:
    from include.sources.stations.intake import import_stations

    house = replace(open_house(default_registry(), tmp_path), engine=engine)
    firm = {
        "source": "enterprises",
        "enterprise_id": "Q1",
        "name": "某铸造厂",
        "industry": "铸造",
        "unit_code": "140300",
        "county": "盂县",
        "lon": 113.4,
        "lat": 38.1,
        "is_simulated": True,
        "content_hash": "x",
        "received_at": NOW,
    }
    with writing(engine) as connection:
        connection.execute(enterprise.insert(), {name: firm[name] for name in firm if name in enterprise.c})
    hours = pd.date_range("2020-03-01T00:00+08:00", "2020-03-09T00:00+08:00", freq="h", inclusive="left")
    power = pd.DataFrame({"enterprise_id": "Q1", "hour": hours, "production_kw": 100.0, "treatment_kw": 20.0})
    idle = (power["hour"] >= pd.Timestamp("2020-03-08T09:00+08:00")) & (
        power["hour"] < pd.Timestamp("2020-03-08T12:00+08:00")
    )
    power.loc[idle, "treatment_kw"] = 1.0
    for day, rows in power.groupby(power["hour"].dt.date):
        rows.to_csv(tmp_path / f"submeter_hours_{day:%Y%m%d}.csv", index=False)
    import_stations(engine, house.stations_dir, [tmp_path], now=NOW)
    found = treatment_of_day(house, date(2020, 3, 8), None, now=NOW)
    assert found.rows.to_dict("records") == [
        {
            "企业编号": "Q1",
            "企业名称": "某铸造厂",
            "情形": "生产用电正常、治污设备停运",
            "小时数": 3,
            "时段": "09时至12时",
            "生产kW": 100.0,
            "治污kW": 1.0,
            "平常治污kW": 20.0,
            "完整率": "24/24",
            "数据": "模拟数据",
        }
    ]
    assert (found.metered, found.without, found.completeness) == (1, 0, 1.0)
    strict = replace(office(), submetering={**office().submetering, "idle_hours": 4, "shorter_hours": 4})
    with using(strict):
        assert treatment_of_day(house, date(2020, 3, 8), None, now=NOW).kept == []
        longer = submeter_rules()
    assert longer.edition != submeter_rules().edition == DEFAULT_RULES.edition
    stops = pd.DataFrame(
        [{"enterprise_id": "Q1", "start_at": "2020-03-08T20:00", "end_at": "2020-03-09T00:00"}]
    )
    both = treatment_of_day(house, date(2020, 3, 8), stops, now=NOW)
    assert both.rows["情形"].tolist() == ["生产用电正常、治污设备停运", "停产限产期间仍有生产用电"]
    assert both.notes == []
    strange = pd.DataFrame(
        [
            {"enterprise_id": "NOPE", "start_at": "2020-03-08T20:00", "end_at": "2020-03-09T00:00"},
            {"enterprise_id": "Q1", "start_at": "2020-03-08T20:00", "end_at": "2020-03-08T20:00"},
        ]
    )
    assert treatment_of_day(house, date(2020, 3, 8), strange, now=NOW).notes == [
        "停限产清单中1家不在企业名单中，未判断：NOPE",
        "停限产清单中1家的结束时间不晚于开始时间，未判断：Q1",
    ]
    keep_treatment(house, date(2020, 3, 8), stops, now=NOW)
    kept = [
        (row["rule"], row["span_words"], row["metered_hours"])
        for row in treatment_rows(engine, date(2020, 3, 8), date(2020, 3, 9))
    ]
    assert kept == [("idle", "09时至12时", 24), ("stopped", "20时至24时", 24)]
    # Who does not know the orders takes nothing back that was found against them; another day is another list.
    keep_treatment(house, date(2020, 3, 8), None, now=NOW)
    keep_treatment(house, date(2020, 3, 7), None, now=NOW)
    assert len(treatment_rows(engine, date(2020, 3, 7), date(2020, 3, 9))) == 2
    book = openpyxl.load_workbook(
        io.BytesIO(treatment_workbook(engine, date(2020, 3, 8), date(2020, 3, 9), found.meters, NOW))
    )
    assert book.sheetnames == ["疑似清单", "计电完整率", "规则", "说明"]
    assert [cell.value for cell in book["疑似清单"][2]][1:8] == [
        "Q1",
        "某铸造厂",
        "阳泉市",
        "盂县",
        "生产用电正常、治污设备停运",
        3,
        "09时至12时",
    ]
    assert [cell.value for cell in book["计电完整率"][2]][2:6] == [24, 24, 1, None]
    assert book["疑似清单"][1][-1].value == "数据标识"
    with pytest.raises(InputError, match="no time"):
        treatment_of_day(house, date(2020, 3, 8), stops.assign(end_at="soon"), now=NOW)
    with pytest.raises(InputError, match="lacks columns"):
        treatment_of_day(house, date(2020, 3, 8), stops.drop(columns="end_at"), now=NOW)
