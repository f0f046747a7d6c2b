"""Rasters whose rows or columns stand the other way round: told by what else is known of the same cells.

A file that was written upside down is turned about its own middle, wherever the region lies in it, so each layer brings what would stand
at the cells if its whole file were turned (`layers.Layer.turned`). One year is judged by the others; where all are turned alike only
emissions and enterprises can tell, and a person is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from include.errors import InputError
from include.geo.zonal import Floats
from include.language import say
from include.selection.layers import Layer, Note, Turn, days

_WORDS: Final[dict[Turn, tuple[str, str]]] = {
    "north": ("upside down (rows from south to north)", "上下颠倒"),
    "west": ("mirrored, east for west", "左右颠倒"),
    "both": ("turned by half a circle", "旋转180度"),
}
_LEAST_CELLS: Final = 100
# Of a year with the others. A right year fits best as it was read, however much it differs; turning gains it more than this by chance only
# where the years have little in common (none of 3,400 made fields with a correlation of 0.9, 0.4 % of those with 0.7). Half of that, or
# half of the rest explained, is a note.
_FITS: Final = 0.5
_GAIN: Final = 0.3
_NEARLY: Final = 0.8
_LITTLE_GAIN: Final = 0.05
_CONTRARY: Final = -0.3
_UNLIKE: Final = 0.5
# Of PM2.5 with emissions or enterprises, by ranks: they explain a part of it only, so chance has more room, and it is a note.
_RANKS_FIT: Final = 0.5
_RANKS_GAIN: Final = 0.3
_BLOCK: Final = 4  # cells: one enterprise is a place, those of a block are a density


def year_notes(years: Mapping[int, Sequence[Layer]]) -> list[Note]:
    """Refuses a year (or a month of one) whose pattern fits the others only, or far better, when its file is turned; a note for one that is
    like none of them. `years`: the layers of each."""
    turned = {year: _turned_mean(layers) for year, layers in sorted(years.items())}
    notes = _judged({f"PM2.5 {year}": own for year, own in turned.items() if own}, with_notes=True)
    for layers in years.values():
        if len(layers) > 1:
            _judged({layer.name: dict(layer.turned) for layer in layers if layer.turned}, with_notes=False)
    return notes


def witness_notes(
    cells: pd.DataFrame, years: Mapping[int, Sequence[Layer]], emission: Sequence[Layer], density: pd.Series
) -> list[Note]:
    """Notes where PM2.5 fits the emissions (`density`, NaN where there are none) or the enterprises much better once its files are turned,
    or an inventory fits PM2.5 better once it is."""
    own = [mean for layers in years.values() if (mean := _turned_mean(layers))]
    if not own:
        return []
    pm25 = {turn: np.mean([one[turn] for one in own], axis=0) for turn in own[0]}
    notes = list(_better(pm25, density.to_numpy(float), "PM2.5", "PM2.5", say("排放分布")))
    if "enterprises" in cells:
        notes += _better(pm25, _block_sums(cells), "PM2.5", "PM2.5", say("重点企业分布"))
    for layer in emission:
        if layer.turned:
            notes += _better(dict(layer.turned), pm25[""], layer.name, layer.name, say("PM2.5分布"))
    return notes


def _judged(turned: Mapping[str, Mapping[Turn, Floats]], *, with_notes: bool) -> list[Note]:
    notes = []
    for name, own in turned.items():
        others = [one[""] for other, one in turned.items() if other != name]
        if not others:
            return []
        mean = np.mean(others, axis=0)
        straight = _correlation(own[""], mean)
        if straight is None:
            continue
        best, fit = max(_fits(own, mean, _correlation).items(), key=lambda one: one[1], default=("", -1.0))
        words, word = _WORDS.get(best, ("", ""))
        if fit > _FITS and fit - straight > _GAIN:
            raise InputError(
                f"the raster stands {words}",
                where=name,
                got=f"correlation with {', '.join(other for other in turned if other != name)}: {straight:.2f}, turned {fit:.2f}",
                todo="find out which of them is turned: get the file again, or turn its rows or columns",
            )
        if with_notes and _may_be_turned(straight, fit):
            text = say(
                "与其他年份的相关系数为{straight:.2f}，{turned}后为{fit:.2f}：可能{turned}，请核对",
                straight=straight,
                turned=say(word),
                fit=fit,
            )
            notes.append(Note("looks_flipped", name, text))
        if straight < _CONTRARY:
            raise InputError(
                "the raster is contrary to those of the other years",
                where=name,
                got=f"correlation {straight:.2f}",
                expected="a pattern like theirs",
                todo="see whether it was turned or cut before, is of another place, or of another substance",
            )
        if with_notes and straight < _UNLIKE:
            text = say(
                "与其他年份的相关系数只有{straight:.2f}，请核对是否颠倒、错位或为其他要素", straight=straight
            )
            notes.append(Note("unlike_years", name, text))
    return notes


def _may_be_turned(straight: float, fit: float) -> bool:
    explains = fit > _NEARLY and fit - straight > _LITTLE_GAIN and 1 - fit < (1 - straight) / 2
    return explains or (fit > _FITS and fit - straight > _GAIN / 2)


def _better(
    turned: Mapping[Turn, Floats], known: Floats, where: str, subject: str, witness: str
) -> Iterator[Note]:
    """A note for the turn that fits best, where it fits much better than as it was read."""
    straight = _rank_correlation(turned[""], known)
    fits = _fits(turned, known, _rank_correlation)
    if straight is None or not fits:
        return
    best = max(fits, key=lambda turn: fits[turn])
    if fits[best] >= _RANKS_FIT and fits[best] - straight >= _RANKS_GAIN:
        word = _WORDS[best][1]
        text = say(
            "与{witness}的相关系数为{straight:.2f}，{turned}后为{fit:.2f}：{subject}可能{turned}，请核对",
            witness=witness,
            straight=straight,
            turned=say(word),
            fit=fits[best],
            subject=subject,
        )
        yield Note("looks_flipped", where, text)


def _fits(
    turned: Mapping[Turn, Floats], known: Floats, measure: Callable[[Floats, Floats], float | None]
) -> dict[Turn, float]:
    """How well each turn fits, of those that can be told."""
    fits = {turn: measure(turned[turn], known) for turn in _WORDS}
    return {turn: fit for turn, fit in fits.items() if fit is not None}


def _turned_mean(layers: Sequence[Layer]) -> dict[Turn, Floats]:
    """What `Layer.turned` is for a year; of months, each by its days. Empty where a layer cannot be turned."""
    if not all(layer.turned for layer in layers):
        return {}
    weights = [days(layer.year, layer.month) for layer in layers]
    return {
        turn: np.average([layer.turned[turn] for layer in layers], axis=0, weights=weights)
        for turn in layers[0].turned
    }


def _block_sums(cells: pd.DataFrame) -> Floats:
    blocks = [cells["row"] // _BLOCK, cells["column"] // _BLOCK]
    return np.asarray(cells.groupby(blocks)["enterprises"].transform("sum").to_numpy(float))


def _rank_correlation(a: Floats, b: Floats) -> float | None:
    known = np.isfinite(a) & np.isfinite(b)
    first, second = (np.asarray(pd.Series(one[known]).rank(), dtype=np.float64) for one in (a, b))
    return _correlation(first, second)


def _correlation(a: Floats, b: Floats) -> float | None:
    known = np.isfinite(a) & np.isfinite(b)
    if int(known.sum()) < _LEAST_CELLS or a[known].std() == 0 or b[known].std() == 0:
        return None
    return float(np.corrcoef(a[known], b[known])[0, 1])
