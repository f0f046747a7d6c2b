"""Classes of concentrations and changes: on maps a colour, in a legend words. Both are judged by the printed value.

Levels have limits in equal round steps that follow the values shown, so that one city's grids differ on its map: limits
differ from map to map, and each legend states its own. Changes have the same limits everywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import quantiles
from typing import Final

from include.letters.pictures.chart_style import SHADES
from include.supervision.standards import rounded

_STEPS: Final = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 25, 50, 100, 200, 500)  # μg/m³; valid values are below 2000


@dataclass(frozen=True)
class ChangeClass:
    """Changes above `more_than` (per cent) up to the next class; `sign` marks each grid, for black-and-white prints."""

    words: str
    colour: str
    sign: str  # a matplotlib marker, or empty
    sign_colour: str


# From the strongest fall to the strongest rise; ColorBrewer's RdYlBu with the yellow left white.
CHANGES: Final = (
    ChangeClass("下降20%以上", "#4575b4", "_", "white"),
    ChangeClass("下降5%～20%", "#abd9e9", "_", "black"),
    ChangeClass("变化不足5%", "#ffffff", "", "black"),
    ChangeClass("上升5%～20%", "#fdae61", "+", "black"),
    ChangeClass("上升20%以上", "#c0392b", "+", "white"),
)


def level_limits(values_ug_m3: Sequence[float]) -> tuple[int, int, int, int]:
    """The four limits between the five classes: round, equally far apart, nine values in ten within five such steps."""
    low = high = float(values_ug_m3[0])
    if len(values_ug_m3) > 1:
        low, *_, high = quantiles(values_ug_m3, n=20, method="inclusive")
    step = next((step for step in _STEPS if high - low <= 4 * step), _STEPS[-1])
    first = (int(low // step) + 1) * step
    return first, first + step, first + 2 * step, first + 3 * step


def level_class(value_ug_m3: float, limits: Sequence[int]) -> int:
    """The place of a concentration among the classes, 0 the lowest; a limit belongs to the class above."""
    printed = rounded(value_ug_m3)
    return sum(printed >= limit for limit in limits)


def level_words(limits: Sequence[int]) -> list[str]:
    """The classes in words, whole μg/m³: `<45`, `45～49`, …, `≥60`."""
    between = [f"{low}～{high - 1}" if high - low > 1 else f"{low}" for low, high in pairwise(limits)]
    return [f"<{limits[0]}", *between, f"≥{limits[-1]}"]


def told_classes(values_ug_m3: Sequence[float], limits: Sequence[int]) -> list[tuple[int, str, int]]:
    """What a legend tells: place, words and count of the classes from the lowest to the highest that has a value. One class alone has
    the values themselves: its limits say nothing."""
    places = [level_class(value, limits) for value in values_ug_m3]
    if not places:
        return []
    if min(places) == max(places):
        low, high = rounded(min(values_ug_m3)), rounded(max(values_ug_m3))
        return [(places[0], f"{low}" if low == high else f"{low}～{high}", len(places))]
    words = level_words(limits)
    return [(place, words[place], places.count(place)) for place in range(min(places), max(places) + 1)]


def level_colour(value_ug_m3: float, limits: Sequence[int]) -> str:
    """The colour of a concentration."""
    return SHADES[level_class(value_ug_m3, limits)]


def change_class(change_pct: float) -> int:
    """The place of a change in `CHANGES`."""
    change = rounded(change_pct, 1)
    if abs(change) < 5:
        return 2
    return (0 if change <= -20 else 1) if change < 0 else (4 if change >= 20 else 3)
