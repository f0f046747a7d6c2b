"""Archives with the hours 0 to 23 and 1 to 24, and what `--hour-label` does with them."""

import os
import shutil
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from include.errors import InputError
from include.sources.air.hours import ArchiveHours, with_hours
from include.sources.air.quality import import_air_quality
from include.sources.mapping.language import Moment, Piece, Template
from include.sources.reading.text_files import read_csv
from include.sources.reading.written_times import hour_number
from include.store.engine import open_engine
from include.store.hourly import read_hours
from tests.sources.air_files import NOW

DATA = Path(os.environ.get("QIANLIYAN_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
CASE = DATA.parent / "cases/air/hour24/china_cities_202005_1to24.csv"


@pytest.fixture
def store(sqlite_template: Path, tmp_path: Path):
    shutil.copy(sqlite_template, tmp_path / "supervision.db")
    engine = open_engine(f"sqlite:///{tmp_path / 'supervision.db'}")
    yield engine
    engine.dispose()


def written(path: Path, hours: list[object], *, is_wide: bool = False, day: str = "20200501") -> Path:
    """One city; the value is the place of the row (from 1)."""
    header = "date,hour,type,北京" if is_wide else "date,hour,城市,PM2.5"
    name = "PM2.5" if is_wide else "北京"
    path.write_text(
        "\n".join([header, *(f"{day},{hour},{name},{n}" for n, hour in enumerate(hours, 1))]) + "\n"
    )
    return path


def values(folder: Path, day: int) -> dict[int, float]:
    hours = read_hours(folder / "air", "city", [date(2020, 4, 30) if day == 0 else date(2020, 5, day)])
    return dict(zip(hours["hour"].tolist(), hours["pm25_ug_m3"].tolist(), strict=True)) if len(hours) else {}


@pytest.mark.parametrize("is_wide", [False, True])
@pytest.mark.parametrize("form", ["{}", "{:02}", "{}时", "{:02}:00", "{}.0"])
def test_hours_1_to_24_end_and_hour_24_belongs_to_its_day(
    store: Engine, tmp_path: Path, is_wide: bool, form: str
) -> None:
    path = written(tmp_path / "a.csv", [form.format(hour) for hour in range(1, 25)], is_wide=is_wide)
    result = import_air_quality(store, tmp_path / "air", [path], now=NOW)
    assert values(tmp_path, 1) == {hour: hour + 1.0 for hour in range(24)}
    assert [day.valid_places for day in result.days] == [1]
    assert result.notes == ("a.csv：小时为1至24，按整点结束时刻理解，24时属于所记的日期",)


def test_hour_0_begins_unless_the_label_is_end(store: Engine, tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", list(range(24)))
    assert import_air_quality(store, tmp_path / "air", [path], now=NOW).notes == ()
    assert values(tmp_path, 1) == {hour: hour + 1.0 for hour in range(24)}
    result = import_air_quality(store, tmp_path / "air", [path], now=NOW, hour_label="end", replace=True)
    assert values(tmp_path, 0) == {23: 1.0}
    assert values(tmp_path, 1) == {hour: hour + 2.0 for hour in range(23)}
    assert "0时是前一日的最后一小时" in result.notes[0]


def test_a_label_that_the_hours_contradict_is_refused(store: Engine, tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", list(range(1, 25)))
    with pytest.raises(InputError, match="the file prints hour 24"):
        import_air_quality(store, tmp_path / "air", [path], now=NOW, hour_label="start")
    assert values(tmp_path, 1) == {}


@pytest.mark.parametrize(
    ("hours", "field_reason", "taken"),
    [
        ([0, 1, 25], "不是0至23的小时，整行未用", {0: 1.0, 1: 2.0}),
        ([24, -1, "²"], "不是1至24的小时，整行未用", {23: 1.0}),
    ],
)
def test_an_hour_that_is_none_is_a_fault(
    store: Engine, tmp_path: Path, hours: list[object], field_reason: str, taken: dict[int, float]
) -> None:
    result = import_air_quality(store, tmp_path / "air", [written(tmp_path / "a.csv", hours)], now=NOW)
    assert [fault.fault.reason for fault in result.faults] == [field_reason]
    assert values(tmp_path, 1) == taken


def test_what_the_first_rows_leave_open_later_ones_tell(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('date,hour\n"20200501",5\n20200501,6\n20200501,24\n20200501,7\n')
    moment = Moment(Template((Piece("", "date"),)), "", ZoneInfo("Asia/Shanghai"), "hour")
    found = list(with_hours(read_csv(path, chunk_rows=1), moment, "a.csv"))
    assert {hours for _, hours in found} == {ArchiveHours(24, "end")}
    assert [int(text) for chunk, _ in found for text in chunk.rows["hour"]] == [5, 6, 24, 7]


@pytest.mark.parametrize(("text", "number"), [("7", 7), (" 07:00 ", 7), ("７时", 7), ("24", 24), ("0.0", 0)])
def test_an_hour_as_it_is_printed(text: str, number: int) -> None:
    assert hour_number(text) == number


@pytest.mark.parametrize("text", ["", "25", "²", "٣", "7.5", "7:30", "-1", "1e1", "100"])
def test_what_is_no_hour(text: str) -> None:
    assert hour_number(text) != hour_number(text)


def test_the_case_of_the_field(store: Engine, tmp_path: Path) -> None:
    if not CASE.exists():
        pytest.skip(f"no {CASE}")
    import_air_quality(store, tmp_path / "air", [CASE], now=NOW)
    for day in (1, 2, 31):
        assert round(sum(values(tmp_path, day).values()) / 24, 2) == 23.33
    assert values(tmp_path, 0) == {}


def days_of(path: Path, days: dict[int, list[object]]) -> Path:
    """May 2020; the value is a hundred times the day and the hour as it is printed."""
    rows = (f"202005{day:02},{hour},北京,{100 * day + int(str(hour))}" for day in days for hour in days[day])
    path.write_text("\n".join(["date,hour,城市,PM2.5", *rows]) + "\n")
    return path


ENDS = list(range(1, 25))


@pytest.mark.parametrize("odd", [{3: [0, *ENDS]}, {6: [0]}], ids=["beside 24", "alone"])
def test_an_odd_hour_0_does_not_turn_an_archive_of_hours_1_to_24(
    store: Engine, tmp_path: Path, odd: dict[int, list[object]]
) -> None:
    days: dict[int, list[object]] = {day: [*ENDS] for day in range(1, 6)} | odd
    result = import_air_quality(store, tmp_path / "air", [days_of(tmp_path / "a.csv", days)], now=NOW)
    assert [(fault.fault.reason, fault.fault.count) for fault in result.faults] == [
        ("不是1至24的小时，整行未用", 1)
    ]
    for day in range(1, 6):
        assert values(tmp_path, day) == {hour: 100.0 * day + hour + 1 for hour in range(24)}


def test_an_odd_hour_24_does_not_turn_an_archive_of_hours_0_to_23(store: Engine, tmp_path: Path) -> None:
    days: dict[int, list[object]] = {day: [*range(24)] for day in range(1, 6)}
    days[1] = [24, *range(24)]
    result = import_air_quality(store, tmp_path / "air", [days_of(tmp_path / "a.csv", days)], now=NOW)
    assert [fault.fault.reason for fault in result.faults] == ["不是0至23的小时，整行未用"]
    for day in range(1, 6):
        assert values(tmp_path, day) == {hour: 100.0 * day + hour for hour in range(24)}


@pytest.mark.parametrize(
    "days",
    [{1: [0, *ENDS]}, {1: [*ENDS], 2: [*range(24)]}, {1: [0, 1, 24]}],
    ids=["one day", "changes", "few"],
)
def test_hours_that_contradict_each_other_are_asked_about(
    store: Engine, tmp_path: Path, days: dict[int, list[object]]
) -> None:
    path = days_of(tmp_path / "a.csv", days)
    with pytest.raises(InputError, match="prints both hour 0 and hour 24"):
        import_air_quality(store, tmp_path / "air", [path], now=NOW)
    assert values(tmp_path, 1) == {}
    import_air_quality(store, tmp_path / "air", [path], now=NOW, hour_label="end")
    assert values(tmp_path, 1)[0] == 101.0


def test_a_part_of_a_day_goes_by_the_other_files_of_its_header(store: Engine, tmp_path: Path) -> None:
    whole = days_of(tmp_path / "1.csv", {1: [*ENDS]})
    part = days_of(tmp_path / "2.csv", {2: [*range(1, 11)]})
    with pytest.raises(InputError, match="may begin or end"):
        import_air_quality(store, tmp_path / "air", [part], now=NOW)
    assert values(tmp_path, 2) == {}
    result = import_air_quality(store, tmp_path / "air", [part, whole], now=NOW)
    assert result.rejected == ()
    assert values(tmp_path, 2) == {hour: 201.0 + hour for hour in range(10)}
    later = days_of(tmp_path / "3.csv", {3: [1, 2]})
    assert import_air_quality(store, tmp_path / "air", [later], now=NOW).notes == (
        "3.csv：小时为1至24，按整点结束时刻理解，24时属于所记的日期",
    )
    assert values(tmp_path, 3) == {0: 301.0, 1: 302.0}
    odd = days_of(tmp_path / "4.csv", {4: [0, 1, 2]})
    with pytest.raises(InputError, match="may begin or end"):
        import_air_quality(store, tmp_path / "air", [odd], now=NOW)


def test_a_part_of_a_day_of_hours_0_to_23_goes_by_the_earlier_ones(store: Engine, tmp_path: Path) -> None:
    for hour in range(4):
        path = days_of(tmp_path / f"{hour}.csv", {1: [hour]})
        import_air_quality(store, tmp_path / "air", [path], now=NOW)
    assert values(tmp_path, 1) == {hour: 100.0 + hour for hour in range(4)}
