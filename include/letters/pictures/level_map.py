"""The map of the overview: the cities in classes of their half-month mean, named with it; the month's warning grids as points."""

from collections.abc import Sequence
from typing import Any, Final

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from include.language import say
from include.letters.pictures.chart_style import INK, SHADES, SOFT, WIDTH_MM, styled
from include.letters.pictures.charts import short_name
from include.letters.pictures.region_sheet import MAIL_WIDTH_MM, Named, RegionSheet, region_sheet
from include.letters.words.air_classes import level_colour, level_limits, told_classes
from include.letters.words.air_wording import source_note
from include.letters.words.wording import concentration
from include.supervision.bulletin_figures import CitySituation, OverviewFigures

_NO_FIGURE: Final[dict[str, Any]] = {"facecolor": "white", "edgecolor": SOFT, "hatch": "////"}
_WARNED: Final[dict[str, Any]] = {"marker": "^", "markersize": 6.5, "markeredgecolor": "white", "color": INK}
_MAIL_HIGH, _MAIL_LOW = 6, 3  # cities that the mail's map names: the highest, the lowest


@styled
def city_level_map(figures: OverviewFigures) -> Figure:
    """Every city with an outline, named with its level; those without one are named in words."""
    return region_sheet(_sheet(figures, figures.cities, WIDTH_MM))


@styled
def mail_city_level_map(figures: OverviewFigures) -> Figure:
    """The same for the mail, 90 mm wide: the highest and the lowest cities named, in larger type."""
    ranked = sorted(
        (city for city in figures.cities if city.half.pm25_ug_m3 is not None),
        key=lambda city: (-(city.half.pm25_ug_m3 or 0.0), city.unit_code),
    )
    told = {city.unit_code: city for city in (*ranked[:_MAIL_HIGH], *ranked[-_MAIL_LOW:])}
    return region_sheet(_sheet(figures, tuple(told.values()), MAIL_WIDTH_MM))


def _sheet(figures: OverviewFigures, named: Sequence[CitySituation], width_mm: float) -> RegionSheet:
    known = [city.half.pm25_ug_m3 for city in figures.cities if city.half.pm25_ug_m3 is not None]
    limits = level_limits(known) if known else (0, 0, 0, 0)
    warned = tuple(
        (one.lon, one.lat)
        for one in (figures.warnings.warned if figures.warnings else ())
        if one.lon is not None and one.lat is not None
    )
    is_for_mail = width_mm < WIDTH_MM
    return RegionSheet(
        width_mm=width_mm,
        looks={city.unit_code: _look(city, limits) for city in figures.cities},
        names={
            city.unit_code: Named(f"{short_name(city.unit_name)}\n{concentration(city.half.pm25_ug_m3)}")
            for city in named
        },
        missing={
            city.unit_code: say(
                "{name}{level}",
                name=short_name(city.unit_name),
                level=concentration(city.half.pm25_ug_m3),
            )
            for city in figures.cities
        },
        marks=() if is_for_mail else warned,
        mark_look=_WARNED,
        title=say("PM$_{2.5}$平均浓度（μg/m³）"),
        handles=_handles(figures, limits, has_warned=bool(warned) and not is_for_mail),
        note="" if is_for_mail else source_note(figures.sources, figures.period),
        is_simulated=figures.is_simulated,
    )


def _look(city: CitySituation, limits: tuple[int, ...]) -> dict[str, Any]:
    value = city.half.pm25_ug_m3
    return (
        _NO_FIGURE if value is None else {"facecolor": level_colour(value, limits), "edgecolor": SOFT}
    ) | {"linewidth": 0.6}


def _handles(figures: OverviewFigures, limits: tuple[int, ...], *, has_warned: bool) -> list[Any]:
    known = [city.half.pm25_ug_m3 for city in figures.cities if city.half.pm25_ug_m3 is not None]
    handles: list[Any] = [
        Patch(
            facecolor=SHADES[place],
            edgecolor=SOFT,
            linewidth=0.5,
            label=say("{words}（{count}个）", words=words, count=count),
        )
        for place, words, count in told_classes(known, limits)
    ]
    if lacking := len(figures.cities) - len(known):
        handles.append(
            Patch(
                **_NO_FIGURE,
                linewidth=0.5,
                label=say("{words}（{count}个）", words=say("数据不足"), count=lacking),
            )
        )
    if has_warned:
        handles.append(Line2D([], [], linestyle="none", label=say("预警网格"), **_WARNED))
    return handles
