"""Whose clock: what a unit's source says counts from its receipt, and it may only say what a unit says of itself."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from include.errors import InputError
from include.sources.config import SourceConfig
from include.sources.intake import pull
from include.sources.kinds.watched_folder import empty_inbox
from include.sources.quarantine import correct, replay
from tests.sources.exports import NOW, at, stored, write
from tests.sources.test_watched_folder import dated

STEPS = "alarm_id", "event", "event_at", "inspected_at"


def drop(folder: Path, name: str, lines: str) -> None:
    header = "alarm_id,event,event_at,unit,inspector,problem_found,note\n"
    (folder / name).write_text(header + lines, encoding="utf-8")
    dated(folder / name)


@pytest.fixture
def folder(engine: Engine, tmp_path: Path) -> Path:
    """An inbox in which the alarm A1, pushed on 12 March 08:30, has been taken."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    dated(write(inbox, "alarms", {}))
    empty_inbox(engine, SourceConfig("inbox", "inbox", str(inbox)), now=NOW)
    return inbox


def test_an_answer_counts_from_its_receipt_and_the_claim_stands_beside(engine: Engine, folder: Path) -> None:
    drop(folder, "feedback_1.csv", "A1,submitted,2020-03-12T20:00,队,张某,false,\n")
    now = NOW + timedelta(microseconds=77_000)  # a receipt is its whole second, as it is printed
    assert empty_inbox(engine, SourceConfig("inbox", "inbox", str(folder)), now=now).new == 1
    assert stored(engine, "feedback_event", *STEPS) == [("A1", "submitted", NOW, at("2020-03-12T20:00"))]


@pytest.mark.parametrize(("told", "taken"), [("08:05:00.9", 1), ("08:05:01", 0)])
def test_five_minutes_ahead_are_counted_from_the_end_of_the_second_of_a_receipt(
    engine: Engine, folder: Path, told: str, taken: int
) -> None:
    drop(folder, "feedback_1.csv", f"A1,submitted,2020-07-01T{told},队,张某,false,\n")
    now = NOW + timedelta(microseconds=900_000)
    done = empty_inbox(engine, SourceConfig("inbox", "inbox", str(folder)), now=now)
    assert (done.new, done.quarantined) == (taken, 1 - taken)


@pytest.mark.parametrize(
    ("line", "field", "reason"),
    [
        ("A1,submitted,2099-10-03T20:00,队,张某,false,", "inspected_at", "晚于收到的时间：反馈不可能发生在收到之后"),
        ("A1,accepted,2020-03-12T20:00,,,,", "event", "该来源只代表被督办单位，只能报送签收、反馈和申诉（acknowledged、submitted、disputed）"),
        ("A1,dispute_upheld,2020-03-12T20:00,,,,", "event", "该来源只代表被督办单位，只能报送签收、反馈和申诉（acknowledged、submitted、disputed）"),
        ("A1,closed,2020-03-12T20:00,,,,", "event", "该来源只代表被督办单位，只能报送签收、反馈和申诉（acknowledged、submitted、disputed）"),
    ],
)  # fmt: skip
def test_the_future_and_an_offices_decisions_are_set_apart(
    engine: Engine, folder: Path, line: str, field: str, reason: str
) -> None:
    drop(folder, "feedback_1.csv", line + "\n")
    assert empty_inbox(engine, SourceConfig("inbox", "inbox", str(folder)), now=NOW).quarantined == 1
    assert stored(engine, "quarantine", "field", "reason") == [(field, reason)]
    assert stored(engine, "feedback_event", "event") == []


def test_what_a_source_states_goes_before_its_kind(engine: Engine, folder: Path) -> None:
    drop(
        folder,
        "feedback_1.csv",
        "A1,accepted,2020-03-12T20:00,,,,\nA1,submitted,2020-07-01T00:06+00:00,,,,\n",
    )
    stated = SourceConfig("inbox", "inbox", str(folder), clock="record", speaks_for="office")
    result = empty_inbox(engine, stated, now=NOW)
    assert (result.new, result.quarantined) == (1, 1)  # six minutes after its receipt
    assert stored(engine, "feedback_event", *STEPS) == [("A1", "accepted", at("2020-03-12T20:00"), None)]
    with pytest.raises(InputError, match="clock is not understood"):
        SourceConfig("x", "inbox", "x", clock="mine")  # type: ignore[arg-type]


def test_the_same_words_again_are_no_new_answer_unless_they_were_sent_back(
    engine: Engine, folder: Path
) -> None:
    source = SourceConfig("inbox", "inbox", str(folder))
    line = "A1,submitted,2020-03-12T20:00,队,张某,false,\n"
    drop(folder, "feedback_1.csv", line)
    empty_inbox(engine, source, now=NOW)
    day = timedelta(days=1)
    drop(folder, "feedback_2.csv", line + "A1,acknowledged,2020-03-12T09:00,,,,\n")
    again = empty_inbox(engine, source, now=NOW + day)
    assert (again.new, again.unchanged) == (1, 1)
    office = SourceConfig("office", "inbox", str(folder), clock="record", speaks_for="office")
    drop(folder, "feedback_3.csv", "A1,returned,2020-07-02T09:00,,,,\n")
    empty_inbox(engine, office, now=NOW + 2 * day)
    drop(folder, "feedback_4.csv", line + "\n")
    assert empty_inbox(engine, source, now=NOW + 3 * day).new == 1
    answers = [row for row in stored(engine, "feedback_event", "event", "event_at") if row[0] == "submitted"]
    assert answers == [("submitted", NOW), ("submitted", NOW + 3 * day)]


def test_a_step_before_the_push_is_set_apart(engine: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    write(folder, "alarms", {"started_at": "2020-03-12T06:00"})
    write(folder, "feedback", {"event_at": "2020-03-12T08:29"})
    for table in ("problems", "grids", "contacts"):
        write(folder, table)
    result = pull(
        engine, SourceConfig("files", "files", str(folder)), at("2020-03-12"), at("2020-03-14"), now=NOW
    )
    assert result.quarantined == 1
    assert ("event_at", "早于报警推送时间") in stored(engine, "quarantine", "field", "reason")


FUTURE = "2099-10-03T20:00"


@pytest.mark.parametrize(
    ("table", "row", "field", "fact"),
    [
        ("alarms", {"alarm_id": "A9", "pushed_at": FUTURE}, "pushed_at", "alarm"),
        ("alarms", {"alarm_id": "A2", "revised_at": FUTURE}, "revised_at", "alarm"),
        ("feedback", {"event_at": FUTURE}, "event_at", "feedback_event"),
        ("feedback", {"inspected_at": FUTURE}, "inspected_at", "feedback_event"),
        ("problems", {"found_at": FUTURE, "rectify_by": ""}, "found_at", "problem"),
        ("problems", {"rectified_at": FUTURE}, "rectified_at", "problem"),
    ],
)
def test_what_a_folder_tells_of_the_future_is_set_apart_once_and_stays_so_when_its_time_has_come(
    engine: Engine, tmp_path: Path, table: str, row: dict[str, str], field: str, fact: str
) -> None:
    alarms = [{}, {**row, "deadline_at": ""}] if table == "alarms" else [{}]
    write(tmp_path, "alarms", *alarms)
    if table != "alarms":
        write(tmp_path, table, row)
    source = SourceConfig("exports", "files", str(tmp_path))
    window = at("2020-03-12"), at("2020-03-13")
    assert [pull(engine, source, *window, now=NOW).quarantined for _ in range(2)] == [1, 1]
    later = at("2099-10-05")
    assert pull(engine, source, at("2020-03-12"), later, now=later).quarantined == 1
    assert stored(engine, "quarantine", "field", "state") == [(field, "open")]
    assert len(stored(engine, fact, "source")) == (1 if fact == "alarm" else 0)


def test_a_row_of_the_future_that_a_person_corrected_wrongly_stays_apart_when_its_time_has_come(
    engine: Engine, tmp_path: Path
) -> None:
    """The correction fails for another reason, which then stands beside the row; its source still sends the row as it was."""
    write(tmp_path, "alarms", {})
    write(tmp_path, "feedback", {"event_at": FUTURE})
    source = SourceConfig("exports", "files", str(tmp_path))
    assert pull(engine, source, at("2020-03-12"), at("2020-03-13"), now=NOW).quarantined == 1
    wrong = {"event": "answered", "event_at": "2020-03-12T12:00"}
    correct(engine, 1, wrong, by="张三", reason="补录", now=NOW)
    assert "event" in replay(engine, [1], by="张三", now=NOW)[1]
    later = at("2099-10-05")
    assert pull(engine, source, at("2020-03-12"), later, now=later).quarantined == 1
    assert stored(engine, "feedback_event", "source") == []
    correct(engine, 1, {"event": "submitted"}, by="张三", reason="补录", now=later)
    assert replay(engine, [1], by="张三", now=later) == {}
    assert stored(engine, "feedback_event", "event", "event_at") == [("submitted", at("2020-03-12T12:00"))]


def test_the_past_outside_the_window_and_five_minutes_wait_for_their_own_pull(
    engine: Engine, tmp_path: Path
) -> None:
    write(tmp_path, "alarms", {})
    write(
        tmp_path,
        "feedback",
        {"event": "acknowledged", "event_at": "2020-03-14T09:00"},
        {"event_at": "2020-03-20T00:05"},
        {"event": "returned", "event_at": "2020-03-20T00:05:01"},
    )
    source, now = SourceConfig("exports", "files", str(tmp_path)), at("2020-03-20")
    result = pull(engine, source, at("2020-03-12"), at("2020-03-13"), now=now)
    assert (result.new, result.quarantined) == (1, 1)
    result = pull(engine, source, at("2020-03-13"), at("2020-03-21"), now=at("2020-03-21"))
    assert (result.new, result.quarantined) == (2, 1)
    assert stored(engine, "feedback_event", "event") == [("acknowledged",), ("submitted",)]


def test_a_played_world_is_told_as_its_clock_goes(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, "alarms", {}, {"alarm_id": "A2", "pushed_at": "2020-03-13T09:00"})
    write(tmp_path, "problems", {"rectified_at": "2020-03-14T09:00"})
    source = SourceConfig("exports", "files", str(tmp_path), options={"is_played": True})
    for day, new in ((13, 2), (14, 1)):
        result = pull(engine, source, at("2020-03-12"), at(f"2020-03-{day}"), now=at(f"2020-03-{day}"))
        assert (result.new, result.quarantined) == (new, 0)
