"""Rasters that look like any other and are wrong: each is refused with its name, or left with a note."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from include.errors import InputError
from include.language import say
from include.selection.layers import Layer, Note
from include.selection.rules import SelectionRules

_HIGHEST_UG_M3: Final = 1000.0  # an annual or monthly mean above it is no mean of air
_MOST_ZEROS: Final = 0.001  # of the pixels: exactly zero is no air
# A constant that stands out of the field around it: by so many times what neighbours differ (99 of 100 pairs), and by a share of the level.
_JUMP: Final = 5.0
_LEAST_JUMP: Final = 0.5
_REPEATED: Final = 3  # pixels of one value: a mark; fewer may be a place of their own
_COMMON_VALUES: Final = 5
_ABOVE_ALL: Final = 3.0  # a repeated highest mass, against the next lower one


def require_sound_pm25(layer: Layer) -> list[Note]:
    """Refuses values that are no annual PM2.5: undeclared marks of nothing (−999, or any constant that stands far out of the field around
    it), zeros for nothing. Notes a pixel or two that stand out like that."""
    values = layer.raster.values[np.isfinite(layer.raster.values)]
    if not len(values):
        raise InputError(
            "the raster is empty over the region", where=layer.name, todo="check its reference and its nodata"
        )
    for wrong, what in (
        (values[values < 0], "negative values: a mark of nothing that the file does not declare"),
        (values[values > _HIGHEST_UG_M3], "values that no air has: a mark of nothing, or a scale"),
    ):
        if len(wrong):
            most, count = _commonest(wrong)
            raise InputError(
                what,
                where=layer.name,
                got=f"{most:g} ({count} of {len(values)} pixels; {len(wrong)} such values in all)",
                expected=f"PM2.5 from 0 to {_HIGHEST_UG_M3:g} ug/m3",
                todo=f"state `nodata: [{most:g}]` if it means none, or `scale:`",
            )
    zeros = int((values == 0).sum())
    if zeros > _MOST_ZEROS * len(values):
        raise InputError(
            "zeros that no air has: a mark of nothing that the file does not declare",
            where=layer.name,
            got=f"{zeros} of {len(values)} pixels",
            todo="state `nodata: [0]`",
        )
    return _without_marks(layer)


def require_sound_mass(layer: Layer) -> None:
    """Refuses inventories with negative values, and those without any emission in the region."""
    values = layer.raster.values[np.isfinite(layer.raster.values)]
    if (values < 0).any():
        most, count = _commonest(values[values < 0])
        raise InputError(
            "negative values: a mark of nothing that the file does not declare",
            where=layer.name,
            got=f"{most:g} ({count} pixels)",
            expected="0 and more",
            todo=f"state `nodata: [{most:g}]`",
        )
    if not (values > 0).any():
        raise InputError(
            "the inventory is empty over the region",
            where=layer.name,
            got=f"{len(values)} pixels, none above 0",
            todo="check the variable, the sector and the reference",
        )
    told, counts = np.unique(values, return_counts=True)
    if (
        len(told) > 2
        and counts[-1] >= _REPEATED
        and told[-1] > _ABOVE_ALL * told[-2]
        and counts[-1] > counts[-2]
    ):
        raise InputError(
            "one value far above all others, again and again: a mark of nothing that the file does not declare",
            where=layer.name,
            got=f"{told[-1]:g} ({counts[-1]} pixels; the next lower one is {told[-2]:g})",
            expected="values of places",
            todo=f"state `nodata: [{told[-1]:g}]` if it means none",
        )


def _without_marks(layer: Layer) -> list[Note]:
    """Refuses a constant that jumps out of its neighbours' field wherever it meets them."""
    values = layer.raster.values
    known = values[np.isfinite(values)]
    told, counts = np.unique(known, return_counts=True)
    common = told[np.argsort(counts)[-_COMMON_VALUES:]]
    candidates = sorted({float(told[0]), float(told[-1]), *map(float, common)})
    pairs = ((values[:, :-1], values[:, 1:]), (values[:-1], values[1:]))
    is_own = np.isin(values, candidates)
    usual = np.concatenate(
        [
            np.abs(one - other)[~(first | second)]
            for (one, other), (first, second) in zip(
                pairs, ((is_own[:, :-1], is_own[:, 1:]), (is_own[:-1], is_own[1:])), strict=True
            )
        ]
    )
    usual = usual[np.isfinite(usual)]
    if not len(usual):
        return []
    least = max(_JUMP * float(np.quantile(usual, 0.99)), _LEAST_JUMP * float(np.median(known)))
    notes = []
    for value in candidates:
        jumps = np.concatenate(
            [np.abs(one - other)[(one == value) ^ (other == value)] for one, other in pairs]
        )
        jumps = jumps[np.isfinite(jumps)]
        count = int((known == value).sum())
        if not len(jumps) or float(np.median(jumps)) <= least:
            continue
        if count >= _REPEATED:
            raise InputError(
                "a constant that stands out of the field around it: a mark of nothing that the file does not declare",
                where=layer.name,
                got=f"{value:g} ({count} of {len(known)} pixels, {float(np.median(jumps)):.4g} from their neighbours)",
                expected=f"neighbours that differ by less than {least:.3g}",
                todo=f"state `nodata: [{value:g}]` if it means none, or correct the file",
            )
        text = say(
            "有{count}个像元的值为{value:g}，与四邻相差{jump:.1f}，远超一般，请核对是否为无数据标记",
            count=count,
            value=value,
            jump=float(np.median(jumps)),
        )
        notes.append(Note("lone_value", layer.name, text))
    return notes


def require_different(layers: Sequence[Layer], expected: str) -> None:
    """Refuses two rasters with the same values: one file given twice, whatever its names."""
    for number, one in enumerate(layers):
        for other in layers[:number]:
            a, b = one.raster, other.raster
            same_place = (a.left, a.top, a.width, a.height) == (b.left, b.top, b.width, b.height)
            if (
                same_place
                and a.values.shape == b.values.shape
                and np.array_equal(a.values, b.values, equal_nan=True)
            ):
                raise InputError(
                    "two rasters are the same",
                    where=f"{other.name} and {one.name}",
                    expected=expected,
                    todo="remove the copy, or give the file that was meant",
                )


def require_common_registration(layers: Sequence[Layer]) -> None:
    """Refuses rasters of one step whose pixels lie half a cell beside each other, on one axis or both: corners of one were
    read as centres."""
    for number, one in enumerate(layers):
        for other in layers[:number]:
            a, b = one.raster, other.raster
            if (
                a.crs != b.crs
                or abs(a.width - b.width) > 1e-6 * a.width
                or abs(a.height - b.height) > 1e-6 * a.height
            ):
                continue
            beside = [
                abs(((first - second) / step) % 1.0 - 0.5) < 0.02
                for first, second, step in ((a.left, b.left, a.width), (a.top, b.top, a.height))
            ]
            if any(beside):
                raise InputError(
                    "two rasters of one step lie half a cell beside each other",
                    where=f"{other.name} and {one.name}",
                    got=f"edges {b.left:.6g}, {b.top:.6g} and {a.left:.6g}, {a.top:.6g}",
                    expected="the same pixels",
                    todo="state `registration: corner` or `centre` for the one whose coordinates were misread",
                )


def region_levels(values: Mapping[int, pd.Series], rules: SelectionRules) -> list[Note]:
    """Looks at the cells' values by year. Refuses a median that no region has, and a year that covers too few cells; notes cells
    without a value."""
    notes = []
    for year, cells in sorted(values.items()):
        known, where = cells.dropna(), f"PM2.5 {year}"
        if len(known) < rules.least_region_coverage * len(cells):
            raise InputError(
                "the raster covers too little of the region",
                where=where,
                got=f"{len(known)} of {len(cells)} cells",
                expected=f"at least {rules.least_region_coverage:.0%}",
                todo="check its reference, its nodata, and whether it is of this region",
            )
        median = float(known.median())
        if not rules.least_median_ug_m3 <= median <= rules.most_median_ug_m3:
            raise InputError(
                "the region's median is none of annual PM2.5",
                where=where,
                got=f"{median:.4g}",
                expected=f"{rules.least_median_ug_m3:g} to {rules.most_median_ug_m3:g} ug/m3",
                todo="a scale that is not applied, or another unit: state `scale:` or `unit:`",
            )
        if len(known) < len(cells):
            text = say(
                "{count}个小格覆盖不足{least_coverage:.0%}，该年不计",
                count=len(cells) - len(known),
                least_coverage=rules.least_coverage,
            )
            notes.append(Note("low_coverage", where, text))
    return notes


def require_emission_level(tonnes: pd.Series, area_km2: pd.Series, rules: SelectionRules, where: str) -> None:
    """Refuses a mean density that no region has: t/cell taken for flux, or the other way round."""
    density = float(tonnes.sum() / area_km2.sum())
    if tonnes.sum() <= 0:
        raise InputError(
            "the inventory is empty over the region",
            where=where,
            got=f"{density:g} t/km2",
            todo="check the file",
        )
    if not rules.least_emission_t_km2 <= density <= rules.most_emission_t_km2:
        raise InputError(
            "the region's emission is none that a region has: mass per cell may have been taken for flux",
            where=where,
            got=f"{density:.4g} t/km2 a year",
            expected=f"{rules.least_emission_t_km2:g} to {rules.most_emission_t_km2:g}",
            todo="correct `unit:` (t/cell, kg m-2 s-1, t/km2)",
        )


def _commonest(values: np.ndarray) -> tuple[float, int]:
    told, counts = np.unique(values, return_counts=True)
    place = int(counts.argmax())
    return float(told[place]), int(counts[place])
