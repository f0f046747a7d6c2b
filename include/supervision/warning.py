"""Warning grids (预警网格) of a month, and how often each was one. The counts come from the history alone, so the order in
which months are computed never matters. N and the near places are this project's own defaults (系统默认)."""

from collections.abc import Collection, Hashable, Mapping
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd

from include.errors import InputError
from include.language import say
from include.periods import Period, period_ending
from include.supervision.standards import steady

# Reason → the column of `air_quality.compare` it ranks by.
REASONS: Final = {"level": "pm25_ug_m3", "year_on_year": "yoy_pct", "over_previous": "pop_pct"}
_LEVEL: Final = "level"
_HIGHEST: Final = "月均浓度最高"
_COMPARED: Final = {"year_on_year": "同比", "over_previous": "环比"}
WARNED_RANKS: Final = 1
NEAR_RANKS: Final = 3
IN_A_ROW: Final = 3  # published: three times in a row …
IN_A_YEAR: Final = 6  # … or six times within a year: public notice, talks
RANK_COLUMNS: Final = ("unit_code", "reason", "grid_id", "rank", "pm25_ug_m3", "yoy_pct", "pop_pct")


def warning_period(period: Period) -> Period | None:
    """The full month that a bulletin's window closes; None for a first half, which never sets warning grids."""
    if period.kind in ("half_month", "month") and period.end.day == 1:
        return period_ending("month", period.end)
    return None


def month_of(period: Period) -> date:
    """The first day of a full month. Raises InputError for any other window: only a full month sets warning grids."""
    if period.kind != "month":
        raise InputError(
            "only a full month sets warning grids", where="kind", got=period.kind, expected="month"
        )
    return period.start


def warning_ranks(grids: pd.DataFrame) -> pd.DataFrame:
    """The worst `NEAR_RANKS` grids of each city for each reason: `RANK_COLUMNS`, by city, reason and rank.

    `grids`: one row a grid with `unit_code` and the columns of `air_quality.compare` (index `grid_id`). The largest
    value is the worst, of equal changes that with the higher level; grids equal in both share the rank. A grid without
    a valid mean in every month that a reason uses is not ranked for it.
    """
    ranked = [_ranked(grids, reason, column) for reason, column in REASONS.items()]
    rows = pd.concat(ranked, ignore_index=True)
    order = rows["reason"].map({reason: place for place, reason in enumerate(REASONS)})
    rows = rows.assign(order=order).sort_values(["unit_code", "order", "rank", "grid_id"], ignore_index=True)
    return rows[list(RANK_COLUMNS)]


def _ranked(grids: pd.DataFrame, reason: str, column: str) -> pd.DataFrame:
    known = grids[grids[column].notna() & grids["pm25_ug_m3"].notna()]
    keys = pd.DataFrame(
        {
            "unit_code": known["unit_code"],
            "value": steady(known[column]),
            "level": steady(known["pm25_ug_m3"]),
        }
    ).sort_values(["unit_code", "value", "level"], ascending=[True, False, False], kind="stable")
    place = keys.groupby("unit_code").cumcount() + 1
    is_tied = (keys == keys.shift()).all(axis=1)
    rank = place.mask(is_tied).ffill().astype(int)  # equal rows have the place of the first of them
    rank = rank[rank <= NEAR_RANKS]
    found = known.loc[rank.index].assign(reason=reason, rank=rank, grid_id=rank.index)
    return found.reset_index(drop=True)[list(RANK_COLUMNS)]


def counted(history: pd.DataFrame) -> pd.DataFrame:
    """The rows of `history` (`warning_ranks` with `month`) that count towards an escalation: the grid was the highest of its
    city, or warned for a change that was a rise. A fall, however small (改善较小), is warned and does not count."""
    is_first = history["rank"] <= WARNED_RANKS
    change = pd.Series(np.nan, index=history.index)
    for reason, column in REASONS.items():
        if reason != _LEVEL:
            change = change.mask(history["reason"] == reason, history[column])
    return history[is_first & ((history["reason"] == _LEVEL) | (steady(change) > 0))]


def warning_counts(counting: pd.DataFrame, month: date, judged: Collection[date]) -> pd.DataFrame:
    """One row a grid with a month that counts up to `month` (index `grid_id`), from `counting` (`month, grid_id`, any repetition):

    `in_a_row` months up to this one; `is_at_least`: the row reaches back to a month that was never judged (it is not in
    `judged`, the first days of months), so it may be longer; `in_a_year` of the twelve that end with it; `escalation`
    (连续3次, 12个月内6次 or empty). Months after `month` are not looked at.
    """
    moments = pd.to_datetime(counting["month"])
    history = pd.DataFrame({"grid_id": counting["grid_id"], "ago": _months_since(moments, month)})
    history = history[history["ago"] >= 0].drop_duplicates().sort_values(["grid_id", "ago"])
    # Newest first, the n-th warning lies n months back for as long as the row is unbroken.
    is_unbroken = history["ago"] == history.groupby("grid_id").cumcount()
    grouped = history.assign(in_a_row=is_unbroken, in_a_year=history["ago"] < 12).groupby("grid_id")
    counts = grouped[["in_a_row", "in_a_year"]].sum().astype(int)
    known = {_months_ago(first, month) for first in judged}
    return counts.assign(
        is_at_least=[row > 0 and row not in known for row in counts["in_a_row"]],
        escalation=[
            _escalation(row, year) for row, year in zip(counts["in_a_row"], counts["in_a_year"], strict=True)
        ],
    )


def _months_ago(first: date, month: date) -> int:
    return (month.year - first.year) * 12 + month.month - first.month


def _months_since(moments: pd.Series, month: date) -> pd.Series:
    ago: pd.Series = (month.year - moments.dt.year) * 12 + month.month - moments.dt.month
    return ago


def _escalation(in_a_row: int, in_a_year: int) -> str:
    reached = [say("连续{in_a_row}次", in_a_row=IN_A_ROW)] * (in_a_row >= IN_A_ROW) + [
        say("12个月内{in_a_year}次", in_a_year=IN_A_YEAR)
    ] * (in_a_year >= IN_A_YEAR)
    return say("、").join(reached)


def warning_grids(history: pd.DataFrame, month: date, judged: Collection[date]) -> pd.DataFrame:
    """One row a warned grid of `month`, by city and grid: all its reasons merged, with its counts.

    `history`: the `warning_ranks` of this month and those before, with `month`; `judged`: the months that were judged. Columns
    `unit_code, grid_id, reasons` (as a letter prints them), `pm25_ug_m3, yoy_pct, pop_pct, in_a_row, is_at_least, in_a_year,
    escalation`. A grid that was never warned in a way that counts has counts of zero.
    """
    counts = warning_counts(counted(history), month, judged)
    merged = _merged(history[history["rank"] <= WARNED_RANKS], month)
    found = counts.reindex(merged["grid_id"]).reset_index(drop=True)
    return merged.assign(
        in_a_row=found["in_a_row"].fillna(0).astype(int),
        is_at_least=found["is_at_least"].eq(True),
        in_a_year=found["in_a_year"].fillna(0).astype(int),
        escalation=found["escalation"].astype(object).where(found["escalation"].notna(), ""),
    )


def near_warnings(history: pd.DataFrame, month: date) -> pd.DataFrame:
    """One row a grid of `month` on ranks 2 to 3 for a reason and warned for none (临界预警), by city and grid.

    Columns `unit_code, grid_id, reasons, pm25_ug_m3, yoy_pct, pop_pct`.
    """
    of_month = history[pd.to_datetime(history["month"]) == pd.Timestamp(month)]
    warned = of_month.loc[of_month["rank"] <= WARNED_RANKS, "grid_id"]
    return _merged(of_month[~of_month["grid_id"].isin(warned)], month)


def _merged(rows: pd.DataFrame, month: date) -> pd.DataFrame:
    of_month = rows[pd.to_datetime(rows["month"]) == pd.Timestamp(month)]
    order = of_month["reason"].map({reason: place for place, reason in enumerate(REASONS)})
    of_month = of_month.assign(
        reasons=[_label(row) for row in of_month.to_dict("records")],
        order=order,
    ).sort_values(["unit_code", "grid_id", "order"])
    merged = of_month.groupby(["unit_code", "grid_id"], as_index=False).agg(
        reasons=("reasons", say("、").join),
        pm25_ug_m3=("pm25_ug_m3", "first"),
        yoy_pct=("yoy_pct", "first"),
        pop_pct=("pop_pct", "first"),
    )
    return merged.astype({"pm25_ug_m3": np.float64, "yoy_pct": np.float64, "pop_pct": np.float64})


def _label(row: Mapping[Hashable, Any]) -> str:
    """Why the grid of a row of `warning_ranks` is listed. A fall is never worded as a change for the worse."""
    label = reason_words(str(row["reason"]), float(row[REASONS[str(row["reason"])]]))
    return (
        label if row["rank"] <= WARNED_RANKS else say("{label}（第{rank}位）", label=label, rank=row["rank"])
    )


def reason_words(reason: str, value: float) -> str:
    """`月均浓度最高`; for a change of `value` %: `同比变化最差` a rise, `同比改善较小` a fall, `同比持平` neither."""
    if reason == _LEVEL:
        return _HIGHEST
    change = round(value, 9)
    return _COMPARED[reason] + (
        say("变化最差") if change > 0 else say("改善较小") if change < 0 else say("持平")
    )
