"""The maps and the chart of the half-monthly letters, read from the drawn figures."""

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from shapely import MultiPolygon, Point, box

from include.geo.boundaries import map_notice
from include.letters.pictures.air_charts import daily_levels
from include.letters.pictures.chart_style import DONE, SHADES, UNDONE, small_png
from include.letters.pictures.grid_map import boxes_of, change_map, level_map, mail_level_map
from include.letters.pictures.grid_views import views_of
from include.letters.pictures.level_map import city_level_map, mail_city_level_map
from include.letters.pictures.map_ground import (
    Scale,
    city_shape,
    county_shapes,
    degree_km,
    fitted,
    named_places,
    spread,
    whole_box,
    wide_middle,
    without_islets,
)
from include.letters.pictures.map_labels import Homes, listed_names, placed_names
from include.letters.pictures.region_map import mail_rate_map, rate_map
from include.letters.pictures.region_sheet import far_groups
from include.letters.words.air_classes import CHANGES
from include.profile.current import load, using
from include.supervision.bulletin_figures import BulletinFigures
from tests.gallery import computed, computed_air
from tests.gallery.computed_air import hot_city
from tests.gallery.findings import figure_findings
from tests.letters import bulletins, summaries
from tests.letters.bulletins import GRIDS, bulletin, first_half, overview, whole_city, without_air

MAPS = (level_map, change_map)


def texts(figure: Figure) -> list[str]:
    return [text for one in figure.findobj(Text) if one.get_visible() and (text := one.get_text())]


def cells(figure: Figure) -> dict[str, int]:
    """How many grids have each colour."""
    (found,) = figure.axes[0].findobj(PolyCollection)
    colours = [to_hex(colour) for colour in found.get_facecolor()]
    return {colour: colours.count(colour) for colour in dict.fromkeys(colours)}


def markers(figure: Figure, sign: str) -> int:
    return sum(np.size(line.get_xdata()) for line in figure.axes[0].lines if line.get_marker() == sign)


def test_every_grid_has_the_colour_of_its_class_and_the_legend_counts_it() -> None:
    figure = level_map(bulletin())
    # values 92, 88, 88, 62, 40: steps of 15 from 45 on
    assert cells(figure) == {SHADES[4]: 1, SHADES[3]: 2, SHADES[2]: 1, SHADES[0]: 1}
    shown = texts(figure)
    assert [text for text in shown if "个）" in text or text in ("高值区及编号", "预警网格")] == [
        "<45（1个）",
        "45～59（0个）",
        "60～74（1个）",
        "75～89（2个）",
        "≥90（1个）",
        "数据不足（1个）",
        "高值区及编号",
        "预警网格",
    ]
    assert {"1", "赵县", "北", "0", map_notice()} <= set(shown)
    assert "数据来源：城市空气质量存档、热点网格监管平台；时段：2020年3月16日至31日" in shown
    assert markers(figure, "^") == 1


def test_changes_carry_plus_and_minus() -> None:
    figure = change_map(bulletin())
    # 12.3, 3.0, 3.0, -31.0, -20.0 and one without a figure
    assert cells(figure) == {CHANGES[3].colour: 1, CHANGES[2].colour: 2, CHANGES[0].colour: 2}
    assert (markers(figure, "+"), markers(figure, "_")) == (1, 2)
    assert "无同比数据（1个）" in texts(figure)


def test_a_first_half_marks_no_warning_grid() -> None:
    figure = level_map(first_half())
    assert markers(figure, "^") == 0
    assert "预警网格" not in texts(figure)


def test_a_grid_without_bounds_is_counted_but_not_drawn() -> None:
    lost = replace(GRIDS[0], west=None, south=None, east=None, north=None)
    figure = level_map(bulletin(grids=(lost, *GRIDS[1:])))
    assert sum(cells(figure).values()) == 4
    assert "≥90（1个）" in texts(figure)
    assert markers(figure, "^") == 0  # it was the warned one
    nowhere = tuple(replace(one, west=None, south=None, east=None, north=None) for one in GRIDS)
    assert "高值区及编号" not in texts(level_map(bulletin(grids=nowhere)))


def test_a_city_without_outlines_is_drawn_from_its_grids_and_says_so() -> None:
    figures = bulletin(city=bulletins.situation(unit_code="610403", unit_name="杨凌示范区"))
    figure = level_map(figures)
    assert sum(cells(figure).values()) == 5
    assert any("没有该市的边界数据" in text for text in texts(figure))


def test_simulated_maps_say_so() -> None:
    figures = bulletin(is_simulated=True)
    assert all("模拟数据" in texts(draw(figures)) for draw in (*MAPS, daily_levels))
    assert "模拟数据" in texts(city_level_map(overview(is_simulated=True)))
    assert "模拟数据" not in texts(level_map(bulletin()))


def test_the_scale_is_true() -> None:
    # WGS84: one degree at 38° N is 87.832 km to the east and 110.996 km to the north (published tables)
    assert degree_km(38.0) == pytest.approx((87.832, 110.996), abs=2e-3)
    scale, height = fitted((114.0, 37.5, 115.0, 38.5), 100.0, 200.0)
    assert (scale.east_mm, scale.north_mm / scale.km_mm, height) == pytest.approx(
        (100.0, 110.996, 126.37), rel=1e-4
    )
    tall, height = fitted((114.0, 37.5, 115.0, 38.5), 100.0, 50.0)
    assert (tall.north_mm, height) == pytest.approx((50.0, 50.0))


@pytest.mark.parametrize("unit_code", ["110000", "130600", "140300", "410600", "130100"])
def test_county_names_do_not_cover_each_other(unit_code: str) -> None:
    shapes = county_shapes(unit_code)
    shown = whole_box([shape.bounds for _, shape, _ in shapes], 0.02)
    scale, _ = fitted(shown, 114.0, 98.0)
    names = placed_names([(name, middle) for name, _, middle in reversed(shapes)], shown, scale, [])
    assert len(names) == len(shapes)
    half_mm = 7.0 * 25.4 / 72 / 2
    for one, other in combinations(names, 2):
        apart_x = abs(one.at[0] - other.at[0]) * scale.east_mm - half_mm * (len(one.text) + len(other.text))
        apart_y = abs(one.at[1] - other.at[1]) * scale.north_mm - 2 * half_mm
        assert max(apart_x, apart_y) > 0, (one.text, other.text)


def test_a_name_makes_room_for_a_mark() -> None:
    scale = Scale(10.0, 10.0, 0.1)
    (free,) = placed_names([("赵县", (5.0, 5.0))], (0, 0, 10, 10), scale, [])
    assert (free.at, free.line_end) == ((5.0, 5.0), None)
    (moved,) = placed_names([("赵县", (5.0, 5.0))], (0, 0, 10, 10), scale, [(5.0, 5.0)])
    assert moved.at == pytest.approx((5.0, 5.45))


def test_the_whole_lattice_of_a_large_city_is_drawn() -> None:
    figures = whole_city("110000", every=5)
    valid = sum(grid.half.pm25_ug_m3 is not None for grid in figures.grids)
    assert sum(cells(level_map(figures)).values()) == valid > 300
    assert any(text.endswith("朝阳区") for text in texts(level_map(figures)))


def test_daily_bars_dark_above_the_limit_and_a_cross_for_a_day_without_a_figure() -> None:
    figure = daily_levels(bulletin())  # 80, 76, 75, none, then 40
    axes = figure.axes[0]
    bars = {
        round(bar.get_x() + bar.get_width() / 2): to_hex(bar.get_facecolor())
        for bar in axes.patches
        if isinstance(bar, Rectangle)
    }
    assert [place for place, colour in bars.items() if colour == UNDONE] == [0, 1]  # 75 is not above 75
    assert sorted(bars) == [0, 1, 2, *range(4, 16)]
    assert {to_rgb(colour) for colour in bars.values()} == {to_rgb(DONE), to_rgb(UNDONE)}
    assert markers(figure, "x") == 1
    assert axes.get_ylim() == (0, 100)
    assert {"超过限值", "上年同日", "24小时限值（二级）", "数据不足", "3/16", "31"} <= set(texts(figure))


def test_the_printed_value_decides_about_the_limit() -> None:
    days = bulletins.days(bulletins.SECOND_HALF, (75.5, 75.4))
    bars = [
        patch for patch in daily_levels(bulletin(days=days)).axes[0].patches if isinstance(patch, Rectangle)
    ]
    assert [to_hex(bar.get_facecolor()) == UNDONE for bar in bars[:2]] == [True, False]  # 76 and 75


def test_the_regional_map_names_every_city_with_its_level() -> None:
    figures = overview()
    shown = texts(city_level_map(figures))
    assert {"北京\n30", "天津\n30", "渭南\n—"} <= set(shown)
    assert sum("\n" in text for text in shown) == 39
    assert {"数据不足（1个）", "预警网格", map_notice()} <= set(shown)
    assert markers(city_level_map(figures), "^") == 1
    assert markers(city_level_map(replace(figures, warnings=None)), "^") == 0


def test_a_city_without_an_outline_is_named_under_the_regional_map() -> None:
    odd = bulletins.situation(unit_code="610403", unit_name="杨凌示范区")
    assert "没有边界数据，未绘制：杨凌示范区52" in texts(city_level_map(replace(overview(3), cities=(odd,))))


def test_many_cities_without_an_outline_are_named_as_far_as_the_line_reaches() -> None:
    odd = tuple(
        bulletins.situation(unit_code=f"9{number:05d}", unit_name=f"第{number}街道") for number in range(30)
    )
    picture = city_level_map(replace(overview(3), cities=odd))
    (told,) = (text for text in texts(picture) if text.startswith("没有边界数据"))
    assert told.startswith("没有边界数据，未绘制：第0街道52、第1街道52、")
    assert told.endswith("等30个")
    assert figure_findings(picture) == []


@pytest.mark.parametrize("draw", [*MAPS, daily_levels])
@pytest.mark.parametrize(
    "figures",
    [bulletin, first_half, without_air, lambda: bulletin(grids=GRIDS[5:], high_areas=(), warnings=None)],
)
def test_every_edge_can_be_drawn(
    draw: Callable[[BulletinFigures], Figure], figures: Callable[[], BulletinFigures]
) -> None:
    drawn = draw(figures())
    assert small_png(drawn, dpi=40)[:8] == b"\x89PNG\r\n\x1a\n"
    assert small_png(drawn, dpi=40) == small_png(draw(figures()), dpi=40)


def test_a_small_png_keeps_white_white() -> None:
    import io

    from PIL import Image

    picture = Image.open(io.BytesIO(small_png(daily_levels(bulletin()), dpi=60)))
    assert picture.mode == "P"
    assert picture.convert("RGB").getpixel((1, 1)) == (255, 255, 255)


def within(figure: Figure, axes: int = 0) -> tuple[float, float]:
    """Width and height of what a map shows, in degrees."""
    west, east = figure.axes[axes].get_xlim()
    south, north = figure.axes[axes].get_ylim()
    return east - west, north - south


def test_the_view_fits_the_grids_and_the_whole_city_stands_beside_it() -> None:
    figures = hot_city("130100", 1)
    whole = views_of([], [shape for _, shape, _ in county_shapes("130100")])
    width, _ = within(level_map(figures))
    assert width < 0.4 * (whole.main[2] - whole.main[0])
    views = views_of(list(boxes_of(figures).values()), [shape for _, shape, _ in county_shapes("130100")])
    assert views.is_part
    assert (whole.is_part, whole.clusters) == (False, ())


def test_far_clusters_have_an_inset_each_with_letters_that_the_main_map_shows() -> None:
    figures = hot_city("130600", 3)
    figure = level_map(figures)
    shown = texts(figure)
    assert [shown.count(letter) for letter in "ABC"] == [2, 2, 2]
    assert shown.count("1") == 1  # the number stands in the inset, not under its frame


def test_a_lattice_over_the_whole_city_needs_no_inset() -> None:
    shown = texts(level_map(whole_city("410500", every=3)))
    assert "A" not in shown


def test_clusters_are_grids_that_stand_close_the_largest_first() -> None:
    def cell(x: float, y: float) -> tuple[float, float, float, float]:
        return x, y, x + 0.03, y + 0.027

    near = [cell(114.0 + 0.03 * n, 38.0) for n in range(5)]
    far = [cell(115.0 + 0.03 * n, 38.0) for n in range(6)]
    few = [cell(116.0 + 0.03 * n, 38.0) for n in range(3)]
    views = views_of([*near, *far, *few], [])
    assert [round(box[0], 2) for box in views.clusters] == [115.0, 114.0]


def test_the_mails_map_is_narrow_with_few_names_in_larger_type() -> None:
    for figure in (mail_level_map(whole_city("110000", every=40)), mail_city_level_map(overview())):
        assert figure.get_figwidth() * 25.4 == pytest.approx(90)
        named = [text for text in figure.findobj(Text) if text.get_text() and text.get_fontsize() >= 8.5]
        assert len([one for one in named if one.get_zorder() >= 7]) <= 9
    assert figure_findings(mail_city_level_map(overview())) == []


def test_islets_do_not_make_the_map_smaller() -> None:
    main, islet = box(0, 0, 1, 1), box(3, 3, 3.1, 3.1)
    assert without_islets(MultiPolygon([islet, main])) == main
    assert without_islets(MultiPolygon([main, box(2, 0, 3, 1)])).bounds == (0, 0, 3, 1)


def test_a_name_without_room_becomes_a_number_and_the_line_ends_at_the_names_edge() -> None:
    scale = Scale(10.0, 10.0, 0.1)
    crowd = [(x / 10, y / 10) for x in range(0, 100, 3) for y in range(0, 100, 3)]
    gap = [place for place in crowd if abs(place[0] - 5) > 0.4 or abs(place[1] - 5) > 0.4]
    (numbered,) = placed_names([("很长的县名", (5.0, 5.0))], (0, 0, 10, 10), scale, gap, 1.0)
    assert (numbered.number, numbered.shown, listed_names([numbered])) == (1, "1", ["1 很长的县名"])
    (lettered,) = placed_names([("很长的县名", (5.0, 5.0))], (0, 0, 10, 10), scale, gap, 1.0, in_letters=True)
    assert (lettered.shown, listed_names([lettered])) == ("a", ["a 很长的县名"])
    assert placed_names([("很长的县名", (5.0, 5.0))], (0, 0, 10, 10), scale, crowd, 2.0) == []
    beside = [(5.0 + x / 10, 5.0) for x in range(-9, 10, 2)]
    (moved,) = placed_names([("赵县", (5.0, 5.0))], (0, 0, 10, 10), scale, beside, 4.0)
    assert moved.line_end is not None
    assert 0 < abs(moved.line_end[1] - moved.at[1]) < 0.25


def test_a_name_keeps_to_its_own_shape_or_leaves_all_of_them() -> None:
    scale = Scale(10.0, 10.0, 0.1)
    own, beside = box(4.0, 4.5, 5.0, 5.5), box(5.0, 4.0, 9.5, 6.0)
    within_it, ground = (4.5, 5.0), [own, beside]
    (inside,) = placed_names([("赵县", within_it)], (0, 0, 10, 10), scale, [], homes=Homes([own], ground))
    assert (inside.line_end, own.contains_properly(Point(inside.at))) == (None, True)
    (outside,) = placed_names(
        [("很长很长的县名", within_it)], (0, 0, 10, 10), scale, [], homes=Homes([own], ground)
    )
    assert outside.line_end is not None
    assert not any(shape.contains(Point(outside.at)) for shape in ground)
    (numbered,) = placed_names(
        [("很长很长的县名", within_it)],
        (0, 0, 10, 10),
        scale,
        [],
        homes=Homes([own], [*ground, box(0, 0, 10, 10)]),
    )
    assert (numbered.number, own.contains(Point(numbered.at))) == (1, True)


def test_no_line_of_a_name_crosses_a_mark_and_no_name_covers_a_grid() -> None:
    figures = computed_air.whole_lattice("410500", 3)
    grids = [box(*one) for one in boxes_of(figures).values()]
    axes = level_map(figures).axes[0]
    lines = [line for line in axes.lines if line.get_zorder() == 6 and np.size(line.get_xdata()) == 2]
    assert lines
    for text in axes.texts:
        if text.get_zorder() == 7 and not text.get_text().isdigit():
            assert not any(one.contains(Point(text.get_position())) for one in grids)


def test_cities_far_apart_have_a_map_each_and_neighbours_one() -> None:
    near = {"a": (0.0, 0.0, 1.0, 1.0), "b": (1.1, 0.0, 2.0, 1.0)}
    assert far_groups(near) == [("a", "b")]
    assert far_groups({**near, "c": (9.0, 9.0, 9.5, 9.5)}) == [("a", "b"), ("c",)]
    many = {str(place): (6.0 * place, 5.0 * place, 6.0 * place + 1, 5.0 * place + 1) for place in range(5)}
    assert sorted(code for codes in far_groups(many) for code in codes) == list(many)
    assert len(far_groups(many)) <= 3
    assert far_groups({}) == [()]


def test_the_map_of_a_torn_region_has_frames_scales_and_no_blank() -> None:
    for draw, width in ((rate_map, 156), (mail_rate_map, 90)):
        figure = draw(summaries.plain())
        shown = texts(figure)
        assert [shown.count(letter) for letter in "AB"] == [2, 2]
        assert sum(text.endswith(" km") for text in shown) == 2
        assert figure.get_figwidth() * 25.4 == pytest.approx(width)
        assert figure_findings(figure) == []


def test_every_flagged_city_of_the_mail_has_a_mark_and_the_legend_names_the_outline() -> None:
    figures = computed.whole_region(is_late=True)
    shown = texts(mail_rate_map(figures))
    flagged = [city for city in figures.cities if city.flag.level]
    numbered = [text for text in shown if text.isdigit() and text != "0"]
    assert sum(text.startswith("▲") and "督办" not in text for text in shown) + len(numbered) == len(flagged)
    assert "督办、提醒城市" in shown


def test_marks_that_lie_on_each_other_are_moved_apart() -> None:
    scale = Scale(10.0, 10.0, 0.1)
    places = [(5.0, 5.0), (5.0, 5.0), (5.05, 5.0), (8.0, 8.0)]
    found = spread(places, scale, 2.5)
    assert (found[0], found[3]) == (places[0], places[3])
    for one, other in combinations(found, 2):
        assert np.hypot(one[0] - other[0], one[1] - other[1]) * 10 >= 2.5


def test_outlines_are_those_of_the_present_office() -> None:
    assert city_shape("130100") is not None
    with using(load("harbour")):
        assert city_shape("130100") is None


def test_a_map_inside_a_county_names_it_where_it_is_seen() -> None:
    wide, corner, elsewhere = box(0, 0, 50, 50), box(10.9, 10.9, 60, 60), box(70, 70, 80, 80)
    shapes = [
        (name, shape, wide_middle(shape, 0.01))
        for name, shape in (("大县", wide), ("角县", corner), ("远县", elsewhere))
    ]
    ((name, place),) = named_places((10, 10, 11, 11), shapes, [(10.0, 10.4, 10.3, 10.6)])
    assert name == "大县"
    assert box(10, 10, 11, 11).contains(Point(place))
    assert not box(10.0, 10.4, 10.3, 10.6).contains(Point(place))
