"""Invisible characters and digits of other scripts, from the source's file to the store."""

from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine

from include.sources.characters import numbers, visible
from include.sources.intake import pull
from tests.sources.exports import NOW, at, folder_source, stored, write

MARCH = (at("2020-03-01"), at("2020-04-01"))
HIDDEN = "\u061c\u200b\u200f\u202e\u2066\ufeff\U000e0041\ufe0f\U000e0100\u2060\xad"


@pytest.mark.parametrize("character", HIDDEN)
def test_an_invisible_character_is_taken_out(character: str) -> None:
    rows = pd.DataFrame({"name": ["甲点", f"甲{character}点", ""], "id": ["A1", "A2", "A3"]}, dtype="str")
    cleaned, is_changed = visible(rows)
    assert cleaned["name"].tolist() == ["甲点", "甲点", ""]
    assert is_changed.tolist() == [False, True, False]


def test_invisible_characters_in_names_are_removed_and_noted(engine: Engine, tmp_path: Path) -> None:
    write(
        tmp_path, "alarms", {}, {"alarm_id": "A\u200b2", "point_name": f"娘子{HIDDEN}关"}, {"alarm_id": "A3"}
    )
    result = pull(engine, folder_source(tmp_path), *MARCH, now=NOW)
    assert (result.new, result.quarantined) == (3, 0)
    assert result.warnings[-1] == (
        "1条记录的文字含不可见字符（零宽、方向等），已去除后收入：alarms.csv 第3行"
    )
    assert stored(engine, "alarm", "alarm_id", "point_name")[1] == ("A2", "娘子关")


def test_digits_of_other_scripts_never_become_nothing(engine: Engine, tmp_path: Path) -> None:
    counts = ["１２", "٣", "²", "12", "१२", "①"]
    rows = [{"alarm_id": f"A{place}", "alarm_count": count} for place, count in enumerate(counts)]
    write(tmp_path, "alarms", *rows)
    result = pull(engine, folder_source(tmp_path), *MARCH, now=NOW)
    assert (result.new, result.quarantined) == (2, 4)
    assert stored(engine, "alarm", "alarm_id", "alarm_count") == [("A0", 12), ("A3", 12)]
    assert {(field, value) for field, value in stored(engine, "quarantine", "field", "value")} == {
        ("alarm_count", count) for count in ("٣", "²", "१२", "①")
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [("１２", 12.0), ("1.5e2", 150.0), ("-３", -3.0)]
    + [(text, None) for text in ("", "nan", "inf", "1e400", "0x10", "1_0", "٣", "²", "1,5", "½", "−3", "1e")],
)
def test_numbers(text: str, expected: float | None) -> None:
    found = numbers(pd.Series([text], dtype="str"))[0]
    assert found == expected if expected is not None else pd.isna(found)


def test_a_time_that_a_zone_skips_is_an_error_row_and_of_a_doubled_hour_the_first_is_meant(
    engine: Engine, tmp_path: Path
) -> None:
    (tmp_path / "map.yaml").write_text("tables: {alarms: {time_zone: America/New_York}}")
    times = ["2020-03-08 02:30", "2020-11-01 01:30", "2020-03-08T02:30Z", "2020-03-07 24:00"]
    rows = [
        {"alarm_id": f"A{place}", **dict.fromkeys(("started_at", "last_at", "pushed_at"), time)}
        for place, time in enumerate(times)
    ]
    write(tmp_path, "alarms", *rows)
    source = folder_source(tmp_path, mapping=str(tmp_path / "map.yaml"))
    result = pull(engine, source, at("2020-01-01"), at("2021-01-01"), now=at("2021-01-01"))
    assert (result.new, result.quarantined) == (3, 1)
    assert [(name, moment.isoformat()) for name, moment in stored(engine, "alarm", "alarm_id", "pushed_at")] == [
        ("A1", "2020-11-01T05:30:00+00:00"), ("A2", "2020-03-08T02:30:00+00:00"), ("A3", "2020-03-08T05:00:00+00:00")
    ]  # fmt: skip
    assert stored(engine, "quarantine", "field", "value") == [
        ("started_at", "2020-03-08 02:30(America/New_York当日没有这一时刻)")
    ]
