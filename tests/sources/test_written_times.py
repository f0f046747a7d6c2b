"""Times and hours as people and programs write them."""

import pandas as pd
import pytest

from include.sources.reading.written_times import hour_number, iso_texts

NINE_TEN = "2020-03-12T09:10:00"


def iso(*texts: str, by_end: bool = False) -> list[str]:
    return iso_texts(pd.Series(texts, dtype="str"), by_end=by_end).tolist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2020/3/12 9:10", NINE_TEN),
        ("2020/03/12 09:10:00", NINE_TEN),
        ("2020.3.12 9:10", NINE_TEN),
        ("2020-3-12 9:10", NINE_TEN),
        ("2020/3/12T9:10", NINE_TEN),
        ("2020/3/12 9:10 AM", NINE_TEN),
        ("2020-03-12 09:10 p.m.", "2020-03-12T21:10:00"),
        ("2020/3/12 上午9:10", NINE_TEN),
        ("2020-03-12 下午 3:10", "2020-03-12T15:10:00"),
        ("2020-03-12 12:00 AM", "2020-03-12T00:00:00"),
        ("2020-03-12 下午12:30", "2020-03-12T12:30:00"),
        ("2020年3月12日9时", "2020-03-12T09:00:00"),
        ("2020年3月12日 9时10分", NINE_TEN),
        ("2020年3月12日9点5分20秒", "2020-03-12T09:05:20"),
        ("2020 年 3 月 12 日", "2020-03-12"),
        ("2020年3月12日星期四9时", "2020-03-12T09:00:00"),
        ("2020-03-12 (周四) 09:10", NINE_TEN),
        ("２０２０／３／１２　９：１０", NINE_TEN),
        ("20200312", "2020-03-12"),
        ("2020031209", "2020-03-12T09:00:00"),
        ("202003120910", NINE_TEN),
        ("20200312091000", NINE_TEN),
        ("20200312 09:10", NINE_TEN),
        ("20200312T091000Z", NINE_TEN + "Z"),
        ("2020-03-12 9", "2020-03-12T09:00:00"),
        ("2020/3/12 24:00", "2020-03-12T24:00:00"),
        ("2020年3月12日24时", "2020-03-12T24:00:00"),
        ("12-Mar-2020 09:10", NINE_TEN),
        ("Mar 12, 2020 9:10 AM", NINE_TEN),
        ("Thursday, March 12, 2020 9:10", ""),  # what stands before the day is not read
        ("12 March 2020", "2020-03-12"),
        ("2020-03-12T09:10+0800", NINE_TEN + "+08:00"),
        ("2020/3/12 9:10 +08", NINE_TEN + "+08:00"),
        ("2020-03-12 09:10 UTC", NINE_TEN + "Z"),
        ("2020-03-12 09:10 GMT+8", NINE_TEN + "+08:00"),
        ("2020-03-12 09:10（北京时间）", NINE_TEN + "+08:00"),
        ("2020-03-12 09:10:00.250-0530", "2020-03-12T09:10:00.250-05:30"),
        ("2020-03-12T00:00:00 09:10", NINE_TEN),  # a date of a workbook, and a time beside it
        ("2020/3/12 0:00:00 9:10:00", NINE_TEN),
        ("2020-03-12 08:00-09:00", "2020-03-12T08:00:00"),
        ("2020-03-12 8时-9时", "2020-03-12T08:00:00"),
        ("2020-03-12 23:00~24:00", "2020-03-12T23:00:00"),
        ("2020-03-12 08:00-08:59", "2020-03-12T08:00:00"),
        ("2020-03-12T08:00-09:00", "2020-03-12T08:00:00-09:00"),  # strictly ISO: Alaska
        (
            "2020-02-30 08:00",
            "2020-02-30 08:00",
        ),  # printed as ISO; no calendar has it, and whoever reads it finds out
    ],
)
def test_what_means_one_moment(text: str, expected: str) -> None:
    assert iso(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "", "3/12/2020 9:10", "12.3.2020", "20-3-12 9:10", "2020/3-12 9:00", "2020/13/1 3:00", "2020/3/12 9:5", "2020/3/12 25:00",
        "2020/3/12 24:10", "2020/3/12 13:00 PM", "2020/3/12 0:10 PM", "2020/3/12 上午9:10 AM", "2020-03-12 9:60", "2020-03-12 09:10 CST",
        "2020-03-12 09+08", "2020-03-12 09:10-08:59", "2020-03-12 09:10+15:00", "2020-03-12 09:10Z+08:00", "2020-03-12 09:10 北京时间+9",
        "2020-03-12 08:00至10:00", "1583974800", "43902.375", "٢٠٢٠-٠٣-١٢", "²020-03-12", "2020-W11-4", "none",
    ],
)  # fmt: skip
def test_what_means_two_moments_or_none(text: str) -> None:
    assert iso(text) == [""]


def test_a_minus_is_the_end_of_an_hour_in_all_rows_or_an_offset() -> None:
    hours = [f"2020-03-12 {hour:02}:00-{hour + 1:02}:00" for hour in (0, 8, 23)]
    assert iso(*hours) == ["2020-03-12T00:00:00", "2020-03-12T08:00:00", "2020-03-12T23:00:00"]
    assert iso(*hours, by_end=True) == ["2020-03-12T01:00:00", "2020-03-12T09:00:00", "2020-03-12T24:00:00"]
    east = [f"2020-03-12 {hour:02}:00:00-05:00" for hour in (0, 4, 23)]  # 04:00 to 05:00 is one of them
    assert iso(*east) == [f"2020-03-12T{hour:02}:00:00-05:00" for hour in (0, 4, 23)]
    assert iso(*(f"2020-03-12 {hour:02}:00-{hour + 2:02}:00" for hour in (0, 2, 4, 6))) == ["", "", "", ""]


@pytest.mark.parametrize(
    ("text", "begins", "ends"),
    [("9-10", 9, 10), ("9:00-10:00", 9, 10), ("8时-9时", 8, 9), ("23:00-00:00", 23, 24), ("23~24", 23, 24), ("08:00-08:59", 8, 9)],
)  # fmt: skip
def test_an_hour_from_its_beginning_to_its_end(text: str, begins: int, ends: int) -> None:
    assert (hour_number(text), hour_number(text, by_end=True)) == (begins, ends)


@pytest.mark.parametrize(("text", "hour"), [("下午3点", 15), ("3 PM", 15), ("12 AM", 0), ("9时整", 9)])
def test_an_hour_of_half_a_day(text: str, hour: int) -> None:
    assert hour_number(text) == hour


@pytest.mark.parametrize("text", ["1-3", "9:30-10:30", "13 PM", "9:10"])
def test_what_is_no_hour(text: str) -> None:
    assert hour_number(text) != hour_number(text)
