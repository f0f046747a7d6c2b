"""The map of the summary: the region coloured by feedback rate, flagged cities named."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from matplotlib.figure import Figure
from matplotlib.patches import Patch

from include.language import say
from include.letters import edition_2020_03
from include.letters.pictures.chart_style import (
    NO_ALARMS_LOOK,
    SOFT,
    WIDTH_MM,
    rate_colour,
    rate_patches,
    styled,
)
from include.letters.pictures.charts import flag_words, short_name
from include.letters.pictures.region_sheet import MAIL_WIDTH_MM, OUTLINED, Named, RegionSheet, region_sheet
from include.letters.words.wording import NONE
from include.supervision.figures import Share
from include.supervision.weekly_figures import CityWeek, SummaryFigures

_HIGHEST_MM: Final = 97.0  # it shares a page with the days
_MAIL_NAMES: Final = 8
_MAIL_URGED: Final = 14  # of the urged ones, where there are more than that


@styled
def rate_map(figures: SummaryFigures) -> Figure:
    """Every city in the colour of its on-time rate; flagged ones outlined and named with n/N, the others named small."""
    return region_sheet(_sheet(figures, figures.cities, WIDTH_MM))


@styled
def mail_rate_map(figures: SummaryFigures) -> Figure:
    """The same for the mail, 90 mm wide: the cities that are urged, and of the others that are flagged, behind or not whole as many as have
    room, in larger type, all where they are few; of the rest that are flagged the marks."""
    is_old = figures.rules_version == edition_2020_03.EDITION
    shares = {city.unit_code: _share(city, is_old=is_old) for city in figures.cities}

    def place(city: CityWeek) -> tuple[bool, int, float, str]:
        share = shares[city.unit_code]
        return (
            city.flag.level != "urge",
            -city.window.overdue,
            share.n / share.of if share.of else 1.0,
            city.unit_code,
        )

    behind = [
        city
        for city in figures.cities
        if len(figures.cities) <= _MAIL_NAMES
        or city.flag.level
        or city.window.overdue
        or shares[city.unit_code].n < shares[city.unit_code].of
    ]
    ordered = sorted(behind, key=place)
    urged = sum(city.flag.level == "urge" for city in behind)
    named = max(_MAIL_NAMES, min(urged, _MAIL_URGED))
    marked = {
        city.unit_code: Named(flag_words(city)[:1], is_flagged=True, is_mark=True)
        for city in ordered[named:]
        if city.flag.level
    }
    sheet = _sheet(figures, ordered[:named], MAIL_WIDTH_MM)
    return region_sheet(replace(sheet, names={**sheet.names, **marked}))


def _sheet(figures: SummaryFigures, named: Sequence[CityWeek], width_mm: float) -> RegionSheet:
    is_old = figures.rules_version == edition_2020_03.EDITION
    outlined = frozenset(city.unit_code for city in figures.cities if city.flag.level)
    notes = say(
        "▲督办　△提醒（{rolling_label}）　数字：{numbers}",
        rolling_label=figures.rolling_label,
        numbers=say("已反馈/推送") if is_old else say("按期/到期"),
    )
    return RegionSheet(
        width_mm=width_mm,
        looks={city.unit_code: _look(_share(city, is_old=is_old)) for city in figures.cities},
        names={city.unit_code: _named(city, _share(city, is_old=is_old)) for city in named},
        missing={city.unit_code: short_name(city.unit_name) for city in figures.cities},
        title=notes,
        handles=[
            *rate_patches(with_no_alarms=True),
            *([Patch(**OUTLINED, label=say("督办、提醒城市"))] if outlined else []),
        ],
        note="",
        is_simulated=figures.is_simulated,
        outlined=outlined,
        highest_mm=_HIGHEST_MM,
    )


def _share(city: CityWeek, *, is_old: bool) -> Share:
    return city.window.feedback_rate if is_old else city.window.on_time_rate


def _look(share: Share) -> dict[str, Any]:
    look: dict[str, Any] = (
        {"facecolor": rate_colour(share), "edgecolor": SOFT} if share.of else NO_ALARMS_LOOK
    )
    return {**look, "linewidth": 0.6}


def _named(city: CityWeek, share: Share) -> Named:
    """`▲甲市` over `4/6`; a city that is not behind by its name alone."""
    told = f"{share.n}/{share.of}" if share.of else NONE
    figures = f"\n{told}" if share.n < share.of or city.flag.level else ""
    return Named(
        flag_words(city)[:1] + short_name(city.unit_name) + figures,
        is_flagged=bool(city.flag.level),
    )
