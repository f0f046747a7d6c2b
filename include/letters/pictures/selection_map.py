"""The map of one list of hotspot grids: of one unit with its counties, or of a whole region. Kept, new and left grids differ in lightness
and hatching, so that black and white is enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import shapely
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch

from include.language import say
from include.letters.pictures.chart_style import INK, SHADES, SOFT, WIDTH_MM, blank_figure, styled
from include.letters.pictures.map_ground import (
    draw_north_arrow,
    draw_notes,
    draw_scale_bar,
    fitted,
    outline_path,
    paper_over,
    whole_box,
)
from include.letters.pictures.map_labels import draw_names, placed_names

_LEGEND_MM: Final = 34.0
_HIGHEST_MM: Final = 95.0  # fits under the text of a first page
_LOWEST_MM: Final = 60.0
_FOOT_MM: Final = 5.5
_MOST_NAMED: Final = 60  # places: of more a map has no room for names
_MANY: Final = 1000  # grids: of more the edges would hide the colours, and the stations the grids
# In the order of the legend: word, look, and which rows.
_LOOKS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("首次入选", {"facecolor": SHADES[3], "edgecolor": SOFT}),
    ("保留", {"facecolor": SHADES[3], "edgecolor": SOFT}),
    ("新增", {"facecolor": SHADES[1], "edgecolor": INK, "hatch": "////"}),
    ("退出", {"facecolor": "white", "edgecolor": INK, "linestyle": ":"}),
)
_WORD_OF: Final = {"": "首次入选", "kept": "保留", "new": "新增", "left": "退出"}
_STATION: Final[dict[str, Any]] = {"marker": "o", "markersize": 2.2, "color": INK, "linestyle": "none"}
_STATION_MM: Final = 0.6  # of a station's mark to each side, with the halo of a name
_OVER_NAMES: Final = 9
_SMALL_STATION: Final[dict[str, Any]] = {**_STATION, "markersize": 0.7}


@dataclass(frozen=True)
class ListMap:
    """`rows`: chosen and left grids (`west … north, change, is_hot, is_monitored`); `places`: name and outline (EPSG:4326) of each county
    or unit; `note`: what stands at the foot."""

    rows: pd.DataFrame
    places: Sequence[tuple[str, Any]]
    note: str
    is_simulated: bool


@styled
def selection_map(of: ListMap) -> Figure:
    """The grids at their true places, with legend and counts, scale bar and north arrow."""
    boxes = [shape.bounds for _, shape in of.places] or [(110.0, 35.0, 111.0, 36.0)]
    box = whole_box(boxes, 0.03)
    width_mm = WIDTH_MM - _LEGEND_MM - 2
    scale, height = fitted(box, width_mm, _HIGHEST_MM)
    height = max(height, _LOWEST_MM)
    figure, axes = blank_figure(
        height + _FOOT_MM + 1, (1, _FOOT_MM, _LEGEND_MM + 1, 1), is_simulated=of.is_simulated
    )
    axes.set_axis_off()
    middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    half = (width_mm / scale.east_mm / 2, height / scale.north_mm / 2)
    shown = (middle[0] - half[0], middle[1] - half[1], middle[0] + half[0], middle[1] + half[1])
    axes.set_xlim(shown[0], shown[2])
    axes.set_ylim(shown[1], shown[3])
    ground = outline_path([shape for _, shape in of.places])
    axes.add_artist(PathPatch(ground, facecolor="#f4f5f6", edgecolor="none", zorder=0))
    handles = _draw_grids(axes, of.rows)
    axes.add_artist(PathPatch(ground, facecolor="none", edgecolor=SOFT, linewidth=0.6, zorder=4))
    stations = of.rows[of.rows["is_monitored"].astype(bool)]
    middles = (stations["west"] + stations["east"]) / 2, (stations["south"] + stations["north"]) / 2
    if len(of.places) <= _MOST_NAMED:
        _draw_names(axes, of.places, shown, scale, list(zip(*middles, strict=True)))
    if len(stations):
        # Over the names: where one finds no free place, the mark is still seen.
        axes.plot(*middles, zorder=_OVER_NAMES, **(_SMALL_STATION if len(of.rows) > _MANY else _STATION))
        handles.append(Line2D([], [], label=say("拟设微站（{count}个）", count=len(stations)), **_STATION))
    paper = paper_over(figure)
    paper.legend(
        handles=handles,
        loc="upper left",
        frameon=False,
        fontsize=7.5,
        handlelength=1.9,
        handleheight=1.15,
        borderaxespad=0,
        bbox_to_anchor=(WIDTH_MM - _LEGEND_MM + 1, height + _FOOT_MM - 8),
        bbox_transform=paper.transData,
    )
    draw_scale_bar(paper, WIDTH_MM - _LEGEND_MM + 2, _FOOT_MM + 2, _LEGEND_MM - 10, scale)
    draw_north_arrow(paper, WIDTH_MM - 4, _FOOT_MM + 1.5)
    draw_notes(paper, of.note)
    return figure


def _draw_grids(axes: Any, rows: pd.DataFrame) -> list[Any]:
    words = rows["change"].map(_WORD_OF)
    handles: list[Any] = []
    for place, (word, look) in enumerate(_LOOKS):
        own = rows[words == word]
        if own.empty:
            continue
        corners = [
            ((west, south), (east, south), (east, north), (west, north))
            for west, south, east, north in own[["west", "south", "east", "north"]].itertuples(index=False)
        ]
        width = 0.0 if len(rows) > _MANY else 0.3
        axes.add_collection(PolyCollection(corners, linewidth=width, zorder=1 + 0.1 * place, **look))
        handles.append(
            Patch(linewidth=0.5, label=say("{words}（{count}个）", words=say(word), count=len(own)), **look)
        )
    return handles


def _draw_names(
    axes: Any,
    places: Sequence[tuple[str, Any]],
    box: Any,
    scale: Any,
    stations: Sequence[tuple[float, float]],
) -> None:
    middles = [
        (name, shapely.maximum_inscribed_circle(shape, tolerance=0.01).coords[0])
        for name, shape in sorted(places, key=lambda place: place[1].area)
    ]
    draw_names(axes, placed_names(middles, box, scale, stations, _STATION_MM))
