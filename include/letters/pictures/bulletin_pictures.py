"""The pictures of one bulletin as its Word template takes them, each with words for who cannot see it."""

from functools import lru_cache

from include.language import say
from include.letters.document.word import TemplatePicture
from include.letters.pictures.air_charts import daily_levels
from include.letters.pictures.chart_style import WIDTH_MM, small_png
from include.letters.pictures.grid_map import change_map, level_map, mail_level_map
from include.letters.words.air_wording import short_half_name
from include.letters.words.wording import concentration_span
from include.supervision.bulletin_figures import BulletinFigures


@lru_cache(maxsize=64)
def bulletin_pictures(figures: BulletinFigures) -> dict[str, TemplatePicture]:
    """`图_每日` and, with readings of grids, `图_浓度`, `图_同比` and the mail's `图_邮件`. Kept for the final letters that follow a run's previews."""
    name, city = short_half_name(figures.period), figures.city.unit_name
    drawn = {
        "图_每日": (
            daily_levels,
            say(
                "柱状图：{city}{name}PM2.5日均值，有效{valid_days}天，超过24小时限值{days_over}天",
                city=city,
                name=name,
                valid_days=figures.city.half.valid_days,
                days_over=figures.city.days_over,
            ),
        )
    }
    if figures.grids:
        levels = [one.half.pm25_ug_m3 for one in figures.grids if one.half.pm25_ug_m3 is not None]
        told = say("，{levels}μg/m³", levels=concentration_span(levels)) if levels else ""
        drawn["图_浓度"] = (
            level_map,
            say(
                "地图：{city}{count}个热点网格{name}PM2.5平均浓度{told}；高值区{areas}处",
                city=city,
                count=len(figures.grids),
                name=name,
                told=told,
                areas=len(figures.high_areas),
            ),
        )
        drawn["图_邮件"] = (mail_level_map, drawn["图_浓度"][1])
        drawn["图_同比"] = (
            change_map,
            say(
                "地图：{city}{count}个热点网格{name}PM2.5浓度同比变化",
                city=city,
                count=len(figures.grids),
                name=name,
            ),
        )
    return {
        key: TemplatePicture(small_png(draw(figures)), WIDTH_MM, words)
        for key, (draw, words) in drawn.items()
    }
