"""A pull as a whole: windows, revisions, quarantine and its own repair, several sources."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.errors import InputError, SourceError
from include.sources.config import SourceConfig
from include.sources.intake import pull
from include.sources.kinds import folder
from include.sources.receipt import PullResult
from tests.sources.exports import FACTS, NOW, at, empty, facts, folder_source, stored, write

MARCH = (at("2020-03-01"), at("2020-04-01"))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_day_of_exports_is_stored_as_told(engine: Engine, tmp_path: Path) -> None:
    for table in ("alarms", "feedback", "problems", "grids", "contacts"):
        write(tmp_path, table, {"data_origin": "模拟数据"})
    assert pull(engine, folder_source(tmp_path), *MARCH, now=NOW) == PullResult(
        "exports", *MARCH, read=5, new=5, revised=0, unchanged=0, quarantined=0, is_simulated=True
    )
    assert stored(
        engine,
        "alarm",
        "alarm_id",
        "revision",
        "revised_at",
        "unit_code",
        "lon",
        "alarm_count",
        "peak_pm25_ug_m3",
        "pushed_at",
        "deadline_at",
        "rules_version",
        "is_outside_city",
        "is_simulated",
        "source",
    ) == [
        (
            "A1",
            1,
            utc("2020-03-12T00:30"),
            "140300",
            113.62,
            3,
            180.5,
            utc("2020-03-12T00:30"),
            utc("2020-03-13T00:30"),
            "2026-11",
            False,
            True,
            "exports",
        )
    ]
    assert stored(
        engine, "feedback_event", "alarm_id", "event", "event_at", "inspector", "problem_found", "note"
    ) == [("A1", "submitted", utc("2020-03-12T07:00"), "王某", True, "裸土未苫盖")]
    # A promised date is kept until the end of that day.
    assert stored(engine, "problem", "problem_id", "alarm_id", "found_at", "rectify_by", "rectified_at") == [
        ("P1", "A1", utc("2020-03-12T06:00"), utc("2020-03-15T16:00"), None)
    ]
    assert stored(engine, "grid", "grid_id", "west", "is_hot", "is_monitored") == [
        ("T85711", 113.6, True, False)
    ]
    assert stored(engine, "contact", "region_code", "address", "phone", "valid_to") == [
        ("140300", "dudu@yangquan.example", "", None)
    ]
    assert stored(
        engine,
        "pull",
        "source",
        "start_at",
        "end_at",
        "rows_read",
        "rows_new",
        "parts_expected",
        "parts_received",
        "cities_expected",
        "cities_received",
    ) == [("exports", utc("2020-02-29T16:00"), utc("2020-03-31T16:00"), 5, 5, 5, 5, 39, 1)]


def test_pulling_again_changes_nothing(engine: Engine, tmp_path: Path) -> None:
    for table in ("alarms", "feedback", "problems", "grids", "contacts"):
        write(tmp_path, table, {})
    pull(engine, folder_source(tmp_path), *MARCH, now=NOW)
    before = facts(engine, without=())
    again = pull(engine, folder_source(tmp_path), *MARCH, now=NOW + timedelta(days=1))
    assert (again.read, again.new, again.revised, again.unchanged) == (5, 0, 0, 5)
    assert facts(engine, without=()) == before


def test_adjacent_windows_take_every_change_once_and_lose_none(engine: Engine, tmp_path: Path) -> None:
    write(
        tmp_path, "alarms",
        {"alarm_id": "at the start", "pushed_at": "2020-03-12T00:00+08:00", "started_at": "2020-03-11T20:00+08:00", "last_at": "2020-03-11T22:00+08:00"},
        {"alarm_id": "at the end", "pushed_at": "2020-03-13T00:00+08:00"},
        {"alarm_id": "revised later", "revised_at": ""},
        {"alarm_id": "revised later", "revised_at": "2020-03-13T02:00+08:00", "alarm_count": "9"},
    )  # fmt: skip
    write(
        tmp_path,
        "problems",
        {"problem_id": "P1", "alarm_id": "at the start", "rectified_at": "2020-03-13T10:00+08:00"},
    )
    source = folder_source(tmp_path)
    first = pull(engine, source, at("2020-03-12"), at("2020-03-13"), now=NOW)
    assert (first.read, first.new) == (3, 3)
    assert stored(engine, "alarm", "alarm_id", "alarm_count") == [("at the start", 3), ("revised later", 3)]
    second = pull(engine, source, at("2020-03-13"), at("2020-03-14"), now=NOW)
    # The problem was rectified in the second window: read again, found unchanged.
    assert (second.read, second.new, second.revised, second.unchanged) == (3, 1, 1, 1)
    assert stored(engine, "alarm", "alarm_id", "revision", "alarm_count") == [
        ("at the end", 1, 3),
        ("at the start", 1, 3),
        ("revised later", 1, 3),
        ("revised later", 2, 9),
    ]


def test_windows_in_any_order_give_the_same_facts(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, "alarms", {}, {"revised_at": "2020-03-13T02:00+08:00", "alarm_count": "9"})
    write(
        tmp_path,
        "feedback",
        {},
        {"event": "returned", "event_at": "2020-03-13T09:00+08:00", "problem_found": ""},
    )
    write(tmp_path, "problems", {"rectified_at": "2020-03-13T10:00+08:00"})
    days = [(at(f"2020-03-{day}"), at(f"2020-03-{day + 1}")) for day in (12, 13)]
    for window in reversed(days):
        pull(engine, folder_source(tmp_path), *window, now=NOW)
    backwards = facts(engine)
    empty(engine)
    for window in days:
        pull(engine, folder_source(tmp_path), *window, now=NOW)
    assert facts(engine) == backwards
    assert [len(backwards[name]) for name in FACTS] == [0, 0, 2, 2, 1]


def test_the_same_content_told_later_is_no_revision(engine: Engine, tmp_path: Path) -> None:
    write(
        tmp_path,
        "alarms",
        {},
        {"revised_at": "2020-03-12T20:00+08:00"},
        {"revised_at": "2020-03-12T22:00+08:00", "alarm_count": "4"},
    )
    result = pull(engine, folder_source(tmp_path), *MARCH, now=NOW)
    assert (result.new, result.revised, result.unchanged) == (1, 1, 1)
    assert stored(engine, "alarm", "revision", "alarm_count") == [(1, 3), (2, 4)]


def test_answers_to_an_unknown_alarm_wait_for_it(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path / "a", "feedback", {}, {"alarm_id": "never", "event_at": "2020-03-12T16:00+08:00"})
    write(tmp_path / "a", "problems", {})
    answers = SourceConfig("answers", "files", str(tmp_path / "a"))
    first = pull(engine, answers, *MARCH, now=NOW)
    assert (first.read, first.quarantined, first.replayed) == (3, 3, 0)
    assert stored(engine, "quarantine", "kind", "field", "value", "reason", "waits_for", "state") == [
        ("feedback", "alarm_id", "A1", "报警未知：该报警尚未收到，收到后自动补录", "A1", "open"),
        ("feedback", "alarm_id", "never", "报警未知：该报警尚未收到，收到后自动补录", "never", "open"),
        ("problems", "alarm_id", "A1", "报警未知：该报警尚未收到，收到后自动补录", "A1", "open"),
    ]
    write(tmp_path / "b", "alarms", {})
    second = pull(engine, folder_source(tmp_path / "b"), *MARCH, now=NOW)
    assert (second.new, second.replayed) == (1, 2)
    assert stored(engine, "feedback_event", "alarm_id", "source") == [("A1", "answers")]
    assert stored(engine, "problem", "problem_id", "source") == [("P1", "answers")]
    assert stored(engine, "quarantine", "value", "state", "settled_by") == [
        ("A1", "replayed", "intake"),
        ("A1", "replayed", "intake"),
        ("never", "open", None),
    ]
    third = pull(engine, answers, *MARCH, now=NOW)  # what was replayed is known now
    assert (third.unchanged, third.quarantined) == (2, 1)


def test_a_row_that_cannot_be_dated_is_lost_in_no_window(engine: Engine, tmp_path: Path) -> None:
    write(
        tmp_path,
        "alarms",
        {"pushed_at": "2020-13-12T08:30+08:00"},
        {"alarm_id": "", "pushed_at": "2020-02-01T08:30"},
    )
    result = pull(engine, folder_source(tmp_path), *MARCH, now=NOW)
    assert (result.read, result.quarantined) == (1, 1)
    assert stored(engine, "quarantine", "source", "kind", "origin", "field", "value", "reason", "state") == [
        (
            "exports",
            "alarms",
            "alarms.csv 第2行",
            "pushed_at",
            "2020-13-12T08:30+08:00",
            "不是有效的时间：应如2020-03-12T08:30（2000至2099年）",
            "open",
        )
    ]


def test_bad_rows_stop_no_other_row(engine: Engine, tmp_path: Path) -> None:
    write(
        tmp_path, "alarms", {"alarm_id": "good"}, {"unit_code": "某市"}, {"lon": "37.8", "lat": "113.62"},
        {"alarm_id": "no place", "lon": "", "lat": ""}, {"alarm_id": "far away", "lon": "116.4", "lat": "39.9"},
        {"alarm_id": "名<b>&=#$\\鄠🔥", "point_name": "=1+1", "unit_code": "阳泉市"},
    )  # fmt: skip
    result = pull(engine, folder_source(tmp_path), *MARCH, now=NOW)
    assert (result.new, result.quarantined) == (4, 2)
    assert result.warnings == (
        "文件夹中没有feedback文件（feedback*）",
        "文件夹中没有problems文件（problems*）",
        "1条报警的坐标不在所填城市范围内，已照收：far away",
    )
    assert stored(engine, "alarm", "alarm_id", "unit_code", "point_name", "lon", "is_outside_city") == [
        ("far away", "140300", "平定县娘子关", 116.4, True),
        ("good", "140300", "平定县娘子关", 113.62, False),
        ("no place", "140300", "平定县娘子关", None, False),
        ("名<b>&=#$\\鄠🔥", "140300", "=1+1", 113.62, False),
    ]
    assert stored(engine, "quarantine", "field", "value", "reason") == [
        ("lat", "113.62", "超出范围：应在-90至90之间（经纬度可能填反）"),
        ("unit_code", "某市", "不认识的单位：应为档案 units.csv 中的代码或名称"),
    ]


def test_two_sources_share_an_alarm_only_when_both_say_so(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path / "a", "alarms", {})
    write(tmp_path / "b", "alarms", {"alarm_count": "5", "revised_at": "2020-03-12T12:00+08:00"})
    pull(engine, folder_source(tmp_path / "a"), *MARCH, now=NOW)
    stranger = pull(engine, SourceConfig("other", "files", str(tmp_path / "b")), *MARCH, now=NOW)
    assert (stranger.revised, stranger.quarantined) == (0, 1)
    assert stored(engine, "quarantine", "reason") == [
        ("编号已被数据源“exports”使用；如指同一对象，须在两个数据源的映射中声明same_ids_as",)
    ]
    friend = SourceConfig("other", "files", str(tmp_path / "b"), options={"same_ids_as": ["exports"]})
    assert pull(engine, friend, *MARCH, now=NOW).revised == 1
    assert stored(engine, "alarm", "revision", "alarm_count", "source") == [
        (1, 3, "exports"),
        (2, 5, "other"),
    ]


def test_a_changed_contact_takes_the_place_of_the_old_one(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, "contacts", {}, {"role": "cc"})
    pull(engine, folder_source(tmp_path), *MARCH, now=NOW)
    write(
        tmp_path,
        "contacts",
        {"valid_to": "2020-03-20", "phone": "000-1"},
        {"role": "cc"},
        {"valid_from": "2020-03-20"},
    )
    result = pull(engine, folder_source(tmp_path), *MARCH, now=NOW)
    assert (result.new, result.revised, result.unchanged) == (1, 1, 1)
    assert [
        (role, str(start), str(end), phone)
        for role, start, end, phone in stored(engine, "contact", "role", "valid_from", "valid_to", "phone")
    ] == [
        ("cc", "2020-01-01", "None", ""),
        ("to", "2020-01-01", "2020-03-20", "000-1"),
        ("to", "2020-03-20", "None", ""),
    ]


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (lambda folder: None, "the folder cannot be listed"),
        (lambda folder: folder.mkdir(), "the folder lacks files"),
        (lambda folder: write(folder, "alarms", {}, name="alarms.csv.part"), "the folder lacks files"),
    ],
)
def test_an_unusable_folder_is_an_error(engine: Engine, tmp_path: Path, prepare, message: str) -> None:
    prepare(tmp_path / "drop")
    with pytest.raises(InputError, match=message):
        pull(engine, folder_source(tmp_path / "drop"), *MARCH, now=NOW)


def test_the_future_is_never_covered(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, "alarms", {})
    now = at("2020-03-12T12:00")
    result = pull(engine, folder_source(tmp_path), *MARCH, now=now)
    assert (result.end_at, result.new) == (now, 1)
    assert stored(engine, "pull", "end_at", "asked_until_at") == [
        (utc("2020-03-12T04:00"), utc("2020-03-31T16:00"))
    ]
    with pytest.raises(InputError, match="there is nothing to pull"):
        pull(engine, folder_source(tmp_path), at("2020-03-13"), at("2020-03-14"), now=now)


def test_a_folder_that_changes_while_it_is_read_leaves_nothing(
    engine: Engine, tmp_path: Path, monkeypatch
) -> None:
    write(tmp_path, "alarms", {})
    read = folder.read_table

    def growing(path: Path, form: object):
        yield from read(path, form)
        with path.open("a") as stream:
            stream.write("half a li")

    monkeypatch.setattr(folder, "read_table", growing)
    with pytest.raises(SourceError, match="the folder changed while it was read"):
        pull(engine, folder_source(tmp_path), *MARCH, now=NOW)
    assert stored(engine, "alarm", "alarm_id") == stored(engine, "pull", "pull_id") == []
