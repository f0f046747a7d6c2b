"""Why a grid is chosen, kept, left or flagged, in a sentence that a city understands; and the words of the choice's codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

from include.language import say
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
    return say(CHANGE_WORDS[str(row["change"])]) if row["is_hot"] or row["change"] else ""


def reason_sentence(
    row: Mapping[Any, Any], rules: SelectionRules, years: Sequence[int], names: Sequence[str]
) -> str:
    """The reason of one row of `choice.chosen` (`names`: enterprises in the grid, the first by name), for a chosen or left grid."""
    parts = [_level(row, years), _excess(row, rules), _emission(row), _enterprises(row, names)]
    return say("；").join([*(part for part in parts if part), _outcome(row, rules)]) + say("。")


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
        return say("没有PM2.5数值")
    span = (
        say("{year}年", year=max(years))
        if len(years) == 1
        else say("{first}—{last}年加权", first=min(years), last=max(years))
    )
    return say(
        "{span}PM2.5为{pm25_ug_m3:.1f}μg/m³，居区域前{top}",
        span=span,
        pm25_ug_m3=row["pm25_ug_m3"],
        top=_top(row["rank_level"]),
    )


def _excess(row: Mapping[Any, Any], rules: SelectionRules) -> str:
    if pd.isna(row["excess_ug_m3"]):
        return ""
    excess = float(row["excess_ug_m3"])
    if round(excess, 1) <= 0:
        return say("不高于周边{background_km:g}公里的较低水平", background_km=rules.background_km)
    return say(
        "比周边{background_km:g}公里的较低水平（{background_ug_m3:.1f}）高{excess:.1f}",
        background_km=rules.background_km,
        background_ug_m3=row["background_ug_m3"],
        excess=excess,
    )


def _emission(row: Mapping[Any, Any]) -> str:
    if pd.isna(row["emission_t_km2"]):
        return ""
    return say(
        "排放强度{number}吨/平方公里，居区域前{top}",
        number=_number(float(row["emission_t_km2"])),
        top=_top(row["rank_emission"]),
    )


def _enterprises(row: Mapping[Any, Any], names: Sequence[str]) -> str:
    count = int(row["enterprises"])
    if not count:
        return say("网格内没有登记的重点企业")
    told = say("、").join(plain(name) for name in names[:_NAMED])
    more = say("等") if count > len(names[:_NAMED]) else ""
    return (
        say("网格内有重点企业{count}家（{told}{more}）", count=count, told=told, more=more)
        if told
        else say("网格内有重点企业{count}家", count=count)
    )


def _outcome(row: Mapping[Any, Any], rules: SelectionRules) -> str:
    count, rank = int(row["unit_count"]), row["unit_rank"]
    place = (
        say("未参加排序")
        if pd.isna(rank)
        else say("综合得分列本单位第{rank}位（名额{count}个）", rank=int(rank), count=count)
    )
    if row["change"] == "left":
        return (
            say("{place}，已在名额的{keep_within:g}倍以外，退出", place=place, keep_within=rules.keep_within)
            if not pd.isna(rank)
            else say("{place}，退出", place=place)
        )
    if row["kept_by_rule"]:
        place += say("，上年入选且在名额的{keep_within:g}倍以内，保留", keep_within=rules.keep_within)
    elif row["change"]:
        place += say("，") + say(CHANGE_WORDS[str(row["change"])])
    if row["is_monitored"]:
        place += say("，拟设微站")
    if row["is_isolated"]:
        place += say("；") + say("周边没有相邻的热点网格，请核实")
    return place


def _top(rank: float) -> str:
    """A percentile rank as the share that stands at or above it: 0.97 is 前3%."""
    share = max(100 * (1 - float(rank)), 0.0)
    return "1%" if share < 1 else f"{share:.0f}%"


def _number(value: float) -> str:
    return f"{value:.1f}" if value >= 1 else f"{value:.2g}"
