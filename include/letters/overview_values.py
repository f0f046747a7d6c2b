"""Overview to the leadership: what `templates/overview.docx` and its mail may name. Every number comes from `OverviewFigures`."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final

from include.language import say
from include.language.moments import month_words
from include.letters import edition_2020_03
from include.letters.bulletin_values import RULES
from include.letters.words.air_wording import (
    POP,
    YOY,
    change_cell,
    change_lists,
    change_words,
    grid_values,
    half_name,
    half_values,
    month_values,
    rank_words,
    short_half_name,
    spot_check_values,
    warning_values,
    year_values,
)
from include.letters.words.wording import (
    NONE,
    Show,
    concentration,
    counts_values,
    issue_values,
    named,
    noted,
    sentence,
    source_titles,
)
from include.periods import moment_label
from include.rules import BULLETIN
from include.supervision.bulletin_figures import (
    AirLevel,
    CitySituation,
    GridSituation,
    OverviewFigures,
    RegionSituation,
)
from include.supervision.figures import Issue
from include.supervision.standards import rounded

_TOLD_CITIES: Final = 6  # with overdue alarms, without a figure, with warned grids that reached a condition
_TOLD_CATEGORIES: Final = 4
_TOLD_GRIDS: Final = 3  # that share the first place


def overview_values(
    figures: OverviewFigures, issue: Issue, show: Show, *, red_head: bool = False
) -> dict[str, Any]:
    """The values of one overview, as text. `show` treats every text that came from a city or a platform."""
    period, window = figures.period, figures.window
    regions = [_region_values(one) for one in figures.regions]
    days = (period.end - period.start).days
    return (
        issue_values(issue, figures.is_simulated, red_head)
        | {
            "换行": "\n",
            "半月": half_name(period),
            "短半月": short_half_name(period),
            "短时段": period.label,
            "截至": moment_label(period.as_of, year=True),
            "短截至": moment_label(period.as_of),
            "函件标识": figures.letter_key,
            "数据完整性": sentence(show(figures.completeness)),
            "来源": show(source_titles(figures.sources, rules_version=figures.rules_version)) or NONE,
            "规则版本": figures.rules_version,
            "通报规则": RULES,
            "版本": say("、").join(figures.editions),
            "天数": days,
            "监管时段": window.label,
            "本期": counts_values(figures.total, window.label),
            "监管期": counts_values(figures.season_total, figures.season.label),
            "抽查": spot_check_values(figures.spot_checks),
            "总体": regions[-1] if regions else None,
            "区域": regions[:-1],
        }
        | _city_values(figures)
        | _work_values(figures, show)
        | _grid_section(figures, show)
    )


def _region_values(one: RegionSituation) -> dict[str, Any]:
    return {
        "名": one.name if one.name.endswith(("城市", "平原")) else say("{name}城市", name=one.name),
        "城市数": one.cities,
        "有效": one.pm25_ug_m3 is not None,
        "浓度": concentration(one.pm25_ug_m3),
        "有同比": one.yoy_pct is not None,
        "同比词": change_words(one.yoy_pct, YOY),
        "有环比": one.pop_pct is not None,
        "环比词": change_words(one.pop_pct, say("上期")),
    }


def _city_values(figures: OverviewFigures) -> dict[str, Any]:
    cities = figures.cities
    ranked = [city for city in cities if city.half.rank is not None]
    best = [city for city in ranked if (city.half.rank or 0) <= BULLETIN.worst_cities]
    changed = [rounded(city.half.yoy_pct, 1) for city in ranked if city.half.yoy_pct is not None]
    lacking = [city.unit_name for city in cities if city.half.rank is None]

    def half(city: CitySituation) -> AirLevel:
        return city.half

    def month(city: CitySituation) -> AirLevel | None:
        return city.month

    of_month = sum(city.month is not None and city.month.rank is not None for city in cities)
    is_old = figures.rules_version == edition_2020_03.EDITION
    month_level = figures.month_worst_level if of_month > BULLETIN.worst_cities or is_old else ()
    has_month = bool(month_level or figures.month_worst_yoy or figures.month_worst_pop) and (
        of_month > 1 or is_old
    )
    return {
        "城市数": len(cities),
        "有效城市": len(ranked),
        "不足城市": named(lacking, _TOLD_CITIES, edition=figures.rules_version),
        "不足数": len(lacking),
        "最好": say("、").join(
            say(
                "{unit_name}（{pm25_ug_m3}μg/m³，{rank_words}）",
                unit_name=city.unit_name,
                pm25_ug_m3=concentration(city.half.pm25_ug_m3),
                rank_words=rank_words(city.half),
            )
            for city in best
        ),
        "最差浓度": _worst(figures, figures.worst_level, half, _told_level),
        "最差同比": _worst(figures, figures.worst_yoy, half, _told_yoy),
        "最差环比": _worst(figures, figures.worst_pop, half, _told_pop),
        "可比城市": len(changed),
        "上升城市": sum(one > 0 for one in changed),
        "下降城市": sum(one < 0 for one in changed),
        "持平城市": sum(one == 0 for one in changed),
        "超标城市": sum(city.days_over > 0 for city in cities),
        "超标天": sum(city.days_over for city in cities),
        "沙尘城市": sum(city.without_dust is not None for city in cities),
        "月": month_words(figures.period.start.month) if has_month else "",
        "月最差浓度": _worst(figures, month_level, month, _told_level),
        "月最差同比": _worst(figures, figures.month_worst_yoy, month, _told_yoy),
        "月最差环比": _worst(figures, figures.month_worst_pop, month, _told_pop),
        "同比变化": _changes(figures, figures.worst_yoy, half, YOY),
        "环比变化": _changes(figures, figures.worst_pop, half, POP),
        "月同比变化": _changes(figures, figures.month_worst_yoy, month, YOY),
        "月环比变化": _changes(figures, figures.month_worst_pop, month, POP),
        "有全月": any(city.month is not None for city in cities),
        "城市表": [_city_row(city, figures) for city in cities],
        "关注城市": named(
            _once(figures, (*_high(figures, len(ranked)), *_risen(figures))),
            _TOLD_CITIES,
            edition=figures.rules_version,
        ),
    }


def _worst(
    figures: OverviewFigures,
    codes: Sequence[str],
    level: Callable[[CitySituation], AirLevel | None],
    told: Callable[[AirLevel], str],
) -> str:
    """The cities of one list with what it is about, the worst first."""
    by_code = {city.unit_code: city for city in figures.cities}
    words = []
    for code in codes:
        found = level(by_code[code])
        if found is not None:
            words.append(noted(by_code[code].unit_name, told(found)))
    return say("、").join(words)


def _changes(
    figures: OverviewFigures,
    codes: Sequence[str],
    level: Callable[[CitySituation], AirLevel | None],
    base: str,
) -> str:
    """The cities of one list of changes, the worst first; a fall is worded as what it is."""
    by_code = {city.unit_code: city for city in figures.cities}
    rows = []
    for code in codes:
        found = level(by_code[code])
        if found is not None:
            rows.append((by_code[code].unit_name, found.yoy_pct if base == YOY else found.pop_pct))
    return change_lists(rows, base)


def _high(figures: OverviewFigures, ranked: int) -> Sequence[str]:
    """The cities with the highest levels, where there are more than are listed: among few nobody is high for being last. All in edition 2020-03."""
    is_told = ranked > BULLETIN.worst_cities or figures.rules_version == edition_2020_03.EDITION
    return figures.worst_level if is_told else ()


def _risen(figures: OverviewFigures) -> list[str]:
    """Of the cities with the worst year-on-year change those that rose, by what is printed; all of them in edition 2020-03."""
    if figures.rules_version == edition_2020_03.EDITION:
        return list(figures.worst_yoy)
    risen = {city.unit_code for city in figures.cities if rounded(city.half.yoy_pct or 0.0, 1) > 0}
    return [code for code in figures.worst_yoy if code in risen]


def _told_level(level: AirLevel) -> str:
    return say("{level}μg/m³", level=concentration(level.pm25_ug_m3))


def _told_yoy(level: AirLevel) -> str:
    return change_words(level.yoy_pct, YOY)


def _told_pop(level: AirLevel) -> str:
    return change_words(level.pop_pct, POP)


def _once(figures: OverviewFigures, codes: Sequence[str]) -> list[str]:
    names = {city.unit_code: city.unit_name for city in figures.cities}
    return [names[code] for code in dict.fromkeys(codes)]


def _city_row(city: CitySituation, figures: OverviewFigures) -> dict[str, Any]:
    now = half_values(city.half, figures.period)
    month, year = month_values(city.month, figures.period), year_values(city.year, figures.period)
    empty = {"浓度": NONE, "排名": NONE}
    due = city.window.on_time_rate
    return {
        "排名": now["排名"],
        "城市": city.unit_name,
        "区域": city.region,
        "浓度": now["浓度"] if now["有效"] else say("数据不足"),
        "同比": now["同比"],
        "环比": now["环比"],
        "有效天数": now["有效天数"],
        "超标": city.days_over,
        "月": month or empty,
        "年": year,
        "年同比": change_cell(city.year.yoy_pct),
        "推送": city.window.pushed,
        "反馈率": str(city.window.feedback_rate),
        "按期": f"{due.n}/{due.of}" if due.of else NONE,
        "超期": city.window.overdue,
        "问题": city.window.problems,
        "监管期推送": city.season.pushed,
        "监管期反馈率": str(city.season.feedback_rate),
        "监管期问题": city.season.problems,
    }


def _work_values(figures: OverviewFigures, show: Show) -> dict[str, Any]:
    cities = figures.cities
    overdue = sorted((city for city in cities if city.window.overdue), key=lambda city: -city.window.overdue)
    asked = [city for city in cities if city.window.pushed]
    found = [one for one in figures.categories if one.problems]
    late = sum(one.window.rectification_due - one.window.rectified for one in cities)
    return {
        "有报警城市": len(asked),
        "全部反馈城市": sum(city.window.answered == city.window.pushed for city in asked),
        "超期城市": named(
            [
                say("{unit_name}{overdue}条", unit_name=city.unit_name, overdue=city.window.overdue)
                for city in overdue
            ],
            _TOLD_CITIES,
            say("个城市"),
            figures.rules_version,
        ),
        "类别": say("、").join(
            say("{category}{problems}个", category=show(one.category), problems=one.problems)
            for one in found[:_TOLD_CATEGORIES]
        ),
        "其余类别": sum(one.problems for one in found[_TOLD_CATEGORIES:]),
        "已整改": sum(one.rectified for one in figures.categories),
        "逾期整改": late,
        "到期整改": sum(one.window.rectification_due for one in cities),
    }


def _grid_section(figures: OverviewFigures, show: Show) -> dict[str, Any]:
    rising = [
        (name, grid)
        for name, grid in figures.rising
        if grid.half.yoy_pct is not None and rounded(grid.half.yoy_pct, 1) > 0
    ]
    warned = warning_values(figures.warnings, show)
    highest = _listed(figures.highest, lambda grid: grid.half.pm25_ug_m3, show)
    fastest = _listed(rising, lambda grid: grid.half.yoy_pct, show)
    return warned | {
        "网格数": figures.grids,
        "有效网格": figures.valid_grids,
        "最高表": highest,
        "最高者": named(_first(highest), _TOLD_GRIDS, say("个")),
        "最高并列": len(_first(highest)) > 1,
        "升幅表": fastest,
        "升幅者": named(_first(fastest), _TOLD_GRIDS, say("个")),
        "升幅并列": len(_first(fastest)) > 1,
        "最高城市": _spread(figures.highest),
        "最高城市数": len({name for name, _ in figures.highest}),
        "升幅城市": _spread(rising),
        "升幅城市数": len({name for name, _ in rising}),
        "预警城市": len({one["城市"] for one in warned["预警"]}),
        "升级网格": named(
            [
                say(
                    "{city}{grid_id}（{outcome}）",
                    city=one["城市"],
                    grid_id=one["网格编号"],
                    outcome=one["处置"],
                )
                for one in warned["升级"]
            ],
            _TOLD_CITIES,
            say("个"),
            figures.rules_version,
        ),
        "升级城市": named(
            list(dict.fromkeys(one["城市"] for one in warned["升级"])),
            _TOLD_CITIES,
            edition=figures.rules_version,
        ),
    }


def _listed(
    rows: Sequence[tuple[str, GridSituation]], measure: Callable[[GridSituation], float | None], show: Show
) -> list[dict[str, Any]]:
    """The rows with their place; equal ones share it."""
    values = [round(measure(grid) or 0.0, 9) for _, grid in rows]
    return [
        {"名次": 1 + sum(other > value for other in values), "城市": name} | grid_values(grid, show)
        for (name, grid), value in zip(rows, values, strict=True)
    ]


def _first(rows: Sequence[dict[str, Any]]) -> list[str]:
    """The grids on the first place, as the text names them."""
    return [
        say("{city}{county}{grid_id}网格", city=row["城市"], county=row["区县"], grid_id=row["网格编号"])
        for row in rows
        if row["名次"] == 1
    ]


def _spread(rows: Sequence[tuple[str, GridSituation]]) -> str:
    """`甲市3个、乙市1个`, the most first."""
    return say("、").join(
        say("{name}{count}个", name=name, count=count)
        for name, count in Counter(name for name, _ in rows).most_common()
    )
