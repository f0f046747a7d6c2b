"""The pictures of one summary as its Word template takes them, each with words for who cannot see it."""

from functools import lru_cache

from include.language import say
from include.language.moments import day_words
from include.letters import edition_2020_03
from include.letters.document.word import Pictured, TemplatePicture
from include.letters.pictures.chart_style import WIDTH_MM, small_png
from include.letters.pictures.charts import alarms_by_day, problems_by_category, rate_bars
from include.letters.pictures.region_map import mail_rate_map, rate_map
from include.letters.pictures.region_sheet import has_outlines
from include.letters.pictures.trend_charts import trend_pages
from include.letters.words.flag_words import level_word
from include.letters.words.trend_words import trend_title
from include.letters.words.wording import days_title, noted
from include.supervision.weekly_figures import SummaryFigures


@lru_cache(maxsize=2)
def summary_pictures(figures: SummaryFigures) -> dict[str, Pictured]:
    """`图_地图`, the mail's `图_邮件`, `图_每日`, `图_城市`, `图_类别`, and the pages of `图_走势`; without outlines no map. Drawn once for a preview and its final, which show the same."""
    flagged = [
        noted(city.unit_name, level_word(city.flag.level)) for city in figures.cities if city.flag.level
    ]
    busiest = max(figures.days, key=lambda one: one.pushed, default=None)
    found = [row for row in figures.categories if row.problems]
    label = figures.window.label
    is_old = figures.rules_version == edition_2020_03.EDITION
    told = (
        say("反馈率，合计{feedback_rate}", feedback_rate=figures.total.feedback_rate)
        if is_old
        else say("按期反馈率，合计{on_time_rate}", on_time_rate=figures.total.on_time_rate)
    )
    words = {
        "图_地图": say(
            "地图：{label}各城市{told}；被标记的城市：{names}",
            label=label,
            told=told,
            names=say("、").join(flagged) or say("无"),
        ),
        "图_每日": say("柱状图：{title}", title=days_title(figures))
        + (
            say(
                "，最多的是{day}{pushed}条",
                day=day_words(busiest.day),
                pushed=busiest.pushed,
            )
            if busiest and busiest.pushed
            else ""
        ),
        "图_城市": say(
            "条形图：{label}各城市{order}，数字见各城市报警及反馈情况表",
            label=label,
            order=say("反馈率由高到低") if is_old else say("按期反馈率，按排名列示"),
        ),
        "图_类别": say("条形图：{label}发现问题类别，", label=label)
        + say("、").join(
            say("{category}{problems}个", category=row.category, problems=row.problems) for row in found
        ),
    }
    words["图_邮件"] = words["图_地图"]
    has_map = has_outlines(city.unit_code for city in figures.cities)
    maps = {"图_地图": rate_map, "图_邮件": mail_rate_map} if has_map else {}
    drawn = maps | {
        "图_每日": alarms_by_day,
        "图_城市": rate_bars,
        "图_类别": problems_by_category,
    }
    trend = tuple(
        TemplatePicture(small_png(page), WIDTH_MM, say("小柱状图：{title}", title=trend_title(figures)))
        for page in trend_pages(figures)
    )
    pictures: dict[str, Pictured] = {"图_地图": "", "图_走势": trend}
    for key, draw in drawn.items():
        pictures[key] = TemplatePicture(small_png(draw(figures)), WIDTH_MM, words[key])
    return pictures
