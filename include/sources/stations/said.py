"""What `import-stations` did, as lines for an operator."""

from __future__ import annotations

from typing import Final

from include.language import say
from include.rules import SIMULATED_LABEL
from include.sources.stations.intake import StationImport

_TABLES: Final = {
    "grids": "网格",
    "stations": "站点",
    "station_hours": "站点小时值",
    "station_minutes": "站点分钟值",
    "winds": "风",
    "submeter_hours": "分表电量",
}


def station_lines(done: StationImport) -> list[str]:
    """The sum first, then a line a table."""
    days = sorted(done.days)
    lines = [
        say(
            "读入{files}个文件、{rows}行；有小时值的日子{days}天{span}；未用{unused}行（在待查中），缺测{absent}小时，重复{repeated}行（只计一次），其他文件{foreign}个未读",
            files=done.files,
            rows=sum(done.rows.values()),
            days=len(days),
            span=say("（{first}至{last}）", first=days[0], last=days[-1]) if days else "",
            unused=sum(fault.count for fault in done.faults),
            absent=done.absent,
            repeated=done.repeated,
            foreign=done.foreign,
        )
        + (say("（{mark}）", mark=say(SIMULATED_LABEL)) if done.is_simulated else "")
    ]
    lines += [
        say(
            "{table}：读入{rows}行，新增{new}，更正{revised}，未变{unchanged}",
            table=say(_TABLES[table]),
            rows=rows,
            new=done.new[table],
            revised=done.revised[table],
            unchanged=done.unchanged[table],
        )
        for table, rows in done.rows.items()
    ]
    return lines
