"""An operator lists, corrects, replays and discards rows."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.errors import InputError, StateError
from include.sources import quarantine
from include.sources.config import SourceConfig
from include.sources.intake import pull
from include.store.engine import reading, writing
from include.store.tables import quarantine as quarantine_table
from tests.sources.exports import ALARM, NOW, at, folder_source, stored, write

MARCH = (at("2020-03-01"), at("2020-04-01"))


@pytest.fixture
def bad_row(engine: Engine, tmp_path: Path) -> int:
    write(tmp_path, "alarms", {"alarm_count": "many", "extra": "x", "data_origin": "模拟数据"})
    pull(engine, folder_source(tmp_path), *MARCH, now=NOW)
    with reading(engine) as connection:
        (row,) = quarantine.list_rows(connection)
    return row.quarantine_id


def test_a_row_is_kept_whole_with_its_reason(engine: Engine, bad_row: int) -> None:
    with reading(engine) as connection:
        row = quarantine.show(connection, bad_row)
        assert quarantine.list_rows(connection, source="exports") == [row]
        assert quarantine.list_rows(connection, source="other") == []
        assert quarantine.list_rows(connection, state="discarded") == []
    as_told = ALARM | {"alarm_count": "many", "data_origin": "模拟数据"}
    assert row == quarantine.QuarantinedRow(
        bad_row,
        "exports",
        "alarms",
        "alarms.csv 第2行",
        "alarm_count",
        "many",
        "不是整数",
        as_told | {"extra": "x"},
        as_told,
        NOW,
        "open",
        None,
        None,
    )
    assert row.is_simulated


def test_a_corrected_row_is_stored_and_the_trail_says_by_whom(engine: Engine, bad_row: int) -> None:
    assert quarantine.replay(engine, [bad_row], by="王某", now=NOW) == {bad_row: "alarm_count：不是整数"}
    quarantine.correct(engine, bad_row, {"alarm_count": "4"}, by="王某", reason="电话核实", now=NOW)
    assert quarantine.replay(engine, [bad_row], by="王某", now=NOW) == {}
    assert stored(engine, "alarm", "alarm_id", "alarm_count", "source", "is_simulated") == [
        ("A1", 4, "exports", True)
    ]
    assert stored(engine, "quarantine", "state", "settled_by", "settled_at") == [("replayed", "王某", NOW)]
    assert stored(engine, "audit", "action", "actor", "subject_id", "to_state", "reason") == [
        ("correct", "王某", str(bad_row), "open", "电话核实（alarm_count：many → 4）"),
        ("replay", "王某", str(bad_row), "replayed", ""),
    ]
    with pytest.raises(StateError, match="the row is settled already"):
        quarantine.replay(engine, [bad_row], by="王某", now=NOW)


def test_the_same_bad_row_read_again_does_not_come_back(engine: Engine, bad_row: int, tmp_path: Path) -> None:
    quarantine.discard(engine, bad_row, by="王某", reason="测试数据", now=NOW)
    again = pull(engine, folder_source(tmp_path), *MARCH, now=NOW)
    assert (again.read, again.quarantined) == (1, 1)
    assert stored(engine, "quarantine", "state", "settled_by") == [("discarded", "王某")]


def test_a_line_that_could_not_be_split_can_be_filled_in(engine: Engine, tmp_path: Path) -> None:
    path = write(tmp_path, "alarms", {})
    path.write_text(path.read_text(encoding="utf-8") + "A2,half a line\n", encoding="utf-8")
    pull(engine, folder_source(tmp_path), *MARCH, now=NOW)
    with reading(engine) as connection:
        (row,) = quarantine.list_rows(connection)
    assert (row.field, row.value, row.reason, dict(row.fields)) == (
        "",
        "A2,half a line",
        "列数不符：表头有14列，本行有2列",
        {},
    )
    assert quarantine.replay(engine, [row.quarantine_id], by="王某", now=NOW) == {
        row.quarantine_id: "该行未能拆分成列，请先补录各字段"
    }
    quarantine.correct(
        engine, row.quarantine_id, ALARM | {"alarm_id": "A2"}, by="王某", reason="补录", now=NOW
    )
    assert quarantine.replay(engine, [row.quarantine_id], by="王某", now=NOW) == {}
    assert stored(engine, "alarm", "alarm_id") == [("A1",), ("A2",)]


def test_a_replayed_answer_may_still_wait_for_its_alarm(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path / "a", "feedback", {"event": "回复"})
    pull(engine, folder_source(tmp_path / "a"), *MARCH, now=NOW)
    with reading(engine) as connection:
        (row,) = quarantine.list_rows(connection)
    assert row.reason == (
        "应为：acknowledged、submitted、returned、accepted、disputed、dispute_upheld、dispute_rejected、closed、reopened"
    )
    quarantine.correct(engine, row.quarantine_id, {"event": "submitted"}, by="王某", reason="译名", now=NOW)
    assert list(quarantine.replay(engine, [row.quarantine_id], by="王某", now=NOW)) == [row.quarantine_id]
    write(tmp_path / "b", "alarms", {})
    assert pull(engine, folder_source(tmp_path / "b"), *MARCH, now=NOW).replayed == 1
    assert stored(engine, "feedback_event", "alarm_id", "event") == [("A1", "submitted")]


def test_unknown_rows_and_columns_are_errors(engine: Engine, bad_row: int) -> None:
    with pytest.raises(InputError, match="no such row in quarantine"):
        quarantine.discard(engine, bad_row + 1, by="x", reason="", now=NOW)
    with pytest.raises(InputError, match="no such column; expected alarm_id, grid_id"):
        quarantine.correct(engine, bad_row, {"count": "4"}, by="x", reason="", now=NOW)


def test_a_row_of_another_intake_is_settled_there(engine: Engine, bad_row: int) -> None:
    with writing(engine) as connection:
        connection.execute(quarantine_table.update().values(kind="air-quality"))
    with pytest.raises(InputError, match="rows of this kind are not corrected here"):
        quarantine.replay(engine, [bad_row], by="x", now=NOW)
    with pytest.raises(InputError, match="rows of this kind are not corrected here"):
        quarantine.correct(engine, bad_row, {"alarm_count": "1"}, by="x", reason="", now=NOW)


def state_of(engine: Engine) -> list[tuple[object, ...]]:
    return stored(engine, "quarantine", "state", "settled_by")


def test_a_row_that_its_source_corrects_settles_itself(engine: Engine, bad_row: int, tmp_path: Path) -> None:
    write(tmp_path, "alarms", {"data_origin": "模拟数据"})
    result = pull(engine, folder_source(tmp_path), *MARCH, now=NOW)
    assert (result.new, result.quarantined) == (1, 0)
    assert state_of(engine) == [("replayed", "intake")]
    assert stored(engine, "audit", "subject_id", "action", "reason")[-1] == (
        str(bad_row),
        "correct",
        "来源已更正：alarms.csv 第2行",
    )
    assert "1条隔离中的记录，来源已更正并收入，已自动了结" in result.warnings


def test_a_corrected_key_is_known_by_its_place_in_the_file(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, "alarms", {"alarm_id": "x" * 65})
    pull(engine, folder_source(tmp_path), *MARCH, now=NOW)
    write(tmp_path, "alarms", {"alarm_id": "A7", "alarm_count": "4"})  # another alarm stands there now
    pull(engine, folder_source(tmp_path), *MARCH, now=NOW)
    assert state_of(engine) == [("open", None)]
    write(tmp_path, "alarms", {"alarm_id": "A8"})
    pull(engine, folder_source(tmp_path), *MARCH, now=NOW)
    assert state_of(engine) == [("replayed", "intake")]


def test_what_is_still_told_wrong_and_what_is_older_settle_nothing(engine: Engine, tmp_path: Path) -> None:
    later = {"revised_at": "2020-03-12T12:00+08:00", "last_at": "2020-03-12T10:00+08:00"}
    write(tmp_path, "alarms", {}, {**later, "alarm_count": "many"})
    pull(engine, folder_source(tmp_path), *MARCH, now=NOW)
    pull(engine, folder_source(tmp_path), *MARCH, now=NOW)
    assert state_of(engine) == [("open", None)]
    write(tmp_path, "alarms", {})  # the wrong revision is gone, the right one is of before it
    pull(engine, folder_source(tmp_path), *MARCH, now=NOW)
    assert state_of(engine) == [("open", None)]
    write(tmp_path, "alarms", {}, {**later, "alarm_count": "4"})
    other = SourceConfig("other", "files", str(tmp_path / "elsewhere"))
    (tmp_path / "elsewhere").mkdir()
    write(tmp_path / "elsewhere", "alarms", {"alarm_id": "B1"})
    pull(engine, other, *MARCH, now=NOW)
    assert state_of(engine) == [("open", None)]
    pull(engine, folder_source(tmp_path), *MARCH, now=NOW)
    assert state_of(engine) == [("replayed", "intake")]


def test_a_county_that_its_unit_has_not_is_taken_and_named(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, "alarms", {}, {"alarm_id": "A2", "county": "平定区"})
    result = pull(engine, folder_source(tmp_path), *MARCH, now=NOW)
    assert result.new == 2
    assert result.warnings[-1] == "1条报警的区县不是所填单位的，已照收，请核对：A2（平定区）"
