"""The map of the overview: the cities in classes of their half-month mean, named with it; the month's warning grids as points."""

from typing import Any, Final

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch

from include.language import say
from include.letters.pictures.chart_style import INK, SHADES, SOFT, WIDTH_MM, blank_figure, styled
from include.letters.pictures.charts import short_name
from include.letters.pictures.map_ground import (
    HALO,
    city_middle,
    city_shape,
    draw_north_arrow,
    draw_notes,
    draw_scale_bar,
    fitted,
    outline_path,
    paper_over,
    whole_box,
)
from include.letters.words.air_classes import level_class, level_colour, level_limits, level_words
from include.letters.words.air_wording import source_note
from include.letters.words.wording import concentration
from include.supervision.bulletin_figures import CitySituation, OverviewFigures

_HIGHEST_MM: Final = 125.0
_FOOT_MM: Final = 5.5
_NO_FIGURE: Final[dict[str, Any]] = {"facecolor": "white", "edgecolor": SOFT, "hatch": "////"}
_WARNED: Final[dict[str, Any]] = {"marker": "^", "markersize": 5.5, "markeredgecolor": "white", "color": INK}


@styled
def city_level_map(figures: OverviewFigures) -> Figure:
    """Every city with an outline; those without one are named in words. Legend in the empty north-west of the region."""
    shapes = {one.unit_code: city_shape(one.unit_code) for one in figures.cities}
    drawn = [city for city in figures.cities if shapes[city.unit_code] is not None]
    missing = [
        say("{name}{level}", name=short_name(city.unit_name), level=concentration(city.half.pm25_ug_m3))
        for city in figures.cities
        if shapes[city.unit_code] is None
    ]
    known = [city.half.pm25_ug_m3 for city in drawn if city.half.pm25_ug_m3 is not None]
    limits = level_limits(known) if known else (0, 0, 0, 0)
    box = whole_box([shapes[city.unit_code].bounds for city in drawn] or [(113.0, 35.0, 117.0, 38.0)], 0.05)
    scale, height = fitted(box, WIDTH_MM - 2, _HIGHEST_MM)
    figure, axes = blank_figure(height + _FOOT_MM + 1, (1, _FOOT_MM, 1, 1), is_simulated=figures.is_simulated)
    axes.set_axis_off()
    axes.set_xlim(box[0], box[2])
    axes.set_ylim(box[1], box[3])
    axes.set_aspect(scale.north_mm / scale.east_mm)
    for city in drawn:
        _draw_city(axes, city, shapes[city.unit_code], limits)
    warned = [
        (one.lon, one.lat)
        for one in (figures.warnings.warned if figures.warnings else ())
        if one.lon is not None
    ]
    if warned:
        axes.plot(*zip(*warned, strict=True), linestyle="none", zorder=5, **_WARNED)
    handles: list[Any] = [
        Patch(
            facecolor=colour,
            edgecolor=SOFT,
            linewidth=0.5,
            label=say("{words}（{count}个）", words=words, count=_count(drawn, place, limits)),
        )
        for place, (words, colour) in enumerate(zip(level_words(limits), SHADES, strict=True))
        if known
    ]
    if len(known) < len(drawn):
        handles.append(
            Patch(
                **_NO_FIGURE,
                linewidth=0.5,
                label=say("{words}（{count}个）", words=say("数据不足"), count=len(drawn) - len(known)),
            )
        )
    if warned:
        handles.append(Line2D([], [], linestyle="none", label=say("预警网格"), **_WARNED))
    axes.legend(
        handles=handles,
        title=say("PM$_{2.5}$平均浓度（μg/m³）"),
        loc="upper left",
        frameon=False,
        fontsize=7.5,
        title_fontsize=8,
        alignment="left",
        handlelength=1.9,
        handleheight=1.15,
        borderaxespad=0.2,
    )
    paper = paper_over(figure)
    draw_scale_bar(paper, WIDTH_MM - 48, _FOOT_MM + 1, 34, scale)
    draw_north_arrow(paper, WIDTH_MM - 5, _FOOT_MM + 0.5)
    note = source_note(figures.sources, figures.period)
    draw_notes(
        paper,
        say("{note}；没有边界数据，未绘制：{names}", note=note, names=say("、").join(missing))
        if missing
        else note,
    )
    return figure


def _draw_city(axes: Any, city: CitySituation, shape: Any, limits: tuple[int, ...]) -> None:
    value = city.half.pm25_ug_m3
    look: dict[str, Any] = (
        _NO_FIGURE if value is None else {"facecolor": level_colour(value, limits), "edgecolor": SOFT}
    )
    axes.add_artist(PathPatch(outline_path([shape]), linewidth=0.6, **look))
    axes.text(
        *city_middle(city.unit_code),
        f"{short_name(city.unit_name)}\n{concentration(value)}",
        size=7.5,
        ha="center",
        va="center",
        linespacing=1.05,
        path_effects=HALO,
        zorder=4,
    )


def _count(cities: list[CitySituation], place: int, limits: tuple[int, ...]) -> int:
    values = (city.half.pm25_ug_m3 for city in cities)
    return sum(value is not None and level_class(value, limits) == place for value in values)
