"""Parquet files say the same as CSV files with the same rows, and what cannot be used of them is told."""

import resource
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine, select

from include.errors import InputError
from include.periods import office_zone
from include.rules import SIMULATED_LABEL
from include.sources.air.quality import ImportResult, import_air_quality
from include.sources.reading import children
from include.sources.reading.parquet_child import MOST_MEMORY
from include.sources.reading.parquet_files import read_parquet, read_text_parquet
from include.store.air_days import imported_days
from include.store.engine import open_engine, reading
from include.store.hourly import hours_path, read_hours
from include.store.tables import quarantine
from tests.sources.air_files import NOW, add_grids, long_text, put, readings_text

DAY = date(2020, 3, 12)
HOURS = [f"2020-03-12T{hour:02d}:00" for hour in range(24)]


@pytest.fixture
def sqlite(sqlite_template: Path, tmp_path: Path) -> Engine:
    path = tmp_path / "supervision.db"
    path.write_bytes(sqlite_template.read_bytes())
    return open_engine(f"sqlite:///{path}")


def take(engine: Engine, folder: Path, *paths: Path) -> ImportResult:
    return import_air_quality(engine, folder, list(paths), now=NOW)


def put_parquet(path: Path, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def test_columns_of_any_type_are_read_as_text(tmp_path: Path) -> None:
    beijing = pd.to_datetime(["2020-03-12T08:00", None, "2020-03-12T09:00"]).tz_localize(office_zone())
    path = put_parquet(
        tmp_path / "any.parquet",
        text=pa.array(["a", "", None]),
        coded=pa.array(["x", None, "x"]).dictionary_encode(),
        whole=pa.array([7, None, 7], pa.int16()),
        real=[1.5, np.nan, 3.0],
        at=beijing,
        flag=[True, False, None],
    )
    (chunk,) = read_parquet(path)
    assert chunk.lines.tolist() == [1, 2, 3]
    assert chunk.rows.astype("str").to_dict("list") == {
        "text": ["a", "", ""],
        "coded": ["x", "", "x"],
        "whole": ["7", "", "7"],
        "real": ["1.5", "nan", "3"],
        "at": ["2020-03-12 08:00:00+0800", "", "2020-03-12 09:00:00+0800"],
        "flag": ["true", "false", ""],
    }


def test_a_big_file_comes_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("include.sources.reading.parquet_files._ROWS", 10)
    monkeypatch.setattr("include.sources.reading.parquet_files._FEWEST", 1)
    chunks = list(read_parquet(put_parquet(tmp_path / "a.parquet", number=list(range(25)))))
    assert [chunk.lines.tolist() for chunk in chunks] == [
        list(range(1, 11)),
        list(range(11, 21)),
        list(range(21, 26)),
    ]
    assert [value for chunk in chunks for value in chunk.rows["number"]] == [
        str(number) for number in range(25)
    ]


def test_readings_are_the_same_bytes_as_from_csv(sqlite: Engine, tmp_path: Path) -> None:
    add_grids(sqlite, {"T1": "140300", "T2": "140300"})
    values = [*range(31, 55), *range(61, 85)]
    text = readings_text(
        [
            (name, hour, value)
            for (name, hour), value in zip(
                [(name, hour) for name in ("T1", "T2") for hour in HOURS], values, strict=True
            )
        ]
    )
    from_csv = take(sqlite, tmp_path / "a", put(tmp_path / "readings.csv", text))
    starts = pd.to_datetime(HOURS * 2).tz_localize(office_zone()).tz_convert("UTC")
    path = put_parquet(
        tmp_path / "readings.parquet",
        grid_id=["T1"] * 24 + ["T2"] * 24,
        hour=starts,
        pm25_ug_m3=pa.array(values, pa.int16()),
    )
    from_parquet = take(sqlite, tmp_path / "b", path)
    assert [day.pm25_hours for day in from_csv.days] == [day.pm25_hours for day in from_parquet.days] == [48]
    assert from_parquet.rows == 48
    one, other = (hours_path(tmp_path / name, "grid", DAY).read_bytes() for name in "ab")
    assert one == other


def test_bad_values_are_told_by_row(engine: Engine, tmp_path: Path) -> None:
    path = put_parquet(
        tmp_path / "readings.parquet",
        station_id=["S1", "S1", "S1", "S1", "S1", None, "S1", "S1"],
        hour=[*HOURS[:6], "yesterday", HOURS[7]],
        pm25_ug_m3=[40.0, None, 0.0, -1.0, 9999.0, 40.0, 40.0, float("nan")],
        data_origin=[SIMULATED_LABEL, *[""] * 7],
    )
    result = take(engine, tmp_path / "air", path)
    assert sorted((file.fault.field, file.fault.value, file.fault.line) for file in result.faults) == [
        ("hour", "yesterday", 7),
        ("pm25_ug_m3", "-1", 4),
        ("pm25_ug_m3", "0", 3),
        ("pm25_ug_m3", "9999", 5),
        ("station_id", "", 6),
    ]
    assert result.gaps == 2
    assert read_hours(tmp_path / "air", "station", [DAY])[
        ["place_id", "hour", "pm25_ug_m3"]
    ].values.tolist() == [["S1", 0, 40.0]]
    with reading(engine) as connection:
        assert imported_days(connection, "station", DAY, date(2020, 3, 13))["is_simulated"].tolist() == [True]
        assert len(connection.execute(select(quarantine.c.quarantine_id)).all()) == 5


def test_the_long_layout_and_csv_beside_parquet(sqlite: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    put(folder / "a.csv", long_text("20200312", {"北京": [40] * 24}))
    put_parquet(
        folder / "b.PARQUET",
        date=["20200312"] * 24,
        hour=list(range(24)),
        城市=["天津"] * 24,
        **{"PM2.5": list(range(30, 54)), "PM10": [80.5] * 23 + [None]},
    )
    result = take(sqlite, tmp_path / "air", folder)
    assert (result.files, result.faults, result.gaps) == (2, (), 1 + 0)
    hours = read_hours(tmp_path / "air", "city", [DAY])
    tianjin = hours[hours["place_id"] == "120000"]
    assert tianjin["pm25_ug_m3"].tolist() == [float(value) for value in range(30, 54)]
    assert tianjin["pm10_ug_m3"].dropna().tolist() == [80.5] * 23


def test_a_file_that_was_cut_is_refused_whole(sqlite: Engine, tmp_path: Path) -> None:
    path = put_parquet(tmp_path / "readings.parquet", grid_id=["T1"], hour=[HOURS[0]], pm25_ug_m3=[40])
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match=r"readings\.parquet: the file cannot be read as Parquet") as raised:
        take(sqlite, tmp_path / "air", path)
    assert "\n" not in str(raised.value)


def test_columns_that_are_no_table_are_refused(sqlite: Engine, tmp_path: Path) -> None:
    nested = put_parquet(tmp_path / "readings.parquet", grid_id=["T1"], hour=[[HOURS[0]]], pm25_ug_m3=[40])
    with pytest.raises(InputError, match="no row of the file can be used"):
        take(sqlite, tmp_path / "air", nested)
    other = put_parquet(tmp_path / "other.parquet", x=[1])
    with pytest.raises(InputError, match=r"not an air-quality file; .*got x"):
        take(sqlite, tmp_path / "air", other)


def rows_of_one_text(path: Path, text: str, rows: int, groups: int = 1) -> Path:
    """A small file of many equal rows."""
    column = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array([text]))
    with pq.ParquetWriter(path, pa.schema([("alarm_id", column.type)])) as writer:
        for _ in range(groups):
            writer.write_table(pa.table({"alarm_id": column}))
    return path


def unpacking(path: Path, size: int) -> Path:
    """A file one value of which unpacks to so many bytes; made by another process, whose memory is not counted."""
    making = (
        "import sys, pyarrow as pa, pyarrow.parquet as pq; "
        "pq.write_table(pa.table({'alarm_id': ['x' * int(sys.argv[2])]}), sys.argv[1], compression='zstd', use_dictionary=False)"
    )
    subprocess.run([sys.executable, "-c", making, str(path), str(size)], check=True)
    return path


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: rows_of_one_text(path, "A" * 30_000, 1_000_000), "bytes of text in all cells"),
        (
            lambda path: rows_of_one_text(path, "A", 3_000_000, 2),
            "the file has too many rows; .*at most 5,000,000",
        ),
        (lambda path: rows_of_one_text(path, "A" * 40_000, 1), "a value of 40,000 bytes"),
        (lambda path: unpacking(path, 120 << 20), "larger than one that is read"),
        (lambda path: put_parquet(path, **{f"c{n}": [1] for n in range(5_000)}), "5,000 columns"),
    ],
    ids=["wide text", "rows", "long value", "unpacks", "columns"],
)
def test_a_file_that_asks_for_the_machine_costs_little_and_is_an_error(
    tmp_path: Path, make: Any, message: str
) -> None:
    path = make(tmp_path / "alarms.parquet")
    assert path.stat().st_size < 5 << 20
    largest_before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError, match=message):
        list(read_text_parquet(path))
    # The largest child so far: of an earlier test, where that was larger.
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert largest * 1024 < MOST_MEMORY or largest == largest_before
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < 256 << 20


def test_wide_texts_come_in_pieces_that_fit(tmp_path: Path) -> None:
    path = rows_of_one_text(tmp_path / "a.parquet", "A" * 10_000, 10_000)
    sizes = [len(chunk.rows) for chunk in read_text_parquet(path)]
    assert sum(sizes) == 10_000
    assert max(sizes) * 10_000 <= 32 << 20


def test_texts_of_other_encodings_are_read_or_marked(tmp_path: Path) -> None:
    raw = pa.array([b"\xb1\xa8\xbe\xaf", "报警".encode(), b"\xff\xff\x80", None])
    path = put_parquet(tmp_path / "a.parquet", a=raw, b=pa.Array.from_buffers(pa.string(), 4, raw.buffers()))
    (chunk,) = read_text_parquet(path)
    assert chunk.rows.to_dict("list") == {name: ["报警", "报警", "\ufffd\ufffd\ufffd", ""] for name in "ab"}


@pytest.mark.parametrize("ending", [b"", b"PAR1", b"\xff\xff\xff\x7fPAR1", b"\0" * 40 + b"PAR1"])
def test_what_only_looks_like_parquet_is_an_error(tmp_path: Path, ending: bytes) -> None:
    path = tmp_path / "alarms.parquet"
    path.write_bytes(b"PAR1" + ending)
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        list(read_text_parquet(path))


@pytest.mark.parametrize(
    "program",
    [
        "import os; os.abort()",
        "raise SystemExit(3)",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    ],
)
def test_a_reader_that_dies_is_the_file_s_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setattr(children, "program", lambda module: program)
    with pytest.raises(InputError, match=r"cannot be read as Parquet|larger than one"):
        list(read_text_parquet(put_parquet(tmp_path / "a.parquet", a=[1])))
