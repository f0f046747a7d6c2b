"""The choice itself: ranks, scores, each unit's count, who stays, who carries micro-stations.

`measured` has one row a cell: `grid_id, unit_code, county_code, county, name, row, column, west, south, east, north, area_km2,
inside_share`, `pm25_<year>_ug_m3` of each year (NaN where a raster has no value), `emission_t` (a year, in the cell), `enterprises`
(number in the cell), and, where an office gives it, `population`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import ceil, floor
from typing import Final

import numpy as np
import pandas as pd

from include.errors import InputError
from include.language import say
from include.selection.layers import Note
from include.selection.rules import SelectionRules
from include.selection.surroundings import background

NEW, KEPT, LEFT, NONE = "new", "kept", "left", ""
_VALUES: Final = {
    "level": "pm25_ug_m3",
    "excess": "excess_ug_m3",
    "emission": "emission_t_km2",
    "enterprises": "enterprises",
    "population": "population",
}
_DIGITS: Final = 9  # scores that differ by less are equal, and the grid's number decides
_FIGURES: Final = 9  # significant figures of a value by which cells are ranked …
_LEAST_PART: Final = (
    10  # … but none below this power of ten of the largest: sums over a raster leave more than that uncertain
)


def chosen(
    measured: pd.DataFrame,
    rules: SelectionRules,
    *,
    years: Collection[int],
    old: Collection[str] = (),
    old_monitored: Collection[str] = (),
    is_first: bool = True,
) -> pd.DataFrame:
    """`measured` with, of each cell: `pm25_ug_m3` (the weighted years), `background_ug_m3`, `excess_ug_m3`, `emission_t_km2`,
    `rank_<part>` (percentile, 0 to 1), `part_<part>` (weight × rank), `score` (NaN: not ranked), `unit_rank` and `unit_count`
    (of its unit), `is_hot`, `is_monitored`, `is_isolated` (chosen, none of its eight neighbours is), `change`
    (new, kept, left, or empty), `kept_by_rule` (kept though others rank higher). `is_first`: there is no old list, so nothing is new."""
    return choose(
        prepared(measured, rules, years), rules, old=old, old_monitored=old_monitored, is_first=is_first
    )


def choose(
    table: pd.DataFrame,
    rules: SelectionRules,
    *,
    old: Collection[str] = (),
    old_monitored: Collection[str] = (),
    is_first: bool = True,
) -> pd.DataFrame:
    """`chosen` from what `prepared` gives, which no weight changes."""
    table = scored(table, rules)
    counts = unit_counts(table, rules)
    table["unit_rank"] = _unit_rank(table, "score")
    table["unit_count"] = table["unit_code"].map(counts).fillna(0).astype(int)
    is_old = table["grid_id"].isin(set(old))
    table["is_hot"] = _taken(table["unit_rank"], table["unit_count"], is_old, table["unit_code"], rules)
    table["kept_by_rule"] = table["is_hot"] & (table["unit_rank"] > table["unit_count"])
    table["is_monitored"] = _monitored(table, set(old_monitored), rules)
    table["is_isolated"] = isolated(table)
    change = np.select(
        [table["is_hot"] & is_old, table["is_hot"], is_old], [KEPT, NONE if is_first else NEW, LEFT], NONE
    )
    table["change"] = change
    return table


def prepared(measured: pd.DataFrame, rules: SelectionRules, years: Collection[int]) -> pd.DataFrame:
    """The columns of `chosen` up to `emission_t_km2`, and `rank_<part>`: the rank among the cells with PM2.5, 0 without a value.
    Raises InputError for a part that has a weight and no data."""
    table = measured.copy()
    table["pm25_ug_m3"] = weighted_years(table, rules, years)
    table["background_ug_m3"] = background(
        table, table["pm25_ug_m3"], rules.background_km, rules.background_percentile
    )
    table["excess_ug_m3"] = table["pm25_ug_m3"] - table["background_ug_m3"]
    table["emission_t_km2"] = table["emission_t"] / table["area_km2"]
    is_ranked = table["pm25_ug_m3"].notna()
    for part, weight in rules.weights().items():
        values = table[_VALUES[part]] if _VALUES[part] in table else pd.Series(np.nan, index=table.index)
        if weight > 0 and values.notna().sum() == 0:
            raise InputError(
                f"the part {part} of the score has a weight and no data",
                where="choice",
                expected=f"data, or weight_{part}: 0 in the rules",
            )
        # The excess is a difference of concentrations, and as exact as they are.
        largest = (table["pm25_ug_m3"] if part == "excess" else values).abs().max()
        ranked = rounded(values.where(is_ranked), largest)
        table[f"rank_{part}"] = ranked.rank(pct=True).fillna(0.0)
    return table


def rounded(values: pd.Series, largest: float) -> pd.Series:
    """The values to `_FIGURES` significant figures, so that the noise of sums makes no order; NaN stays. `largest`: of what they were
    computed from."""
    if not largest > 0:
        return values
    own = np.abs(values.to_numpy(dtype=float))
    least = np.floor(np.log10(largest)) - _LEAST_PART
    with np.errstate(divide="ignore"):
        step = np.maximum(np.floor(np.log10(own)) + 1 - _FIGURES, least)
    scale = 10.0 ** np.where(np.isfinite(step), -step, -least)
    return pd.Series(np.rint(values.to_numpy(dtype=float) * scale) / scale, index=values.index)


def scored(table: pd.DataFrame, rules: SelectionRules) -> pd.DataFrame:
    """What `prepared` gives with `part_<part>` and `score`. A cell without PM2.5 has no score."""
    table, score = table.copy(), pd.Series(0.0, index=table.index)
    for part, weight in rules.weights().items():
        table[f"part_{part}"] = weight * table[f"rank_{part}"]
        score = score + table[f"part_{part}"]
    table["score"] = score.round(_DIGITS).where(table["pm25_ug_m3"].notna())
    return table


def years_weighed(rules: SelectionRules, years: Collection[int]) -> dict[int, float]:
    """The weight of each year by how long before the last one it is; years that do not count are left out."""
    weights, last = rules.year_weights, max(years)
    return {year: weights[last - year] for year in sorted(years, reverse=True) if last - year < len(weights)}


def weighted_years(table: pd.DataFrame, rules: SelectionRules, years: Collection[int]) -> pd.Series:
    """PM2.5 of the last years by `year_weights`; where a year has no value the others' weights stand for it."""
    weights_of = years_weighed(rules, years)
    latest = list(weights_of)
    values = table[[f"pm25_{year}_ug_m3" for year in latest]].to_numpy(dtype=float)
    weights = np.array(list(weights_of.values()))
    used = np.isfinite(values) * weights
    whole = used.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(whole > 0, (np.nan_to_num(values) * used).sum(axis=1) / whole, np.nan)
    return pd.Series(mean, index=table.index)


def unit_counts(table: pd.DataFrame, rules: SelectionRules) -> dict[str, int]:
    """How many grids each unit has: its quota where the rules have quotas (units without one: none), else the best of the region
    up to the region's number, with floor and cap of each unit. Raises InputError where that cannot be."""
    ranked = table[table["score"].notna()]
    cells, able = table["unit_code"].value_counts(), ranked["unit_code"].value_counts()
    if rules.quotas:
        return _quotas(rules.quotas, able)
    wanted = rules.hot_count or round(rules.hot_share * len(table))
    least = {
        str(code): min(ceil(round(rules.floor_share * n, 9)), int(able.get(code, 0)))
        for code, n in cells.items()
    }
    most = {
        str(code): max(least[str(code)], min(floor(round(rules.cap_share * n, 9)), int(able.get(code, 0))))
        for code, n in cells.items()
    }
    if not sum(least.values()) <= wanted <= sum(most.values()):
        raise InputError(
            "the region's number does not fit floor and cap of its units",
            where="hot_count or hot_share",
            got=wanted,
            expected=f"{sum(least.values())} to {sum(most.values())}",
            todo="change the number, or floor_share and cap_share",
        )
    counts, left = dict(least), wanted - sum(least.values())
    order = ranked.sort_values(["score", "grid_id"], ascending=[False, True])
    place = order.groupby("unit_code").cumcount()
    for code, rank in zip(order["unit_code"], place, strict=True):
        if left and least[code] <= rank < most[code]:
            counts[code] += 1
            left -= 1
    return counts


def quota_notes(table: pd.DataFrame, rules: SelectionRules, names: Mapping[str, str]) -> list[Note]:
    """What quotas leave out: units without one get none, and a quota may go beyond the cap. `names`: of the units, by code."""
    if not rules.quotas:
        return []
    counts = table["unit_code"].value_counts().sort_index()
    cells = {str(code): int(count) for code, count in counts.items()}
    notes = []
    if without := [names.get(code, code) for code in cells if not rules.quotas.get(code)]:
        text = say(
            "只给了部分单位名额，{count}个单位没有名额、不选网格（{name}）",
            count=len(without),
            name=say("、").join(without),
        )
        notes.append(Note("quota_missing", "quotas", text))
    beyond = [
        say(
            "{name}{quota}个，共{count}格",
            name=names.get(code, code),
            quota=rules.quotas[code],
            count=count,
        )
        for code, count in cells.items()
        if rules.quotas.get(code, 0) > floor(round(rules.cap_share * count, 9))
    ]
    if beyond:
        text = say(
            "{count}个单位的名额超过小格数的上限{cap_share:.0%}，仍按名额（{name}）",
            count=len(beyond),
            cap_share=rules.cap_share,
            name=say("；").join(beyond),
        )
        notes.append(Note("over_cap", "quotas", text))
    return notes


def _quotas(quotas: object, able: pd.Series) -> dict[str, int]:
    told = {str(code): int(count) for code, count in dict(quotas).items()}  # type: ignore[call-overload]
    wrong = [
        f"{code}: {count} of {int(able.get(code, 0))}"
        for code, count in told.items()
        if count > able.get(code, 0)
    ]
    if wrong:
        raise InputError(
            "a unit has fewer cells than its quota",
            where="quotas",
            got="; ".join(wrong[:5]),
            expected="unit codes of the outlines, and counts up to their ranked cells",
        )
    return told


def _unit_rank(table: pd.DataFrame, by: str) -> pd.Series:
    """1 for the best cell of its unit; equal scores by the grid's number; NaN without a score."""
    order = table[table[by].notna()].sort_values([by, "grid_id"], ascending=[False, True])
    return (order.groupby("unit_code").cumcount() + 1).reindex(table.index).astype(float)


def _taken(
    rank: pd.Series, count: pd.Series, is_old: pd.Series, group: pd.Series, rules: SelectionRules
) -> pd.Series:
    """The first of each group, but an old one goes before others while its rank is within `keep_within` × the group's count."""
    stays = is_old & (rank <= np.floor(rules.keep_within * count + 1e-9))
    order = pd.DataFrame({"group": group, "first": ~stays, "rank": rank})[rank.notna()]
    place = order.sort_values(["group", "first", "rank"]).groupby("group").cumcount()
    return (place.reindex(rank.index) < count).fillna(False).astype(bool)


def _monitored(table: pd.DataFrame, old: Collection[str], rules: SelectionRules) -> pd.Series:
    """The first of the chosen by enterprises and emission (mean of the two ranks), old ones with the same patience."""
    hot = table[table["is_hot"]]
    both = ((hot["rank_enterprises"] + hot["rank_emission"]) / 2).round(_DIGITS)
    order = hot.assign(both=both).sort_values(["both", "score", "grid_id"], ascending=[False, False, True])
    rank = pd.Series(np.arange(1.0, len(order) + 1), index=order.index).reindex(hot.index)
    count = pd.Series(round(rules.monitored_share * len(hot)), index=hot.index)
    group = pd.Series("", index=hot.index)
    taken = _taken(rank, count, hot["grid_id"].isin(old), group, rules)
    return taken.reindex(table.index, fill_value=False).astype(bool)


def isolated(table: pd.DataFrame) -> pd.Series:
    """Chosen cells that touch no other chosen cell, not even at a corner."""
    hot = table[table["is_hot"]]
    touches = pd.Series(False, index=table.index)
    slack = 1e-5  # of a degree: cells meet to the sixth decimal
    by_row = {int(str(row)): cells for row, cells in hot.groupby("row")}
    for row, cells in by_row.items():
        for near in (row - 1, row, row + 1):
            if near not in by_row:
                continue
            others = by_row[near]
            west, east = others["west"].to_numpy(), others["east"].to_numpy()
            meets = (west[None, :] <= cells["east"].to_numpy()[:, None] + slack) & (
                east[None, :] >= cells["west"].to_numpy()[:, None] - slack
            )
            if near == row:
                np.fill_diagonal(meets, False)
            touches.loc[cells.index] = touches.loc[cells.index] | pd.Series(meets.any(axis=1), cells.index)
    return table["is_hot"] & ~touches
