"""The validator: one broken rule a row, and the reason that an operator reads."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pandas as pd
import pytest

from include.sources.checks import check, moments
from include.sources.layout import DATA_ORIGIN, LAYOUTS
from include.sources.places import Places
from tests.sources.exports import EXAMPLES

PLACES = Places(
    cities={"140300": "140300", "阳泉": "140300", "610300": "610300"},
    regions=frozenset({"140300", "140000", "100000"}),
    counties={("610300", "凤翔县"): "凤翔区"},
)
NOT_A_MOMENT = "不是有效的时间：应如2020-03-12T08:30（2000至2099年）"


def checked(table: str, *changes: dict[str, str], places: Places = PLACES):
    names = [*LAYOUTS[table].names, DATA_ORIGIN]
    rows = [{**dict.fromkeys(names, ""), **EXAMPLES[table], **change} for change in changes]
    return check(LAYOUTS[table], pd.DataFrame(rows, columns=names).astype("str"), places)


@pytest.mark.parametrize(
    ("table", "change", "field", "reason"),
    [
        ("alarms", {"alarm_id": ""}, "alarm_id", "必填，未填写"),
        ("alarms", {"alarm_id": "x" * 65}, "alarm_id", "过长：最多64个字符"),
        ("alarms", {"alarm_id": "A\x001"}, "alarm_id", "含有控制字符、换行或无法显示的字符"),
        ("alarms", {"point_name": "平定县\n娘子关"}, "point_name", "含有控制字符、换行或无法显示的字符"),
        ("alarms", {"point_name": "平定县\ufffd"}, "point_name", "含有控制字符、换行或无法显示的字符"),
        ("alarms", {"point_name": "平定\u202e县"}, "point_name", "含有控制字符、换行或无法显示的字符"),
        ("alarms", {"unit_code": "140301"}, "unit_code", "不认识的单位：应为档案 units.csv 中的代码或名称"),
        ("alarms", {"lon": "NaN"}, "lon", "不是数值"),
        ("alarms", {"lon": "1e400"}, "lon", "不是数值"),
        ("alarms", {"lon": "181"}, "lon", "超出范围：应在-180至180之间（经纬度可能填反）"),
        ("alarms", {"lon": "37.8", "lat": "113.62"}, "lat", "超出范围：应在-90至90之间（经纬度可能填反）"),
        ("alarms", {"lat": ""}, "lon", "经度和纬度须同时填写或同时为空"),
        ("alarms", {"alarm_count": "0"}, "alarm_count", "超出范围：应在1至100000之间"),
        ("alarms", {"alarm_count": "1.5"}, "alarm_count", "不是整数"),
        ("alarms", {"alarm_count": "=1+1"}, "alarm_count", "不是整数"),
        ("alarms", {"alarm_count": "²"}, "alarm_count", "不是整数"),
        ("alarms", {"alarm_count": "٣"}, "alarm_count", "不是整数"),
        ("alarms", {"alarm_count": "1①"}, "alarm_count", "不是整数"),
        ("alarms", {"alarm_count": "1_000"}, "alarm_count", "不是整数"),
        ("alarms", {"peak_pm25_ug_m3": "٣٥"}, "peak_pm25_ug_m3", "不是数值"),
        ("alarms", {"peak_pm25_ug_m3": "0x1F"}, "peak_pm25_ug_m3", "不是数值"),
        ("alarms", {"peak_pm25_ug_m3": "Infinity"}, "peak_pm25_ug_m3", "不是数值"),
        ("alarms", {"pushed_at": "٢٠٢٠-03-12T08:30"}, "pushed_at", NOT_A_MOMENT),
        ("alarms", {"pushed_at": "0001-01-01T00:00"}, "pushed_at", NOT_A_MOMENT),
        ("alarms", {"pushed_at": "9999-12-31T23:59"}, "pushed_at", NOT_A_MOMENT),
        ("alarms", {"pushed_at": "2020-03-12T08:30+25:00"}, "pushed_at", NOT_A_MOMENT),
        ("alarms", {"pushed_at": "2020-03-12T24:30"}, "pushed_at", NOT_A_MOMENT),
        ("alarms", {"peak_pm25_ug_m3": "-1"}, "peak_pm25_ug_m3", "超出范围：应在0至100000之间"),
        ("alarms", {"pushed_at": "2020-03-12"}, "pushed_at", NOT_A_MOMENT),
        ("alarms", {"pushed_at": "2020-13-12T08:30"}, "pushed_at", NOT_A_MOMENT),
        ("alarms", {"pushed_at": "2020-03-12T25:30"}, "pushed_at", NOT_A_MOMENT),
        ("alarms", {"pushed_at": "1970-01-01T00:00"}, "pushed_at", NOT_A_MOMENT),
        ("alarms", {"pushed_at": "20200312T0830"}, "pushed_at", NOT_A_MOMENT),
        ("alarms", {"last_at": "2020-03-12T05:00"}, "last_at", "早于（或小于）started_at，先后顺序不对"),
        ("alarms", {"pushed_at": "2020-03-12T05:00"}, "pushed_at", "早于（或小于）started_at，先后顺序不对"),
        ("alarms", {"deadline_at": "2020-03-12T08:00"}, "deadline_at", "早于（或小于）pushed_at，先后顺序不对"),
        ("alarms", {"revised_at": "2020-03-12T08:00"}, "revised_at", "早于（或小于）pushed_at，先后顺序不对"),
        ("feedback", {"event": "签收"}, "event", "应为：acknowledged、submitted、returned、accepted、disputed、dispute_upheld、dispute_rejected、closed、reopened"),
        ("feedback", {"problem_found": "maybe"}, "problem_found", "应为true、false（或是、否）"),
        ("feedback", {"note": "x" * 10001}, "note", "过长：最多10000个字符"),
        ("problems", {"found_at": ""}, "found_at", "必填，未填写"),
        ("problems", {"rectify_by": "2020-03-11"}, "rectify_by", "早于（或小于）found_at，先后顺序不对"),
        ("problems", {"rectify_by": "三天后"}, "rectify_by", "不是有效的时间：应如2020-03-12T08:30或2020-03-12（2000至2099年）"),
        ("grids", {"east": "113.5"}, "east", "早于（或小于）west，先后顺序不对"),
        ("grids", {"is_hot": "2"}, "is_hot", "应为true、false（或是、否）"),
        ("contacts", {"region_code": "999999"}, "region_code", "不认识的地区：应为单位、其上级或本机关的代码"),
        ("contacts", {"address": "dudu@"}, "address", "不是电子邮件地址"),
        ("contacts", {"address": "a@b.example,c@d.example"}, "address", "不是电子邮件地址"),
        ("contacts", {"valid_from": "2020-02-30"}, "valid_from", "不是有效的日期：应如2020-03-12（2000至2099年）"),
        ("contacts", {"valid_to": "2019-12-31"}, "valid_to", "早于（或小于）valid_from，先后顺序不对"),
    ],
)  # fmt: skip
def test_a_broken_rule_is_named(table: str, change: dict[str, str], field: str, reason: str) -> None:
    result = checked(table, {}, change, {})
    assert result.is_good.tolist() == [True, False, True]
    assert result.reasons[result.reject[1]] == (field, reason)


@pytest.mark.parametrize(
    ("table", "change", "field", "value"),
    [
        ("alarms", {"unit_code": "阳泉"}, "unit_code", "140300"),
        ("alarms", {"alarm_count": "3.0"}, "alarm_count", 3),
        ("alarms", {"alarm_count": "１２"}, "alarm_count", 12),
        ("alarms", {"unit_code": "１４０３００"}, "unit_code", "140300"),
        ("alarms", {"lon": "１１３．６２"}, "lon", 113.62),
        ("alarms", {"alarm_id": "Ａ１"}, "alarm_id", "A1"),
        ("alarms", {"point_name": "（甲）点１"}, "point_name", "（甲）点１"),
        (
            "alarms",
            {"pushed_at": "２０２０－０３－１２　０８：３０"},
            "pushed_at",
            datetime(2020, 3, 12, 0, 30, tzinfo=UTC),
        ),
        ("alarms", {"pushed_at": "2020-03-12T24:00"}, "pushed_at", datetime(2020, 3, 12, 16, tzinfo=UTC)),
        ("alarms", {"pushed_at": "2020-03-31 24:00:00Z"}, "pushed_at", datetime(2020, 4, 1, tzinfo=UTC)),
        ("alarms", {"lon": "", "lat": ""}, "is_outside_city", False),
        ("alarms", {"lon": "116.4", "lat": "39.9"}, "is_outside_city", True),
        ("alarms", {"unit_code": "610300", "county": "凤翔县"}, "county", "凤翔区"),
        ("alarms", {"county": "凤翔县"}, "county", "凤翔县"),
        (
            "alarms",
            {"pushed_at": "2020-03-12 08:30:15.5"},
            "pushed_at",
            datetime(2020, 3, 12, 0, 30, 15, 500000, UTC),
        ),
        ("alarms", {"data_origin": "模拟数据"}, "is_simulated", True),
        ("alarms", {"data_origin": "实测"}, "is_simulated", False),
        ("feedback", {"note": "第一行\n第二行\t<b>&"}, "note", "第一行\n第二行\t<b>&"),
        ("feedback", {"problem_found": "是"}, "problem_found", True),
        ("contacts", {"region_code": "阳泉"}, "region_code", "140300"),
        ("contacts", {"valid_from": "2020-01-02T00:00:00"}, "valid_from", pd.Timestamp("2020-01-02")),
    ],
)
def test_what_is_understood(table: str, change: dict[str, str], field: str, value: object) -> None:
    result = checked(table, change)
    assert result.is_good.all(), result.reasons
    assert result.rows[field][0] == value


def test_no_rows_are_no_trouble() -> None:
    for table, layout in LAYOUTS.items():
        empty = pd.DataFrame({name: pd.array([], dtype="str") for name in (*layout.names, DATA_ORIGIN)})
        assert len(check(layout, empty, PLACES).rows) == 0, table


def test_a_date_alone_may_mean_its_end() -> None:
    dates = pd.Series(["2020-03-12", "2020-03-12T08:30+09:00", ""], dtype="str")
    assert moments(dates, end_of_date=True).tolist()[:2] == [
        pd.Timestamp("2020-03-12T16:00Z"),
        pd.Timestamp("2020-03-11T23:30Z"),
    ]
    assert moments(dates).isna().tolist() == [True, False, True]


def test_the_hash_is_of_the_content_only() -> None:
    rows = checked(
        "alarms", {}, {"alarm_id": "A2", "revised_at": "2020-03-13T00:00"}, {"lon": "113.620"}, {"lon": "113.621"},
        {"county": "平定", "point_name": "县平定县娘子关"}, {"data_origin": "模拟数据"}, {"peak_pm25_ug_m3": ""},
        {"peak_pm25_ug_m3": "0"},
    ).rows  # fmt: skip
    hashes = rows["content_hash"].tolist()
    assert hashes[0] == hashes[1] == hashes[2]
    assert len(set(hashes)) == 6


@pytest.mark.parametrize(
    ("pushed_at", "is_good"),
    [
        ("2020-03-09T23:59", False),
        ("2020-03-10T00:00", True),
        ("2020-03-11T23:59", True),
        ("2020-03-12T00:00", False),
        ("2020-03-31T12:00", True),
    ],
)
def test_an_alarm_needs_a_unit_on_the_day_of_its_push(pushed_at: str, is_good: bool) -> None:
    days = ((date(2020, 3, 10), date(2020, 3, 12)), (date(2020, 3, 31), date.max))
    told = {"started_at": "2020-03-01T00:00", "last_at": "2020-03-02T00:00", "pushed_at": pushed_at}
    told |= {"deadline_at": "2020-04-02T00:00", "revised_at": ""}
    found = checked("alarms", told, places=replace(PLACES, unit_days={"140300": days}))
    reason = "推送之日该单位尚未成立或已撤销：应为当日有效的单位，改报接收其职责的单位后补录"
    assert found.reasons == (() if is_good else (("unit_code", reason),))


@pytest.mark.parametrize(
    ("said", "pushed_at", "county"),
    [
        ("白石县", "2020-03-09T12:00", "白石县"),
        ("白石县", "2020-03-10T12:00", "白石市"),
        ("白石市", "2020-03-09T12:00", "白石县"),  # a later export of the same alarm says no revision
        ("C02", "2020-03-09T12:00", "白石县"),
        ("C02", "2020-03-10T12:00", "白石市"),
        ("他县", "2020-03-10T12:00", "他县"),
    ],
)
def test_a_county_is_called_as_on_the_day_of_the_push(said: str, pushed_at: str, county: str) -> None:
    names = ((date.min, "白石县"), (date(2020, 3, 10), "白石市"))
    known = replace(
        PLACES,
        counties={("140300", "白石县"): "白石市", ("140300", "C02"): "白石市"},
        dated_counties={("140300", name): names for name in ("白石县", "白石市", "C02")},
    )
    told = {"county": said, "started_at": "2020-03-01T00:00", "last_at": "2020-03-02T00:00"}
    told |= {"pushed_at": pushed_at, "deadline_at": "2020-04-02T00:00", "revised_at": ""}
    found = checked("alarms", told, places=known)
    assert (list(found.rows["county"]), found.reasons) == ([county], ())
