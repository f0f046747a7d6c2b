"""The map of the summary: the region coloured by feedback rate, flagged cities named."""

from functools import cache
from typing import Any, Final

from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from matplotlib.patheffects import withStroke
from shapely import maximum_inscribed_circle

from include.geo.boundaries import NOTICE, city_outlines
from include.letters.chart_style import (
    INK,
    MARK_RED,
    NO_ALARMS_LOOK,
    SOFT,
    WIDTH_MM,
    blank_figure,
    legend,
    rate_colour,
    rate_patches,
    styled,
)
from include.letters.charts import flag_words, short_name
from include.supervision.weekly_figures import SummaryFigures

_KM_PER_DEG: Final = 111.2
_LEGEND_MM: Final = 15.0
_HIGHEST_MM: Final = 103.0  # of the map itself: it shares a page with the days
_HALO: Final[list[Any]] = [withStroke(linewidth=2.2, foreground="white")]


@styled
def rate_map(figures: SummaryFigures) -> Figure:
    """Every city in the colour of its feedback rate; flagged ones outlined and named with n/N, the others named small.

    A city without an outline (see `geo.boundaries`) is listed under the map in words. Carries `boundaries.NOTICE`.
    """
    shapes = {code: _shape(code) for code in (city.city_code for city in figures.cities)}
    drawn = [city for city in figures.cities if shapes[city.city_code] is not None]
    missing = "、".join(
        short_name(city.city_name) for city in figures.cities if shapes[city.city_code] is None
    )
    west, south, east, north = _bounds([shapes[city.city_code].bounds for city in drawn])
    ratio = _cosine((south + north) / 2)
    height = min((WIDTH_MM - 4) * (north - south) / ((east - west) * ratio), _HIGHEST_MM)
    total_mm = height + _LEGEND_MM + 2
    figure, axes = blank_figure(total_mm, (2, _LEGEND_MM, 2, 2), is_simulated=figures.is_simulated)
    axes.set_axis_off()
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    axes.set_aspect(1 / ratio)
    for city in drawn:
        share = city.window.feedback_rate
        look: dict[str, Any] = (
            {"facecolor": rate_colour(share), "edgecolor": SOFT} if share.of else NO_ALARMS_LOOK
        )
        patch = PathPatch(_outline(shapes[city.city_code]), linewidth=0.6, **look)
        axes.add_patch(patch)
    flagged = [city for city in drawn if city.flag.level]
    axes.add_collection(
        PatchCollection(
            [PathPatch(_outline(shapes[city.city_code])) for city in flagged],
            facecolor="none",
            edgecolor=INK,
            linewidth=1.6,
        )
    )
    for city in drawn:
        x, y = _middle(city.city_code)
        share = city.window.feedback_rate
        words = short_name(city.city_name) + (
            f"\n{share}".partition("（")[0] if share.n < share.of or city.flag.level else ""
        )
        look = (
            {"size": 9, "color": MARK_RED, "zorder": 5}
            if city.flag.level
            else {"size": 7.5, "color": INK, "zorder": 4}
        )
        axes.text(
            x,
            y,
            flag_words(city)[:1] + words,
            ha="center",
            va="center",
            path_effects=_HALO,
            linespacing=1.05,
            **look,
        )
    notes = f"▲督办　△提醒（{figures.rolling_label}）　数字：已反馈/推送"
    if missing:
        axes.text(
            0, 1, f"没有边界数据，未绘制：{missing}", transform=axes.transAxes, va="top", size=8, color=INK
        )
    figure.text(1.5 / WIDTH_MM, 1.5 / total_mm, notes, ha="left", va="bottom", size=8, color=INK)
    figure.text(1 - 1.5 / WIDTH_MM, 1.5 / total_mm, NOTICE, ha="right", va="bottom", size=8, color=INK)
    legend(figure, rate_patches(with_no_alarms=True), "lower center", above_mm=6)
    return figure


@cache
def _shape(city_code: str) -> Any:
    """The outline of a city (EPSG:4326), or None."""
    found = city_outlines([city_code])
    return found.geometry.iloc[0].simplify(0.005) if len(found) else None


@cache
def _middle(city_code: str) -> tuple[float, float]:
    """The middle of the widest place of a city: where its name fits best."""
    x, y = maximum_inscribed_circle(_shape(city_code), tolerance=0.02).coords[0]
    return x, y


def _outline(shape: Any) -> Outline:
    """All rings of a polygon or several as one path: holes stay holes."""
    polygons = getattr(shape, "geoms", [shape])
    rings = [ring for polygon in polygons for ring in (polygon.exterior, *polygon.interiors)]
    return Outline.make_compound_path(*(Outline(list(ring.coords), closed=True) for ring in rings))


def _bounds(boxes: list[tuple[float, float, float, float]]) -> tuple[float, float, float, float]:
    """What the map shows: all outlines, or the middle of the region where there is none."""
    margin = 0.05
    if not boxes:
        return 113.0, 35.0, 117.0, 38.0
    west, south, east, north = (list(side) for side in zip(*boxes, strict=True))
    return min(west) - margin, min(south) - margin, max(east) + margin, max(north) + margin


def _cosine(latitude: float) -> float:
    from math import cos, radians

    return cos(radians(latitude))
