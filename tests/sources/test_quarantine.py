"""An operator lists, corrects, replays and discards rows."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.errors import InputError, StateError
from include.sources import quarantine
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
