"""What a half-monthly letter that left would say differently, in words, and a letter's figures under the key of its 更正."""

from dataclasses import replace

from include.supervision.corrections import differences, under_key
from include.supervision.figures import FeedbackCounts, answer_code
from tests.letters.bulletins import bulletin, overview
from tests.letters.samples import notice


def test_a_bulletin_tells_its_levels_lists_and_counts() -> None:
    told = bulletin()
    half = replace(told.city.half, pm25_ug_m3=61.4, yoy_pct=-2.04, rank=3, valid_days=14)
    before = replace(told.city.half, pm25_ug_m3=60.5, yoy_pct=None, rank=3, valid_days=15)
    old = replace(told, city=replace(told.city, half=before), highest=told.highest[:1])
    new = replace(
        old, city=replace(old.city, half=half, window=replace(old.city.window, answered=old.city.window.answered + 1)), highest=()
    )  # fmt: skip
    answered = old.city.window.answered
    assert differences(old, new) == (
        "本期PM2.5浓度 60→61", "本期同比变化（%） 无→-2.0", "本期有效天数 15→14", f"本期已反馈 {answered}→{answered + 1}",
        f"高值网格不再有{told.highest[0].grid.grid_id}",
    )  # fmt: skip
    assert differences(old, old) == ()


def test_dust_flagged_after_a_bulletin_left_is_a_difference() -> None:
    told = bulletin()
    plain = replace(told, city=replace(told.city, without_dust=None))
    flagged = replace(told, city=replace(told.city, without_dust=told.city.half))
    assert differences(plain, flagged) == ("本期扣除沙尘 原函未列",)
    assert differences(flagged, plain) == ("本期扣除沙尘 不应再列",)
    lower = replace(told.city.half, pm25_ug_m3=(told.city.half.pm25_ug_m3 or 0) - 5)
    (words,) = differences(flagged, replace(told, city=replace(told.city, without_dust=lower)))
    assert words.startswith("本期扣除沙尘PM2.5浓度 ")


def test_an_overview_names_the_city() -> None:
    told = overview()
    first = told.cities[0]
    season = replace(first.season, pushed=first.season.pushed + 2)
    now = replace(
        told,
        cities=(replace(first, season=season), *told.cities[1:]),
        total=FeedbackCounts(pushed=told.total.pushed),
    )
    words = differences(replace(told, total=FeedbackCounts(pushed=told.total.pushed)), now)
    assert words == (f"{first.city_name}监管期推送 {first.season.pushed}→{first.season.pushed + 2}",)


def test_the_answer_form_of_a_correction_belongs_to_it() -> None:
    again = under_key(notice(), "notice_x_2")
    assert again.letter_key == "notice_x_2"
    assert [row.code for row in again.form] == [
        answer_code("notice_x_2", row.alarm_id) for row in notice().form
    ]
    assert replace(again, letter_key=notice().letter_key, form=notice().form) == notice()
