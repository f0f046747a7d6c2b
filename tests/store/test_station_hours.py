"""Hours by day: what is told again, corrected, late; what was known when; a kill in the middle leaves no half day."""

from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from include.periods import office_zone
from include.store import station_hours
from include.store.station_hours import (
    STATION_HOURS,
    SUBMETER_HOURS,
    DayKept,
    _groups_of,
    day_path,
    keep_hours,
    known_days,
    last_receipts,
    read_hours,
)

FIRST, SECOND = datetime(2020, 4, 4, 1, tzinfo=UTC), datetime(2020, 4, 6, 2, tzinfo=UTC)
START, END = datetime(2020, 4, 2, 16, tzinfo=UTC), datetime(2020, 4, 4, 16, tzinfo=UTC)


def hours(*rows: tuple[str, str, float]) -> pd.DataFrame:
    """Rows of station, hour (Beijing time) and PM2.5."""
    frame = pd.DataFrame(rows, columns=["station_id", "hour", "pm25_ug_m3"])
    moments = pd.to_datetime(frame["hour"]).dt.tz_localize(office_zone()).dt.tz_convert("UTC")
    nothing = {"pm10_ug_m3": None, "rh_pct": None, "temperature_c": None}
    return frame.assign(hour=moments, sample_count=12, **nothing).astype(dict.fromkeys(nothing, "float64"))


def told(root: Path, known_at: datetime | None = None) -> list[tuple[str, str, float]]:
    frame = read_hours(root, STATION_HOURS, START, END, known_at=known_at).to_pandas()
    local = frame["hour"].dt.tz_convert(office_zone()).dt.strftime("%d %H")
    return sorted(zip(frame["station_id"].astype(str), local, frame["pm25_ug_m3"].tolist(), strict=True))


def keep(root: Path, rows: pd.DataFrame, at: datetime) -> list[DayKept]:
    return keep_hours(root, STATION_HOURS, rows, is_simulated=True, received_at=at)


def test_hours_go_to_their_beijing_day_and_are_told_once(tmp_path: Path) -> None:
    rows = hours(
        ("M1", "2020-04-03 00:00", 40.0), ("M1", "2020-04-03 23:00", 41.0), ("M2", "2020-04-04 00:00", 42.5)
    )
    assert keep(tmp_path, rows, FIRST) == [
        DayKept(date(2020, 4, 3), 2, 0, 0),
        DayKept(date(2020, 4, 4), 1, 0, 0),
    ]
    assert known_days(tmp_path, STATION_HOURS) == [date(2020, 4, 3), date(2020, 4, 4)]
    assert keep(tmp_path, rows, SECOND) == [
        DayKept(date(2020, 4, 3), 0, 0, 2),
        DayKept(date(2020, 4, 4), 0, 0, 1),
    ]
    assert told(tmp_path) == [("M1", "03 00", 40.0), ("M1", "03 23", 41.0), ("M2", "04 00", 42.5)]


def test_late_and_corrected_hours_stand_beside_the_earlier_ones(tmp_path: Path) -> None:
    keep(tmp_path, hours(("M1", "2020-04-03 08:00", 40.0), ("M1", "2020-04-03 09:00", 50.0)), FIRST)
    corrected = hours(("M1", "2020-04-03 09:00", 55.0), ("M2", "2020-04-03 09:00", 9.0))
    assert keep(tmp_path, corrected, SECOND) == [DayKept(date(2020, 4, 3), 1, 1, 0)]
    assert told(tmp_path) == [("M1", "03 08", 40.0), ("M1", "03 09", 55.0), ("M2", "03 09", 9.0)]
    assert told(tmp_path, FIRST) == [("M1", "03 08", 40.0), ("M1", "03 09", 50.0)]
    assert told(tmp_path, datetime(2020, 4, 1, tzinfo=UTC)) == []
    receipts = last_receipts(tmp_path, STATION_HOURS, START, END)
    assert receipts == {
        datetime(2020, 4, 3, 0, tzinfo=UTC): FIRST,
        datetime(2020, 4, 3, 1, tzinfo=UTC): SECOND,
    }


def test_a_day_of_an_earlier_version_says_as_well_when_its_hours_came(tmp_path: Path) -> None:
    keep(tmp_path, hours(("M1", "2020-04-03 08:00", 40.0), ("M1", "2020-04-03 09:00", 50.0)), FIRST)
    keep(tmp_path, hours(("M1", "2020-04-03 09:00", 55.0)), SECOND)
    path = tmp_path / "station_hours" / "2020-04-03.parquet"
    rows = pq.read_table(path)
    known = last_receipts(tmp_path, STATION_HOURS, START, END)
    pq.write_table(rows.replace_schema_metadata({b"revised": b"1"}), path)
    assert last_receipts(tmp_path, STATION_HOURS, START, END) == known
    assert list(known.values()) == [FIRST, SECOND]


@pytest.mark.parametrize("count", [1, 300])
def test_meters_of_few_enterprises_are_read_without_the_others(tmp_path: Path, count: int) -> None:
    names = [f"Q{number:04}" for number in range(count)]
    moments = pd.date_range(START, periods=24, freq="h")
    rows = pd.DataFrame(
        [(name, moment) for name in names for moment in moments], columns=["enterprise_id", "hour"]
    )
    rows = rows.assign(production_kw=range(len(rows)), treatment_kw=1.0)
    for part in (rows.iloc[1::2], rows.iloc[::2]):  # the second one finds a day that is there
        keep_hours(tmp_path, SUBMETER_HOURS, part, is_simulated=True, received_at=FIRST)
    asked = {names[-1], "Z9", names[0]}
    with pq.ParquetFile(day_path(tmp_path, SUBMETER_HOURS, date(2020, 4, 3))) as file:
        assert file.num_row_groups == (count * 24 - 1) // SUBMETER_HOURS.rows_at_once + 1
        assert _groups_of(file, frozenset(asked)) == sorted({0, file.num_row_groups - 1})
        assert _groups_of(file, frozenset()) == []
    found = read_hours(tmp_path, SUBMETER_HOURS, START, END, enterprises=asked).to_pandas()
    wanted = rows[rows["enterprise_id"].isin(asked)]
    assert sorted(found["production_kw"].tolist()) == wanted["production_kw"].tolist()
    assert set(found["enterprise_id"]) == {names[0], names[-1]}
    assert len(read_hours(tmp_path, SUBMETER_HOURS, START, END, enterprises=set())) == 0
    assert len(read_hours(tmp_path, SUBMETER_HOURS, START, END)) == len(rows)


def test_a_value_that_comes_back_holds_again(tmp_path: Path) -> None:
    for at, value in ((FIRST, 40.0), (SECOND, 45.0), (datetime(2020, 4, 7, tzinfo=UTC), 40.0)):
        keep(tmp_path, hours(("M1", "2020-04-03 08:00", value)), at)
    assert told(tmp_path) == [("M1", "03 08", 40.0)]
    assert told(tmp_path, SECOND) == [("M1", "03 08", 45.0)]


def test_a_write_that_fails_leaves_every_day_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(tmp_path, hours(("M1", "2020-04-03 08:00", 40.0)), FIRST)
    real, calls = station_hours.pq.write_table, []

    def fail_at_the_second(*arguments: object, **options: object) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise OSError("no space left on device")
        real(*arguments, **options)

    monkeypatch.setattr(station_hours.pq, "write_table", fail_at_the_second)
    with pytest.raises(OSError, match="no space"):
        keep(tmp_path, hours(("M1", "2020-04-03 09:00", 1.0), ("M1", "2020-04-04 09:00", 2.0)), SECOND)
    assert told(tmp_path) == [("M1", "03 08", 40.0)]
    assert [path.name for path in (tmp_path / "station_hours").iterdir()] == ["2020-04-03.parquet"]
