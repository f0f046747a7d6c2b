"""Invisible characters and digits of other scripts, from the source's file to the store."""

import sqlite3
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine

from include.errors import InputError
from include.sources.config import SourceConfig
from include.sources.intake import pull
from include.sources.reading.cells import cell_text
from include.sources.reading.characters import numbers, visible
from tests.sources.exports import ALARM, NOW, at, folder_source, stored, write

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
    assert [
        (name, moment.isoformat()) for name, moment in stored(engine, "alarm", "alarm_id", "pushed_at")
    ] == [
        ("A1", "2020-11-01T05:30:00+00:00"),
        ("A2", "2020-03-08T02:30:00+00:00"),
        ("A3", "2020-03-08T05:00:00+00:00"),
    ]
    assert stored(engine, "quarantine", "field", "value") == [
        ("started_at", "2020-03-08 02:30(America/New_York当日没有这一时刻)")
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"abc", "abc"),
        ("阳泉".encode(), "阳泉"),
        ("阳泉市".encode("gb18030"), "阳泉市"),
        (bytearray(b"x"), "x"),
        (memoryview(b"y"), "y"),
        (b"\xff\xff", "\ufffd\ufffd"),
        ("\ud800", "\ufffd"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (1e300, "1e+300"),
        (Decimal("1E+400"), "1E+400"),
        (True, "true"),
        (None, ""),
        (2.0, "2"),
        (date(1, 1, 1), "0001-01-01"),
    ],
)
def test_values_as_text(value: object, text: str) -> None:
    assert cell_text(value) == text


def test_bytes_of_a_database_are_decoded_or_quarantined(engine: Engine, tmp_path: Path) -> None:
    source_of = sqlite3.connect(tmp_path / "theirs.db")
    source_of.execute(f"create table alarms ({', '.join(ALARM)})")
    good = {**ALARM, "county": "盂县".encode("gb18030"), "alarm_id": b"A1"}
    for row in (
        good,
        {**good, "alarm_id": b"A2", "point_name": b"\xff\xfe\xff"},
        {**good, "alarm_id": b"A3", "lon": float("inf")},
    ):
        source_of.execute(f"insert into alarms values ({', '.join('?' * len(row))})", list(row.values()))
    source_of.commit()
    source_of.close()
    (tmp_path / "alarms.sql").write_text("select * from alarms")
    (tmp_path / "map.yaml").write_text("tables: {alarms: {query: alarms.sql}}")
    source = SourceConfig(
        "theirs", "database", f"sqlite:///{tmp_path / 'theirs.db'}", mapping=str(tmp_path / "map.yaml")
    )
    result = pull(engine, source, *MARCH, now=NOW)
    assert (result.new, result.quarantined) == (1, 2)
    assert stored(engine, "alarm", "alarm_id", "county") == [("A1", "盂县")]
    assert sorted(stored(engine, "quarantine", "field", "reason")) == [
        ("lon", "不是数值"),
        ("point_name", "含有控制字符、换行或无法显示的字符"),
    ]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:pass-word@h:x/d",
        "postgresql://u:pass-word@h:99999/d",
        "postgresql://u:pass-word@h:0/d",
        "nonsense",
    ],
)
def test_a_bad_port_is_one_line_without_the_password(engine: Engine, tmp_path: Path, url: str) -> None:
    (tmp_path / "alarms.sql").write_text("select 1")
    (tmp_path / "map.yaml").write_text("tables: {alarms: {query: alarms.sql}}")
    source = SourceConfig("theirs", "database", url, mapping=str(tmp_path / "map.yaml"))
    with pytest.raises(InputError, match="the database's URL cannot be read") as caught:
        pull(engine, source, *MARCH, now=NOW)
    assert "pass-word" not in str(caught.value)
