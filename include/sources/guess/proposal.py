"""A mapping proposed for a file that nobody described yet, with what it is unsure of as comments."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Final

from include.errors import InputError
from include.periods import office_zone
from include.sources.air.files import hours_of_file, moment_of
from include.sources.air.hours import OpenHours
from include.sources.air.recognition import shipped_air
from include.sources.every_table import TABLES
from include.sources.guess.form import Seen, seen_in
from include.sources.guess.measures import (
    has_city,
    heading_lines,
    measure_lines,
    measures,
    missing_line,
    narrow_lines,
)
from include.sources.guess.times import (
    NO_TIME,
    is_daily,
    minutes_apart,
    moment_rule,
    quoted,
    time_format,
    time_lines,
    zone_lines,
)
from include.sources.layout import AIR
from include.sources.mapping.files import SHIPPED_DIR, load
from include.sources.mapping.language import TableMapping
from include.sources.reading.form import FILE_COLUMN, SHEET_COLUMN
from include.sources.reading.packed_files import packed_names
from include.sources.reading.tables import read_table, require_table
from include.sources.stations.clock_hours import hours_of
from include.sources.stations.layouts import HOUR_LAYOUTS, STATION_LAYOUTS

_MOST_NAMED: Final = 12
_OPEN: Final = "文件只有一日的部分小时，看不出时间指一小时的开始还是结束：暂写开始 start，若为结束改为 end"


def guess(path: Path) -> str:
    """The text of a mapping for the file. Raises InputError when nothing can be made of it."""
    require_table(path)
    seen = seen_in(path)
    known = [
        mapping
        for mapping in shipped_air()
        if mapping.air and mapping.air.known_by and set(mapping.air.known_by) <= set(seen.rows)
    ]
    lines = [f"# 由 mapping guess 按文件 {path.name} 提出；标有“?”之处请核对，再用 mapping try 查看前20行。"]
    if known and not seen.form.header_row and not seen.form.sheet:
        best = max(known, key=lambda mapping: len(mapping.air.known_by) if mapping.air else 0)
        lines.append(
            f"# 随系统提供的对应关系“{best.name}”认得这个文件，不写 --mapping 也能读入；其内容如下。"
        )
        shipped = (SHIPPED_DIR / f"{best.name}.yaml").read_text(encoding="utf-8")
        is_of_times = _reads_times(best, seen)
        if is_of_times and _suits(best, seen):
            return "\n".join(lines) + "\n" + shipped
        lines[-1] = (
            f"# 表头与随系统提供的“{best.name}”相同，但其中没有认识的城市，按站点提出；参见 china_sites、beijing_all。"
            if is_of_times
            else f"# 表头与随系统提供的“{best.name}”相同，但它读不懂时间的写法：以下另行提出。"
        )
    proposed = _with_label(_table(seen, path), path)
    return "\n".join([*lines, *_unused(seen, proposed), "tables:", *proposed]) + "\n"


def _with_label(proposed: list[str], path: Path) -> list[str]:
    """The proposal, with a label where nothing in the file says whether its hours begin or end at what they name."""
    if NO_TIME in proposed:  # which column it is, a person says first
        return proposed
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder) / "proposed.yaml"
        own.write_text("\n".join(["tables:", *proposed]), encoding="utf-8")
        try:
            mapping = load(own, office_zone(), TABLES).tables[0]
            if mapping.table == AIR.name:
                hours_of_file(path, mapping, {})
            elif mapping.table in HOUR_LAYOUTS:
                chunks = list(read_table(path, mapping.form))
                hours_of(chunks, STATION_LAYOUTS[mapping.table], mapping, {}, str(path))
        except OpenHours:
            return [_labelled(line) if line.startswith("      hour: ") else line for line in proposed]
        except InputError:  # `mapping try` says what is wrong with it
            pass
    return proposed


def _labelled(line: str) -> str:
    """The line of an hour with the label that it begins, as a question."""
    rule, _, _ = line.partition("  # ")
    _, _, told = rule.strip().partition(": ")
    told = told.rstrip()
    if not told.startswith("{"):
        told = f'{{moment: "{{{told.strip(chr(34))}}}"}}'
    return f"      hour: {told[:-1]}, hour_label: start}}  # ? {_OPEN}"


def _suits(mapping: TableMapping, seen: Seen) -> bool:
    """Whether a mapping with a column a city finds a city of this office in the file."""
    if mapping.air is None or not mapping.air.headings or mapping.air.by != "city":
        return True
    return has_city(seen)


def _reads_times(mapping: TableMapping, seen: Seen) -> bool:
    """Whether a mapping that says no format reads the times of the file, where they stand in one column."""
    moment = moment_of(mapping)
    columns = moment.template.columns
    if moment.format or len(columns) != 1 or columns[0] not in seen.rows:
        return True
    texts = seen.rows[columns[0]].str.strip()
    return time_format(texts[texts != ""]) == ""


def _unused(seen: Seen, proposed: list[str]) -> list[str]:
    """The columns that the proposal says nothing of."""
    if any(line.startswith("    headings:") for line in proposed):
        return []
    text = "\n".join(proposed)
    names = [name for name in seen.headings if name not in text and not name.startswith("(")]
    more = "等" if len(names) > _MOST_NAMED else ""
    return [f"# 未用的列：{'、'.join(names[:_MOST_NAMED])}{more}".replace("\n", " ")] if names else []


def _table(seen: Seen, path: Path) -> list[str]:
    if seen.heading("alarm") and seen.heading("event"):
        return _plain(seen, "feedback", path)
    if seen.heading("alarm") or seen.heading("started"):
        return _plain(seen, "alarms", path)
    if seen.heading("address") and seen.heading("role"):
        return _plain(seen, "contacts", path)
    if seen.heading("wind_from") and seen.heading("wind_speed") and not measures(seen):
        return _plain(seen, "winds", path)
    if seen.heading("lon") and not seen.heading("time", "date"):
        return _plain(seen, "enterprises" if seen.heading("enterprise", "industry") else "stations", path)
    return _air(seen, path)


_OF_TABLE: Final[dict[str, dict[str, str]]] = {
    "alarms": {
        "alarm_id": "alarm", "grid_id": "grid", "unit_code": "city", "county": "county", "point_name": "point", "lon": "lon",
        "lat": "lat", "started_at": "started", "last_at": "last", "pushed_at": "pushed", "deadline_at": "deadline", "alarm_count": "count",
        "peak_pm25_ug_m3": "peak",
    },
    "feedback": {"alarm_id": "alarm", "event": "event", "event_at": "event_at"},
    "contacts": {"region_code": "city", "role": "role", "name": "enterprise", "address": "address"},
    "winds": {"station_id": "station", "hour": "time", "wind_from_deg": "wind_from", "wind_speed_m_s": "wind_speed"},
    "stations": {"station_id": "station", "unit_code": "city", "grid_id": "grid", "lon": "lon", "lat": "lat"},
    "enterprises": {
        "enterprise_id": "number", "name": "enterprise", "industry": "industry", "lon": "lon", "lat": "lat", "unit_code": "city",
        "county": "county",
    },
}  # fmt: skip
# What stands for a column that must be there and that the file does not have.
_INSTEAD: Final = {
    ("alarms", "last_at"): "{same_as: started_at}   # ? 文件没有末次报警时间",
    ("alarms", "alarm_count"): "{constant: 1}   # ? 文件没有报警次数",
    ("stations", "kind"): "{constant: micro}   # ? 微站 micro、官方站 official、气象站 weather",
}
_DERIVED: Final = {"unit_code": "unit", "county": "county"}
_VALUES: Final = {
    ("feedback", "event"): {"已签收": "acknowledged", "已反馈": "submitted", "已申诉": "disputed", "已退回": "returned", "已办结": "closed"},
    ("contacts", "role"): {"主送": "to", "抄送": "cc"},
}  # fmt: skip


def _translated(seen: Seen, heading: str, table: str, name: str) -> str:
    """What the words of a column mean, of those that are known and that it has."""
    known = _VALUES.get((table, name), {})
    told = [text for text in seen.rows[heading].str.strip().unique() if text in known]
    return ", ".join(f"{text}: {known[text]}" for text in told)


def _plain(seen: Seen, table: str, path: Path) -> list[str]:
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
        if heading and field.type in ("moment", "promise"):
            lines.append(moment_rule(field.name, heading, seen))
        elif heading and (words := _translated(seen, heading, table, field.name)):
            lines.append(f"      {field.name}: {{column: {quoted(heading)}, values: {{{words}}}}}   # ?")
        elif heading:
            lines.append(f"      {field.name}: {quoted(heading)}")
        elif field.required and field.name in _DERIVED and {"lon", "lat"} <= set(seen.found):
            lines.append(f"      {field.name}: {{derived: {_DERIVED[field.name]}}}")
        elif (table, field.name) == ("enterprises", "enterprise_id") and seen.heading("enterprise"):
            lines.append(
                f"      {field.name}: {quoted(seen.heading('enterprise'))}   # ? 文件没有编号：以名称为编号"
            )
        elif (table, field.name) in _INSTEAD:
            lines.append(f"      {field.name}: {_INSTEAD[table, field.name]}")
        elif field.required:
            lines.append(
                f'      {field.name}: {{constant: ""}}   # ? 必填：写列名，或 {{template: …}}、{{derived: …}}'
            )
    return lines


def _air(seen: Seen, path: Path) -> list[str]:
    lines = ["  air:", *_file_lines(seen, path), *missing_line(seen)]
    place, by = _place(seen, path)
    lines += zone_lines(seen)
    if by != "city":
        lines.append(f"    by: {by}           # ? 城市 city、站点 station、网格 grid")
    if is_daily(seen):
        lines.append("    every: day            # ? 文件没有小时：按日均值（来源给出）")
    step = minutes_apart(seen, place)
    if step:
        lines.append(
            f"    every: {{minutes: {step:g}, least_share: 0.75}}  # ? 一小时内至少有这一比例的值才算小时值"
        )
    of_place = (
        f"      place: {quoted(place)}"
        if place
        else '      place: {constant: ""}   # ? 文件没有地方：写城市名'
    )
    columns = time_lines(seen)
    if by == "station" and seen.heading("city"):
        of_place += (
            f"\n      city: {quoted(seen.heading('city'))}   # ? 各站点平均为城市；删去此行则按站点保存"
        )
    if narrow := narrow_lines(seen):
        columns = [of_place, *columns, *narrow]
        if seen.heading("unit"):
            lines += [
                "    temperature_c: 25     # ? 体积分数（ppb、ppm）换算用，按数据方说明填写",
                "    pressure_hpa: 1013.25  # ?",
            ]
    elif found := measure_lines(seen):
        columns = [of_place, *columns, *found]
    elif not place and (headings := heading_lines(seen)):
        above, below = headings
        lines += above
        columns += below
    else:
        raise InputError(
            "no column of the file looks like air quality or like a table that is read",
            where=str(path),
            got=", ".join(seen.headings)[:300],
            expected=", ".join(TABLES),
            todo="write a mapping by hand: docs/bring-your-own-data.md",
        )
    return [*lines, "    columns:", *columns]


def _file_lines(seen: Seen, path: Path) -> list[str]:
    stem = re.sub(r"[0-9]{4,}.*", "*", path.stem) or "*"
    pattern = (stem if stem.endswith("*") else f"{stem}*") + path.suffix
    form = seen.form
    lines = [f"    files: [{quoted(pattern)}]"]
    if form.records:
        lines.append(f"    records: {form.records}")
    if form.sheet:
        lines.append(f"    sheet: {quoted(form.sheet)}" + ("   # ? 全部工作表" if seen.sheets else ""))
    if form.header_row:
        lines.append(f"    header_row: {form.header_row}")
    if form.header_rows > 1:
        lines.append(f"    header_rows: {form.header_rows}")
    for name, listed in (("fill_down", form.fill_down), ("no_data", form.no_data)):
        if listed:
            lines.append(f"    {name}: [{', '.join(map(quoted, listed))}]")
    if form.decimal:
        lines.append('    decimal: ","          # ? 12,5 是十二点五')
    if form.thousands:
        lines.append('    thousands: ","        # ? 1,048 是一千零四十八')
    return lines


def _place(seen: Seen, path: Path) -> tuple[str, str]:
    if _is_of_stations(seen):
        return seen.found["station"], "station"
    for word, by in (("grid", "grid"), ("city", "city"), ("station", "station")):
        if word in seen.found:
            return seen.found[word], by
    if seen.sheets:
        return SHEET_COLUMN, "city" if has_city(seen, seen.sheets) else "station"
    if path.suffix.lower() == ".zip" and not heading_lines(seen):
        names = packed_names(path)
        return FILE_COLUMN, "city" if has_city(seen, names) else "station"
    return "", "city"


def _is_of_stations(seen: Seen) -> bool:
    """Whether a table with cities is one of stations: it names more of these, and each of them more than once."""
    if not {"city", "station"} <= set(seen.found) or "grid" in seen.found:
        return False
    stations, cities = (seen.rows[seen.found[word]].nunique() for word in ("station", "city"))
    return cities < stations < len(seen.rows)
