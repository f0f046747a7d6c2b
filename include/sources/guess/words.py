"""What files call the columns of ours: headings, lower case, by what they most likely are; the first that a file has is taken."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from include.sources.reading.characters import narrow_text

WORDS: Final[dict[str, tuple[str, ...]]] = {
    "date": ("date", "日期", "监测日期", "观测日期", "数据日期", "monitordate", "day"),
    "hour": ("hour", "小时", "时", "时次", "小时数", "整点", "时段", "时刻"),
    "time": (
        "time", "datetime", "timestamp", "utc", "utc_time", "时间", "监测时间", "观测时间", "数据时间", "日期时间", "采样时间", "发布时间", "time_stamp", "ts",
        "at", "date (lt)", "date(lt)", "datetime_utc", "monitortime", "timepoint", "time_point", "datatime", "时间点", "created_at", "time_utc", "utc_datetime", "time_local", "local_time", "local", "localtime", "datetime_local",
    ),
    "city": ("city", "城市", "城市名称", "地市", "市", "cityname", "city_name", "所在城市", "area", "unit_code", "city_code", "城市编码", "所属城市", "单位"),
    "station": (
        "station_id", "站点编号", "站点编码", "站号", "站点代码", "监测点编码", "设备编号", "sensor_id", "device_id", "stationcode", "location_id", "station",
        "stationname", "站点", "站点名称", "监测点", "监测点位", "点位", "点位名称", "站名", "子站", "position_name", "positionname", "pointname", "location", "site", "id",
    ),
    "grid": ("grid_id", "网格编号", "网格号", "网格"),
    "pollutant": ("type", "parameter", "pollutant", "指标", "污染物", "要素", "参数", "项目", "监测项目", "监测因子", "因子"),
    "value": ("value", "浓度", "监测值", "数值", "值", "conc", "concentration", "小时均值", "结果"),
    "unit": ("unit", "units", "单位", "计量单位"),
    "lon": ("lon", "lng", "longitude", "经度", "x"),
    "lat": ("lat", "latitude", "纬度", "y"),
    "enterprise": ("企业名称", "name", "plant name", "单位名称", "enterprise", "污染源名称", "姓名"),
    "industry": ("行业", "industry", "行业类别", "primary_fuel", "所属行业"),
    "number": ("id", "序号", "编号", "企业编号", "no"),
    "alarm": ("alarm_id", "报警编号", "报警id", "告警编号"),
    "started": ("started_at", "报警时间", "首次报警时间", "开始时间", "告警时间"),
    "last": ("last_at", "末次报警时间", "最近报警时间", "最后报警时间", "结束时间"),
    "pushed": ("pushed_at", "推送时间", "下发时间", "交办时间"),
    "deadline": ("deadline_at", "反馈时限", "反馈期限", "截止时间"),
    "count": ("alarm_count", "报警次数", "次数"),
    "peak": ("peak_pm25_ug_m3", "最高浓度", "峰值浓度", "pm2.5峰值", "最大值"),
    "event": ("event", "状态", "操作", "办理状态"),
    "event_at": ("event_at", "操作时间", "反馈时间", "办理时间"),
    "county": ("county", "区县", "县区", "区", "县"),
    "point": ("point_name", "点位名称", "点位", "地点", "位置"),
    "wind_from": ("wind_from_deg", "风向", "wd", "wind_direction"),
    "wind_speed": ("wind_speed_m_s", "风速", "ws", "wspm", "wind_speed"),
    "role": ("role", "角色", "收件类型", "类型"),
    "address": ("address", "邮箱", "电子邮箱", "email", "邮件地址"),
}  # fmt: skip
_IN_BRACKETS: Final = re.compile(r"\s*[(\[].*[)\]]$")


def words_of(headings: Iterable[str]) -> dict[str, str]:
    """The heading of each word that a file has: as it stands, or without what is in brackets behind it."""
    exact: dict[str, str] = {}
    bare: dict[str, str] = {}
    for heading in headings:
        text = narrow_text(heading).lower()
        exact.setdefault(text, heading)
        bare.setdefault(_IN_BRACKETS.sub("", text), heading)
    by_text = bare | exact
    return {
        word: next(by_text[text] for text in texts if text in by_text)
        for word, texts in WORDS.items()
        if any(text in by_text for text in texts)
    }
