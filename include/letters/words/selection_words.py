"""Why a grid is chosen, kept, left or flagged, in a sentence that a city understands; and the words of the choice's codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

from include.letters.document.typefaces import plain
from include.selection.rules import SelectionRules

CHANGE_WORDS: Final = {"new": "新增", "kept": "保留", "left": "退出", "": "首次"}
PART_WORDS: Final = {
    "level": "浓度水平",
    "excess": "高出周边",
    "emission": "排放强度",
    "enterprises": "重点企业",
    "population": "人口",
}
_NAMED: Final = 3  # enterprises that a reason names


def change_word(row: Mapping[Any, Any]) -> str:
    """新增, 保留, 退出, or 首次 for what is chosen where there was no list."""
    return CHANGE_WORDS[str(row["change"])] if row["is_hot"] or row["change"] else ""


def reason_sentence(
    row: Mapping[Any, Any], rules: SelectionRules, years: Sequence[int], names: Sequence[str]
) -> str:
    """The reason of one row of `choice.chosen` (`names`: enterprises in the grid, the first by name), for a chosen or left grid."""
    parts = [_level(row, years), _excess(row, rules), _emission(row), _enterprises(row, names)]
    return "；".join([*(part for part in parts if part), _outcome(row, rules)]) + "。"


def table_words(
    table: pd.DataFrame, rules: SelectionRules, years: Sequence[int], names: Mapping[str, Sequence[str]]
) -> pd.Series:
    """The sentences of all rows; empty where a grid is neither chosen nor left. `names`: enterprises by grid."""
    told = table[table["is_hot"] | (table["change"] == "left")]
    sentences = [
        reason_sentence(
            {str(key): value for key, value in row.items()}, rules, years, names.get(str(row["grid_id"]), ())
        )
        for row in told.to_dict("records")
    ]
    return pd.Series(sentences, index=told.index, dtype=object).reindex(table.index, fill_value="")


def _level(row: Mapping[Any, Any], years: Sequence[int]) -> str:
    if pd.isna(row["pm25_ug_m3"]):
        return "没有PM2.5数值"
    span = f"{max(years)}年" if len(years) == 1 else f"{min(years)}—{max(years)}年加权"
    return f"{span}PM2.5为{row['pm25_ug_m3']:.1f}μg/m³，居区域前{_top(row['rank_level'])}"


def _excess(row: Mapping[Any, Any], rules: SelectionRules) -> str:
    if pd.isna(row["excess_ug_m3"]):
        return ""
    excess = float(row["excess_ug_m3"])
    if round(excess, 1) <= 0:
        return f"不高于周边{rules.background_km:g}公里的较低水平"
    return f"比周边{rules.background_km:g}公里的较低水平（{row['background_ug_m3']:.1f}）高{excess:.1f}"


def _emission(row: Mapping[Any, Any]) -> str:
    if pd.isna(row["emission_t_km2"]):
        return ""
    return f"排放强度{_number(float(row['emission_t_km2']))}吨/平方公里，居区域前{_top(row['rank_emission'])}"


def _enterprises(row: Mapping[Any, Any], names: Sequence[str]) -> str:
    count = int(row["enterprises"])
    if not count:
        return "网格内没有登记的重点企业"
    told = "、".join(plain(name) for name in names[:_NAMED])
    more = "等" if count > len(names[:_NAMED]) else ""
    return f"网格内有重点企业{count}家（{told}{more}）" if told else f"网格内有重点企业{count}家"


def _outcome(row: Mapping[Any, Any], rules: SelectionRules) -> str:
    count, rank = int(row["unit_count"]), row["unit_rank"]
    place = "未参加排序" if pd.isna(rank) else f"综合得分列本单位第{int(rank)}位（名额{count}个）"
    if row["change"] == "left":
        return (
            f"{place}，已在名额的{rules.keep_within:g}倍以外，退出" if not pd.isna(rank) else f"{place}，退出"
        )
    if row["kept_by_rule"]:
        place += f"，上年入选且在名额的{rules.keep_within:g}倍以内，保留"
    elif row["change"]:
        place += "，" + CHANGE_WORDS[str(row["change"])]
    if row["is_monitored"]:
        place += "，拟设微站"
    return place + ("；周边没有相邻的热点网格，请核实" if row["is_isolated"] else "")


def _top(rank: float) -> str:
    """A percentile rank as the share that stands at or above it: 0.97 is 前3%."""
    share = max(100 * (1 - float(rank)), 0.0)
    return "1%" if share < 1 else f"{share:.0f}%"


def _number(value: float) -> str:
    return f"{value:.1f}" if value >= 1 else f"{value:.2g}"
