"""`mapping try` reads a file as an import does: its table by the file's name, winds and stations in our units."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from include.errors import InputError
from include.sources.every_table import mapping_for, mappings_in
from include.sources.mapping_trial import Trial, try_mapping

NOW = datetime(2026, 3, 12, tzinfo=UTC)


def tried(folder: Path, yaml: str, text: str) -> Trial:
    path, own = folder / "a.csv", folder / "own.yaml"
    path.write_text(text)
    own.write_text(yaml)
    return try_mapping(path, mappings_in(str(own))[0], now=NOW)


def test_winds_in_words_and_units_of_their_headings(tmp_path: Path) -> None:
    yaml = (
        "tables: {winds: {columns: {station_id: 站号, hour: 时间, wind_from_deg: 风向, "
        "wind_speed_m_s: 风速（km/h）}}}"
    )
    rows = "M1,2026-03-10 00:00,东北风,18\nM1,2026-03-10 01:00,静风,\nM1,2026-03-10 02:30,北,18\n"
    trial = tried(tmp_path, yaml, "站号,时间,风向,风速（km/h）\n" + rows)
    assert trial.lines == (
        "第2行 station_id=M1，hour=2026年3月10日 00:00（Asia/Shanghai），wind_from_deg=45，wind_speed_m_s=5",
        "第3行 station_id=M1，hour=2026年3月10日 01:00（Asia/Shanghai），wind_speed_m_s=0",
        "第4行 未用：station_id=M1，hour=2026-03-10 02:30，wind_from_deg=北，wind_speed_m_s=5.0",
        "第4行 hour：不是整点：应为小时的起点（可能是时区不对，或应按五分钟值导入），如“2026-03-10 02:30”",
    )
    assert (trial.faults, len(trial.notes)) == (1, 2)


def test_station_hours_that_do_not_tell_their_samples(tmp_path: Path) -> None:
    yaml = "tables: {station_hours: {columns: {station_id: 站号, hour: 时间, pm25_ug_m3: PM2.5}}}"
    trial = tried(tmp_path, yaml, "站号,时间,PM2.5\nM1,2026-03-10 00:00,33\nM1,2026-03-10 01:00,\n")
    said = "第2行 station_id=M1，hour=2026年3月10日 00:00（Asia/Shanghai），pm25_ug_m3=33，sample_count=12"
    assert (trial.lines[0], trial.faults) == (said, 0)
    assert trial.lines[1].startswith("第3行 未用：没有值；station_id=M1")


def test_station_hours_1_to_24_end(tmp_path: Path) -> None:
    yaml = (
        "tables: {station_hours: {columns: "
        '{station_id: 站号, hour: {moment: "{日期}", hours: 时}, pm25_ug_m3: PM2.5}}}'
    )
    trial = tried(tmp_path, yaml, "站号,日期,时,PM2.5\nM1,2026-03-10,1,33\nM1,2026-03-10,24,34\n")
    assert ["10日 00:00" in trial.lines[0], "10日 23:00" in trial.lines[1]] == [True, True]
    assert trial.notes == ("小时为1至24，按整点结束时刻理解，24时属于所记的日期",)


def test_a_minute_of_a_station_labelled_by_its_end_is_five_minutes_earlier(tmp_path: Path) -> None:
    yaml = (
        "tables: {station_minutes: {columns: {station_id: 站号, "
        'observed_at: {moment: "{时间}", hour_label: end}, pm25_ug_m3: PM2.5}}}'
    )
    trial = tried(tmp_path, yaml, "站号,时间,PM2.5\nM1,2026-03-10 08:05,33\n")
    assert "=2026年3月10日 08:00（Asia/Shanghai）" in trial.lines[0]


def test_the_table_is_the_one_that_the_file_is_named_like(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text('tables: {alarms: {files: ["报警*"]}, feedback: {files: ["反馈*"]}}')
    assert mapping_for(str(own), Path("反馈0310.csv")).table == "feedback"
    with pytest.raises(InputError, match="say --table"):
        mapping_for(str(own), Path("其他.csv"))
    own.write_text('tables: {feedback: {files: ["反馈*"]}}')
    assert mapping_for(str(own), Path("其他.csv")).table == "feedback"
