"""A mapping proposed for a file that nobody described yet, with what it is unsure of as comments."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pandas as pd

from include.errors import InputError
from include.sources.air.names import quantity_of
from include.sources.air.recognition import shipped_air
from include.sources.delivery import Chunk
from include.sources.every_table import TABLES
from include.sources.mapping.files import SHIPPED_DIR
from include.sources.mapping.language import TableMapping
from include.sources.mapping_trial import known_names
from include.sources.reading.characters import numbers
from include.sources.reading.form import USUAL, Form
from include.sources.reading.tables import read_table, require_table

_LOOKED_AT: Final = 200  # rows
_MOST_ABOVE: Final = 10  # rows above a header
# Headings, lower case, by what they most likely are; the first that a file has is taken.
_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "date": ("date", "日期", "监测日期", "观测日期", "数据日期"),
    "hour": ("hour", "小时", "时", "时次", "小时数"),
    "time": ("time", "datetime", "timestamp", "utc", "utc_time", "时间", "监测时间", "观测时间", "数据时间", "time_stamp", "ts", "at", "date (lt)", "date(lt)", "datetime_utc"),
    "city": ("city", "城市", "城市名称", "地市", "市", "cityname", "area", "unit_code", "city_code"),
    "station": ("station_id", "station", "站点", "站点名称", "监测点", "点位名称", "站点编号", "sensor_id", "location", "site", "device_id", "location_id", "id"),
    "grid": ("grid_id", "网格编号", "网格号", "网格"),
    "pollutant": ("type", "parameter", "pollutant", "指标", "污染物", "要素", "参数"),
    "value": ("value", "浓度", "监测值", "数值", "值", "conc", "concentration"),
    "unit": ("unit", "units", "单位"),
    "lon": ("lon", "lng", "longitude", "经度", "x"),
    "lat": ("lat", "latitude", "纬度", "y"),
    "enterprise": ("企业名称", "name", "plant name", "单位名称", "enterprise", "污染源名称"),
    "industry": ("行业", "industry", "行业类别", "primary_fuel", "所属行业"),
    "number": ("id", "序号", "编号", "企业编号", "no"),
    "alarm": ("alarm_id", "报警编号", "报警id", "告警编号"),
    "started": ("started_at", "报警时间", "开始时间", "告警时间"),
    "county": ("county", "区县", "县区", "区", "县"),
    "wind_from": ("wind_from_deg", "风向", "wd", "wind_direction"),
    "wind_speed": ("wind_speed_m_s", "风速", "ws", "wspm", "wind_speed"),
    "role": ("role", "角色", "收件类型"),
    "address": ("address", "邮箱", "电子邮箱", "email", "邮件地址"),
}  # fmt: skip


@dataclass(frozen=True)
class _Seen:
    """The first rows of a file: `form` as it is laid out, `found` the heading of each word of `_WORDS` that it has."""

    form: Form
    rows: pd.DataFrame
    found: dict[str, str]

    def heading(self, *words: str) -> str:
        """The file's heading of the first of these words that it has; empty for none."""
        return next((self.found[word] for word in words if word in self.found), "")


def guess(path: Path) -> str:
    """The text of a mapping for the file. Raises InputError when nothing can be made of it."""
    require_table(path)
    seen = _seen(path)
    known = [
        mapping
        for mapping in shipped_air()
        if mapping.air and mapping.air.known_by and set(mapping.air.known_by) <= set(seen.rows)
    ]
    lines = [f"# 由 mapping guess 按文件 {path.name} 提出；标有“?”之处请核对，再用 mapping try 查看前20行。"]
    if known:
        best = max(known, key=lambda mapping: len(mapping.air.known_by) if mapping.air else 0)
        lines.append(
            f"# 随系统提供的对应关系“{best.name}”认得这个文件，不写 --mapping 也能读入；其内容如下。"
        )
        shipped = (SHIPPED_DIR / f"{best.name}.yaml").read_text(encoding="utf-8")
        if _suits(best, seen):
            return "\n".join(lines) + "\n" + shipped
        lines[-1] = (
            f"# 表头与随系统提供的“{best.name}”相同，但其中没有认识的城市，按站点提出；参见 china_sites、beijing_all。"
        )
    lines += ["tables:", *_table(seen, path)]
    return "\n".join(lines) + "\n"


def _suits(mapping: TableMapping, seen: _Seen) -> bool:
    """Whether a mapping with a column a city finds a city of this office in the file."""
    if mapping.air is None or not mapping.air.headings:
        return True
    return _has_city(seen)


def _has_city(seen: _Seen) -> bool:
    names = known_names()
    return any(names.city(str(heading)) for heading in seen.rows.columns)


def _table(seen: _Seen, path: Path) -> list[str]:
    if seen.heading("alarm") or seen.heading("started"):
        return _plain(seen, "alarms", path)
    if seen.heading("address") and seen.heading("role"):
        return _plain(seen, "contacts", path)
    if seen.heading("wind_from") and seen.heading("wind_speed") and not _measures(seen):
        return _plain(seen, "winds", path)
    if seen.heading("lon") and not seen.heading("time", "date"):
        return _plain(seen, "enterprises" if seen.heading("enterprise", "industry") else "stations", path)
    return _air(seen, path)


_OF_TABLE: Final[dict[str, dict[str, str]]] = {
    "alarms": {
        "alarm_id": "alarm", "grid_id": "grid", "unit_code": "city", "county": "county", "point_name": "station", "lon": "lon",
        "lat": "lat", "started_at": "started",
    },
    "contacts": {"region_code": "city", "role": "role", "name": "enterprise", "address": "address"},
    "winds": {"station_id": "station", "hour": "time", "wind_from_deg": "wind_from", "wind_speed_m_s": "wind_speed"},
    "stations": {"station_id": "station", "unit_code": "city", "grid_id": "grid", "lon": "lon", "lat": "lat"},
    "enterprises": {
        "enterprise_id": "number", "name": "enterprise", "industry": "industry", "lon": "lon", "lat": "lat", "unit_code": "city",
        "county": "county",
    },
}  # fmt: skip


def _plain(seen: _Seen, table: str, path: Path) -> list[str]:
    """A table of records: what is found by its heading, and what is not as a question."""
    layout = TABLES[table]
    lines = [f"  {table}:", *_file_lines(seen, path)]
    if "lon" in layout.names:
        lines.append("    datum: WGS84          # ? 地图上看是否偏移几百米：GCJ-02（高德）或 BD-09（百度）")
    if any(field.type == "moment" for field in layout.fields):
        lines.append("    time_zone: Asia/Shanghai  # ? 没有写时区的时间")
    lines.append("    columns:")
    for field in layout.fields:
        heading = (
            field.name if field.name in seen.rows else seen.heading(_OF_TABLE[table].get(field.name, ""))
        )
        if heading:
            lines.append(f"      {field.name}: {_quoted(heading)}")
        elif field.required:
            lines.append(
                f'      {field.name}: {{constant: ""}}   # ? 必填：写列名，或 {{template: …}}、{{derived: …}}'
            )
    return lines


def _air(seen: _Seen, path: Path) -> list[str]:
    lines = ["  air:", *_file_lines(seen, path)]
    place, by = _place(seen)
    is_daily = not seen.heading("hour") and not seen.heading("time") and bool(seen.heading("date"))
    if by != "city":
        lines.append(f"    by: {by}           # ? 城市 city、站点 station、网格 grid")
    if is_daily:
        lines.append("    every: day            # ? 文件没有小时：按日均值（来源给出）")
    step = _minutes(seen)
    if step:
        lines.append(
            f"    every: {{minutes: {step:g}, least_share: 0.75}}  # ? 一小时内至少有这一比例的值才算小时值"
        )
    measures, narrow, headings = _measures(seen), _narrow(seen), _headings(seen)
    columns = _time_lines(seen, is_daily=is_daily)
    if narrow:
        columns = [f"      place: {_quoted(place)}" if place else _no_place(), *columns, *narrow]
        if seen.heading("unit"):
            lines += [
                "    temperature_c: 25     # ? 体积分数（ppb、ppm）换算用，按数据方说明填写",
                "    pressure_hpa: 1013.25  # ?",
            ]
    elif measures:
        columns = [f"      place: {_quoted(place)}" if place else _no_place(), *columns]
        columns += [
            f"      {name}: {_quoted(heading)}{_unit_question(name)}" for name, heading in measures.items()
        ]
    elif headings:
        lines.append('    headings: "{place}"    # ? 其余每一列是一个地方')
        if by == "city" and not _has_city(seen):
            lines.append(
                "    by: station           # ? 列名不是本机关的城市：按站点；站点表用 --stations，或下面写 city"
            )
            columns.append("      # city: {constant: 城市名}   # ? 各站点平均为这个城市")
        if seen.heading("pollutant"):
            columns.append(f"      pollutant: {_quoted(seen.heading('pollutant'))}")
        else:
            lines.append("    # ? 没有污染物列：按PM2.5")
    else:
        raise InputError(
            "no column of the file looks like air quality or like a table that is read",
            where=str(path),
            got=", ".join(map(str, seen.rows.columns))[:300],
            expected=", ".join(TABLES),
            todo="write a mapping by hand: docs/bring-your-own-data.md",
        )
    return [*lines, "    columns:", *columns]


def _no_place() -> str:
    return '      place: {constant: ""}   # ? 文件没有地方：写城市名'


def _unit_question(name: str) -> str:
    return "   # ? 应为mg/m³；若为μg/m³：{column: …, unit: ug/m3}" if name == "co_mg_m3" else ""


def _file_lines(seen: _Seen, path: Path) -> list[str]:
    stem = re.sub(r"[0-9]{4,}.*", "*", path.stem) or "*"
    pattern = (stem if stem.endswith("*") else f"{stem}*") + path.suffix
    lines = [f"    files: [{_quoted(pattern)}]"]
    if seen.form.header_row:
        lines.append(f"    header_row: {seen.form.header_row}")
    return lines


def _place(seen: _Seen) -> tuple[str, str]:
    for word, by in (("grid", "grid"), ("city", "city"), ("station", "station")):
        if word in seen.found:
            return seen.found[word], by
    return "", "city"


def _time_lines(seen: _Seen, *, is_daily: bool) -> list[str]:
    date, hour, time = (seen.heading(word) for word in ("date", "hour", "time"))
    parts = [name for name in ("year", "month", "day") if name in seen.rows]
    if len(parts) == 3 and hour:
        return [
            f'      hour: {{moment: "{{year}}-{{month:02}}-{{day:02}}", hours: {_quoted(hour)}}}  # ? 1至24时自动按整点结束理解'
        ]
    if is_daily:
        return [f'      hour: {{moment: "{{{date}}}"}}']
    if date and hour:
        return [
            f'      hour: {{moment: "{{{date}}}", hours: {_quoted(hour)}}}  # ? 1至24时自动按整点结束理解；0至23时若为结束：hour_label: end'
        ]
    if not time:
        return ['      hour: {moment: "{时间}"}   # ? 没有找到时间列']
    form = _time_format(seen.rows[time])
    told = f', format: "{form}"' if form else ""
    return [
        f'      hour: {{moment: "{{{time}}}"{told}}}  # ? 时间指一小时的开始；若为结束：hour_label: end；时区：time_zone'
    ]


_ISO: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}.*"
_FORMATS: Final = ("%Y/%m/%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y年%m月%d日%H时", "%Y%m%d%H", "%Y-%m-%d %H", "%Y-%m-%d %I:%M %p", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M")  # fmt: skip


def _time_format(texts: pd.Series) -> str:
    """The format of a column of times; empty for ISO 8601."""
    told = texts[texts.str.strip() != ""].head(50).str.strip()
    counts = numbers(told)
    if len(told) and counts.notna().all() and not told.str.fullmatch("[0-9]{10}").all():
        return "epoch_ms" if counts.median() > 1e11 else "epoch_s" if counts.median() > 1e8 else ""
    if len(told) and counts.between(946_684_800, 1_999_999_999).all():
        is_stamp = pd.to_datetime(told, format="%Y%m%d%H", errors="coerce").notna().all()
        return "%Y%m%d%H" if is_stamp else "epoch_s"
    if told.str.fullmatch(_ISO).all():
        return ""
    return next(
        (form for form in _FORMATS if pd.to_datetime(told, format=form, errors="coerce").notna().all()), ""
    )


def _minutes(seen: _Seen) -> float:
    """How many minutes values of one place are apart, where that is less than an hour; 0 otherwise."""
    time, (place, _) = seen.heading("time"), _place(seen)
    if not time or seen.heading("hour"):
        return 0.0
    form = _time_format(seen.rows[time])
    told = seen.rows[time].str.strip()
    if form in ("epoch_s", "epoch_ms"):
        moments = pd.to_datetime(numbers(told), unit="s" if form == "epoch_s" else "ms", utc=True)
    else:
        moments = pd.to_datetime(told, format=form or "ISO8601", errors="coerce", utc=True)
    if not (moments.dt.minute.dropna() != 0).any():
        return 0.0
    groups = moments.groupby(seen.rows[place]) if place else [("", moments)]
    apart = pd.concat([each.sort_values().diff() for _, each in groups]).dt.total_seconds()
    apart = apart[apart > 0] / 60
    return min(60.0, max(0.5, round(float(apart.median()) * 2) / 2)) if len(apart) else 60.0


def _measures(seen: _Seen) -> dict[str, str]:
    """The columns that are called like pollutants."""
    found: dict[str, str] = {}
    for heading in map(str, seen.rows.columns):
        quantity = quantity_of(heading, is_daily=not seen.heading("hour") and not seen.heading("time"))
        if quantity not in ("", "other"):
            found.setdefault(quantity, heading)
    return found


def _narrow(seen: _Seen) -> list[str]:
    """A column of pollutants with one of values."""
    pollutant, value = seen.heading("pollutant"), seen.heading("value")
    if not pollutant or not value:
        return []
    lines = [f"      pollutant: {_quoted(pollutant)}", f"      value: {_quoted(value)}"]
    unit = seen.heading("unit")
    return lines + ([f"      unit: {_quoted(unit)}"] if unit else [])


def _headings(seen: _Seen) -> bool:
    """Whether most of the other columns hold numbers."""
    used = set(seen.found.values())
    others = [name for name in map(str, seen.rows.columns) if name not in used]
    told = [numbers(seen.rows[name]).notna().mean() > 0.3 for name in others]
    return bool(told) and sum(told) >= max(1, len(told) // 2)


def _seen(path: Path) -> _Seen:
    """The first rows below the header, which need not be the first row of the file."""
    best: _Seen | None = None
    for above in range(_MOST_ABOVE):
        form = replace(USUAL, header_row=above + 1 if above else 0)
        try:
            chunk = next(read_table(path, form))
        except (InputError, StopIteration):
            continue
        if len(chunk.rows) and len(chunk.rows) > len(chunk.broken) and len(chunk.rows.columns) > 1:
            seen = _Seen(form, _head(chunk), _words(map(str, chunk.rows.columns)))
            if best is None or len(seen.found) > len(best.found):
                best = seen
        if best is not None and len(best.found) > 1:
            break
    if best is None:
        raise InputError("no table can be seen in the file", where=str(path), expected="a header and rows")
    return best


def _head(chunk: Chunk) -> pd.DataFrame:
    return chunk.rows.head(_LOOKED_AT).astype("str")


def _words(headings: Iterable[str]) -> dict[str, str]:
    by_text = {heading.strip().lower(): heading for heading in headings}
    return {
        word: next(by_text[text] for text in texts if text in by_text)
        for word, texts in _WORDS.items()
        if any(text in by_text for text in texts)
    }


def _quoted(text: str) -> str:
    """A text as YAML takes it for one."""
    plain = re.fullmatch(r"[\w一-鿿][\w一-鿿. ()]*", text) and text.lower() not in {
        "no",
        "yes",
        "on",
        "off",
        "true",
        "false",
        "null",
        "y",
        "n",
    }
    is_number = re.fullmatch(r"[0-9._]+", text)
    return text if plain and not is_number else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
