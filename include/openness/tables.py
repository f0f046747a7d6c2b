"""The CSV files of a month, and what each of their columns means: the same list writes, describes and documents them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Final

from include.openness.figures import ANSWERS, PROBLEMS, QUALITY, RATES, Edition, Row
from include.openness.places import ELSEWHERE
from include.openness.words import Translate, in_data, separator, simulated_mark

Value = str | int | float | bool | None


@dataclass(frozen=True)
class Field:
    """One column: its Frictionless type and its meaning (Chinese; English in words.yaml)."""

    name: str
    type: str
    title: str


_COMMON: Final = (
    Field("month", "yearmonth", "月份"),
    Field("edition", "integer", "版次"),
)
_ORIGIN: Final = Field(
    "data_origin", "string", "数据来源标记：{mark}即由演示程序生成，不是真实数据；真实数据此列为空"
)
_UNIT_ROW: Final = (
    *_COMMON,
    Field("kind", "string", "行的种类：unit 一个单位，merged 几个单位合并，total 全部单位"),
    Field("unit_codes", "string", "单位代码，几个时以空格分隔；合计行为空"),
    Field("unit_names", "string", "单位名称，几个时以“{separator}”分隔；合计行为空"),
)
MEANINGS: Final = {
    "pushed": "推送的报警数，不含误报（申诉成立）",
    "answered": "已反馈的报警数：截至时点反馈有效（未被退回）",
    "answered_in_time": "答复及时的报警数，在已反馈的之中：首次反馈不晚于报警所载时限，不论是否申诉；较早的版次没有此列",
    "due": "到期的报警数：反馈时限已过，不在复核中，未结案",
    "on_time": "按期反馈的报警数，在到期的之中",
    "feedback_rate": "反馈率：answered/pushed",
    "answered_in_time_rate": "答复及时率：answered_in_time/answered；较早的版次没有此列",
    "on_time_rate": "按期反馈率：on_time/due",
    "problems": "发现的问题数",
    "alarms_with_problem": "查出问题的报警数，在已反馈的之中",
    "problem_found_rate": "问题发现率：alarms_with_problem/answered",
    "rectification_due": "整改期限已到的问题数",
    "rectified": "其中已整改的问题数",
    "rectified_rate": "整改率：rectified/rectification_due",
    "drawn": "抽查抽中的反馈数（抽查周在本月内结束）",
    "checked": "其中已核查的",
    "not_confirmed": "其中核查不实的",
    "not_confirmed_rate": "抽查不实率：not_confirmed/checked",
    "median_hours": "答复用时中位数，小时：已反馈的报警从推送到首次反馈",
    "p90_hours": "答复用时第90百分位，小时",
    "in_dispute": "复核中的报警数，只公布全部单位合计",
}
_RATES_OF: Final = {
    "answers": ("feedback_rate", "answered_in_time_rate", "on_time_rate"),
    "problems": ("problem_found_rate", "rectified_rate"),
}
_COUNTS_OF: Final = {"answers": ANSWERS, "problems": ("answered", *PROBLEMS)}
TIMES: Final = ("median_hours", "p90_hours")


def _count(name: str) -> Field:
    return Field(name, "integer", MEANINGS[name])


def _number(name: str) -> Field:
    return Field(name, "number", MEANINGS[name])


def _unit_table(name: str) -> tuple[Field, ...]:
    times = tuple(_number(one) for one in TIMES) if name == "answers" else ()
    counts = tuple(_count(one) for one in _COUNTS_OF[name])
    return (*_UNIT_ROW, *counts, *(_number(one) for one in _RATES_OF[name]), *times, _ORIGIN)


TABLES: Final[dict[str, tuple[Field, ...]]] = {
    "answers": _unit_table("answers"),
    "problems": _unit_table("problems"),
    "categories": (
        *_COMMON,
        Field("kind", "string", "行的种类：category 一类，merged 几类合并，total 合计"),
        Field("categories", "string", "问题类别，几类时以“{separator}”分隔；合计行为空"),
        _count("problems"),
        _ORIGIN,
    ),
    "counties": (
        *_COMMON,
        Field("kind", "string", "行的种类：county 一个区县，merged 同一单位的几个区县合并"),
        Field("unit_code", "string", "单位代码"),
        Field("unit_name", "string", "单位名称"),
        Field("counties", "string", "区县，几个时以“{separator}”分隔；{elsewhere}为不在所列区县的报警"),
        _count("pushed"),
        _ORIGIN,
    ),
    "region": (
        *_COMMON,
        Field("start", "date", "推送的首日"),
        Field("end", "date", "推送的末日次日（不含）"),
        Field("as_of", "datetime", "截至时点：此刻的状态"),
        Field("hours_received", "number", "已取得数据的小时数"),
        Field("hours_expected", "number", "应取得数据的小时数"),
        Field("smallest_count", "integer", "1至此数减1的数与其他行合并后公布"),
        _count("in_dispute"),
        *(_count(name) for name in QUALITY),
        _number("not_confirmed_rate"),
        _ORIGIN,
    ),
}  # fmt: skip


# Columns that came later: the number of the rules from which on editions have them.
_SINCE: Final = {"answered_in_time": 3, "answered_in_time_rate": 3}


def meaning(field: Field, t: Translate) -> str:
    """What a column means, with the words that stand in the data files."""
    return t(field.title, mark=simulated_mark(), separator=separator(), elsewhere=in_data(ELSEWHERE))


def fields_of(table: str, edition: Edition) -> tuple[Field, ...]:
    """The columns of a table in this edition: an older one stays as it was."""
    return tuple(one for one in TABLES[table] if edition.month.rules >= _SINCE.get(one.name, 1))


def csv_files(edition: Edition) -> dict[str, bytes]:
    """The CSV files of an edition by name, UTF-8: every count that is withheld is an empty cell."""
    return {f"{name}.csv": _csv(fields_of(name, edition), _rows(name, edition)) for name in TABLES}


# What says which row it is: its other cells are figures of the edition.
_ROW_NAMES: Final = ("kind", "unit_codes", "unit_code", "categories", "counties")
_NO_FIGURES: Final = ("month", "edition", "unit_names", "unit_name", "data_origin", *_ROW_NAMES)
CellName = tuple[Value, ...]


def figures_of(edition: Edition) -> dict[CellName, Value]:
    """Every figure of the CSV files by file, row and column; a row's names, the edition and its marks are none."""
    return {
        (table, *(row.get(name) for name in _ROW_NAMES), field.name): row[field.name]
        for table in TABLES
        for row in _rows(table, edition)
        for field in fields_of(table, edition)
        if field.name not in _NO_FIGURES
    }


def _rows(table: str, edition: Edition) -> Iterable[dict[str, Value]]:
    month = edition.month
    common: dict[str, Value] = {
        "month": f"{month.start:%Y-%m}",
        "edition": edition.number,
        "data_origin": simulated_mark() if month.is_simulated else "",
    }
    if table == "region":
        yield common | {
            "start": str(month.start),
            "end": str(month.end),
            "as_of": f"{month.as_of.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "hours_received": month.hours_received,
            "hours_expected": month.hours_expected,
            "smallest_count": month.smallest,
            "in_dispute": month.in_dispute,
            **month.quality,
            "not_confirmed_rate": _rate(month.quality, "not_confirmed_rate"),
        }
        return
    names = dict(month.units)
    if table == "counties":
        for code, rows in month.counties.items():
            about = common | {"unit_code": code, "unit_name": names[code]}
            for row in rows:
                words = {
                    "kind": _kind(row, "county"),
                    "counties": separator().join(in_data(name) for name in row.members),
                }
                yield about | words | row.counts
        return
    for row in getattr(month, table):
        if table == "categories":
            yield (
                common
                | {"kind": _kind(row, "category"), "categories": separator().join(row.members)}
                | row.counts
            )
        else:
            yield common | _unit_cells(table, row, names)


def _unit_cells(table: str, row: Row, names: dict[str, str]) -> dict[str, Value]:
    cells: dict[str, Value] = {
        "kind": _kind(row, "unit"),
        "unit_codes": " ".join(row.members),
        "unit_names": separator().join(names[code] for code in row.members),
    }
    cells |= {name: row.counts.get(name) for name in _COUNTS_OF[table]}
    cells |= {rate: _rate(row.counts, rate) for rate in _RATES_OF[table]}
    if table == "answers":
        cells |= {name: getattr(row, name) for name in TIMES}
    return cells


def _rate(counts: Mapping[str, int | None], rate: str) -> float | None:
    n, of = (counts.get(name) for name in RATES[rate])
    return round(n / of, 6) if n is not None and of else None


def _kind(row: Row, single: str) -> str:
    if not row.members:
        return "total"
    return "merged" if row.is_merged else single


def _csv(fields: tuple[Field, ...], rows: Iterable[dict[str, Value]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(field.name for field in fields)
    for row in rows:
        writer.writerow(_cell(row[field.name]) for field in fields)
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    """A cell; a text that a spreadsheet would take for a formula is kept from it."""
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" and value else value
