"""The picture of one overview as its Word template takes it, with words for who cannot see it."""

from functools import lru_cache

from include.language import say
from include.letters.document.word import Pictured, TemplatePicture
from include.letters.pictures.chart_style import WIDTH_MM, small_png
from include.letters.pictures.level_map import city_level_map, mail_city_level_map
from include.letters.pictures.region_sheet import has_outlines
from include.letters.words.wording import concentration_span
from include.supervision.bulletin_figures import OverviewFigures


@lru_cache(maxsize=2)
def overview_pictures(figures: OverviewFigures) -> dict[str, Pictured]:
    """`图_城市`, the map, and `图_邮件`, the mail's; without outlines no map. Drawn once for a preview and its final, which show the same."""
    levels = [city.half.pm25_ug_m3 for city in figures.cities if city.half.pm25_ug_m3 is not None]
    told = (
        say(
            "，{levels}μg/m³，数字见各城市空气质量情况表",
            levels=concentration_span(levels),
        )
        if levels
        else ""
    )
    warned = say("；预警网格{count}个", count=len(figures.warnings.warned)) if figures.warnings else ""
    words = say(
        "地图：{count}个城市{label}PM2.5平均浓度{told}{warned}",
        count=len(figures.cities),
        label=figures.period.label,
        told=told,
        warned=warned,
    )
    if not has_outlines(city.unit_code for city in figures.cities):
        return {"图_城市": ""}
    drawn = {"图_城市": city_level_map, "图_邮件": mail_city_level_map}
    return {key: TemplatePicture(small_png(draw(figures)), WIDTH_MM, words) for key, draw in drawn.items()}
